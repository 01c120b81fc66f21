"""Where a run's data and its other networks come from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lit.data import StickerData
from lit.errors import InputError
from lit.styles import DATA_STYLES


@dataclass(frozen=True)
class Sources:
    """Paths as the command line gives them.

    data: stickers, Parquet files or folders of them.  large: such for targets at 512 px, None for `data`.
    autoencoder, init, teacher, evaluator: folders of trained networks.  init_teacher: that of what `init` was distilled
    from.  text_encoder: a folder, None for the packaged MiniLM.
    """

    data: Path | Sequence[Path]
    large: Path | None = None
    autoencoder: Path | None = None
    text_encoder: Path | None = None
    teacher: Path | None = None
    init: Path | None = None
    init_teacher: Path | None = None
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


def check_styles(data: StickerData, styles: Sequence[str]):
    """Raise InputError where a network's list of styles lacks one that the data have."""
    lacking = {one.style for one in data.stickers} - set(styles)
    if lacking:
        missing = [style for style in DATA_STYLES if style in lacking]
        whole = json.dumps([*styles, *missing], separators=(",", ":"))
        raise InputError(
            "network.styles",
            list(styles),
            f"{', '.join(missing)} as well, which the data have: --set 'network.styles={whole}', or their weight 0 "
            "in [data.styles]",
        )
