"""The models that a studio draws with beside its own: folders, and what was fetched of the hub.

One of them is in memory at a time, the studio's own always; a network of ours that lies alone is small, and counts like
all else that is kept. What each needs is said before it is loaded, and one that has no room leaves the former where it
is. Which there are is kept in the studio's folder.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lit.errors import LiTError, Phrase
from lit.studio.work.estimate import available_memory
from lit.studio.work.memory import GIB, Memory

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline
    from lit.settings import GenerationSettings
    from lit.stock.draws import Draws
    from lit.stock.facts import Facts
    from lit.stock.pipeline import StockPipeline

log = logging.getLogger(__name__)

FILE = "models.json"  # in the studio's folder
OWN = ""  # the name of the studio's own model
TAKEN = (OWN, "own", "teacher")  # of those that a studio has anyway


@dataclass(frozen=True)
class Entry:
    """A model of the list. name: unique.  model: its folder, or its name on the hub.  mount: a folder, or ""."""

    name: str
    model: str
    mount: str = ""


@dataclass(frozen=True)
class Room:
    """Bytes that a model needs, and that are there, None where the system does not say. card: on a graphics card."""

    needed: int
    there: int | None
    card: bool

    @property
    def enough(self) -> bool:
        return self.there is None or self.needed <= self.there


class Models:
    """The list, and what of it is loaded. Any thread may call any method.

    home: the studio's folder.  own(): its own pipeline, waited for.  memory: the account.
    allowed: whether there may be others than the studio's own.
    """

    def __init__(self, home: Path, own: "Callable[[], LiTPipeline]", memory: Memory, allowed: bool = True):
        self.allowed = allowed
        self._file, self._own, self._memory = home / FILE, own, memory
        self._guard = threading.RLock()
        self._entries: dict[str, Entry] | None = None
        self._facts: dict[str, Facts] = {}
        self._loaded: dict[str, Draws] = {}
        self._stock: StockPipeline | None = None  # with nothing mounted, whose weights the loaded ones share
        self._lent: dict[str, Entry] = {}  # for as long as this studio runs

    # The list

    def all(self) -> list[Entry]:
        with self._guard:
            return [*self._known().values()]

    def get(self, name: str) -> Entry:
        """Raises LiTError for a name that is not in the list."""
        with self._guard:
            if name not in self._known():
                raise LiTError(missing(name))
            return self._known()[name]

    def of(self, recorded: Mapping) -> str:
        """The name here of the model that drew a picture, from its provenance; OWN for the studio's own. Raises
        LiTError for one that is not in the list."""
        name = recorded.get("model")
        if not isinstance(name, str) or name in TAKEN:
            return OWN
        return self.get(name).name

    def drew_with(self, recorded: Mapping) -> "tuple[Draws, dict]":
        """The model that drew a picture, loaded, and what its pictures say of its name. Raises LiTError."""
        name = self.of(recorded)
        return self.drawing(name), {"model": name} if name else {}

    def drew(self, recorded: Mapping) -> dict:
        """For a page that takes over a picture's settings: "model", as `of` has it, and "lacks", the error where that
        is not in the list, else None."""
        try:
            return {"model": self.of(recorded), "lacks": None}
        except LiTError as error:
            return {"model": OWN, "lacks": error}

    def look(self, model: str, mount: str = "") -> "Facts":
        """What a folder, or what was fetched of the hub, holds. Raises LiTError."""
        from lit.stock.facts import find

        if not self.allowed:
            raise LiTError("This studio draws with its own model alone")
        return find(model, mount or None)

    def add(self, model: str, mount: str = "", lent: bool = False) -> Entry:
        """Put a model on the list; one that is there already stays. lent: not beyond this run. Raises LiTError."""
        facts = self.look(model, mount)
        place = facts.name if "/" in facts.name else str(facts.folder)
        mounted = str(facts.mount) if facts.mount else ""
        with self._guard:
            for entry in self._known().values():
                if (entry.model, entry.mount) == (place, mounted):
                    return entry
            own = f"{facts.folder.parent.name}-{facts.name}" if facts.name in TAKEN else facts.name
            base = f"{own} + {facts.mount.name}" if facts.mount else own
            names = (base, *(f"{base} ({n})" for n in range(2, 1000)))
            name = next(name for name in names if name not in self._known() and name not in TAKEN)
            entry = self._known()[name] = Entry(name, place, mounted)
            self._facts[name] = facts
            if lent:
                self._lent[name] = entry
            else:
                self._save()
            return entry

    def forget(self, name: str):
        """Take a model off the list; its files stay. Raises LiTError for one that is not there."""
        with self._guard:
            self.get(name)
            del self._known()[name]
            self._drop(name)
            self._facts.pop(name, None)
            self._save()

    def facts(self, name: str) -> "Facts":
        """Looked at once, and again after something was wrong. Raises LiTError."""
        with self._guard:
            entry = self.get(name)
            if name not in self._facts:
                self._facts[name] = self.look(entry.model, entry.mount)
            return self._facts[name]

    def check(self, name: str, settings: "GenerationSettings"):
        """Raise LiTError for what a model cannot draw, as far as that is known before it is loaded."""
        from lit.stock.limits import check

        if name != OWN and (facts := self.facts(name)).family is not None:
            check(facts, settings)

    # What is loaded

    def drawing(self, name: str) -> "Draws":
        """The model of this name, loaded where it is not. Raises LiTError for one that cannot be had; what was loaded
        before stays then."""
        if name == OWN:
            return self._own()
        with self._guard:
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            self._memory.keep((id(self), name), partial(self._drop, name))
            return self._loaded[name]

    def room(self, facts: "Facts") -> Room:
        """What a model needs to be drawn with, and what there is for it once the one that is loaded has gone."""
        import torch

        from lit.device import choose

        device, dtype = choose()
        needed = facts.needed(dtype.itemsize)
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            return Room(needed, free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device), True)
        return Room(needed, available_memory(), False)

    def _load(self, name: str) -> "Draws":
        from lit.stock.loading import load, with_mount
        from lit.stock.pipeline import StockPipeline

        facts = self.facts(name)
        if facts.family is None:
            return load(facts, self._own())
        if self._stock is None or self._stock.facts.folder != facts.folder:
            self._check_room(facts)
            for other in [one for one, drawn in self._loaded.items() if isinstance(drawn, StockPipeline)]:
                self._drop(other)
            _give_back()
            self._memory.make_room(0 if self.room(facts).card else facts.needed(1))
            log.info("loading a model", extra={"model": name})
            drawn = load(replace(facts, mount=None))
            assert isinstance(drawn, StockPipeline)
            self._stock = drawn
        return self._stock if facts.mount is None else with_mount(self._stock, facts)

    def _check_room(self, facts: "Facts"):
        room = self.room(facts)
        if not room.card:
            self._memory.check(room.needed, Phrase("The model {name}", name=facts.name))
        if not room.enough:
            text = "The model {name} needs {needed} GiB of memory, and {there} are free. Close what else takes some"
            raise LiTError(Phrase(text, name=facts.name, needed=gib(room.needed), there=gib(room.there or 0)))

    def _drop(self, name: str):
        """Let go of a model; from any thread, and also while it draws: it goes when that has ended."""
        from lit.stock.pipeline import StockPipeline

        self._loaded.pop(name, None)
        self._memory.forget((id(self), name))
        if not any(isinstance(drawn, StockPipeline) for drawn in list(self._loaded.values())):
            self._stock = None

    # On the disk

    def _known(self) -> dict[str, Entry]:
        if self._entries is None:
            self._entries = {}
            try:
                found = [Entry(**one) for one in json.loads(self._file.read_text("utf-8"))] if self.allowed else []
                self._entries = {entry.name: entry for entry in found}
            except FileNotFoundError:
                pass
            except (OSError, ValueError, TypeError) as error:  # the list is begun anew; the models are where they were
                log.warning("%s cannot be read: %s", self._file, error)
        return self._entries

    def _save(self):
        kept = [asdict(entry) for entry in self._known().values() if entry.name not in self._lent]
        part = self._file.with_suffix(".part")
        try:
            part.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
            os.replace(part, self._file)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._file, error)


def missing(name: str) -> Phrase:
    """What to say where a model is not in the list."""
    return Phrase("The model {name} is not in this studio's list. Add it under Model", name=name)


def gib(size: float) -> str:
    """Bytes as GiB, for a sentence."""
    return f"{size / GIB:.1f}"


def _give_back():
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
