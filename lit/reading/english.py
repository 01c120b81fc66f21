"""What English is, word by word, and English made of the pieces of a prompt in another language."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lit.data.captions import MASS_WORDS, NUMBER_WORDS, countability, plural, singular, spoken, with_article, words
from lit.reading.foreign import Item
from lit.reading.languages import COLOURS, LANGUAGES
from lit.reading.lexicon import shipped
from lit.reading.script import WORD

# What names alone do not teach: the words between them, and those that ask for a picture.
BETWEEN = words(
    "a an the one two three four five six seven eight nine ten this that these those my your his her its our their "
    "of on in at to from into onto over under above below beside behind between near by with without for and or not no "
    "as like is are was be who which where while left right top bottom side front back next background very some any "
    "gray grey i you he she it we they them him me what all each every other another so if but than then there here "
    "sticker emoji icon drawing cute someone"
)


@dataclass(frozen=True)
class Piece:
    """Some of the English that a prompt is read as.  start, end: where the prompt says it.  glued: no space before."""

    text: str
    start: int
    end: int
    glued: bool = False


@cache
def vocabulary() -> frozenset[str]:
    return frozenset(shipped()["english"]) | BETWEEN | frozenset(COLOURS)


@cache
def names() -> frozenset[str]:
    """Those of the concepts, as CLDR writes them, as they are spoken, and of one where the name has several."""
    return frozenset(
        form for _, name, _ in shipped()["concepts"] for form in (name, spoken(name), singular(spoken(name)))
    )


@cache
def words_of_names() -> frozenset[str]:
    return frozenset(match.group().casefold() for name in names() for match in WORD.finditer(name))


def is_english(word: str) -> bool:
    """Whether a word is one that a drawing is named by, or one of those between, also as plural; or a single letter."""
    word, known = word.casefold(), vocabulary()
    return (
        (len(word) == 1 and word.isascii())
        or word.isdigit()
        or word in known
        or (word.endswith("s") and (word[:-1] in known or word[:-2] in known))
    )


def compose(items: Sequence[Item], code: str) -> list[Piece]:
    """The items of a prompt in this language as English, in English order.

    A phrase is number, colours, thing; places stand between phrases, a background comes last.
    """
    behind = LANGUAGES[code].behind
    parts = _placed(_phrases(_resolved(items), behind), behind)
    articles = bool(LANGUAGES[code].one) and code != "tr" and code != "hi"
    out: list[Piece] = []
    for part in parts:
        out += part.pieces(articles) if isinstance(part, Phrase) else [part]
    return out


@dataclass
class Phrase:
    """Number, colours and thing that belong together."""

    items: list[Item]

    def of(self, kind: str) -> list[Item]:
        return [item for item in self.items if item.kind == kind]

    @property
    def ground(self) -> bool:
        return bool(self.of("ground"))

    @property
    def start(self) -> int:
        return min(item.start for item in self.items)

    @property
    def end(self) -> int:
        return max(item.end for item in self.items)

    def pieces(self, articles: bool) -> list[Piece]:
        """articles: the language has some, so that a phrase without one gets none."""
        head = (self.of("thing") + self.of("ground") or [None])[0]
        before = [item for item in self.items if item.kind in ("colour", "unknown")]
        count = int(self.of("number")[0].english) if self.of("number") else 0
        noun = " ".join([*(item.english for item in before), *([head.english] if head else [])])
        body = [Piece(item.english, item.start, item.end) for item in before]
        if head is not None:
            many = count > 1 or (bool(self.of("many")) and count != 1)
            body.append(Piece(plural(head.english) if many else head.english, head.start, head.end))
        front = (self.of("number") + self.of("one") + self.of("many"))[:1]
        start, end = (front[0].start, front[0].end) if front else (body[0].start, body[0].start) if body else (0, 0)
        if count > 1:
            return [Piece(NUMBER_WORDS[count], start, end), *body]
        wanted = count == 1 or bool(self.of("one")) or self.ground or not articles
        if head is None or not wanted or self.of("many") or countability(head.english) != "count":
            return body
        article = with_article(noun).removesuffix(noun).strip() if _takes_article(head.english) else ""
        return [Piece(article, start, end), *body] if article else body


def _takes_article(name: str) -> bool:
    return countability(name) == "count" and name.split(" ")[-1] not in MASS_WORDS


def _resolved(items):
    """A colour that is a thing where the phrase has no other ("una rosa roja"), and a place that leads nowhere."""
    out = list(items)
    for place, item in enumerate(out):
        # A "yellow square" is no more than its colour.
        if item.thing and item.kind in ("colour", "place") and item.english not in item.thing.split(" "):
            beside = _beside(out, place)
            alone = item.kind == "colour" or place in (0, len(out) - 1)
            if alone and not any(other.kind in ("thing", "ground") for other in beside):
                out[place] = Item("thing", item.thing, item.start, item.end, item.weight, item.words, item.thing)
    return out


def _beside(items, place):
    """The items of the same phrase."""
    first = last = place
    while first > 0 and items[first - 1].kind not in ("place", "mark", "unknown"):
        first -= 1
    while last + 1 < len(items) and items[last + 1].kind not in ("place", "mark", "unknown"):
        last += 1
    return items[first : last + 1]


def _phrases(items, behind):
    """Phrases, and between them places as Items and what was not understood as Pieces."""
    parts, current = [], []

    def close():
        if any(item.kind in ("thing", "ground", "colour", "number") for item in current):
            parts.append(Phrase(list(current)))
        current.clear()

    for item in items:
        heads = [other for other in current if other.kind in ("thing", "ground")]
        if item.kind == "unknown" and current and not heads:
            current.append(item)
        elif item.kind in ("place", "mark", "unknown"):
            close()
            alone = item.kind == "mark" and item.english in ",.;:!?)、。，"
            parts.append(item if item.kind == "place" else Piece(_mark(item.english), item.start, item.end, alone))
        elif item.kind == "small":
            # Where particles end a phrase ("犬が家の"), the next thing begins another.
            continue
        else:
            on_ground = any(other.kind == "ground" for other in heads)
            if item.kind == "thing" and any(other.english == item.english for other in heads):
                continue
            if item.kind == "ground" and heads:
                _split_ground(parts, current)
            elif (
                (item.kind == "thing" and heads)
                or (item.kind == "colour" and on_ground and behind)
                or (item.kind in ("number", "one", "many") and (on_ground or (heads and not behind)))
            ):
                close()
            current.append(item)
    close()
    return parts


def _split_ground(parts, current):
    """Of "猫蓝色背景" and "kedi mavi arka plan": the colours next to the background are its own."""
    last = max(place for place, item in enumerate(current) if item.kind in ("thing", "ground"))
    own = current[last + 1 :]
    parts.append(Phrase(current[: last + 1]))
    current[:] = own


def _mark(mark: str) -> str:
    return {"、": ",", "，": ",", "。": "."}.get(mark, mark)


def _placed(parts, behind):
    """The parts in English order, places as Pieces."""
    ground = next((part for part in parts if isinstance(part, Phrase) and part.ground), None)
    if ground is not None:  # taken out with the place that leads to it, and said at the end
        at = parts.index(ground)
        place = at + 1 if behind else at - 1
        own = {at, place} if 0 <= place < len(parts) and isinstance(parts[place], Item) else {at}
        parts = [part for number, part in enumerate(parts) if number not in own]
    if behind:
        parts = _turned(parts)
    out = [_place(part) if isinstance(part, Item) else part for part in parts]
    if ground is not None:
        out += [Piece("on", ground.start, ground.start), ground] if out else [ground]
    return out


def _turned(parts):
    """For languages that say the place behind: "家の左の犬" is a dog to the left of a house."""
    out = []
    rest = list(parts)
    while rest:
        part = rest.pop(0)
        if not isinstance(part, Item) or part.english == "and":
            out.append(part)
            continue
        phrase = isinstance(rest[0], Phrase) if rest else False
        if phrase and out and isinstance(out[-1], Phrase):
            other = out.pop()
            out += [rest.pop(0), part, other]
        elif len(out) > 1 and isinstance(out[-1], Phrase) and isinstance(out[-2], Phrase):
            out.insert(len(out) - 1, part)
        else:
            out.append(part)
    return out


def _place(item):
    return Piece(item.english, item.start, item.end)
