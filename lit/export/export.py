"""The export itself: a target's pack made, put into a folder and a ZIP, whole or not at all."""

import io
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lit.errors import InputError, Phrase
from lit.export.sticker import Sticker
from lit.export.target import WORDS_FILE, File, Options, Progress
from lit.export.targets import TARGETS
from lit.version import __version__

# The first that a ZIP can say. Without the day of the export, the same pictures give the same bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
LICENCE_FILE = "LICENCE.txt"
LICENCE = f"""Put together by LiT Studio {__version__} (Apache-2.0), which draws stickers by a model.
A picture that it did not draw has the licence that it came with.

The model learned from Noto Emoji (Google, Apache-2.0), Blobmoji (C1710, Apache-2.0), Twemoji (Twitter, Inc and other
contributors, CC-BY-4.0), EmojiOne 2 (EmojiOne, CC-BY-4.0) and Fluent Emoji (Microsoft, MIT). Where a picture comes
close to one of theirs, credit it as its licence asks. Names of emoji are those of Unicode CLDR (Unicode-3.0).
"""


@dataclass(frozen=True)
class Pack:
    """What a target takes, in memory. files: bytes by name, the licence note among them; the rest as in Report."""

    target: str
    files: Mapping[str, bytes]
    pictures: tuple[File, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def alone(self) -> str | None:
        """The name of the one file that it comes down to, None where it is more than a picture."""
        picture = self.pictures[0].name
        return picture if set(self.files) <= {picture, WORDS_FILE, LICENCE_FILE} else None


@dataclass(frozen=True)
class Report:
    """What an export wrote.

    folder: where it lies.  pictures: each with its size and limit, in order.  archive: the ZIP of all of it, inside
    folder.  refused: a sentence for each sticker that no way of writing brought under a limit.  notes: sentences.
    """

    target: str
    folder: Path
    pictures: tuple[File, ...]
    archive: Path
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def check_target(target: str) -> None:
    if target not in TARGETS:
        raise InputError("target", target, Phrase("one of {names}", names=", ".join(TARGETS)))


def export(
    stickers: Sequence[Sticker],
    target: str,
    folder: str | Path,
    options: Options | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Report:
    """Make stickers into what a target takes, in a new folder of the target's name inside `folder`.

    A folder of that name stays as it is; the new one is counted up (whatsapp-2). It appears when it is whole.
    on_progress: called with (stickers done, of how many); what it raises ends the export.

    Raises InputError as `pack` does, and where the folder cannot hold it; then nothing has been written.
    """
    packed, archive, zipped = pack(stickers, target, options, on_progress), f"{target}.zip", io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        add_to_zip(file, packed.files)
    try:
        written = _write_folder(Path(folder), target, {**packed.files, archive: zipped.getvalue()})
    except OSError as error:
        raise InputError(
            "folder", str(folder), Phrase("a folder that can be written ({why})", why=error.strerror or error)
        ) from error
    return Report(target, written, packed.pictures, written / archive, packed.refused, packed.notes)


def pack(
    stickers: Sequence[Sticker],
    target: str,
    options: Options | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Pack:
    """Make stickers into what a target takes.

    Raises InputError for an unknown target, for stickers or options that the target does not take, and where none of
    the stickers can be brought under its limits.
    """
    options = options or Options()
    check([sticker.moves for sticker in stickers], target, options)
    made = TARGETS[target].make(stickers, options, on_progress)
    if not made.files:
        raise InputError(
            "pictures",
            "; ".join(made.refused),
            Phrase("pictures that {place} takes", place=Phrase(TARGETS[target].label)),
        )
    files = made.files | {LICENCE_FILE: LICENCE.encode()}
    return Pack(target, files, tuple(made.pictures), tuple(made.refused), tuple(made.notes))


def check(moving: Sequence[bool], target: str, options: Options) -> None:
    """Raise InputError for what a target will not take, before any work. moving: of each sticker, whether it moves."""
    check_target(target)
    if not moving:
        raise InputError("pictures", 0, "one picture or more")
    TARGETS[target].check(moving, options)


def add_to_zip(archive: zipfile.ZipFile, files: Mapping[str, bytes], folder: str = "") -> None:
    """Put a pack's files into a ZIP, the same bytes whatever the day. folder: "whatsapp/", or "" for none."""
    for name, content in files.items():
        archive.writestr(zipfile.ZipInfo(folder + name, ZIP_DATE), content, zipfile.ZIP_DEFLATED)


def _write_folder(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder beside, then let it be found under the first name that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        part.mkdir()
        for file, content in files.items():
            with open(part / file, "xb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())  # some file systems notice only then that they are full
        count = 1
        while True:
            place = folder / (name if count == 1 else f"{name}-{count}")
            try:
                if not place.exists():  # else a rename would replace an empty folder
                    return part.rename(place)
            except OSError:
                if not place.exists():  # else someone else took the name just now
                    raise
            count += 1
    finally:
        shutil.rmtree(part, ignore_errors=True)
