"""The export itself: a target's pack made, put into a folder and a ZIP, whole or not at all."""

import io
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lit.errors import InputError
from lit.export.sticker import Sticker
from lit.export.target import File, Options, Progress
from lit.export.targets import TARGETS
from lit.version import __version__

# The first that a ZIP can say. Without the day of the export, the same pictures give the same bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
LICENCE = f"""Put together by LiT Studio {__version__} (Apache-2.0), which draws stickers by a model.
A picture that it did not draw has the licence that it came with.

The model learned from Noto Emoji (Google, Apache-2.0), Blobmoji (C1710, Apache-2.0), Twemoji (Twitter, Inc and other
contributors, CC-BY-4.0), EmojiOne 2 (EmojiOne, CC-BY-4.0) and Fluent Emoji (Microsoft, MIT). Where a picture comes
close to one of theirs, credit it as its licence asks. Names of emoji are those of Unicode CLDR (Unicode-3.0).
"""


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
        raise InputError("target", target, f"one of {', '.join(TARGETS)}")


def export(
    stickers: Sequence[Sticker],
    target: str,
    folder: str | Path,
    options: Options | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Report:
    """Make stickers into what a target takes, in a new folder of the target's name inside `folder`.

    A folder of that name stays as it is; the new one is counted up (whatsapp-2). It appears when it is whole.
    on_progress: called with (stickers done, of how many).

    Raises InputError for an unknown target, for stickers or options that the target does not take, where none of the
    stickers can be brought under its limits, and where the folder cannot hold it; then nothing has been written.
    """
    options = options or Options()
    check_target(target)
    if not stickers:
        raise InputError("pictures", 0, "one picture or more")
    TARGETS[target].check(stickers, options)
    made = TARGETS[target].make(stickers, options, on_progress)
    if not made.files:
        raise InputError("pictures", "; ".join(made.refused), f"pictures that {TARGETS[target].label} takes")
    files = made.files | {"LICENCE.txt": LICENCE.encode()}
    archive = f"{target}.zip"
    try:
        written = _write_folder(Path(folder), target, files | {archive: _zipped(files)})
    except OSError as error:
        raise InputError("folder", str(folder), f"a folder that can be written ({error.strerror or error})") from error
    return Report(
        target, written, tuple(made.pictures), written / archive, tuple(made.refused), tuple(made.notes)
    )  # fmt: skip


def _zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


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
