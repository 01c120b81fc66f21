"""Where a run's data and its other networks come from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lit.data import StickerData
from lit.errors import InputError
from lit.styles import DATA_STYLES


@dataclass(frozen=True)
class Sources:
    """Paths as the command line gives them.

    data: stickers, Parquet files or folders of them.  large: such for targets at 512 px, None for `data`.
    autoencoder, init, teacher: folders of trained networks.  text_encoder: a folder, None for the packaged MiniLM.
    """

    data: Path | Sequence[Path]
    large: Path | None = None
    autoencoder: Path | None = None
    text_encoder: Path | None = None
    teacher: Path | None = None
    init: Path | None = None


def load(kind, folder: Path, option: str):
    """A trained network from its folder. Raises InputError where there is none, CheckpointError where it is damaged."""
    if not folder.is_dir():
        raise InputError(f"--{option}", str(folder), f"the folder of a trained {kind.__name__}")
    return kind.from_pretrained(folder)


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
