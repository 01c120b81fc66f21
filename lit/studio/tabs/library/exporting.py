"""Pictures of the library as one ZIP: the PNG files as they are, and what is known of them as JSON and as text."""

import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from lit.errors import LiTError, Phrase
from lit.settings import read_png, to_record
from lit.studio.work.library import Found
from lit.studio.work.pictures import reason


def described(pictures: Sequence[Found], names: Sequence[str], boards: dict[int, str]) -> list[dict]:
    """Each picture for JSON. names: of their files in the ZIP.  boards: id to name."""
    records = []
    for one, name in zip(pictures, names, strict=True):
        try:
            settings, provenance = read_png(one.file)
            told = to_record(settings) | {"provenance": provenance}
        except LiTError:  # of a newer version, or damaged: the file is in the ZIP as it is
            told = {"settings": None}
        marks = {
            "favourite": one.favourite,
            "tags": list(one.tags),
            "boards": [boards[board] for board in one.boards if board in boards],
        }
        known = {"file": name, "prompt": one.prompt, "style": one.style or None, "seed": one.seed}
        records.append(known | {"created": one.created} | marks | told)
    return records


def zipped(pictures: Sequence[Found], boards: dict[int, str], folder: Path) -> Path:
    """A new ZIP in `folder`, for the caller to remove. Raises LiTError where it cannot be written, and leaves none."""
    pictures = [one for one in pictures if one.file.is_file()]
    if not pictures:
        raise LiTError("None of these pictures is there any more")
    names = _unlike([one.file.name for one in pictures])
    place = None
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".export-", suffix=".zip", delete=False) as file:
            place = Path(file.name)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNGs are packed already
                for one, name in zip(pictures, names, strict=True):
                    archive.write(one.file, name)
                records = described(pictures, names, boards)
                archive.writestr("pictures.json", json.dumps({"pictures": records}, ensure_ascii=False, indent=1))
                lines = [f"{name}\t{' '.join(one.prompt.split())}" for one, name in zip(pictures, names, strict=True)]
                archive.writestr("prompts.txt", "\n".join(lines) + "\n")
        return place
    except OSError as error:
        if place is not None:
            place.unlink(missing_ok=True)
        raise LiTError(Phrase("The pictures cannot be put together ({why})", why=reason(error))) from error


def _unlike(names):
    """Each name once: a second fox.png is fox (2).png, in capitals or not."""
    taken, unlike = set(), []
    for name in names:
        stem, count, free = Path(name).stem, 1, name
        while free.lower() in taken:
            count += 1
            free = f"{stem} ({count}).png"
        taken.add(free.lower())
        unlike.append(free)
    return unlike
