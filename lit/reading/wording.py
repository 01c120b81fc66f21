"""The pieces of a prompt that is read otherwise than it is written, put together as a sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from lit.data.captions import NUMBER_WORDS, plural, with_article, words
from lit.reading.emoji import Emoji
from lit.reading.english import Piece
from lit.reading.languages import COLOURS

# Behind these a thing takes its article.
ARTICLE_BEHIND = words("on of and with above below to in under behind beside near at by from")
LAST_WORDS = re.compile(r"(?:([\w’'-]+)\s+)?([\w’'-]+)\s*$")
NUMBERS = frozenset([*NUMBER_WORDS.values(), *map(str, NUMBER_WORDS)])


@dataclass(frozen=True)
class Segment:
    """Some of the text that the model is given.  start, end: what of the prompt says it; equal where nothing does."""

    text: str
    start: int
    end: int


def joined(pieces: list[Piece]) -> list[Segment]:
    """Pieces with the spaces between them."""
    out: list[Segment] = []
    for piece in pieces:
        if out and not piece.glued:
            out.append(Segment(" ", piece.start, piece.start))
        out.append(Segment(piece.text, piece.start, piece.end))
    return out


def in_english_prompt(text: str, emoji: list[Emoji]) -> list[Segment]:
    """An English prompt with its emoji named: "two 🦋 on a 🚗" -> "two butterflies on an automobile"."""
    out: list[Segment] = []
    position = 0
    for run in _runs(text, emoji):
        before = text[position : run[0].start]
        spoken = LAST_WORDS.search(before)
        earlier, last = (word or "" for word in spoken.groups()) if spoken else ("", "")
        names = _named(run)
        if last.lower() in ("a", "an"):
            fitting = with_article(names[0].text).removesuffix(names[0].text).strip() or last
            cut = len(before.rstrip()) - len(last)
            out.append(Segment(before[:cut], position, position + cut))
            out.append(
                Segment(fitting if last.islower() else fitting.title(), position + cut, position + cut + len(last))
            )
            before = before[cut + len(last) :]
            position += cut + len(last)
        elif last in NUMBERS or (earlier in NUMBERS and last in COLOURS):
            names[0] = Segment(plural(names[0].text), names[0].start, names[0].end)
        elif not last or last.lower() in ARTICLE_BEHIND:
            names[0] = _with_article(names[0])
        out.append(Segment(before, position, run[0].start))
        if before and not before[-1].isspace() and before[-1] not in "([{“\"'":
            out.append(Segment(" ", run[0].start, run[0].start))
        for place, name in enumerate(names):
            between = "" if not place else " and " if len(names) == 2 else ", "
            out += [Segment(between, name.start, name.start), name if not place else _with_article(name)]
        position = run[-1].end
        if text[position : position + 1].isalnum():
            out.append(Segment(" ", position, position))
    out.append(Segment(text[position:], position, len(text)))
    return [segment for segment in out if segment.text]


def _runs(text: str, emoji: list[Emoji]) -> Iterator[list[Emoji]]:
    """Emoji between which there is nothing but space."""
    run: list[Emoji] = []
    for one in emoji:
        if run and text[run[-1].end : one.start].strip():
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _named(run: list[Emoji]) -> list[Segment]:
    """The names of a run: two to six of the same are a number of them."""
    out = []
    for name, group in groupby(run, key=lambda one: one.name):
        same = list(group)
        said = f"{NUMBER_WORDS[len(same)]} {plural(name)}" if len(same) in NUMBER_WORDS else name
        out.append(Segment(said, same[0].start, same[-1].end))
    return out


def _with_article(segment: Segment) -> Segment:
    if segment.text.split(" ")[0] in NUMBERS:
        return segment
    return Segment(with_article(segment.text), segment.start, segment.end)
