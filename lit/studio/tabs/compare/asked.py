"""What a page asks of a comparison, typed and checked; and what is said of it before it is drawn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lit.errors import InputError, LiTError
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.studio.languages import number, plural, t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.tabs.compare.axes import MOST, PUBLIC_MOST, VARIED, Axis, Refused, axis, ways
from lit.studio.words import called, in_words, seconds
from lit.studio.work.comparisons import Way, cost
from lit.studio.work.quick import FIRST, quick
from lit.studio.work.teacher import OWN, TEACHER, teacher_folder
from lit.studio.work.worker import PUBLIC_LIMIT

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline
    from lit.studio.work.worker import Worker


@dataclass(frozen=True)
class Asked:
    """A comparison that may be drawn. x, y: what is varied along the columns and down the rows."""

    visitor: str
    x: Axis | None
    y: Axis | None
    ways: list[Way]

    @classmethod
    def of(cls, fields: dict, worker: "Worker") -> "Asked":
        """From {"visitor", "values": {name of a setting: value of its control}, "x", "y"}, the last two as
        `axes.axis` takes them. Raises Refused, which names the field, and LiTError."""
        values = fields.get("values")
        if not isinstance(values, dict) or set(values) - set(SETTINGS):
            raise LiTError(UNCLEAR)
        visitor = checked_name(fields.get("visitor"))
        others = [entry.name for entry in worker.models.all()]
        x, y = (axis(name, fields.get(name), others) for name in ("x", "y"))
        varied = {one.name for one in (x, y) if one}
        try:
            # What is varied need not fit where it stands alone.
            base = {name: values.get(name) for name in values if name not in varied}
            if "prompt" in varied:
                base["prompt"] = FIRST.prompt
            all_values = {name: base.get(name, SETTINGS[name].to_page(DEFAULTS.get(name))) for name in SETTINGS}
            settings = GenerationSettings(**{name: SETTINGS[name].from_page(one) for name, one in all_values.items()})
            most = PUBLIC_MOST if worker.public else MOST
            found = ways(settings.validate(), x, y, most, worker.models.facts)
            check(found, worker)
        except InputError as error:
            raise Refused(in_words(error), _field(error.argument, x, y)) from error
        return cls(visitor, x, y, found)

    @property
    def layout(self) -> dict:
        """Titles and labels of the grid."""
        return {
            "x": called(VARIED[self.x.name]) if self.x else "",
            "y": called(VARIED[self.y.name]) if self.y else "",
            "columns": self.x.labels if self.x else [""],
            "rows": self.y.labels if self.y else [""],
        }


def _field(argument, x, y) -> str:
    """Where a setting's value came from."""
    for field, one in (("x", x), ("y", y)):
        if one and one.name == argument:
            return field
    return argument


def check(found: list[Way], worker: "Worker"):
    """Raise LiTError for what this studio does not draw. The teacher's own limits are seen when it is loaded."""
    if worker.model not in ("loading", "ready"):
        raise LiTError(worker.model)
    if worker.public and sum(cost(way, 1) for way in found) > PUBLIC_LIMIT:
        raise LiTError(
            "This studio is shared: one comparison takes at most as long as 8 pictures of 256 pixels in 38 steps. On"
            " your own machine there is no such limit"
        )
    for way in found:
        if way.model not in (OWN, TEACHER):
            worker.models.check(way.model, way.settings)
    if worker.model == "ready":
        own = worker.pipeline()
        for way in found:
            if way.model == OWN:
                own.check(way.settings)
        if any(way.model == TEACHER for way in found) and teacher_folder(own) is None:
            raise LiTError("This model has no softmax teacher beside it. Vary something else")


def announcement(ways: list[Way], worker: "Worker") -> str:
    """How many pictures, about how long, and how much memory, in a sentence or two."""
    count = len(ways)
    said = plural(count, "{n} picture", "{n} pictures")
    speed = worker.live.speed
    if worker.model != "ready" or speed is None or speed.trouble:
        return t("{pictures}. The model is loading; they are drawn after that.", pictures=said)
    own = worker.pipeline()
    first = Way(OWN, quick(FIRST, own.schedulers))
    pace = speed.seconds / cost(first, branches_of(first, own))
    took = worker.comparisons.seconds(ways, pace, lambda way: branches_of(way, own))
    said = t("{pictures}, about {time} here.", pictures=said, time=seconds(took))
    if any(way.model == TEACHER for way in ways) and not worker.comparisons.teacher_loaded:
        # Of the same widths as the network that was made from it.
        size = sum(weight.nbytes for weight in own.transformer.parameters())
        once = "The teacher is loaded first, once: about {n} MB of memory, for as long as the studio runs."
        said += " " + t(once, n=number(size / 1e6))
    return said


def branches_of(way: Way, own: "LiTPipeline") -> int:
    """Passes an evaluation. The teacher knows no guidance but by two branches."""
    from lit.sampling.conditioning import branches

    if way.model == OWN:
        return branches(way.settings, own.transformer)
    return 1 if way.settings.guidance_scale == 1 else 2
