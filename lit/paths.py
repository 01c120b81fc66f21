"""Places for results, tried before the long work whose results go there, and the rights of their files."""

import shutil
import tempfile
from pathlib import Path

from lit.errors import InputError


def check_writable(folder: Path, argument: str) -> None:
    """Make the folder where it is missing. Raises InputError, naming the argument, unless it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(argument, str(folder), f"a folder that can be written to ({error.strerror})") from error


def give_usual_rights(file: Path) -> None:
    """Those that any new file has in its folder. safetensors 0.8 writes for its owner alone, so that somebody else,
    such as a container's user, could not read what was trained."""
    other = file.with_name(f"{file.name}.rights")
    other.touch()
    try:
        shutil.copymode(other, file)
    finally:
        other.unlink()
