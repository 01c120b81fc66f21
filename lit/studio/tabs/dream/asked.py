"""What a page asks of the Dream tab, typed and checked; and what is said of a dream before it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from lit.errors import InputError, LiTError
from lit.explore.canvas import drawn_of, open_picture, placed
from lit.reading.reading import read
from lit.sampling.registry import STARTING
from lit.settings import GenerationSettings
from lit.studio.languages import plural, t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.tabs.compare.axes import Refused
from lit.studio.tabs.generate.asked import settings_in
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.templates import NO_LISTS, Lists
from lit.studio.words import in_words, seconds
from lit.studio.work.dreamt import Order
from lit.studio.work.estimate import waiting
from lit.studio.work.quick import FIRST, quick
from lit.studio.work.worker import PUBLIC_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from lit.studio.work.worker import Worker

FEWEST, MOST = 2, 2000  # frames
STEPS = (1, 2, 4)  # of a frame
NOISES = ("fixed", "fresh")
WAYS = ("held", "drifting", "none")  # of the words
BETWEEN = "/"  # of prompts to drift to
STOPS = 8  # of those at most
SHORTEST = 8  # frames from one prompt to the next


@dataclass(frozen=True)
class Asked:
    """A dream that may be dreamt. image: what it begins with, None for a picture of its words."""

    visitor: str
    order: Order
    image: Image.Image | None

    @classmethod
    def of(
        cls,
        fields: dict,
        worker: "Worker",
        file: "Callable[[object], Path]",
        lists: Lists = NO_LISTS,
        pictured: bool = True,
    ) -> "Asked":
        """From {"visitor", "values": {name of a setting: value of its control}, "picture": its name or "", "strength",
        "noise": one of NOISES, "frames", "steps", "words": one of WAYS, "to": prompts with slashes between}.

        file: of a drawn picture, by its name.  pictured: open it.
        Raises Refused, with the name of what is wrong as its field; LiTError.
        """
        from lit.explore.dreams import Dream

        visitor, picture, to = checked_name(fields.get("visitor")), fields.get("picture"), fields.get("to")
        if fields.get("noise") not in NOISES or fields.get("words") not in WAYS:
            raise LiTError(UNCLEAR)
        if not isinstance(picture, str) or not isinstance(to, str) or not isinstance(fields.get("values"), dict):
            raise LiTError(UNCLEAR)
        try:
            frames = _frames(fields.get("frames"))
            settings, typed = _settings(fields, lists)
            image = None
            if picture and pictured:
                image = open_picture(file(picture))
                width, height = drawn_of(image.size)
                image, settings = placed(image, (width, height)), replace(settings, width=width, height=height)
            prompts = _prompts(to) if fields["words"] == "drifting" else ()
            turns = max(SHORTEST, frames // (len(prompts) + 1))
            dream = Dream(settings, _number(fields), fields["noise"] == "fresh", fields["words"], prompts, turns)
            order = Order(_drawable(dream, worker), frames, typed, bool(picture))
            check(order, worker)
        except InputError as error:
            raise Refused(in_words(error), error.argument.partition(", ")[0]) from error
        return cls(visitor, order, image)


def check(order: Order, worker: "Worker"):
    """Raise InputError or LiTError for what this studio does not dream."""
    if worker.model not in ("loading", "ready"):
        raise LiTError(worker.model)
    order.dream.check()
    if worker.public and order.pixel_evaluations > PUBLIC_LIMIT:
        raise LiTError(
            "This studio is shared: one dream takes at most as long as 8 pictures of 256 pixels in 40 steps. Ask for"
            " fewer frames, or for fewer steps of each. On your own machine there is no such limit"
        )
    if worker.model == "ready":
        for words in (order.dream.settings.prompt, *order.dream.prompts):
            worker.pipeline().check(replace(order.dream.settings, prompt=words))


def announcement(order: Order, worker: "Worker") -> str:
    """How many frames and about how long, in a sentence."""
    count = plural(order.frames, "{n} picture", "{n} pictures")
    took = worker.dreams.seconds(order, order.frames)
    speed = worker.live.speed
    if worker.model != "ready" or speed is None or speed.trouble:
        return t("{pictures}. The model is loading; they are drawn after that.", pictures=count)
    if took is None:
        one = replace(order.dream.settings, num_images_per_prompt=1)
        first = quick(FIRST, worker.pipeline().schedulers), speed.seconds
        took = worker.sweeps.seconds([one] * order.frames, first) or 0.0
    said = t("{pictures}, about {time}.", pictures=count, time=seconds(took))
    before = waiting(worker.queue.drawn_next(), worker.history.timings())
    return said if not before else f"{said} {t('What waits on Generate is drawn first.')}"


def _frames(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not FEWEST <= given <= MOST:
        raise InputError("frames", given, "a whole number from 2 to 2000")
    return given


def _number(fields: dict) -> float:
    strength = fields.get("strength")
    if isinstance(strength, bool) or not isinstance(strength, int | float):
        raise InputError("strength", strength, "a number above 0 and below 1: at 0 nothing moves, at 1 all is new")
    return float(strength)


def _settings(fields: dict, lists: Lists) -> tuple[GenerationSettings, str]:
    """Of a frame, its words as they are read; and as they were typed where that is something else."""
    if fields.get("steps") not in STEPS:
        raise LiTError(UNCLEAR)
    settings_in({"values": fields["values"]})  # what is not taken from there shall be right, too
    values = fields["values"] | {"num_images_per_prompt": 1, "num_inference_steps": fields["steps"]}
    settings, order = understood(settings_in({"values": values}), lists)
    settings = replace(settings, strength=1.0, image_sha256="", mask_sha256="", output_scale=1)
    return settings.resolved(), order.provenance.get("typed", "")


def _prompts(to: str) -> tuple[str, ...]:
    prompts = [words.strip() for words in to.split(BETWEEN) if words.strip()]
    if not 0 < len(prompts) <= STOPS:
        raise InputError("prompts", len(prompts) or None, "one to eight to drift to, with a slash between two")
    return tuple(read(words).text.strip() or words for words in prompts)


def _drawable(dream, worker):
    """The same by a solver that starts from a picture."""
    if dream.settings.scheduler in STARTING or worker.model != "ready":
        return dream
    return replace(dream, settings=replace(dream.settings, scheduler=worker.pipeline().schedulers[0]))
