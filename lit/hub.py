"""Files from the Hugging Face hub: the one place that asks for them."""

from collections.abc import Sequence
from pathlib import Path

from lit.errors import InputError


def download(name: str, patterns: Sequence[str], argument: str) -> Path:
    """The folder in the hub's cache that holds these files of the repository of this name, fetched if need be.

    argument: what the name was given for, as the user knows it.  Raises InputError where it is not to be had.
    """
    reason = "this is neither"
    if name.count("/") <= 1 and not name.startswith((".", "/", "~")):
        from huggingface_hub import snapshot_download

        try:
            return Path(snapshot_download(name, allow_patterns=list(patterns)))
        except Exception as error:  # the hub has many kinds of errors, and all mean: not to be had
            reason = f"the hub says: {(str(error).strip().splitlines() or [type(error).__name__])[0]}"
    raise InputError(argument, name, f"a folder that exists, or a hub name such as owner/model ({reason})")
