"""Pictures that a device holds, and how often each is drawn."""

import numpy as np
import torch

from lit.data import Sampling, StickerData, concept_weights
from lit.styles import numbering

AT_ONCE = 512  # pictures on their way to the device


def pictures_on(device: torch.device, data: StickerData, rows: np.ndarray) -> torch.Tensor:
    """The pictures of `rows` on a device, uint8 (n, 4, S, S); memory here holds some of them at a time, beside what
    the system keeps of the file."""
    if device.type == "cpu":
        return torch.from_numpy(data.images[rows])
    held = torch.empty(len(rows), *data.images.shape[1:], dtype=torch.uint8, device=device)
    for start in range(0, len(rows), AT_ONCE):
        held[start : start + AT_ONCE] = torch.from_numpy(data.images[rows[start : start + AT_ONCE]]).to(device)
    return held


def weights_on(device: torch.device, data: StickerData, rows: np.ndarray, sampling: Sampling) -> torch.Tensor:
    """How often each of `rows` is drawn, float32 (n,), sum one."""
    return torch.as_tensor(concept_weights(data.stickers, rows, sampling), dtype=torch.float32, device=device)


def style_numbers(styles, device: torch.device) -> torch.Tensor:
    """A network's number for each of DATA_STYLES, long (D,), to be asked by a sticker's `style_id`; -1 for what it
    lacks."""
    return torch.tensor(numbering(styles), device=device)
