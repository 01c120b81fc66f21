"""The files of drawn pictures: can one be written, can one be read."""

import uuid
from pathlib import Path

from PIL import Image


def check_room(folder: Path, size: int):
    """Make the folder if it is gone, and raise OSError if a file of `size` bytes cannot be written there."""
    folder.mkdir(parents=True, exist_ok=True)
    trial = folder / f".{uuid.uuid4().hex}"
    try:
        trial.write_bytes(bytes(size))
    finally:
        trial.unlink(missing_ok=True)


def is_whole(file: Path) -> bool:
    """Whether the file is a PNG without damage: every part of it is there, with the checksum that it names."""
    try:
        with Image.open(file, formats=["PNG"]) as image:
            image.verify()
    except Exception:  # Pillow has many kinds for what may be wrong
        return False
    return True


def reason(error: OSError) -> str:
    """What went wrong, without the path: strangers may read it."""
    return error.strerror or str(error) or type(error).__name__
