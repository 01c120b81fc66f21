"""One dream on disk: what was asked for, whose it is, its frames, and what has been read of them.

FOLDER/dream.json        all of it but the frames
FOLDER/first.png         the picture that it begins with, where it was given one
FOLDER/latents/          its frames, as lit.explore.dreams keeps them
FOLDER/shown/NUMBER.webp those as the page shows them
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from PIL import Image

from lit.errors import LiTError
from lit.settings import from_record, to_record
from lit.studio.words import kept
from lit.studio.work.lasting import Recorded
from lit.studio.work.pictures import check_room

if TYPE_CHECKING:
    from lit.explore.dreams import Dream

FORMAT = 1
FILE, FIRST = "dream.json", "first.png"
DREAMING, STOPPED, DONE = "dreaming", "stopped", "done"
QUALITY = 82  # of what is shown, a WebP


@dataclass(frozen=True)
class Order:
    """What a dream is. frames: the first included.  typed: the words before they were read, "" where they are what is
    drawn.  pictured: it begins with a picture."""

    dream: "Dream"
    frames: int
    typed: str = ""
    pictured: bool = False

    @property
    def pixel_evaluations(self) -> int:
        """Of all frames."""
        one = replace(self.dream.settings, num_images_per_prompt=1)
        return one.pixel_evaluations * self.frames

    def record(self) -> dict:
        dream = asdict(self.dream) | {"settings": to_record(self.dream.settings)}
        return {"dream": dream, "frames": self.frames, "typed": self.typed, "pictured": self.pictured}

    @classmethod
    def of(cls, record: Mapping) -> "Order":
        """The inverse of `record`. Raises LiTError, KeyError or TypeError for what is none."""
        from lit.explore.dreams import Dream

        told = dict(record["dream"])
        told |= {"settings": from_record(told["settings"]), "prompts": tuple(map(str, told["prompts"]))}
        return cls(Dream(**told), int(record["frames"]), str(record["typed"]), bool(record["pictured"]))


class Dreamt(Recorded):
    """A dream with its frames. id: random, also the capability to look at them.

    state: DREAMING, STOPPED (`trouble` says why where nobody pressed Stop) or DONE.  trashed: when it was thrown away.
    count: frames that there are.  doing: "frames", "rest" or "reading", what is to be done next; "" for nothing.
    read: what is known of the frames, as plain numbers (see `Dreams`), {} before that; read_at: its version.

    The worker's thread alone dreams (`came`, `tell`, `end`, `cannot`); all else is for any thread.
    """

    def __init__(self, folder: Path, visitor: str, order: Order, created: float, image: Image.Image | None = None):
        super().__init__()
        self.id, self.folder, self.visitor, self.order, self.created = folder.name, folder, visitor, order, created
        self.state, self.trouble, self.doing = DREAMING, "", "frames"
        self.count = 0
        self.read: dict = {}
        self.read_at = self.version
        self._image = image

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The one in a folder. Raises ValueError (LiTError too), KeyError, TypeError or OSError for a damaged one."""
        record = json.loads((folder / FILE).read_text("utf-8"))
        if record["format"] != FORMAT or record["state"] not in (DREAMING, STOPPED, DONE):
            raise ValueError("of another version")
        found = cls(folder, str(record["visitor"]), Order.of(record["order"]), float(record["created"]))
        found.state, found.trouble = record["state"], str(record["trouble"])
        found.trashed, found.read, found.count = record["trashed"], dict(record["read"]), int(record["count"])
        return found

    @property
    def active(self) -> bool:
        return self.state == DREAMING and self.trashed is None

    def data(self, frame: int) -> bytes | None:
        """A frame as it is shown, a WebP; None for one that is not there."""
        try:
            return self._shown(frame).read_bytes() if 0 <= frame < self.count else None
        except OSError:
            return None

    def first(self) -> Image.Image | None:
        """The picture that it begins with. Raises OSError where that is gone."""
        if not self.order.pictured:
            return None
        with Image.open(self.folder / FIRST, formats=["PNG"]) as image:
            return image.convert("RGBA")

    def stop(self):
        """Draw nothing more, within one evaluation; the frames stay."""
        if self.state == DREAMING:
            self._end(STOPPED)

    def go_on(self):
        """Dream on after all."""
        if self.state == STOPPED:
            self.state, self.trouble = DREAMING, ""
            self._changed()

    # Dreaming

    def came(self, image: Image.Image):
        """The next frame, as it is shown. Raises OSError where it cannot be saved."""
        file = self._shown(self.count)
        check_room(file.parent, 0)
        image.save(file, "WEBP", quality=QUALITY, method=2)
        self.count += 1
        self._changed()

    def does(self, doing: str):
        if doing != self.doing:
            self.doing = doing
            self._touched()

    def tell(self, **read: object):
        """What is known of the frames now."""
        self.read |= read
        self.read_at = self.version + 1  # first: who sees the new version sees this, too
        self._changed()

    def done(self):
        self.doing = ""
        self._end(DONE)

    def cannot(self, error: LiTError):
        """It stops, and is dreamt on when somebody says so."""
        self.trouble = kept(error)
        self._end(STOPPED)

    # In the small

    def _shown(self, frame: int) -> Path:
        return self.folder / "shown" / f"{frame:05}.webp"

    def write(self):
        """Raises OSError."""
        record = {"format": FORMAT, "visitor": self.visitor, "created": self.created, "order": self.order.record()}
        record |= {"state": self.state, "trouble": self.trouble, "trashed": self.trashed, "count": self.count}
        text = json.dumps(record | {"read": self.read}, ensure_ascii=False)
        part = self.folder / f".{FILE}.part"
        with self._writing:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._image is not None:
                self._image.save(self.folder / FIRST, "PNG")
                self._image = None
            part.write_text(text, encoding="utf-8")
            os.replace(part, self.folder / FILE)  # whole, or as it was before
