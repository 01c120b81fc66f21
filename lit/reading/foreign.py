"""Prompts in other languages, taken apart: which words are things, numbers, colours and places."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from lit.reading.languages import LANGUAGES, grammar
from lit.reading.lexicon import shipped
from lit.reading.script import UNSPACED, WORD, normal

# What a word counts: known as it is, by its stem, or only as one emoji's keyword, which may be anything.
SURE, BENT, BY_CHANCE = 1.0, 0.9, 0.5
COUNTED = ("id", "ja", "ko", "zh")  # a word that counts things ("匹") does so only behind a number
SCRIPTS = {
    "ar": re.compile("[\u0600-\u06ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "ja": UNSPACED,
    "ko": re.compile("[\uac00-\ud7a3\u1100-\u11ff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "zh": UNSPACED,
}
MARK = re.compile(r"\S+")
APOSTROPHES = "'’ʼ"
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True)
class Item:
    """A piece of a prompt. kind: thing, number, colour, ground, place, one, many, small, mark or unknown.

    english: what it says; of an unknown one and a mark, what stands there.  start, end: its place in the prompt.
    weight: how surely it is of this language, per word.  words: how many of the prompt's words it takes.
    thing: what it is called where it is a thing after all, such as the rose that is also a colour.
    """

    kind: str
    english: str
    start: int
    end: int
    weight: float = 0.0
    words: int = 1
    thing: str = ""


@dataclass(frozen=True)
class Dictionary:
    """A language ready to be looked up; an entry is (kind, English, what it is called where it is a thing).

    tables: by how surely they tell, each of phrases or of stems of phrases, with what a word found there counts.
    longest: the words of the longest phrase by its first word or that word's stem, or by its first sign.
    """

    tables: tuple[tuple[bool, float, dict[str, tuple[str, str, str]]], ...]
    longest: dict[str, int]

    def find(self, said: str, stemmed: str) -> tuple[tuple[str, str, str] | None, float]:
        for by_stem, weight, table in self.tables:
            if (entry := table.get(stemmed if by_stem else said)) is not None:
                return entry, weight
        return None, 0.0


@cache
def dictionary(code: str) -> Dictionary:
    """Takes some hundredths of a second the first time."""
    rules, spaced = grammar(code), LANGUAGES[code].spaced
    joined = (lambda phrase: phrase) if spaced else (lambda phrase: phrase.replace(" ", ""))
    names, keywords, lone = (
        {joined(phrase): ("thing", english, english) for phrase, english in table.items()}
        for table in shipped()["languages"][code]
    )
    things = lone | keywords | names
    for form in filter(None, LANGUAGES[code].forms.split(",")):
        said, base = map(normal, form.split("="))
        if base in things:
            names[said] = things[said] = things[base]
    little = {
        joined(phrase): (kind, english, things.get(joined(phrase), ("", "", ""))[2])
        for phrase, (kind, english) in rules.phrases.items()
    }
    exact = [little, names, keywords, lone]
    longest: dict[str, int] = {}
    if not spaced:
        for phrase in [phrase for table in exact for phrase in table]:
            longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
        sure = (SURE, SURE, SURE, BY_CHANCE)
        return Dictionary(tuple((False, weight, table) for weight, table in zip(sure, exact)), longest)
    bent = {phrase: entry for phrase, entry in little.items() if entry[0] in ("colour", "ground")}
    stems: list[dict[str, tuple[str, str, str]]] = [{}, {}, {}]
    for table, source in zip(stems, (bent, names, keywords)):
        for phrase, entry in sorted(source.items(), key=lambda pair: len(pair[0])):
            parts = phrase.split(" ")
            stemmed = [rules.stem(part) for part in parts]
            table.setdefault(" ".join(stemmed), entry)
            for first in (parts[0], stemmed[0]):
                longest[first] = max(longest.get(first, 0), len(parts))
    for phrase in [*little, *lone]:
        first, *more = phrase.split(" ")
        longest[first] = max(longest.get(first, 0), 1 + len(more))
    tables = (
        (False, SURE, little), (False, SURE, names), (True, BENT, stems[0]), (False, SURE, keywords),
        (True, BENT, stems[1]), (True, BENT, stems[2]), (False, BY_CHANCE, lone),
    )  # fmt: skip
    return Dictionary(tables, longest)


def candidates(text: str) -> list[str]:
    """The languages whose script a text is in."""
    latin = bool(LATIN.search(text))
    return [code for code in LANGUAGES if (SCRIPTS[code].search(text) if code in SCRIPTS else latin)]


def parse(text: str, code: str, known: Iterable[Item] = ()) -> list[Item]:
    """A prompt as a language reads it, in the prompt's order. known: pieces that are read already (emoji)."""
    items: list[Item] = []
    position = 0
    for item in [*known, None]:
        end = len(text) if item is None else item.start
        read = _spaced if LANGUAGES[code].spaced else _unspaced
        items += read(text, position, end, code)
        if item is not None:
            items.append(item)
            position = item.end
    return _counters(items) if code in COUNTED else items


def _spaced(text: str, position: int, stop: int, code: str) -> Iterator[Item]:
    lookup, rules = dictionary(code), grammar(code)
    found = list(WORD.finditer(text, position, stop))
    said = [normal(match.group()) for match in found]
    stemmed = [rules.stem(word) for word in said]
    at = 0
    while at < len(found):
        yield from _marks(text, position, found[at].start())
        most = max(lookup.longest.get(said[at], 1), lookup.longest.get(stemmed[at], 1))
        for count in range(min(most, len(found) - at), 0, -1):
            entry, weight = lookup.find(" ".join(said[at : at + count]), " ".join(stemmed[at : at + count]))
            if entry is not None:
                break
        position = found[at + count - 1].end()
        start = found[at].start()
        if entry is None:
            yield from _with_and(text, start, position, said[at], code)
        else:
            yield Item(entry[0], entry[1], start, position, weight, count, entry[2])
        at += count
    yield from _marks(text, position, stop)


def _with_and(text: str, start: int, end: int, word: str, code: str) -> Iterator[Item]:
    """A word that is not known as it is: an "and" with the word that it is written with, or unknown."""
    language, lookup, stem = LANGUAGES[code], dictionary(code), grammar(code).stem
    if language.and_before and word.startswith(language.and_before):
        rest = word.removeprefix(language.and_before)
        entry, weight = lookup.find(rest, stem(rest))
        if entry is not None:
            middle = start + len(language.and_before)
            yield Item("place", "and", start, middle, weight, 0)
            yield Item(entry[0], entry[1], middle, end, weight, 1, entry[2])
            return
    for ending in filter(None, language.and_behind.split(",")):
        entry, weight = lookup.find(word.removesuffix(ending), "") if word.endswith(ending) else (None, 0.0)
        if entry is not None:
            middle = end - len(ending)
            yield Item(entry[0], entry[1], start, middle, weight, 1, entry[2])
            yield Item("place", "and", middle, end, weight, 0)
            return
    yield Item("unknown", text[start:end], start, end)


def _unspaced(text: str, position: int, stop: int, code: str) -> Iterator[Item]:
    lookup = dictionary(code)
    # Names are looked up without the marks in them: "旗: ドイツ".
    places = [place for match in WORD.finditer(text, position, stop) for place in range(*match.span())]
    signs = [normal(text[place]) for place in places]
    at = 0
    while at < len(places):
        for count in range(min(lookup.longest.get(signs[at][:1], 0), len(places) - at), 0, -1):
            entry, weight = lookup.find("".join(signs[at : at + count]), "")
            if entry is not None:
                break
        else:
            at += 1
            continue
        start, end = places[at], places[at + count - 1] + 1
        yield from _rest(text, position, start)
        yield Item(entry[0], entry[1], start, end, weight, 1, entry[2])
        at, position = at + count, end
    yield from _rest(text, position, stop)


def _rest(text, start, stop):
    """What no dictionary has: words and the marks between them."""
    for match in WORD.finditer(text, start, stop):
        yield from _marks(text, start, match.start())
        yield Item("unknown", match.group(), match.start(), match.end())
        start = match.end()
    yield from _marks(text, start, stop)


def _marks(text, start, stop):
    for match in MARK.finditer(text, start, stop):
        inside = match.start() > 0 and match.end() < len(text) and text[match.start() - 1].isalpha()
        if inside and text[match.end()].isalpha() and match.group() in APOSTROPHES:
            continue  # of "d'un"
        yield Item("mark", match.group(), match.start(), match.end(), 0, 0)


def _counters(items: list[Item]) -> list[Item]:
    return [
        Item("thing", item.thing, item.start, item.end, item.weight, item.words, item.thing)
        if item.kind == "small" and item.thing and not (place and items[place - 1].kind == "number")
        else item
        for place, item in enumerate(items)
    ]
