"""How a sweep stands, as the page shows it: its pictures with their places, and where the picture changes."""

import math
from typing import TYPE_CHECKING

from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.change import Flip
from lit.explore.sweeps.distances import SEEN
from lit.studio.languages import language, number, plural, t
from lit.studio.tabs.sweep.asked import named, told
from lit.studio.words import caption, seconds
from lit.studio.words import told as said_of
from lit.studio.work.swept import ADAPTIVE, DONE, GRID, STOPPED, Cell, Swept

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker

FLIPS = 3  # that are said
STEP = " · "
UNDRAWN = ("waiting", "drawing")


def title_of(swept: Swept) -> str:
    """What a sweep is called: what is varied, and the words."""
    names = " × ".join(named(axis) for axis in swept.order.axes)
    varied = any(axis.name == "prompt" for axis in swept.order.axes)
    return names if varied else f"{names}: {swept.order.typed or swept.order.settings.prompt}"


def line_of(swept: Swept) -> dict:
    """A sweep among the last ones. created: seconds since 1970."""
    done = swept.done
    total = len(done) if swept.state == DONE else swept.total
    count = plural(total, "{n} picture", "{n} pictures")
    return {
        "id": swept.id,
        "title": title_of(swept),
        "said": count if len(done) == total else t("{n} of {all} drawn", n=len(done), all=total),
        "created": swept.created,
        "first": f"{swept.id}/{done[0].place}" if done else "",
        "active": swept.active,
    }


def state_of(swept: Swept, worker: "Worker", seen: int) -> dict:
    """What has changed since version `seen`; all of it where another studio gave that, and of an adaptive sweep, whose
    pictures move up when others come between (`whole`)."""
    version = swept.version  # first: what changes meanwhile is told next time
    whole = swept.order.way == ADAPTIVE or not 0 <= seen <= version
    ranks = _ranks(swept) if swept.order.way == ADAPTIVE else None
    cells = [cell for cell in list(swept.cells) if whole or cell.changed > seen]
    if not swept.active:  # nothing waits any longer
        cells = [cell for cell in swept.cells if whole or cell.changed > seen or cell.state in UNDRAWN]
    trouble = swept.trouble
    if swept.active and worker.model not in ("loading", "ready"):
        trouble = worker.model
    return {
        "version": version,
        "active": swept.active,
        "way": swept.order.way,
        "title": title_of(swept),
        "axes": _axes(swept, ranks),
        "cells": [_cell(swept, cell, ranks) for cell in cells],
        "whole": whole,
        "drawn": len(swept.done),
        "rest": swept.state == STOPPED and len(swept.done) < swept.total,
        "trouble": said_of(trouble),
        "change": _change(swept) if swept.order.way == ADAPTIVE and swept.change else None,
        **_progress(swept, worker),
    }


def _progress(swept, worker) -> dict:
    """share: 0 to 1.  said: that in words.  ended: how it ended."""
    drawing = [cell.step / cell.steps for cell in swept.cells if cell.state == "drawing" and cell.steps]
    done = len(swept.done)
    left = worker.sweeps.seconds(swept.left, None)
    values = {"n": done, "all": swept.total}
    said = t("{n} of {all} drawn", **values)
    if left is not None:
        said = t("{n} of {all} drawn, about {time} left", **values, time=seconds(max(0.0, left)))
    count = plural(done, "{n} picture", "{n} pictures")
    ended = t("Done: {pictures}.", pictures=count) if swept.state == DONE else t("Ended: {pictures}.", pictures=count)
    return {"share": (done + sum(drawing)) / max(1, swept.total), "said": said, "ended": ended}


def _axes(swept, ranks) -> list[dict]:
    axes = swept.order.axes
    if swept.order.way == GRID:
        return [{"label": named(axis), "values": [told(axis, value) for value in axis.values]} for axis in axes]
    points = [STEP.join(_values(swept, cell)) for cell in sorted(swept.cells, key=lambda cell: ranks[cell.place])]
    return [{"label": STEP.join(named(axis) for axis in axes), "values": points}]


def _ranks(swept) -> dict[int, int]:
    """Where each picture of an adaptive sweep stands among the others: by the first setting, then the second."""
    ordered = sorted(swept.cells, key=lambda cell: cell.point.coordinates)
    return {cell.place: rank for rank, cell in enumerate(ordered)}


def _values(swept, cell) -> list[str]:
    return [told(axis, value) for axis, value in zip(swept.order.axes, cell.point.coordinates, strict=True)]


def _cell(swept: Swept, cell: Cell, ranks) -> dict:
    """A picture as the page needs it. at: column, row, layer.  id: once it is there."""
    axes = swept.order.axes
    if ranks is not None:
        at, order = [ranks[cell.place]], ranks[cell.place]
    else:
        at, rest = [], cell.place
        for axis in axes:
            at.append(rest % len(axis.values))
            rest //= len(axis.values)
        order = cell.place
    state = "stopped" if cell.state in UNDRAWN and not swept.active else cell.state
    pairs = zip((named(axis) for axis in axes), _values(swept, cell), strict=True)
    return {
        "place": cell.place,
        "order": order,
        "at": at,
        "id": f"{swept.id}/{cell.place}" if cell.state == "done" else "",
        "state": state,
        "step": cell.step,
        "steps": cell.steps,
        "message": said_of(cell.message),
        "said": STEP.join(f"{name} {value}" for name, value in pairs),
        "caption": caption(cell.point.settings, {}),
        "file": cell.file,
    }


def _change(swept: Swept) -> dict:
    """Where the picture changes: of one setting "curve", [from, to, rate] each, of two "map", rows of rates. Places are
    shares of an axis, rates of the largest that is seen.

    labels, ends: of the axes.  points: [places, picture's number] each.  flips: places.  said: in words.
    """
    axes = swept.order.axes
    found: dict = {
        "labels": [named(axis) for axis in axes],
        "ends": [[told(axis, axis.low), told(axis, axis.high)] for axis in axes],
        "points": [[_shares(axes, cell.point.coordinates), cell.place] for cell in swept.done],
        "flips": [{"at": _shares(axes, flip.middle), "said": _place(axes, flip)} for flip in swept.flips],
        "said": _said(swept),
    }
    if len(axes) == 1:
        axis, curve = axes[0], swept.curve
        # Two pictures that look alike may be so near to each other that all else would be flat beside their rate.
        most = max((one.rate for one in curve if one.distance >= SEEN), default=0.0) or max(
            (one.rate for one in curve), default=0.0
        )
        pieces = [[axis.place(one.low), axis.place(one.high), min(1.0, one.rate / (most or 1.0))] for one in curve]
        return found | {"curve": pieces}
    rows = swept.change["map"]
    most = max(map(max, rows)) or 1.0
    return found | {"map": [[round(rate / most, 3) for rate in row] for row in rows]}


def _shares(axes, values) -> list[float]:
    return [axis.place(value) for axis, value in zip(axes, values, strict=True)]


def _said(swept: Swept) -> str:
    axes, flips = swept.order.axes, swept.flips
    if flips:
        places = "; ".join(_place(axes, flip) for flip in flips[:FLIPS])
        said = t("The picture flips at {place}.", place=places)
    elif swept.active:
        said = t("Nowhere does the picture flip so far.")
    else:
        said = t("The picture changes little by little: nowhere does it flip.")
    return f"{said} {t('Neighbours look alike now, so no more is drawn.')}" if swept.why == "alike" else said


def _place(axes: tuple[Axis, ...], flip: Flip) -> str:
    """Such as "guidance 3.4": to as many digits as are known."""
    told = []
    for axis, low, high, middle in zip(axes, flip.low, flip.high, flip.middle, strict=True):
        digits = max(0, math.ceil(-math.log10(abs(high - low)))) if high != low else 4
        name = named(axis) if language() == "de" else named(axis).lower()
        told.append(f"{name} {number(middle, digits)}")
    return ", ".join(told)
