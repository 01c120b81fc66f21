"""Prompt templates: "a {red|green|blue} __animal__" stands for every prompt that its alternatives make.

{a|b} and [a|b] are alternatives, __name__ a line of the list of that name; they lie within each other as one likes. A
backslash takes a sign's meaning away. Braces and brackets without "|" are text, and so is everything of a plain
prompt. Weights stay in the prompts (lit.reading.weights); what they are is decided there.

The prompts of a template are numbered, the last alternative counting fastest, so that one can be had, or drawn by
lot, without the others: a template with a million prompts is counted, not built.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from lit.errors import InputError, Phrase
from lit.reading.weights import SPECIAL

MOST = 100  # prompts that a template is expanded to
DEEPEST = 10  # alternatives within each other, and lists
CLOSING = {"{": "}", "[": "]"}
LIST = re.compile(r"__([A-Za-z0-9][A-Za-z0-9-]*(?:_[A-Za-z0-9-]+)*)__")
MODES = ("all", "random")
SHOWN = 30  # characters of a template that an error repeats


@dataclass(frozen=True)
class Expansion:
    """prompts: those to draw, in order.  count: how many the template has.  sentence: said where there are more."""

    prompts: tuple[str, ...]
    count: int
    sentence: str = ""


@dataclass(frozen=True)
class Choice:
    """Alternatives, one of which is taken."""

    options: tuple["Template", ...]

    @property
    def count(self) -> int:
        return sum(option.count for option in self.options)

    def prompt(self, number: int) -> str:
        for option in self.options:
            if number < option.count:
                return option.prompt(number)
            number -= option.count
        raise IndexError(number)


@dataclass(frozen=True)
class Template:
    """Texts and choices behind one another.  count: of its prompts, as large as it may be."""

    parts: tuple[str | Choice, ...]
    count: int

    @property
    def plain(self) -> bool:
        """Whether there is nothing to choose, so that it is a prompt like any other."""
        return not any(isinstance(part, Choice) for part in self.parts)

    def prompt(self, number: int) -> str:
        """The prompt of a number from 0 to count - 1."""
        said = []
        for part in reversed(self.parts):
            if isinstance(part, str):
                said.append(part)
            else:
                number, own = divmod(number, part.count)
                said.append(part.prompt(own))
        return "".join(reversed(said))


def parse_template(text: str, lists: Mapping[str, Sequence[str]] | None = None) -> Template:
    """lists: the lines of each list by its name; see `read_lists`.

    Raises InputError, with the character that it is about, for alternatives that do not end, a list that there is not
    or that names itself, and more than ten within each other.
    """
    return _Parser(text, lists or {}, (), {}).template()


def expand(
    text: str,
    seed: int = 0,
    mode: str = "all",
    lists: Mapping[str, Sequence[str]] | None = None,
    most: int = MOST,
) -> Expansion:
    """The prompts of a template: "all" in their order, or "random" ones, different as long as there are any.

    The same template, seed, mode and lists give the same prompts. At most `most`; what is left out is said.
    """
    if mode not in MODES:
        raise InputError("mode", mode, Phrase("one of {names}", names=", ".join(MODES)))
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise InputError("most", most, "a whole number from 1")
    template = parse_template(text, lists)
    count = template.count
    if mode == "all":
        numbers: list[int] = list(range(min(count, most)))
    else:
        numbers = _drawn(random.Random(seed), count, min(count, most))
    which = "the first" if mode == "all" else "random"
    sentence = f"{_written(count)} prompts; {which} {most:,} are drawn." if count > most else ""
    return Expansion(tuple(template.prompt(number) for number in numbers), count, sentence)


def read_lists(folder: Path) -> dict[str, list[str]]:
    """The lists of a folder: NAME.txt, a line an entry; empty lines and those that begin with "#" are left out.

    Raises InputError for a folder that is none and a file that is no text.
    """
    if not folder.is_dir():
        raise InputError("lists", str(folder), "a folder with text files")
    lists = {}
    for file in sorted(folder.glob("*.txt")):
        try:
            lines = file.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("lists", str(file), Phrase("a text file in UTF-8 ({why})", why=error)) from error
        lists[file.stem] = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return lists


class _Parser:
    """Reads a template once from its front.

    within: the lists in which it stands, the outermost first.  done: the lists that are read, for all parsers of a
    template: one that is named a hundred times is read once.
    """

    def __init__(self, text: str, lists: Mapping[str, Sequence[str]], within: tuple[str, ...], done: dict[str, Choice]):
        self.text, self.lists, self.within, self.done = text, lists, within, done
        self.place = Phrase("list {name}", name=within[-1]) if within else Phrase("prompt")
        self.ends = self._alternatives()

    def template(self) -> Template:
        return self._sequence(0, len(self.text), 0)

    def _sequence(self, position: int, stop: int, depth: int) -> Template:
        parts: list[str | Choice] = []
        plain: list[str] = []
        while position < stop:
            sign = self.text[position]
            if sign == "\\" and self.text[position + 1 : position + 2] in tuple(SPECIAL):
                # Parentheses keep their backslash: it means something to weights, which are read later.
                keep = self.text[position + 1] in "()\\"
                plain.append(self.text[position + (not keep) : position + 2])
                position += 2
            elif position in self.ends:
                bars, end = self.ends[position]
                self._check_depth(position, depth + 1)
                borders = [position, *bars, end]
                options = [self._sequence(start + 1, border, depth + 1) for start, border in zip(borders, borders[1:])]
                parts += ["".join(plain), Choice(tuple(options))]
                plain, position = [], end + 1
            elif sign == "_" and (match := LIST.match(self.text, position, stop)):
                parts += ["".join(plain), self._list(match.group(1), position)]
                plain, position = [], match.end()
            else:
                plain.append(sign)
                position += 1
        parts.append("".join(plain))
        kept = tuple(part for part in parts if part != "")
        return Template(kept, prod(part.count for part in kept if isinstance(part, Choice)))

    def _list(self, name: str, position: int) -> Choice:
        if name not in self.lists:
            there = Phrase("there are no lists yet")
            if self.lists:
                there = Phrase("one of {names}", names=", ".join(sorted(self.lists)[:10]))
            self._fail(
                position,
                f"__{name}__",
                Phrase("a list that there is: {there}; or \\__{name}__ for the words", there=there, name=name),
            )
        if name in self.within:
            self._fail(
                position,
                f"__{name}__",
                Phrase("a list that does not name itself ({names})", names=" > ".join([*self.within, name])),
            )
        if not self.lists[name]:
            self._fail(position, f"__{name}__", "a list with at least one line")
        if name not in self.done:
            self._check_depth(position, len(self.within) + 1)
            within = (*self.within, name)
            lines = [_Parser(line, self.lists, within, self.done).template() for line in self.lists[name]]
            self.done[name] = Choice(tuple(lines))
        return self.done[name]

    def _alternatives(self) -> dict[int, tuple[list[int], int]]:
        """Where alternatives open -> (their bars, where they close). Brackets without a bar are text."""
        opened: list[tuple[int, list[int]]] = []
        found: dict[int, tuple[list[int], int]] = {}
        position = 0
        while position < len(self.text):
            sign = self.text[position]
            if sign == "\\":
                position += 1
            elif sign in CLOSING:
                opened.append((position, []))
            elif sign == "|" and opened:
                opened[-1][1].append(position)
            elif opened and sign == CLOSING[self.text[opened[-1][0]]]:
                start, bars = opened.pop()
                if bars:
                    found[start] = (bars, position)
            position += 1
        for start, bars in opened:
            if bars:
                sign = self.text[start]
                remedy = Phrase("'{end}' to close it, or '\\{sign}' for the sign itself", end=CLOSING[sign], sign=sign)
                self._fail(start, self.text[start : start + SHOWN], remedy)
        return found

    def _check_depth(self, position: int, depth: int):
        if depth > DEEPEST:
            self._fail(
                position,
                self.text[position : position + SHOWN],
                Phrase("at most {most} within each other", most=DEEPEST),
            )

    def _fail(self, position, got, expected):
        raise InputError(Phrase("{place}, character {n}", place=self.place, n=position + 1), got, expected)


def _drawn(lot: random.Random, count: int, most: int) -> list[int]:
    """Different numbers below count, in the order drawn; a set, since a range this long has no length."""
    if count <= 2 * most:
        numbers = list(range(count))
        lot.shuffle(numbers)
        return numbers[:most]
    numbers = {}
    while len(numbers) < most:
        numbers[lot.randrange(count)] = None
    return list(numbers)


def _written(count: int) -> str:
    return f"{count:,}" if count < 10**12 else "More than a trillion"
