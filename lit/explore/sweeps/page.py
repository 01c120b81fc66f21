"""A sweep as one HTML file: zoom, hover for the settings, click to open. It holds its pictures and asks no host."""

import base64
import html
import io
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.change import Change, Flip, places_of
from lit.explore.sweeps.grid import Point
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Digest

TEMPLATE = Path(__file__).with_name("page.html")
QUALITY = 90  # of WebP: beside the PNG nobody sees the difference, and it is a fifth of it


def page(
    title: str,
    axes: Sequence[Axis],
    points: Sequence[Point],
    pictures: Sequence[Image.Image],
    curve: Sequence[Change] = (),
    change: np.ndarray | None = None,
    flips: Sequence[Flip] = (),
    grid: bool = True,
) -> str:
    """The file's text. points, pictures: those that are drawn, in the same order.

    curve: of change along the one axis.  change: a map of it over the two, (rows, columns).  grid: whether points stand
    in columns and rows of the axes' values; else each stands at its place between their ends.
    """
    places = [None] * len(points) if grid else places_of(axes, [one.coordinates for one in points]).tolist()
    data = {
        "axes": [{"label": axis.label, "values": [axis.text(value) for value in axis.values]} for axis in axes],
        "grid": grid,
        "cells": [
            _cell(axes, point, picture, place) for point, picture, place in zip(points, pictures, places, strict=True)
        ],
        "curve": [{"low": axes[0].place(c.low), "high": axes[0].place(c.high), "rate": c.rate} for c in curve],
        "map": None if change is None else _data(_shades(change), lossless=True),
        "flips": [flip_in_words(axes, flip) for flip in flips],
    }
    # Inside of a script nothing but "<" could end it.
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    head, tail = TEMPLATE.read_text(encoding="utf-8").split("%DATA%")
    return head.replace("%TITLE%", html.escape(title)) + text + tail


def flip_in_words(axes: Sequence[Axis], flip: Flip) -> str:
    """Such as "Guidance 2.4 to 2.6: distance 3.1, 5 times the mean"."""
    spans = [
        f"{axis.label} {axis.text(a)}" + ("" if a == b else f" to {axis.text(b)}")
        for axis, a, b in zip(axes, flip.low, flip.high, strict=True)
    ]
    return f"{', '.join(spans)}: distance {flip.distance:.2f}, {flip.times:.0f} times the mean"


def described(settings: GenerationSettings) -> list[tuple[str, str]]:
    """(label, value) of the prompt and of all that is not as it is where nothing is said; the seed always."""
    said = []
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        if name != "seed" and name in DEFAULTS and value == DEFAULTS[name]:
            continue
        text = f"{value:g}" if isinstance(value, float) else str(value)
        if isinstance(setting, Choice) and setting.labels:
            text = setting.labels.get(value, text)
        said.append(("Prompt" if name == "prompt" else setting.label, text))
    return said


def command(settings: GenerationSettings) -> str:
    """The line that draws it again; of what was drawn over a picture, that picture is needed beside it."""
    words = ["python", "-m", "lit", "generate", settings.prompt]
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        if setting.flag and (name == "seed" or value != DEFAULTS[name]) and not isinstance(setting, Digest):
            words += [setting.flag, str(value)]
    return shlex.join(words)


def _cell(axes, point, picture, place):
    at = place if place is not None else [axis.values.index(v) for axis, v in zip(axes, point.coordinates, strict=True)]
    return {
        "at": at,
        "here": [axis.text(value) for axis, value in zip(axes, point.coordinates, strict=True)],
        "said": described(point.settings),
        "command": command(point.settings),
        "width": picture.width,
        "height": picture.height,
        "image": _data(picture),
    }


def _shades(change):
    """How fast it changes as opacity of one colour: (rows, columns) -> RGBA."""
    share = change / change.max() if change.max() > 0 else np.zeros_like(change)
    colour = np.full((*change.shape, 3), (230, 110, 40), np.uint8)
    return Image.fromarray(np.dstack([colour, (200 * share).astype(np.uint8)]), "RGBA")


def _data(picture, lossless=False):
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, lossless=lossless)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
