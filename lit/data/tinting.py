"""Black icons as stickers: in a colour that suits their name, with a dark outline and dark gaps.

Icons have the widest vocabulary of all drawings and no colour, so that nobody sees it who does not ask for black. What
they show is the same in a colour.
"""

import tomllib
import zlib
from pathlib import Path

import numpy as np

from lit.data.palette import COLORS, HUES

INNER = 0.94  # of the canvas, so that the outline has room
GAP = 1 / 32  # of the canvas: gaps between the parts of an icon that are no wider are dark, not see-through
OUTLINE = 1 / 85  # of the canvas
DARKNESS = 0.28  # an outline's colour, as a share of the icon's
WORDS = tomllib.loads(Path(__file__).with_name("tints.toml").read_text(encoding="utf-8"))  # of each colour
_tint_of = {word: tint for tint, words in WORDS.items() for word in words.split()}


def tint_of(name: str) -> str:
    """The colour of an icon with this name, one of HUES or "grey": as its last word says that tells one, since what a
    thing is comes last ("fire axe"); of a name without such a word, always the same."""
    for word in reversed(name.lower().replace("-", " ").split()):
        if found := _tint_of.get(word) or _tint_of.get(word.removesuffix("s")):
            return found
    return sorted(HUES)[zlib.crc32(name.encode()) % len(HUES)]


def tinted(icon: np.ndarray, tint: str) -> np.ndarray:
    """An icon in a colour, over a dark ground that is its outline and fills its gaps and holes.

    icon: premultiplied, uint8 (4, S, S), of which its opacity counts, with room for the outline at its sides.
    tint: one of COLORS.  Returns as much, in two colours.
    """
    from scipy.ndimage import binary_fill_holes  # here, not above: the page reads this house's words and paints nothing

    ink = icon[3].astype(np.float32) / 255
    gap, outline = GAP / 2 * icon.shape[-1], OUTLINE * icon.shape[-1]
    shape = np.pad(ink > 0.5, int(gap) + 1)  # an outline may reach beyond the canvas, and closes nothing there
    closed = binary_fill_holes(_distance(shape) <= gap)
    whole = shape | (_distance(~closed) > gap)
    inside = slice(int(gap) + 1, -int(gap) - 1)
    ground = np.clip(outline + 1 - _distance(whole), 0, 1)[inside, inside].astype(np.float32)
    ground = np.maximum(ground, ink)
    light = np.array(COLORS[tint], np.float32)[:, None, None]
    color = light * ink + DARKNESS * light * (ground - ink)  # premultiplied: the ink lies on the ground
    return np.rint(np.concatenate([color, ground[None]]) * 255).astype(np.uint8)


def _distance(mask: np.ndarray) -> np.ndarray:
    """How far each pixel is from a mask (S, S), in pixels, 0 on it; infinite where there is nothing of it."""
    from scipy.ndimage import distance_transform_edt

    return distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
