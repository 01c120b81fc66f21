"""The pictures that drawings are drawn over, and their masks, kept beside the list of jobs.

A PNG each, in a folder of its visitor, under the SHA-256 of its pixels by which settings name it. It stays while a job
needs it that waits, or whose pictures are there; one that was only opened, until others have been opened since, or a
day is over.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import time
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from lit.errors import InputError, LiTError, Phrase
from lit.settings import GenerationSettings, Source
from lit.studio.work.database import Database
from lit.studio.work.pictures import reason
from lit.studio.work.rows import ACTIVE, Job
from lit.studio.work.tables import JOBS

log = logging.getLogger(__name__)

OPENED = 86400.0  # seconds that a picture stays which no drawing needs
MOST = 200  # of those, the newest
OFTEN = 600.0  # seconds between two looks at what may go
NAMES = ("image_sha256", "mask_sha256")


class Sources:
    """The kept pictures in `folder`. Any thread may call any method.

    everyone: on a studio of one's own every device may draw over what another has opened; on a shared one visitors
    reach their own pictures only, even those who know what another's is called.
    """

    def __init__(self, folder: Path, database: Database):
        self.folder, self.database = folder, database
        self._swept = 0.0

    def keep(self, visitor: str, source: Source):
        """Keep what a drawing of this visitor is to be drawn over. Raises LiTError if that cannot be written."""
        if time.monotonic() - self._swept > OFTEN:
            self.sweep()
        for name, image in source.arguments.items():
            if image is not None:
                self._write(self._file(visitor, source.sha256[f"{name}_sha256"]), image)

    def image(self, visitor: str, sha256: object, everyone: bool) -> Image.Image:
        """A picture as it was kept. Raises InputError where it is not there."""
        known = isinstance(sha256, str) and re.fullmatch("[0-9a-f]{64}", sha256)
        file = self._find(visitor, sha256, everyone) if known else None
        image = None if file is None else _opened(file)
        if image is None:
            raise InputError("picture", None, "one that is still there: open it again")
        return image

    def claim(self, visitor: str, settings: GenerationSettings, everyone: bool):
        """See that what these settings name is there for a drawing of this visitor. Raises LiTError where it is not."""
        if (source := self.of(visitor, settings, everyone)) is not None:
            self.keep(visitor, source)

    def of(self, visitor: str, settings: GenerationSettings, everyone: bool = False) -> Source | None:
        """What these settings are drawn over, None for nothing. Raises LiTError where it is not kept here."""
        if not settings.image_sha256:
            return None
        wanted = [getattr(settings, name) for name in NAMES]
        files = [self._find(visitor, sha256, everyone) if sha256 else None for sha256 in wanted]
        opened = [None if file is None else _opened(file) for file in files]
        source = Source.of(opened[0], opened[1]) if opened[0] is not None else None
        if source is None or list(source.sha256.values()) != wanted:
            raise LiTError("This was drawn over another picture, which is needed to draw it and is not kept here")
        return source

    def forget(self, job: Job):
        """Off the disk with what a job alone needed, which is gone."""
        with contextlib.suppress(LiTError, OSError):
            named = {(_folder(job.visitor), getattr(job.settings, name)) for name in NAMES}
            for folder, sha256 in named - self._needed():
                (self.folder / folder / f"{sha256}.png").unlink(missing_ok=True)

    def sweep(self):
        """Off the disk with what nobody needs any more."""
        self._swept = time.monotonic()
        try:
            needed = self._needed()
            found = [file for file in self.folder.glob("*/*") if (file.parent.name, file.stem) not in needed]
            aged = sorted(((file.stat().st_mtime, file) for file in found), reverse=True)
            for number, (changed, file) in enumerate(aged):
                if number >= MOST or time.time() - changed > OPENED:
                    file.unlink(missing_ok=True)
                    with contextlib.suppress(OSError):  # others are in it
                        file.parent.rmdir()
        except (LiTError, OSError) as error:  # there will be another time
            log.warning("%s: %s", self.folder, error)

    def _needed(self) -> set[tuple[str, str]]:
        """(folder, SHA-256) of what jobs need."""
        over = JOBS.c.settings.like('%"image_sha256": "%') & JOBS.c.settings.not_like('%"image_sha256": ""%')
        kept = JOBS.c.state.in_(ACTIVE) | (JOBS.c.files != "[]")
        rows = self.database.rows(select(JOBS.c.visitor, JOBS.c.settings).where(kept, over))
        needed = set()
        for visitor, record in rows:
            with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):  # a damaged one
                values = json.loads(record)["settings"]
                needed |= {(_folder(visitor), values[name]) for name in NAMES}
        return needed

    def _file(self, visitor, sha256):
        return self.folder / _folder(visitor) / f"{sha256}.png"

    def _find(self, visitor, sha256, everyone):
        own = self._file(visitor, sha256)
        places = [own, *self.folder.glob(f"*/{sha256}.png")] if everyone else [own]
        return next((file for file in places if file.is_file()), None)

    def _write(self, file, image):
        try:
            if _opened(file) is not None:
                os.utime(file)  # it is wanted again
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name(f".{secrets.token_hex(8)}.part")
            try:
                image.save(part, "PNG")
                os.replace(part, file)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise LiTError(
                Phrase("The picture to draw over cannot be kept at the moment ({why})", why=reason(error))
            ) from error


def _folder(visitor: str) -> str:
    """A visitor's folder: their name could be any text, and is to be told to nobody."""
    return hashlib.sha256(visitor.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _opened(file: Path) -> Image.Image | None:
    """The picture of a file, None where it is missing or damaged."""
    try:
        with Image.open(file, formats=["PNG"]) as image:
            return image.copy()
    except Exception:  # Pillow has many kinds for what may be wrong
        return None
