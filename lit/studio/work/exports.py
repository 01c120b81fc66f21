"""Exports: pictures made into what other places take, beside the drawing, and kept on the disk until they are fetched.

They are made in threads of their own, with less priority than the drawing. The file of an export is found once it is
whole; where the disk is full nothing of it is left.
"""

import contextlib
import os
import secrets
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lit.errors import InputError, LiTError
from lit.export import TARGETS, Options, Pack, Sticker, add_to_zip, check, check_picture, named_sticker, pack
from lit.export.target import Made
from lit.export.words import file_stem
from lit.studio.languages import number, plural, t
from lit.studio.words import in_words, whole
from lit.studio.work.desk import Desk, Task
from lit.studio.work.lane import Lane
from lit.studio.work.pictures import reason

NICE = 5  # a third of a processor that the drawing wants too: it hardly notices, and the export comes to an end
KEPT = 3600.0  # seconds that a file waits to be fetched; another export of its visitor takes its place
MOST_KEPT = 20  # files, of all visitors


@dataclass(frozen=True)
class Words:
    """What goes with a sticker, by somebody's hand."""

    name: str
    alt: str
    emoji: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """What is to be made. words: of each file, None for those that it has by itself.  targets: names."""

    files: Sequence[tuple[Path, Words | None]]
    targets: Sequence[str]
    options: Options

    def refused(self) -> dict[str, str]:
        """A sentence for each target that will not take this."""
        return {target: said for target in self.targets if (said := refusal(len(self.files), target, self.options))}


@dataclass(frozen=True)
class Ready:
    """An export that can be fetched. id: random, the capability to fetch it.  name: as it is to be saved."""

    id: str
    visitor: str
    file: Path
    name: str
    since: float


class Exports:
    """All visitors' exports, one at a time. Any thread may call any method.

    home: the studio's folder of data.  closing: tells whether the studio closes.
    """

    def __init__(self, home: Path, closing: Callable[[], bool]):
        self.folder = home / ".exports"
        shutil.rmtree(self.folder, ignore_errors=True)  # of a former studio
        # Lanes of their own: these threads take no turns with the drawing.
        self.desk, self._looks = Desk(Lane(), closing), Desk(Lane(), closing)
        self._guard = threading.Lock()
        self._active: dict[str, Task] = {}
        self._ready: dict[str, Ready] = {}  # by id, the oldest first
        self._asked: dict[str, int] = {}  # number of the newest preview, by visitor

    def begin(self, visitor: str, order: Order) -> Task:
        """Make an order's files. The task's result is what `_made` says.

        Raises LiTError where no target takes it, and while another of this visitor's is under way.
        """
        refused = order.refused()
        if len(refused) == len(order.targets):
            raise LiTError(" ".join(dict.fromkeys(refused.values())))
        with self._guard:
            self._active = {whose: task for whose, task in self._active.items() if not task.ended}
            if visitor in self._active:
                raise LiTError("An export of yours is being made. Stop it, or wait for it")
            self._active[visitor] = task = self.desk.begin(lambda task: self._made(task, visitor, order))
        return task

    def preview(self, visitor: str, order: Order) -> Made | None:
        """How the first picture of an order will look for its first target; None once this visitor has asked for
        another. Raises LiTError for what cannot be made."""
        with self._guard:
            self._asked[visitor] = mine = self._asked.pop(visitor, 0) + 1
            for oldest in list(self._asked)[:-MOST_KEPT]:
                del self._asked[oldest]

        def look() -> dict:
            step_back()
            if self._asked.get(visitor) != mine:
                return {}
            check([False], order.targets[0], order.options)
            file, words = order.files[0]
            check_picture(file)
            made = TARGETS[order.targets[0]].preview(_sticker(file, words), order.options)
            if made.refused:
                raise LiTError("; ".join(map(t, made.refused)))
            return {"made": made}

        return self._looks.ask(look).get("made")

    def ready(self, export_id: str) -> Ready | None:
        with self._guard:
            return self._ready.get(export_id)

    def _made(self, task: Task, visitor: str, order: Order) -> dict:
        """{"id", "name", "bytes", "places": [{"label", "said", "notes"}], "refused": [sentence]}."""
        step_back()
        refused: list[str] = []
        stickers = self._stickers(task, order, refused)
        part = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as file:
                name, places = _written(file, task, stickers, order, refused)
                file.flush()
                os.fsync(file.fileno())  # some file systems notice only then that they are full
            ready = Ready(secrets.token_hex(16), visitor, part.with_name(secrets.token_hex(8)), name, time.monotonic())
            size = part.stat().st_size
            part.rename(ready.file)
            self._keep(ready)
        except OSError as error:
            said = t("The export cannot be written to the disk ({why}); nothing of it is left", why=reason(error))
            raise LiTError(said) from error
        finally:
            part.unlink(missing_ok=True)
        return {"id": ready.id, "name": name, "bytes": size, "places": places, "refused": refused}

    def _stickers(self, task: Task, order: Order, refused: list[str]) -> list[Sticker]:
        """Those that can be opened, each looked at once; of the others a sentence."""
        stickers = []
        for i, (file, words) in enumerate(order.files):
            task.step(0, 0, t("Looking at picture {n} of {all}", n=i + 1, all=len(order.files)))
            task.end_if_asked()
            try:
                check_picture(file)
                stickers.append(_sticker(file, words))
            except InputError as error:
                refused.append(_of_a_picture(error))
        if not stickers:
            raise LiTError(" ".join(refused))
        return stickers

    def _keep(self, ready: Ready):
        with self._guard:
            known = [*self._ready.values(), ready]
            over = [one for one in known if one.since < ready.since - KEPT or one.visitor == ready.visitor]
            gone = {one.id for one in [*over, *known[:-MOST_KEPT]]} - {ready.id}
            for one in known:
                if one.id in gone:
                    with contextlib.suppress(OSError):
                        one.file.unlink()
            self._ready = {one.id: one for one in known if one.id not in gone}


def refusal(count: int, target: str, options: Options) -> str:
    """Why a target does not take so many still pictures with these options, as a sentence; "" where it does.

    What came stands beside it on the page: what would do is enough.
    """
    try:
        check([False] * count, target, options)
    except InputError as error:
        said = t(error.expected).partition(": ")[2] if error.expected.startswith("none: ") else t(error.expected)
        return whole(said[0].upper() + said[1:])
    return ""


def step_back():
    """From now on this thread, and those that it starts, have less priority. Only Linux knows priorities of threads;
    elsewhere the system shares between all of them."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _sticker(file: Path, words: Words | None) -> Sticker:
    sticker = named_sticker(file)
    return sticker if words is None else sticker.worded(words.name, words.alt, words.emoji)


def _written(
    file: BinaryIO, task: Task, stickers: Sequence[Sticker], order: Order, refused: list[str]
) -> tuple[str, list[dict]]:
    """Write what the targets take: the one file that it comes down to, or a ZIP with a folder for each of several
    targets. Returns its name and what was made for each place; sentences of what was not are added to `refused`."""
    title, places, several = file_stem(order.options.title), [], len(order.targets) > 1
    name = f"{title}.zip" if several else f"{title}-{order.targets[0]}.zip"
    taken = []
    for target in order.targets:
        said = refusal(len(stickers), target, order.options)
        refused += [f"{t(TARGETS[target].label)}: {said}"] if said else []
        taken += [] if said else [target]
    with contextlib.ExitStack() as stack:
        archive = None
        for i, target in enumerate(taken):
            try:
                packed = pack(stickers, target, order.options, _telling(task, target, i, len(taken)))
            except InputError as error:
                refused.append(f"{t(TARGETS[target].label)}: {_of_a_picture(error)}")
                continue
            refused += [f"{t(TARGETS[target].label)}: {whole(t(said))}" for said in packed.refused]
            places.append(_place(packed))
            if not several and (alone := packed.alone):
                file.write(packed.files[alone])
                return alone, places
            archive = archive or stack.enter_context(zipfile.ZipFile(file, "w"))
            add_to_zip(archive, packed.files, f"{target}/" if several else "")
    if not places:
        raise LiTError(" ".join(refused))
    return name, places


def _telling(task, target, i, count):
    def told(done: int, total: int):
        values = {"n": min(done + 1, total), "all": total, "place": t(TARGETS[target].label)}
        task.step(i * total + done, count * total, t("Picture {n} of {all} for {place}", **values))
        task.end_if_asked()

    return told


def _place(packed: Pack) -> dict:
    """What was made for a place, in words: one picture's size, or of several the one that is nearest to its limit."""
    pictures = packed.pictures
    limited = [picture for picture in pictures if picture.limit]
    if len(pictures) == 1:
        said = f"{pictures[0].name}, {t(pictures[0].said)}"
    elif limited:
        nearest = max(limited, key=lambda picture: picture.bytes / (picture.limit or 1))
        text = "{pictures}; the nearest to its limit is {name}, {size}"
        count = plural(len(pictures), "{n} picture", "{n} pictures")
        said = t(text, pictures=count, name=nearest.name, size=nearest.said)
    else:
        size = number(sum(picture.bytes for picture in pictures) / 1000)
        count = plural(len(pictures), "{n} picture", "{n} pictures")
        said = t("{pictures}, {size} KB", pictures=count, size=size)
    return {"label": t(TARGETS[packed.target].label), "said": said, "notes": [t(note) for note in packed.notes]}


def _of_a_picture(error: InputError) -> str:
    """The error as a sentence, with a file's name alone of its path: strangers may read it."""
    got = Path(error.got).name if error.argument == "picture" and isinstance(error.got, str) else error.got
    return in_words(InputError(error.argument, got, error.expected))
