"""Emoji in a prompt, by the names that CLDR gives them in English."""

from dataclasses import dataclass
from functools import cache

from lit.data.captions import spoken
from lit.reading.lexicon import AS_PICTURE, characters, emoji_keys, shipped

TONES = {
    "\U0001f3fb": "light skin tone",
    "\U0001f3fc": "medium-light skin tone",
    "\U0001f3fd": "medium skin tone",
    "\U0001f3fe": "medium-dark skin tone",
    "\U0001f3ff": "dark skin tone",
}
TEXT_BELOW = 0x2300  # signs of texts, such as the copyright sign: emoji only where they are said to be pictures


@dataclass(frozen=True)
class Emoji:
    """name: as the model was told it, "waving hand with light skin tone"."""

    name: str
    start: int
    end: int


@cache
def _names() -> dict[str, str]:
    """Every emoji without skin tones and variation selectors -> its name; of a sequence's parts each by itself too."""
    keys = emoji_keys() | shipped()["aliases"]
    return {characters(key): name for key, name in keys.items()}


@cache
def _signs() -> tuple[frozenset[str], frozenset[str]]:
    """The characters that begin an emoji, and those that are in one."""
    return frozenset(name[0] for name in _names()), frozenset("".join(_names())) | set(TONES) | {AS_PICTURE}


def emoji_in(text: str) -> list[Emoji]:
    """The emoji of a text in its order, each the longest that stands there."""
    first, inside = _signs()
    found, position = [], 0
    while position < len(text):
        match = _longest(text, position, inside) if text[position] in first else None
        if match is not None:
            found.append(match)
        position = match.end if match is not None else position + 1
    return found


def _longest(text, position, inside):
    """The longest emoji from here. What is not of its name is skipped: skin tones and variation selectors."""
    plain, tones, best = "", [], None
    for end in range(position, min(len(text), position + 24)):
        sign = text[end]
        if sign not in inside:
            break
        if sign in TONES and plain:
            tones.append(TONES[sign])
        elif sign != AS_PICTURE:
            plain += sign
        if plain not in _names() or (len(plain) == 1 and ord(plain) < TEXT_BELOW and sign != AS_PICTURE):
            continue
        best = Emoji(_toned(_names()[plain], tones), position, end + 1)
    return best


def _toned(name, tones):
    if not tones:
        return spoken(name)
    head, _, detail = name.partition(": ")
    return spoken(f"{head}: {', '.join([*dict.fromkeys(tones), *([detail] if detail else [])])}")
