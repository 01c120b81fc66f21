"""One sweep on disk: what was asked for, whose it is, and which of its pictures are drawn.

FOLDER/sweep.json   all of it but the pictures
FOLDER/*.png        those, each with its settings
"""

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lit.errors import LiTError
from lit.explore.sweeps.adaptive import AdaptiveSweep
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.change import Change, Flip, curve_of_change, flips, map_of_change
from lit.explore.sweeps.grid import Grid, Point, cost, point_at
from lit.settings import GenerationSettings, from_record, to_record, write_picture
from lit.studio.words import kept
from lit.studio.work.lasting import Recorded
from lit.studio.work.pictures import check_room

if TYPE_CHECKING:
    from PIL.Image import Image

    from lit.explore.sweeps.distances import Eye

FORMAT = 1
FILE = "sweep.json"
GRID, ADAPTIVE = "grid", "adaptive"
WAYS = (GRID, ADAPTIVE)
DRAWING, STOPPED, DONE = "drawing", "stopped", "done"
SIDE = 32  # of a map of change


@dataclass(frozen=True)
class Order:
    """What a sweep is. way: one of WAYS.  budget: pictures of an adaptive one.

    typed: the words before they were read, "" where they are what is drawn.
    """

    settings: GenerationSettings
    axes: tuple[Axis, ...]
    way: str = GRID
    budget: int = 0
    typed: str = ""

    def sweep(self) -> Grid | AdaptiveSweep:
        """A new one, none of whose points is asked for. Raises InputError for what cannot be drawn."""
        if self.way == GRID:
            return Grid(self.settings, self.axes)
        return AdaptiveSweep(self.settings, self.axes, self.budget)

    def record(self) -> dict:
        axes = [axis.to_record() for axis in self.axes]
        told = {"way": self.way, "budget": self.budget, "typed": self.typed}
        return {"settings": to_record(self.settings), "axes": axes, **told}

    @classmethod
    def of(cls, record: Mapping) -> "Order":
        """The inverse of `record`. Raises LiTError, KeyError or TypeError for what is none."""
        axes = tuple(map(Axis.from_record, record["axes"]))
        return cls(from_record(record["settings"]), axes, record["way"], record["budget"], str(record["typed"]))


class Cell:
    """A picture of a sweep. place: its number, in the order of drawing.

    state: "waiting", "drawing", "done", or "failed": `message` says why, as `kept` keeps it.
    step, steps: evaluations made, of so many.  changed: the sweep's version when it last did.
    """

    def __init__(self, place: int, point: Point, version: int):
        self.place, self.point, self.changed = place, point, version
        self.state, self.message, self.file = "waiting", "", ""
        self.step = self.steps = 0
        self.seconds = 0.0


class Swept(Recorded):
    """A sweep with its pictures. id: random, also the capability to look at them.

    state: DRAWING, STOPPED (`trouble` says why where nobody pressed Stop) or DONE.  trashed: when it was thrown away.
    change: of an adaptive sweep, what is known of where the picture changes, as plain numbers; {} before that.
    why: how an adaptive sweep ended: "budget", or "alike".

    The worker's thread alone draws (`next`, `drawn`, `failed`); all else is for any thread.
    """

    def __init__(self, folder: Path, visitor: str, order: Order, created: float):
        super().__init__()
        self.id, self.folder, self.visitor, self.order, self.created = folder.name, folder, visitor, order, created
        self.state, self.trouble, self.why = DRAWING, "", ""
        self.change: dict = {}
        self.cells: list[Cell] = []
        self._sweep: Grid | AdaptiveSweep | None = None  # once it is drawn, and told of what is there
        sweep = order.sweep()
        self.total = int(sweep.total)  # pictures, at most
        for point in sweep.points if isinstance(sweep, Grid) else ():
            self._add(point)

    @classmethod
    def open(cls, folder: Path) -> "Swept":
        """The one in a folder. Raises ValueError (LiTError too), KeyError, TypeError or OSError for a damaged one."""
        record = json.loads((folder / FILE).read_text("utf-8"))
        if record["format"] != FORMAT or record["state"] not in (DRAWING, STOPPED, DONE):
            raise ValueError("of another version")
        order = Order.of(record["order"])
        found = cls(folder, str(record["visitor"]), order, float(record["created"]))
        found.state, found.trouble, found.why = record["state"], str(record["trouble"]), str(record["why"])
        found.trashed, found.change = record["trashed"], dict(record["change"])
        for told in record["points"]:
            found._told(told)
        return found

    @property
    def active(self) -> bool:
        return self.state == DRAWING and self.trashed is None

    @property
    def done(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.state == "done"]

    def picture(self, place: int) -> Path | None:
        """The file of a picture that is drawn and there."""
        name = self.cells[place].file if 0 <= place < len(self.cells) else ""
        return self.folder / name if name and (self.folder / name).is_file() else None

    @property
    def curve(self) -> list[Change]:
        """How fast the picture changes along the one axis of an adaptive sweep."""
        return [Change(**piece) for piece in self.change.get("curve", ())]

    @property
    def flips(self) -> list[Flip]:
        """Where it flips."""
        ends = ("low", "high")
        return [Flip(**one | {end: tuple(one[end]) for end in ends}) for one in self.change.get("flips", ())]

    @property
    def left(self) -> list[GenerationSettings]:
        """What is still to be drawn; where that is not known yet, pictures that cost as much as any."""
        left = [cell.point.settings for cell in self.cells if cell.state in ("waiting", "drawing")]
        if self.order.way == GRID or not self.active:
            return left
        dearest = max((self.order.settings, *(cell.point.settings for cell in self.cells)), key=cost)
        return left + [dearest] * max(0, self.total - len(self.cells))

    def stop(self):
        """Draw nothing more, within one evaluation; what is drawn stays."""
        if self.state == DRAWING:
            self._end(STOPPED)

    def go_on(self):
        """Draw what is left after all, and what has failed."""
        if self.state == STOPPED:
            for cell in self.cells:
                if cell.state == "failed":
                    self._set(cell, "waiting")
            self.state, self.trouble = DRAWING, ""
            self._changed()

    # Drawing

    def next(self, eye: Callable[[], "Eye"]) -> Cell | None:
        """The picture that is to be drawn next, None where that was all. eye(): loaded for an adaptive sweep alone."""
        sweep = self._begun(eye) if self.order.way == ADAPTIVE else None
        waiting = next((cell for cell in self.cells if cell.state == "waiting"), None)
        failed = any(cell.state == "failed" for cell in self.cells)
        if waiting is None and sweep is not None and not failed:  # where to look next, one that failed would have said
            points = sweep.ask(1)
            waiting, self.why = self._add(points[0]) if points else None, sweep.why
        if waiting is None:
            self._end(STOPPED if failed else DONE)
            return None
        self._set(waiting, "drawing")
        return waiting

    def step(self, cell: Cell, done: int, of: int):
        cell.step, cell.steps = done, of
        self._touched(cell)

    def waits(self, cell: Cell):
        """It gives way, and is drawn anew after that."""
        cell.step = 0
        self._set(cell, "waiting")

    def drawn(self, cell: Cell, image: "Image", provenance: dict, seconds: float, eye: Callable[[], "Eye"]):
        """Raises OSError where the picture cannot be saved."""
        check_room(self.folder, 0)
        provenance |= {"typed": self.order.typed} if self.order.typed else {}
        cell.file = write_picture(image, cell.point.settings, provenance, self.folder).name
        cell.seconds = seconds
        if self.order.way == ADAPTIVE:
            self._begun(eye).tell(cell.point, eye()([image])[0])
            self.change = self._change()
        self._set(cell, "done")
        self._changed()

    def failed(self, cell: Cell, error: LiTError):
        cell.message = kept(error)
        self._set(cell, "failed")
        self._changed()

    def cannot(self, cell: Cell, error: LiTError):
        """Nothing can be saved at the moment: it stops, and is drawn on when somebody says so."""
        self._set(cell, "waiting")
        self.trouble = kept(error)
        self._end(STOPPED)

    # In the small

    def _begun(self, eye) -> AdaptiveSweep:
        """The sweep that says where to look, told of all that is drawn. What it asks for is what it asked for before,
        for it was told the same."""
        if self._sweep is None:
            from PIL import Image

            self._sweep = sweep = self.order.sweep()
            known = {cell.point.coordinates: cell for cell in self.cells}
            while points := sweep.ask(1):
                cell = known.get(points[0].coordinates) or self._add(points[0])
                if cell.state != "done":
                    break
                with Image.open(self.folder / cell.file) as image:
                    sweep.tell(points[0], eye()([image.convert("RGBA")])[0])
        assert isinstance(self._sweep, AdaptiveSweep)
        return self._sweep

    def _change(self) -> dict:
        """Where the picture changes, as plain values: of one axis "curve", of two "map", and "flips"."""
        sweep, axes = self._sweep, self.order.axes
        assert isinstance(sweep, AdaptiveSweep)
        places, features = sweep.places, sweep.values
        coordinates = [tuple(axis.at(one) for axis, one in zip(axes, place, strict=True)) for place in places]
        found = {"flips": [asdict(flip) for flip in flips(axes, coordinates, features, sweep.threshold)]}
        if len(axes) == 1:
            curve = curve_of_change(axes[0], [value for (value,) in coordinates], features)
            return found | {"curve": [asdict(piece) for piece in curve]}
        return found | {"map": map_of_change(axes, coordinates, features, SIDE).round(4).tolist()}

    def _add(self, point: Point) -> Cell:
        cell = Cell(len(self.cells), point, self.version)
        self.cells.append(cell)
        return cell

    def _told(self, told: dict):
        """A point as `_write` keeps it."""
        place, coordinates = int(told["place"]), tuple(told["coordinates"])
        if self.order.way == ADAPTIVE:
            place = self._add(point_at(self.order.settings, self.order.axes, coordinates)).place
        cell = self.cells[place]
        if list(cell.point.coordinates) != list(coordinates) or Path(told["file"]).name != told["file"]:
            raise ValueError("a point of another sweep")
        cell.message, cell.seconds = str(told["message"]), float(told["seconds"])
        if not math.isfinite(cell.seconds):
            raise ValueError("a point that took for ever")
        if told["file"] and (self.folder / told["file"]).is_file():
            cell.file, cell.state = told["file"], "done"
        elif cell.message:
            cell.state = "failed"

    def _set(self, cell: Cell, state: str):
        cell.state = state
        if state != "failed":
            cell.message = ""
        self._touched(cell)

    def _touched(self, cell: Cell | None = None):
        with self._counting:
            if cell is not None:
                cell.changed = self.version + 1  # first: who sees the new version sees this, too
            self.version += 1

    def write(self):
        """Raises OSError."""
        points = [
            {
                "place": cell.place,
                "coordinates": list(cell.point.coordinates),
                "file": cell.file,
                "seconds": cell.seconds,
                "message": cell.message,
            }
            for cell in self.cells
            if cell.file or cell.message
        ]
        record = {"format": FORMAT, "visitor": self.visitor, "created": self.created, "order": self.order.record()}
        record |= {"state": self.state, "trouble": self.trouble, "why": self.why, "trashed": self.trashed}
        text = json.dumps(record | {"change": self.change, "points": points}, ensure_ascii=False)
        part = self.folder / f".{FILE}.part"
        with self._writing:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8")
            os.replace(part, self.folder / FILE)  # whole, or as it was before
