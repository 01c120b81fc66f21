"""A sweep on disk: what it is and which points are drawn, so that it goes on where it was stopped.

FOLDER/sweep.json   the sweep, and a line a point: its coordinates, its file, the seconds that it took
FOLDER/*.png        the pictures, each with its settings
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from lit.errors import InputError, LiTError
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.grid import Point, Sweep
from lit.paths import check_writable
from lit.settings import GenerationSettings, Source, from_record, read_png, to_record, write_picture

FORMAT = 1
FILE = "sweep.json"


class SweepFolder:
    """The points of one sweep that are drawn.

    told: what else the sweep is (way, budget, seed, ...), plain values.  provenance: what beside settings draws a
    picture.  Opened again with another sweep, or other weights, it is refused; with the same, its points are there.
    Raises InputError for a folder of another sweep, a damaged one, and one that cannot be written.
    """

    def __init__(self, folder: Path, sweep: Sweep, told: Mapping[str, Any], provenance: Mapping[str, Any]):
        self.folder = Path(folder)
        check_writable(self.folder, "folder")
        self.provenance = dict(provenance)
        axes = [axis.to_record() for axis in sweep.axes]
        # As JSON has it: tuples are lists there.
        self._is = json.loads(
            json.dumps({"settings": to_record(sweep.settings), "axes": axes, **told, "drawn_by": self.provenance})
        )
        self._points: dict[str, dict] = {}
        if (self.folder / FILE).exists():
            self._resume()

    @property
    def taken(self) -> list[tuple[GenerationSettings, float]]:
        """(settings, seconds) of each point that is there."""
        return [(from_record(one["settings"]), one["seconds"]) for one in self._points.values()]

    def __len__(self) -> int:
        return len(self._points)

    def __contains__(self, point: Point) -> bool:
        return _key(point) in self._points

    def picture(self, point: Point) -> Image.Image | None:
        """The picture of a point, RGBA; None where it is not drawn, or its file is gone or damaged."""
        found = self._points.get(_key(point))
        if found is None:
            return None
        try:
            path = self.folder / found["file"]
            settings, _ = read_png(path)
            with Image.open(path) as image:
                return image.convert("RGBA") if settings == point.settings else None
        except (LiTError, OSError):
            return None

    def add(self, point: Point, picture: Image.Image, seconds: float, source: Source | None = None) -> Path:
        """Write a point's picture, and that it is there. Raises InputError where the folder cannot be written."""
        try:
            path = Path(write_picture(picture, point.settings, self.provenance, self.folder, source))
            self._points[_key(point)] = {
                "coordinates": list(point.coordinates),
                "settings": to_record(point.settings),
                "file": path.name,
                "seconds": seconds,
            }
            self._write()
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError("folder", str(self.folder), f"a folder that can be written to ({why})") from error
        return path

    def _write(self):
        text = json.dumps({"format": FORMAT} | self._is | {"points": list(self._points.values())}, indent=1)
        half = self.folder / f"{FILE}.part"
        half.write_text(text + "\n", encoding="utf-8")
        os.replace(half, self.folder / FILE)  # whole, or as it was before

    def _resume(self):
        path = self.folder / FILE
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            points = record.pop("points")
            number = record.pop("format")
            found = {json.dumps(one["coordinates"]): _checked(one) for one in points}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError("folder", str(path), f"a sweep that can be read ({error}), or another folder") from error
        if number != FORMAT:
            raise InputError("folder", str(path), f"a sweep of format {FORMAT}, or another folder")
        for name in sorted(set(record) | set(self._is)):
            if record.get(name) != self._is.get(name):
                raise InputError("folder", str(self.folder), f"one without a sweep, or the same ({name} differs)")
        self._points = found


def read_sweep(folder: Path) -> tuple[GenerationSettings, tuple[Axis, ...], dict]:
    """Settings, axes and what else was told of the sweep that is in a folder. Raises InputError for none."""
    path = Path(folder) / FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        settings, axes = from_record(record["settings"]), tuple(map(Axis.from_record, record["axes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("folder", str(folder), f"one with a sweep that can be read ({error})") from error
    rest = {name: value for name, value in record.items() if name not in ("settings", "axes", "points", "format")}
    return settings, axes, rest


def _checked(one: dict) -> dict:
    name, seconds = one["file"], one["seconds"]
    if not isinstance(name, str) or Path(name).name != name or not isinstance(seconds, int | float):
        raise ValueError("a point is damaged")
    with contextlib.suppress(InputError):
        from_record(one["settings"])
        return one
    raise ValueError("a point's settings are damaged")


def _key(point: Point) -> str:
    return json.dumps(list(point.coordinates))
