"""Adaptive sweeps: pictures where they change most along one or two numbers, by the engine of the page's Sweep tab."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lit.errors import InputError, LiTError
from lit.explore.sweeps.adaptive import BUDGET, LEAST, MOST
from lit.explore.sweeps.axes import Axis, adaptable
from lit.serve import answers
from lit.serve.bodies import check_known, whole_in
from lit.serve.callers import Caller
from lit.serve.errors import Refusal, not_there, refusal
from lit.settings import schema
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.templates import lists_of
from lit.studio.tabs.sweep.asked import check
from lit.studio.words import told
from lit.studio.work.swept import ADAPTIVE, Order, Swept

if TYPE_CHECKING:
    from lit.serve.programs import Gone, Programs

RANGES = 2
POLL = 0.1  # seconds between two looks at a sweep
VARIED = tuple(name for name in adaptable() if name != "strength")  # which counts for what is drawn over a picture
OVER = ("image_sha256", "mask_sha256")
# JSON Schema of what an adaptive sweep is asked with.
ASKED = {
    "type": "object",
    "properties": {
        "settings": schema() | {"description": "all that does not change"},
        "ranges": {
            "type": "object",
            "description": "the two ends of each setting that changes, such as {'guidance_scale': [1, 7]}",
            "propertyNames": {"enum": list(VARIED)},
            "minProperties": 1,
            "maxProperties": RANGES,
            "additionalProperties": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            "examples": [{"guidance_scale": [1, 7]}],
        },
        "budget": {
            "type": "integer",
            "description": f"pictures at most; from {LEAST[2]} to {MOST[2]} where two settings change",
            "minimum": LEAST[1],
            "maximum": MOST[1],
            "default": BUDGET,
        },
    },
    "required": ["settings", "ranges"],
    "additionalProperties": False,
}
PICTURE = "sweeps/pictures/{}/{}.png"  # of a sweep's id and a picture's place


def planned(programs: "Programs", fields: dict) -> Order:
    """The sweep that is asked for. Raises InputError for what does not fit."""
    check_known(fields, ("settings", "ranges", "budget"))
    settings, ranges = fields.get("settings"), fields.get("ranges")
    if not isinstance(settings, dict):
        raise InputError("settings", settings, "an object with at least a prompt")
    for name in OVER:
        if settings.get(name):
            raise InputError(name, settings[name], "none: these pictures are drawn from words alone")
    if not isinstance(ranges, dict) or not 1 <= len(ranges) <= RANGES:
        raise InputError("ranges", ranges, f"an object with one to {RANGES} settings and the two ends of each")
    axes = []
    for name, ends in ranges.items():
        if name not in VARIED:
            raise InputError("ranges", name, f"one of {', '.join(VARIED)}")
        if not isinstance(ends, list) or len(ends) != 2:
            raise InputError(f"ranges.{name}", ends, "a list of its two ends")
        low, high = ends
        axes.append(Axis.ranged(name, low, high, 2))
    budget = whole_in(fields, "budget", LEAST[len(axes)], MOST[len(axes)], BUDGET)
    # What is varied need not fit where it stands alone.
    base = programs.settings_in(settings | {axis.name: axis.low for axis in axes} | {"num_images_per_prompt": 1})
    base, read = understood(base, lists_of(programs.store.home))
    order = Order(base, tuple(axes), ADAPTIVE, budget, read.provenance.get("typed", ""))
    order.sweep()  # which says what cannot be swept
    return order


def begun(programs: "Programs", caller: Caller, order: Order) -> Swept:
    """Put it into its visitor's line. Raises LiTError and Refusal for what this studio does not draw."""
    dearest = replace(order.settings, **{axis.name: axis.high for axis in order.axes})
    programs.check(dearest)
    try:
        check(order, programs.worker)
    except InputError:
        raise
    except LiTError as error:  # a shared studio's limit
        raise Refusal(422, "budget", order.budget, str(error), code="too_much") from error
    programs.count(caller, dearest.pixel_evaluations * order.budget)
    try:
        return programs.worker.sweeps.begin(caller.visitor, order)
    except LiTError as error:
        raise refusal(error) from error


def found(programs: "Programs", caller: Caller, sweep_id: str) -> Swept:
    """Raises Refusal 404 for another visitor's, too, and for a grid of the page."""
    try:
        swept = programs.worker.sweeps.find(sweep_id, caller.visitor)
    except LiTError:
        swept = None
    if swept is None or swept.order.way != ADAPTIVE:
        raise not_there("sweep", sweep_id, "an adaptive sweep")
    return swept


async def waited(swept: Swept, gone: "Gone", patience: float):
    """Return once the sweep has ended, after so many seconds, or once `gone()`: it goes on all the same."""
    waited = 0.0
    while swept.active and waited < patience and not await gone():
        await asyncio.sleep(POLL)
        waited += POLL


async def seen(programs: "Programs", swept: Swept, request: Request) -> answers.Adaptive:
    """A sweep for an answer."""
    return await run_in_threadpool(_seen, programs, swept, request)


def _seen(programs, swept: Swept, request: Request) -> answers.Adaptive:
    names = [axis.name for axis in swept.order.axes]

    def values(coordinates: tuple) -> dict:
        return dict(zip(names, coordinates, strict=True))

    points = [
        answers.Point(
            values=values(cell.point.coordinates), url=f"{request.base_url}{PICTURE.format(swept.id, cell.place)}"
        )
        for cell in sorted(swept.done, key=lambda cell: cell.point.coordinates)
    ]
    flips = [answers.Flip(low=values(one.low), high=values(one.high), times=one.times) for one in swept.flips]
    failed = next((cell.message for cell in list(swept.cells) if cell.message), "")
    return answers.Adaptive(
        id=swept.id,
        state=swept.state,
        why=swept.why,
        drawn=len(points),
        most=swept.total,
        seconds_left=programs.worker.sweeps.seconds(swept.left, None) if swept.active else None,
        points=points,
        flips=flips,
        message=told(swept.trouble or failed),
    )
