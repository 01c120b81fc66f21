"""What a page asks of the Sweep tab, typed and checked; and what is said of a sweep before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lit.errors import InputError, LiTError
from lit.explore.sweeps import axes as sweeps
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.grid import Grid, cost
from lit.explore.variations import apart
from lit.reading.reading import read
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Number
from lit.studio.languages import number, plural, t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.tabs.compare.axes import Refused
from lit.studio.tabs.generate.asked import settings_in
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.templates import NO_LISTS, Lists
from lit.studio.words import called, in_words
from lit.studio.work.estimate import Estimate, estimate, resident_memory, waiting
from lit.studio.work.quick import FIRST, quick
from lit.studio.work.swept import ADAPTIVE, GRID, WAYS, Order
from lit.studio.work.worker import PUBLIC_LIMIT

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker

PART, PART_LABEL = "part", "A part of the prompt"  # beside the names of settings
PUBLIC_MOST = 32  # pictures of a sweep where strangers share the studio
OVER = ("strength", "image_sha256", "mask_sha256")  # what is drawn over another picture is drawn on a tab of its own
# What may be varied, the prompt's part first beside the whole of it.
VARIED = ("prompt", PART, *(name for name in sweeps.VARIED if name not in ("prompt", *OVER)))


@dataclass(frozen=True)
class Asked:
    """A sweep that may be drawn."""

    visitor: str
    order: Order

    @classmethod
    def of(cls, fields: dict, worker: "Worker", lists: Lists = NO_LISTS) -> "Asked":
        """From {"visitor", "values": {name of a setting: value of its control}, "way", "axes", "budget"}.

        axes: one to three of {"name": one of VARIED, and "text" (numbers as they are typed), "values" (choices or
        words), or of an adaptive sweep "low" and "high"}.  budget: pictures of an adaptive sweep.
        Raises Refused, with the number of an axis, "budget", or the name of a setting as its field; LiTError.
        """
        visitor, values, way = checked_name(fields.get("visitor")), fields.get("values"), fields.get("way")
        if not isinstance(values, dict) or not isinstance(fields.get("axes"), list) or way not in WAYS:
            raise LiTError(UNCLEAR)
        if not 1 <= len(fields["axes"]) <= 3:
            raise Refused(t("Choose one to three settings to vary"), "0")
        found = [_axis(place, one, way) for place, one in enumerate(fields["axes"])]
        names = [axis.name for axis in found]
        try:
            base, typed = _base(values, names, lists)
            if "prompt" in names:
                found = [_understood(axis) if axis.name == "prompt" else axis for axis in found]
            order = Order(base, tuple(found), way, _budget(fields) if way == ADAPTIVE else 0, typed)
            check(order, worker)
        except InputError as error:
            raise Refused(_said(error, found), _field(error, names)) from error
        return cls(visitor, order)


def check(order: Order, worker: "Worker"):
    """Raise InputError or LiTError for what this studio does not draw."""
    sweep = order.sweep()
    if worker.model not in ("loading", "ready"):
        raise LiTError(worker.model)
    ends = _ends(order)
    if worker.public:
        evaluations = sum(one.pixel_evaluations for one in ends) * sweep.total / len(ends)
        if sweep.total > PUBLIC_MOST or evaluations > PUBLIC_LIMIT:
            raise LiTError(
                "This studio is shared: one sweep draws at most 32 pictures, and takes at most as long as 8 of 256"
                " pixels in 40 steps. On your own machine there is no such limit"
            )
    if worker.model == "ready":
        own = worker.pipeline()
        for one in ends:
            own.check(one)


def announcement(order: Order, worker: "Worker") -> str:
    """How many pictures, about how long, and how much memory, in a sentence."""
    ends, total = _ends(order), int(order.sweep().total)
    count = plural(total, "{n} picture", "{n} pictures")
    if order.way == ADAPTIVE:
        count = t("at most {pictures}", pictures=count)
    speed = worker.live.speed
    if worker.model != "ready" or speed is None or speed.trouble:
        return _capital(t("{pictures}. The model is loading; they are drawn after that.", pictures=count))
    each = ends if order.way == GRID else [max(ends, key=cost)] * total
    took = worker.sweeps.seconds(each, (quick(FIRST, worker.pipeline().schedulers), speed.seconds))
    timings = worker.history.timings()
    former = estimate(timings, max(ends, key=lambda one: one.width * one.height))
    memory = max(filter(None, (former and former.memory, resident_memory())), default=None)
    said = f"{count}, {Estimate(took or 0.0, memory)}."
    before = waiting(worker.queue.drawn_next(), timings)
    return _capital(said if not before else f"{said} {t('What waits on Generate is drawn first.')}")


def named(axis: Axis) -> str:
    """An axis's name on the page."""
    if axis.name == "prompt":
        return t("Prompt")
    return called(axis.setting) if axis.setting else axis.name


def told(axis: Axis, value: object) -> str:
    """A value of an axis on the page."""
    setting = axis.setting
    if isinstance(setting, Choice):
        known = {choice: t(text) for text, choice in setting.options}
        return known.get(setting.to_page(value), str(value))
    if isinstance(value, float):
        return number(value, len(f"{value:g}".partition(".")[2]) if "e" not in f"{value:g}" else 0)
    return str(value)


def _axis(place: int, told: object, way: str) -> Axis:
    if not isinstance(told, dict) or told.get("name") not in VARIED:
        raise LiTError(UNCLEAR)
    name, given, text = told["name"], told.get("values"), told.get("text")
    try:
        if way == ADAPTIVE:
            return Axis.ranged(name, _number(name, told.get("low")), _number(name, told.get("high")), 2)
        if isinstance(SETTINGS.get(name), Number):
            if not isinstance(text, str) or len(text) > 2000:
                raise LiTError(UNCLEAR)
            return Axis.parse(f"{name}={text.strip(' ,')}") if text.strip(" ,") else Axis(name, ())
        if not isinstance(given, list):
            raise LiTError(UNCLEAR)
        if name == PART and given:
            name = given[0]
        return Axis(name, tuple(given))
    except InputError as error:
        raise Refused(in_words(error), str(place)) from error


def _number(name: str, value: object) -> float:
    """What somebody typed as the number that it says. Raises InputError for none."""
    try:
        return float(value)  # pyright: ignore[reportArgumentType]
    except (ValueError, TypeError, OverflowError):
        setting = SETTINGS.get(name)
        raise InputError(name, value, setting.expected if setting else "") from None


def _base(values: dict, names: Sequence[str], lists: Lists) -> tuple[GenerationSettings, str]:
    """What is not varied, its words as they are read unless they are varied; and as they were typed where that is
    something else. What is varied need not fit where it stands alone."""
    values = {name: value for name, value in values.items() if name not in (*names, *OVER, "num_images_per_prompt")}
    if "prompt" in names:
        values["prompt"] = FIRST.prompt
    settings = settings_in({"values": values})
    if "variation_strength" in names:
        settings = apart(settings)
    parts = [name for name in names if name not in SETTINGS]
    if "prompt" in names or any(part in settings.prompt for part in parts):
        return settings, ""
    settings, order = understood(settings, lists)
    return settings, order.provenance.get("typed", "")


def _understood(axis: Axis) -> Axis:
    texts = [read(prompt).text.strip() or prompt for prompt in axis.values]
    return axis if len(set(texts)) < len(texts) else replace(axis, values=tuple(texts))


def _budget(fields: dict) -> int:
    budget = fields.get("budget")
    return budget if isinstance(budget, int) and not isinstance(budget, bool) else -1


def _ends(order: Order) -> list[GenerationSettings]:
    """Every picture of a grid, and of an adaptive sweep those at its corners."""
    corners = order if order.way == GRID else replace(order, way=GRID)
    sweep = corners.sweep()
    assert isinstance(sweep, Grid)
    return [point.settings for point in sweep.points]


def _said(error: InputError, found: Sequence[Axis]) -> str:
    parts = [axis.name for axis in found if axis.setting is None]
    if error.argument == "axis" and error.got in parts:
        return t("“{words}” does not stand in the prompt. Type first what is to be replaced.", words=error.got)
    return in_words(error)


def _field(error: InputError, names: Sequence[str]) -> str:
    """Where on the page a value came from."""
    name = str(error.got) if error.argument == "axis" else error.argument.partition(", ")[0]  # of "prompt, character 3"
    return str(names.index(name)) if name in names else name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
