"""How a setting is declared: its words, its limits, its control; and what follows from them.

The declarations stand beside the fields of `GenerationSettings`, and all else is made from them: the arguments of the
command line (lit/commands/arguments.py), the controls of the page and the HTTP endpoint (lit/studio/tabs/generate), the
JSON schema, validation, and the words of every error.
"""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, SupportsFloat

from lit.errors import InputError, Phrase


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all kinds of settings have.

    label: its name on the page.  help: what it is, for the command line and the API.  flag: its option on the
    command line, "" for the one argument that has none.  hint: a sentence beside its control.
    control: of the page: "text", "number", "slider", "radio", "dropdown", or "hidden" for what is not typed.
    """

    label: str
    help: str
    flag: str = ""
    hint: str | None = None
    control: str
    kind: ClassVar[type]  # of its values; a choice has that of its choices

    @property
    def expected(self) -> str:
        """What would do, as the words of an error."""
        raise NotImplementedError

    def fits(self, value: object) -> bool:
        raise NotImplementedError

    def check(self, name: str, value: object) -> None:
        """Raise InputError, which calls the setting `name`, for a value that does not fit."""
        if not self.fits(value):
            raise InputError(name, value, self.expected)

    def own(self, value: object) -> object:
        """Numbers of numpy and torch as Python's own, which JSON knows too; all else as it is."""
        return value

    def from_json(self, value: object) -> Any:
        """A value from where numbers have no kind: 20.0 is 20 where whole numbers are meant."""
        return value

    def from_page(self, value: object) -> Any:
        """A value of the control as one of the setting."""
        return self.from_json(value)

    def to_page(self, value: object) -> object:
        """The inverse of `from_page`."""
        return value

    @property
    def description(self) -> str:
        """`help` and what would do, in one line."""
        return f"{self.help}; {self.expected}"

    def schema(self) -> dict:
        """JSON Schema of a value."""
        return {"title": self.label, "description": self.description}


@dataclass(frozen=True, kw_only=True)
class Words(Setting):
    """Text. example: of what would do; without one it may be empty."""

    example: str = ""
    control: str = "text"
    kind: ClassVar[type] = str

    @property
    def expected(self) -> str:
        if not self.example:
            return "words, or nothing"
        return Phrase("some words, such as '{example}'", example=self.example)

    def fits(self, value: object) -> bool:
        return isinstance(value, str) and (bool(value.strip()) or not self.example)

    def check(self, name: str, value: object) -> None:
        super().check(name, value)
        try:
            str(value).encode()
        except UnicodeEncodeError as error:  # no file, database or page could hold it
            raise InputError(name, value, "whole characters: a half of one (a lone surrogate) is among them") from error

    def from_page(self, value: object) -> Any:
        return value.strip() if isinstance(value, str) else value or ""

    @property
    def description(self) -> str:
        return self.help

    def schema(self) -> dict:
        least = {"minLength": 1, "examples": [self.example]} if self.example else {}
        return super().schema() | {"type": "string"} | least


@dataclass(frozen=True, kw_only=True)
class Digest(Setting):
    """The SHA-256 of something that goes beside the settings, or "" for none."""

    control: str = "hidden"
    kind: ClassVar[type] = str

    @property
    def expected(self) -> str:
        return "64 hexadecimal digits, or nothing"

    def fits(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch("([0-9a-f]{64})?", value) is not None

    def from_page(self, value: object) -> Any:
        return value or ""

    def schema(self) -> dict:
        return super().schema() | {"type": "string", "pattern": "^([0-9a-f]{64})?$"}


@dataclass(frozen=True, kw_only=True)
class Trail(Setting):
    """Variations one after the other, as text: "7:0.4 12:0.65" is 0.4 towards seed 7, and from there 0.65 towards 12.

    most: of them.  high: of a seed.
    """

    most: int
    high: int
    example: str = ""
    control: str = "text"
    kind: ClassVar[type] = str

    @property
    def expected(self) -> str:
        return Phrase("up to {most} variations such as {example}, or nothing", most=self.most, example=self.example)

    def fits(self, value: object) -> bool:
        if not isinstance(value, str) or not re.fullmatch(r"(\d{1,10}:\d(\.\d+)?(e-\d+)?( (?=\d)|$))*", value):
            return False
        trail = trail_of(value)
        return len(trail) <= self.most and all(seed <= self.high and strength <= 1 for seed, strength in trail)

    def from_page(self, value: object) -> Any:
        return " ".join(value.split()) if isinstance(value, str) else value or ""

    @property
    def description(self) -> str:
        return self.help

    def schema(self) -> dict:
        return super().schema() | {"type": "string"}


def trail_of(text: str) -> tuple[tuple[int, float], ...]:
    """The variations of a `Trail`: (seed, strength) each."""
    return tuple((int(seed), float(strength)) for seed, strength in (one.split(":") for one in text.split()))


@dataclass(frozen=True, kw_only=True)
class Number(Setting):
    """A number from low to high.

    unit: what is counted, in an error's words.  step: between two places of its slider.  shown: the limits of its
    slider, where these are narrower.
    """

    low: float
    high: float
    unit: str = ""
    step: float = 0.1
    shown: tuple[float, float] | None = None
    control: str = "slider"
    kind: ClassVar[type] = float

    @property
    def expected(self) -> str:
        low, high = (f"{limit:g}" if isinstance(limit, float) else str(limit) for limit in (self.low, self.high))
        numbers = self._from(low, high)
        return Phrase("{numbers} {unit}", numbers=numbers, unit=Phrase(self.unit)) if self.unit else numbers

    def _from(self, low: str, high: str) -> Phrase:
        return Phrase("a number from {low} to {high}", low=low, high=high)

    def fits(self, value: object) -> bool:
        # A NaN is not between anything.
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def own(self, value: object) -> object:
        if type(value) in (int, float, bool) or not isinstance(value, SupportsFloat) or _is_truth(value):
            return value
        try:
            return float(value)
        except (TypeError, ValueError, RuntimeError):  # arrays and tensors of several numbers
            return value

    def schema(self) -> dict:
        return super().schema() | {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, kw_only=True)
class Whole(Number):
    """A whole number from low to high that `step` divides."""

    low: int
    high: int
    step: int = 1
    kind: ClassVar[type] = int

    def _from(self, low: str, high: str) -> Phrase:
        if self.step > 1:
            return Phrase("a multiple of {step} from {low} to {high}", step=self.step, low=low, high=high)
        return Phrase("a whole number from {low} to {high}", low=low, high=high)

    def fits(self, value: object) -> bool:
        return isinstance(value, int) and super().fits(value) and value % self.step == 0

    def own(self, value: object) -> object:
        return _own_whole(value)

    def from_json(self, value: object) -> Any:
        return _whole_if_equal(value)

    def schema(self) -> dict:
        multiple = {"multipleOf": self.step} if self.step > 1 else {}
        return super().schema() | {"type": "integer"} | multiple


@dataclass(frozen=True, kw_only=True)
class Choice(Setting):
    """One of some words or whole numbers.

    labels: what the page shows for those whose name does not do.  shown: those that the page offers, None for all.
    none: the word that stands for None on the page and in the API, where no choice has to be made; "" where one has.
    """

    choices: tuple
    labels: Mapping[Any, str] | None = None
    shown: tuple | None = None
    none: str = ""
    control: str = "radio"

    @property
    def kind(self) -> type:
        return type(self.choices[0]) if self.choices else str

    @property
    def expected(self) -> str:
        return Phrase("one of {names}", names=", ".join(map(str, self.choices)))

    def fits(self, value: object) -> bool:
        if value is None:
            return bool(self.none)
        return isinstance(value, self.kind) and not isinstance(value, bool) and value in self.choices

    def own(self, value: object) -> object:
        return _own_whole(value) if self.kind is int else value

    def from_json(self, value: object) -> Any:
        return _whole_if_equal(value) if self.kind is int else value

    def from_page(self, value: object) -> Any:
        if self.none and value in (None, "", self.none):
            return None
        return self.from_json(value)

    def to_page(self, value: object) -> object:
        # A picture of another model may have a style that no button is there for.
        return value if value in self.choices or not self.none else self.none

    @property
    def options(self) -> list[tuple[str, Any]]:
        """(label, value) of each that the page offers."""
        labels = self.labels or {}
        first = [(self.none.capitalize(), self.none)] if self.none else []
        return first + [(labels.get(choice, str(choice)), choice) for choice in self.shown or self.choices]

    def schema(self) -> dict:
        return super().schema() | {"enum": [*self.choices, *([None] if self.none else [])]}


def _own_whole(value):
    """Whatever Python can count with as an int; truth values and all else as they are."""
    if _is_truth(value):
        return value
    try:
        return operator.index(value)
    except TypeError:
        return value


def _is_truth(value) -> bool:
    return isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool")


def _whole_if_equal(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value
