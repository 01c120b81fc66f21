"""Places for results, tried before the long work whose results go there."""

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
