"""What a comparison varies: one setting or two, each with some values; and the ways of drawing that follow.

A way is varied as settings are: `model` stands beside the names of SETTINGS.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lit.errors import InputError, LiTError
from lit.sampling import registry, tables
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Number, Setting
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.words import called as named
from lit.studio.words import in_words
from lit.studio.work.comparisons import Way
from lit.studio.work.teacher import OWN, TEACHER

if TYPE_CHECKING:
    from lit.stock.facts import Facts

MODEL = "model"
MODELS = {OWN: "LiT", TEACHER: "Softmax teacher"}
USUAL = {OWN: "lit", TEACHER: "softmax"}  # their token mixers; a network with another is called by that
MOST = 36  # pictures of a comparison
PUBLIC_MOST = 8  # where strangers share the studio

_MODEL = Choice(label="Model", help="which network draws", choices=tuple(MODELS), labels=MODELS)
# One picture a cell, so their number is nothing to vary.
VARIED: dict[str, Setting] = {MODEL: _MODEL} | {
    name: setting for name, setting in SETTINGS.items() if name != "num_images_per_prompt"
}


class Refused(LiTError):
    """A sentence about one field of the page: "x", "y", the name of a setting, or "" for none."""

    def __init__(self, sentence: str, field: str = ""):
        self.field = field
        super().__init__(sentence)


@dataclass(frozen=True)
class Axis:
    """A setting that is varied, with its values in order."""

    name: str
    values: tuple

    @property
    def labels(self) -> list[str]:
        return [label(self.name, value) for value in self.values]


def declared() -> list[dict]:
    """All that may be varied, as the page needs it to offer it. kind: "choice" (`options`: [value, label] each),
    "number" or "words"."""
    return [_declared(name, setting) for name, setting in VARIED.items()]


def _declared(name, setting) -> dict:
    shown = {"name": name, "label": setting.label.rstrip("?"), "expected": setting.expected}
    if isinstance(setting, Choice):
        return shown | {"kind": "choice", "options": [[value, text] for text, value in setting.options]}
    return shown | {"kind": "number" if isinstance(setting, Number) else "words"}


def axis(field: str, asked: object, others: Sequence[str] = ()) -> Axis | None:
    """From {"name", "values": [text or number, ...]}; None where no name is given.

    field: "x" or "y".  others: names of models of the studio's list.  Raises Refused for what cannot be varied, and for
    values that do not fit or come twice.
    """
    if not isinstance(asked, dict) or not asked.get("name"):
        return None
    name, given = asked["name"], asked.get("values")
    setting = VARIED.get(name) if isinstance(name, str) else None
    if name == MODEL:
        setting = replace(_MODEL, choices=(*MODELS, *others), labels=MODELS | {other: other for other in others})
    if setting is None or not isinstance(given, list):
        raise Refused(UNCLEAR, field)
    called = named(setting)
    if len(given) > MOST:
        raise Refused(
            t("{name}: {n} values are too many; at most {most} will do.", name=called, n=len(given), most=MOST), field
        )
    values = []
    for one in given:
        try:
            value = setting.own(setting.from_page(_number(one) if isinstance(setting, Number) else one))
            setting.check(name, value)
        except InputError as error:
            raise Refused(in_words(error), field) from error
        if value in values:
            raise Refused(t("{name}: {value} is there twice.", name=called, value=label(name, value)), field)
        values.append(value)
    if not values:
        raise Refused(in_words(InputError(name, None, setting.expected)), field)
    return Axis(name, tuple(values))


def _number(text: object) -> object:
    """What somebody typed as the number that it says, else as it is."""
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        return text


def label(name: str, value: object) -> str:
    """A value as people read it."""
    setting = VARIED[name]
    if isinstance(setting, Choice):
        known = {choice: t(text) for text, choice in setting.options}
        return known.get(setting.to_page(value), str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def ways(
    base: GenerationSettings,
    x: Axis | None,
    y: Axis | None,
    most: int = MOST,
    facts: "Callable[[str], Facts] | None" = None,
) -> list[Way]:
    """The pictures of a comparison, row by row: x along the columns, y down the rows.

    base: of everything that is not varied.  facts: of a model of the studio's list.  Raises Refused for two axes of one
    setting, for too many pictures, and for settings that no model can draw.
    """
    if x and y and x.name == y.name:
        raise Refused(t("{name}: it is varied along the columns already.", name=named(VARIED[y.name])), "y")
    columns, rows = (len(one.values) if one else 1 for one in (x, y))
    if columns * rows > most:
        size, text = f"{columns} × {rows}", "{size} are {n} pictures; at most {most} in one comparison."
        raise Refused(t(text, size=size, n=columns * rows, most=most), "x")
    down = y.values if y else (None,)
    along = x.values if x else (None,)
    varied = [{axis.name: value for axis, value in ((x, i), (y, j)) if axis} for j in down for i in along]
    return [_way(base, one, facts) for one in varied]


def _way(base, varied, facts) -> Way:
    model = varied.get(MODEL, OWN)
    changes = {name: value for name, value in varied.items() if name != MODEL}
    settings = replace(base, **changes, num_images_per_prompt=1)
    if model == TEACHER:
        settings = of_teacher(settings, "num_inference_steps" in varied)
    elif model != OWN and facts is not None:
        settings = of_other(settings, facts(model), varied)
    return Way(model, settings.validate())


def of_other(settings: GenerationSettings, facts: "Facts", varied: Collection[str]) -> GenerationSettings:
    """The settings as a model of the list draws them: what it cannot, and what is as it stands on the page anyway, as
    it is usual for it. varied: names of what is varied, which stays."""
    usual, changes = facts.usual(), {}
    if settings.scheduler not in facts.schedulers:
        changes |= {name: usual[name] for name in ("scheduler", "num_inference_steps")}
    if facts.family is not None:
        changes |= {"style": None, "output_scale": usual["output_scale"]}
        if (settings.width, settings.height) == (DEFAULTS["width"], DEFAULTS["height"]) or not facts.sizes[1]:
            changes |= {name: usual[name] for name in ("width", "height")}
    return replace(settings, **{name: value for name, value in changes.items() if name not in varied})


def of_teacher(settings: GenerationSettings, steps_are_varied: bool) -> GenerationSettings:
    """The settings as a softmax flow draws them: by its own scheduler, in as many steps as that takes, where these name
    one that only the flow map has, or that is fitted to other weights."""
    known = [name for name in registry.names("flow") if name != tables.NAME]
    if settings.scheduler in known:
        return settings
    steps = settings.num_inference_steps if steps_are_varied else registry.find(known[0]).steps
    return replace(settings, scheduler=known[0], num_inference_steps=steps)
