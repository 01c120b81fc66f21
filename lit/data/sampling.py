"""How much of what a run learns: by concept and style, without what is not wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lit.errors import InputError
from lit.styles import DATA_STYLES

if TYPE_CHECKING:
    from lit.data.stickers import Sticker

FLAG_WEIGHT = 0.4  # flags are an eighth of the concepts and look alike: each counts less than an object
SHARE_ALIKE = "CC-BY-SA"  # how the licences begin whose derivatives keep them
# How much a style counts where nothing else is said: generated and captioned characters little, the weakest not at all.
USUAL_WEIGHTS = dict.fromkeys(DATA_STYLES, 1.0) | {
    "bigheads": 0.1, "kawaii": 0.2, "blobfox": 0.3, "gopher": 0.3, "openclipart": 0.7, "game-icons": 0.5,
    "game-icons-color": 0.5, "pixel-ultica": 0.0,
}  # fmt: skip
# Pure black or of coarse pixels, and for many words the only drawing: never shown as "any style", or what is asked for
# without one turns black or coarse.
APART = frozenset(("game-icons", "openclipart-ink", "pixel-crawl"))


@dataclass(frozen=True)
class Sampling:
    """The table [data] of a run.

    styles: weights from 0 in place of USUAL_WEIGHTS; a style of weight 0 is left out.
    share_alike: whether sets are used whose licence begins with SHARE_ALIKE.
    breadth: how much more a concept counts that is drawn in more styles, from 0 (as one in its weightiest style) to 1
        (each style counts).
    """

    styles: Mapping[str, float] = field(default_factory=dict)
    share_alike: bool = True
    breadth: float = 0.0

    def __post_init__(self):
        for style, weight in self.styles.items():
            if style not in DATA_STYLES:
                raise InputError("data.styles", style, f"some of {', '.join(DATA_STYLES)}")
            if not 0 <= weight < float("inf"):
                raise InputError(f"data.styles.{style}", weight, "a number from 0")
        if not 0 <= self.breadth <= 1:
            raise InputError("data.breadth", self.breadth, "a number from 0 to 1")

    def weight(self, style: str) -> float:
        return self.styles.get(style, USUAL_WEIGHTS[style])

    def takes(self, style: str, licence: str) -> bool:
        """Whether rows of a style under a licence are used at all."""
        return self.weight(style) > 0 and (self.share_alike or not licence.startswith(SHARE_ALIKE))


USUAL = Sampling()


def concept_weights(stickers: Sequence[Sticker], indices: Sequence[int] | np.ndarray, sampling: Sampling = USUAL):
    """Sampling weights (float64, as long as `indices`, sum one) that treat every concept alike.

    A concept counts 1, a flag FLAG_WEIGHT, however many drawings it has, times its styles' weights as `Sampling` says;
    inside a concept its styles share by their weights, and inside a style its skin tones and other drawings equally.
    """
    chosen = [stickers[index] for index in indices]
    if not chosen:
        raise InputError("indices", "none", "at least one sticker")
    styles: dict[str, dict[str, float]] = {}
    drawings: dict[tuple[str, str], int] = {}
    for sticker in chosen:
        styles.setdefault(sticker.base_key, {})[sticker.style] = sampling.weight(sticker.style)
        pair = (sticker.base_key, sticker.style)
        drawings[pair] = drawings.get(pair, 0) + 1

    def weight(sticker: Sticker) -> float:
        own = styles[sticker.base_key]
        most, whole = max(own.values()), sum(own.values())
        if not most:
            return 0.0
        concept = most * (whole / most) ** sampling.breadth
        concept *= FLAG_WEIGHT if sticker.name.startswith("flag:") else 1.0
        return concept * own[sticker.style] / whole / drawings[sticker.base_key, sticker.style]

    weights = np.array([weight(sticker) for sticker in chosen])
    if not weights.any():
        raise InputError("data.styles", "weights of 0 alone", "at least one style that is used")
    return weights / weights.sum()
