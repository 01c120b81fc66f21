"""Words that go with a sticker: its name, its alt text, the emoji that stand for it, names of files."""

import re
import unicodedata
from collections.abc import Collection
from functools import cache

from lit.errors import InputError, Phrase
from lit.reading.lexicon import emoji_by_name

FALLBACK_EMOJI = "🎨"  # most places ask for one at least
LONGEST_NAME = 8  # words


def name_of(text: str) -> str:
    """A prompt as a name: "A blue  dragon" -> "blue dragon"; "sticker" where nothing can be read."""
    words = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text).split()
    if len(words) > 1 and words[0].lower() in ("a", "an", "the"):
        words = words[1:]
    return " ".join(words) or "sticker"


def emoji_of(text: str) -> tuple[str, ...]:
    """The emoji whose names stand in a text, in their order: "a cat wearing a top hat" -> 🐈, 🎩.

    The longest name counts ("red apple", not "apple"), and a plural as its singular. FALLBACK_EMOJI where none does.
    """
    table = _emoji()
    words = _words(text)
    found, at = [], 0
    while at < len(words):
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            name = " ".join(words[at : at + length])
            if emoji := table.get(name) or table.get(name.removesuffix("s")):
                found.append(emoji)
                at += length
                break
        else:
            at += 1
    return tuple(dict.fromkeys(found)) or (FALLBACK_EMOJI,)


def check_words(what: str, words: str, most: int) -> None:
    """Raise InputError for an empty text, one of more than `most` characters, or halves of characters."""
    if not 0 < len(words.strip()) <= most or words.encode(errors="ignore").decode() != words:
        raise InputError(what, shortened(words, 40), Phrase("1 to {most} characters, all of them whole", most=most))


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters, cut behind a word where there is one."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rpartition(" ")[0] or head).rstrip() + "…"


def file_stem(name: str, joint: str = "-", most: int = 40) -> str:
    """A name as lower-case letters a to z, digits and joints, which every system and service takes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = joint.join(re.findall(r"[a-z0-9]+", plain))[:most].strip(joint)
    return stem if len(stem) > 1 else "sticker"


def free_stem(stem: str, taken: Collection[str], joint: str = "-", most: int = 40) -> str:
    """The stem, counted up where it is taken: dragon, dragon-2, dragon-3."""
    count, free = 1, stem
    while free in taken:
        count += 1
        end = f"{joint}{count}"
        free = stem[: most - len(end)] + end
    return free


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@cache
def _emoji() -> dict[str, str]:
    return {" ".join(_words(name)): emoji for name, emoji in emoji_by_name().items()}
