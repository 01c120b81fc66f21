"""Paths that people type: read as a shell would, and tried before the long work whose results go there."""

import tempfile
from pathlib import Path

from lit.errors import InputError


def typed_path(text: str) -> Path:
    """A path of the command line: not every shell expands the ~ of --out=~/pictures."""
    return Path(text).expanduser()


def check_writable(folder: Path, argument: str) -> None:
    """Make the folder where it is missing. Raises InputError, naming the argument, unless it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(argument, str(folder), f"a folder that can be written to ({error.strerror})") from error
