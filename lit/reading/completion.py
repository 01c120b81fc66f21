"""What a prompt's last words may become: names of the model's own concepts. Loads nothing but the shipped words."""

import heapq
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lit.reading.lexicon import emoji_keys, shipped
from lit.reading.script import WORD

MOST = 8
WORDS_BACK = 4  # of the prompt's end that a name may begin with
SHORTEST = 2  # letters before anything is proposed
EXACT, BEGINS, LATER, KEYWORD = range(4)  # how a name fits, the best first
ARTICLES = ("a", "an", "the")  # with which no part of a name begins: "a cat" is not looked for in "feeding a cat"


@dataclass(frozen=True)
class Completion:
    """name: the concept's.  start: from where on in the prompt it takes the place of what stands there.
    text: the prompt with it."""

    name: str
    start: int
    text: str


def complete(prefix: str, most: int = MOST) -> list[Completion]:
    """The names that the end of a prompt may become, best first.

    The more of the prompt's last words a name begins with, the better. First those that have just this keyword
    ("puppy": dog face), where it is no name itself, then names that begin so, names with a later word that does, and
    others by their keywords. Of two the one that has it in its name first, then the emoji, which is drawn best, then
    the shorter, and flags last.
    """
    words = list(WORD.finditer(prefix[-200:]))
    base = max(len(prefix) - 200, 0)
    if not words or words[-1].end() != len(prefix) - base:
        return []
    found: dict[str, Completion] = {}
    for back in range(min(WORDS_BACK, len(words)), 0, -1):
        start = base + words[-back].start()
        typed = " ".join(prefix[start:].casefold().split())
        if len(typed) < SHORTEST:
            continue
        names = {_names()[number]: rank for rank, number in _matches(typed) if _names()[number].casefold() != typed}
        for name in heapq.nsmallest(most, names, key=lambda name: (names[name], _order(name, typed))):
            found.setdefault(name, Completion(name, start, prefix[:start] + name))
        if len(found) >= most:
            break
    return list(found.values())[:most]


def _order(name, typed):
    return name.startswith("flag:"), typed not in name.casefold(), name not in _emoji(), len(name), name


@cache
def _emoji() -> frozenset[str]:
    return frozenset(emoji_keys().values())


@cache
def _names() -> tuple[str, ...]:
    return tuple(name for _, name, _ in shipped()["concepts"])


@cache
def _index() -> tuple[list[str], list[tuple[int, int]]]:
    """Sorted beginnings of names, of their later words and of keywords, and for each (rank, number of the concept)."""
    entries = []
    for number, (_, name, keywords) in enumerate(shipped()["concepts"]):
        folded = name.casefold()
        entries.append((folded, BEGINS, number))
        later = [match for match in WORD.finditer(folded) if match.start() and match.group() not in ARTICLES]
        entries += [(folded[match.start() :], LATER, number) for match in later]
        entries += [(keyword.casefold(), KEYWORD, number) for keyword in keywords]
    entries.sort()
    return [text for text, _, _ in entries], [(rank, number) for _, rank, number in entries]


def _matches(typed: str) -> Iterator[tuple[int, int]]:
    """(rank, number) of what begins so, the worst ranks first, so that the best is what stays."""
    texts, entries = _index()
    places = range(bisect_left(texts, typed), bisect_left(texts, typed + "\U0010ffff"))
    exact = {place for place in places if texts[place] == typed}
    if any(entries[place][0] == BEGINS for place in exact):
        exact = set()  # a cat is a name; a tiger, which has to do with cats, is not what it becomes
    yield from sorted(
        ((EXACT if place in exact else entries[place][0], entries[place][1]) for place in places), reverse=True
    )
