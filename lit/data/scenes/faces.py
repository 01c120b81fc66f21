"""The eyes and the mouth of a face emoji, without its disc: to be put on other things.

They are what is inside the disc and does not have its colour: of another hue, pale, or dark. Each set's own faces give
each style's own look.
"""

import torch
from torch import Tensor

from lit.data.colors import GREY_SATURATION, hue_distance, hue_saturation_value
from lit.pixels import straight

MOODS = {
    "happy": (
        "slightly smiling face", "smiling face with smiling eyes", "grinning face", "grinning face with smiling eyes",
    ),
    "sad": ("slightly frowning face", "frowning face", "disappointed face", "crying face"),
    "angry": ("angry face",),
    "sleepy": ("relieved face", "pensive face", "sleeping face"),
    "surprised": ("face with open mouth", "hushed face", "astonished face"),
    "in love": ("smiling face with heart-eyes",),
    "winking": ("winking face",),
}  # fmt: skip
INSIDE = 0.81  # of the disc's radius: beyond it lie outlines, shading, and what floats beside a face
HEARTS_CUT = ("fluent-3d", "fluent-color", "fluent-flat")  # styles whose heart eyes reach the disc's edge
FEATURE_BOX = (0.16, 0.22, 0.84, 0.86)  # where features lie in a face's box


def features(pixels: Tensor, hue: Tensor) -> Tensor:
    """pixels: premultiplied faces (n, 4, h, w) that fill their images.  hue: of their discs, degrees (n,).
    Returns the same with nothing left but the features."""
    rgb, alpha = straight(pixels)
    own, saturation, value = hue_saturation_value(rgb)
    other = (hue_distance(own, hue[:, None, None]) - 28).clamp(0, 14) / 14
    pale = ((0.42 - saturation) / 0.12).clamp(0, 1)
    dark = ((0.66 - value) / 0.12).clamp(0, 1)
    other = other * (saturation > GREY_SATURATION)
    rows = torch.linspace(-1, 1, pixels.shape[-2], device=pixels.device)[:, None]
    columns = torch.linspace(-1, 1, pixels.shape[-1], device=pixels.device)
    inside = ((INSIDE - (rows.square() + columns.square()).sqrt()) / 0.03).clamp(0, 1)
    amount = torch.maximum(torch.maximum(other, pale), dark) * inside * (alpha > 0.9)
    return torch.cat([pixels[:, :3] * amount[:, None], (pixels[:, 3] * amount)[:, None]], 1)
