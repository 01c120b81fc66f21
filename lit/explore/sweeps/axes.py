"""Axes: a setting, or words of the prompt, and the values that it takes one after the other."""

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lit.errors import InputError, Phrase
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Digest, Number, Setting, Trail, Whole

COUNT = 5  # values of a range for which no number is said
MOST = 64  # values of one axis
# One picture a point; sums of files and trails are nothing to walk along.
VARIED = {
    name: setting
    for name, setting in SETTINGS.items()
    if name != "num_images_per_prompt" and not isinstance(setting, Digest | Trail)
}
SEEDS = ("seed", "variation_seed")  # numbers, but none of them is near to another
EXAMPLES = "a setting and its values, such as guidance=1:8:5, seed=0:5, style=noto,blob or cat=cat|dog|red fox"
PLACES = 10_000  # values that a number is rounded to, over the length of its axis


@dataclass(frozen=True)
class Axis:
    """What is varied.

    name: a field of GenerationSettings, or words that stand in the prompt and are replaced.
    values: in order, each once; of numbers at least the ends are those of the range that an adaptive sweep walks in.
    Raises InputError, naming the axis, for no values, more than 64, one twice, and one that does not fit.
    """

    name: str
    values: tuple

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError("axis", self.name, EXAMPLES)
        if isinstance(self.values, str) or not isinstance(self.values, Sequence) or not self.values:
            raise InputError(self.name, self.values, "some values")
        if len(self.values) > MOST:
            raise InputError(self.name, Phrase("{n} values", n=len(self.values)), Phrase("at most {most}", most=MOST))
        values = tuple(self._own(value) for value in self.values)
        twice = [value for i, value in enumerate(values) if value in values[:i]]
        if twice:
            raise InputError(self.name, twice[0], "each value once")
        object.__setattr__(self, "values", values)

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """An axis as it is typed.

        NAME=LOW:HIGH:COUNT  so many numbers from low to high; without a count 5 of them, of seeds every one
        NAME=A,B,C           these; NAME=all is every choice
        WORDS=A|B|C          the prompt with these in place of WORDS; prompt=A|B|C whole prompts
        NAME is a setting's field or its option without the dashes.
        """
        name, is_one, said = text.partition("=")
        name, said = name.strip(), said.strip()
        if not is_one or not name or not said:
            raise InputError("axis", text, EXAMPLES)
        name = field_of(name)
        setting = VARIED.get(name)
        if isinstance(setting, Number) and ":" in said:
            parts = [_number(name, part) for part in said.split(":")]
            if len(parts) not in (2, 3):
                raise InputError(name, said, "low:high or low:high:count, such as 1:8:5")
            return cls.ranged(name, *parts)
        if isinstance(setting, Choice) and said == "all":
            return cls(name, setting.shown or setting.choices)
        values = [part.strip() for part in said.split("|" if "|" in said else ",")]
        return cls(name, tuple(_number(name, one) if isinstance(setting, Number) else one for one in values))

    @classmethod
    def ranged(cls, name: str, low: float, high: float, count: float | None = None) -> "Axis":
        """Evenly spaced numbers with both ends; whole ones snapped, so that there may be fewer than `count`."""
        name = field_of(name)
        setting = VARIED.get(name)
        if not isinstance(setting, Number):
            raise InputError("axis", name, Phrase("a number to have a range: {names}", names=", ".join(numbers())))
        for end in (low, high):
            if not isinstance(end, int | float) or isinstance(end, bool) or not abs(end) <= sys.float_info.max:
                raise InputError(name, end, setting.expected)
            setting.check(name, setting.from_json(end))
        if not low < high:
            raise InputError(name, f"{low:g}:{high:g}", "a low end below the high one")
        every = int(high - low) + 1 if name in SEEDS else COUNT
        count = every if count is None else count
        if not isinstance(count, int | float) or not 2 <= count <= MOST or int(count) != count:
            raise InputError(name, count, Phrase("a whole number of values from 2 to {most}", most=MOST))
        ends = cls(name, (setting.from_json(low), setting.from_json(high)))
        return cls(name, tuple(dict.fromkeys(ends.at(i / (int(count) - 1)) for i in range(int(count)))))

    @classmethod
    def from_record(cls, record: object) -> "Axis":
        """The inverse of `to_record`; raises InputError for what is none."""
        if not isinstance(record, dict) or set(record) != {"name", "values"} or not isinstance(record["values"], list):
            raise InputError("axis", record, "a name and its values")
        return cls(record["name"], tuple(record["values"]))

    def to_record(self) -> dict:
        return {"name": self.name, "values": list(self.values)}

    @property
    def setting(self) -> Setting | None:
        """Its declaration; None for words of the prompt."""
        return VARIED.get(self.name)

    @property
    def numeric(self) -> bool:
        """Whether there is something between two values: a number, and no seed."""
        return isinstance(self.setting, Number) and self.name not in SEEDS

    @property
    def label(self) -> str:
        """What it is called beside the picture."""
        if self.setting is None:
            return self.name
        return "Prompt" if self.name == "prompt" else self.setting.label.rstrip("?")

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def text(self, value: object) -> str:
        """A value as people read it."""
        if isinstance(self.setting, Choice):
            labels = self.setting.labels or {}
            return self.setting.none if value is None else str(labels.get(value, value))
        return f"{value:g}" if isinstance(value, float) else str(value)

    def at(self, place: float) -> float:
        """The number at a place from 0, the low end, to 1; whole ones snap to the nearest that the setting has."""
        value = self.low + place * (self.high - self.low)
        if isinstance(self.setting, Whole):
            step = self.setting.step
            inside = min(math.floor(self.high / step), max(math.ceil(self.low / step), round(value / step)))
            return inside * step
        digits = math.ceil(math.log10(PLACES / (self.high - self.low))) if self.high > self.low else 0
        return min(max(round(value, max(0, digits)), self.low), self.high)

    def place(self, value: float) -> float:
        """The inverse of `at`: where a number lies, from 0 to 1."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0

    def _own(self, value):
        if self.setting is None:
            if not isinstance(value, str) or len(value) > 1000:
                raise InputError(self.name, value, "words of at most 1000 characters")
            SETTINGS["negative_prompt"].check(self.name, value)
            return value
        value = self.setting.own(self.setting.from_page(value))
        if isinstance(self.setting, Number) and isinstance(value, int) and not isinstance(value, bool):
            value = self.setting.kind(value)
        self.setting.check(self.name, value)
        return value


def field_of(name: str) -> str:
    """The field that a name or an option without its dashes means, else the name: words of the prompt."""
    said = name.lower().lstrip("-").replace("-", "_")
    for field, setting in VARIED.items():
        if said in (field, setting.flag.lstrip("-").replace("-", "_") or field):
            return field
    return name


def numbers() -> list[str]:
    """Fields that have a range."""
    return [name for name, setting in VARIED.items() if isinstance(setting, Number)]


def adaptable() -> list[str]:
    """Fields that an adaptive sweep can walk along."""
    return [name for name in numbers() if name not in SEEDS]


def varied(settings: GenerationSettings, axes: Sequence[Axis], values: Sequence) -> GenerationSettings:
    """The settings with each axis at its value; words of the prompt are replaced all at once, wherever they stand."""
    pairs = list(zip(axes, values, strict=True))
    settings = replace(
        settings, num_images_per_prompt=1, **{axis.name: value for axis, value in pairs if axis.setting is not None}
    )
    words = {axis.name: value for axis, value in pairs if axis.setting is None}
    if not words:
        return settings
    return replace(settings, prompt=_standing(words).sub(lambda found: words[found[0]], settings.prompt))


def check_axes(settings: GenerationSettings, axes: Sequence[Axis], most: int = 3) -> None:
    """Raise InputError for none or more than `most` axes, two of one name, and words that the prompt does not have."""
    if not 1 <= len(axes) <= most:
        expected = "one axis" if most == 1 else Phrase("1 to {most}", most=most)
        raise InputError("axes", len(axes), expected)
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise InputError("axes", name, "each once")
    prompts = next((axis.values for axis in axes if axis.name == "prompt"), (settings.prompt,))
    for axis in axes:
        if axis.setting is None and not all(_standing([axis.name]).search(prompt) for prompt in prompts):
            expected = Phrase("one of {names}, or words that stand in the prompt", names=", ".join(VARIED))
            raise InputError("axis", axis.name, expected)
        if axis.name == "strength" and not settings.image_sha256:
            raise InputError("axis", axis.name, "a picture to draw over, for which alone it counts")


def _standing(words):
    """Any of the words, as whole ones, the longest first."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def _number(name, text):
    try:
        return float(text)
    except ValueError:
        setting = VARIED[name]
        raise InputError(name, text.strip(), setting.expected) from None
