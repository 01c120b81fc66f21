"""Where a run's data and its other networks come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lit.errors import InputError


@dataclass(frozen=True)
class Sources:
    """Paths as the command line gives them.

    data: stickers, a Parquet file or a folder of them.  large: such for targets at 512 px, None for `data`.
    autoencoder, init, teacher, evaluator: folders of trained networks.  text_encoder: a folder, None for the packaged
    MiniLM.
    """

    data: Path
    large: Path | None = None
    autoencoder: Path | None = None
    text_encoder: Path | None = None
    teacher: Path | None = None
    init: Path | None = None
    evaluator: Path | None = None


def load(kind, folder: Path, option: str):
    """A trained network from its folder. Raises InputError where there is none, CheckpointError where it is damaged."""
    if not folder.is_dir():
        raise InputError(f"--{option}", str(folder), f"the folder of a trained {kind.__name__}")
    return kind.from_pretrained(folder)


def check_made_with(network, arguments: Mapping[str, Any]):
    """Raise InputError where weights to start from were made with other arguments of their class."""
    for name, value in arguments.items():
        there, wanted = (list(one) if isinstance(one, tuple) else one for one in (network.config[name], value))
        if there != wanted:
            raise InputError(f"network.{name}", value, f"{there!r}, which the weights of --init were made with")
