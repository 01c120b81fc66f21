"""Files from the Hugging Face hub: the one place that asks for them."""

from collections.abc import Sequence
from pathlib import Path

from lit.errors import InputError


def download(name: str, patterns: Sequence[str], argument: str, without: Sequence[str] = ()) -> Path:
    """The folder in the hub's cache that holds these files of the repository of this name, fetched if need be.

    without: patterns of files that are left out all the same.  argument: what the name was given for, as the user
    knows it.  Raises InputError where it is not to be had.
    """
    reason = "this is neither"
    if name.count("/") <= 1 and not name.startswith((".", "/", "~")):
        from huggingface_hub import snapshot_download

        left_out = {"ignore_patterns": list(without)} if without else {}
        try:
            return Path(snapshot_download(name, allow_patterns=list(patterns), **left_out))
        except Exception as error:  # the hub has many kinds of errors, and all mean: not to be had
            reason = f"the hub says: {first_line(error)}"
    raise InputError(argument, name, f"a folder that exists, or a hub name such as owner/model ({reason})")


def cached(name: str) -> Path | None:
    """The folder of what was fetched of this repository before, None for nothing. Asks nobody."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # of whatever kind: nothing is there
        return None


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
