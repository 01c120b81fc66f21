"""Stickers to draw at random, by concept."""

from collections.abc import Sequence

import numpy as np

from lit.data.sampling import Sampling, concept_weights
from lit.data.stickers import Sticker
from lit.styles import DATA_STYLES


class Pool:
    """Stickers to draw from: indices and their cumulative weights, over all styles and in each one."""

    def __init__(self, stickers: list[Sticker], indices: np.ndarray | Sequence[int], sampling: Sampling):
        self.groups = {}
        members_of: dict[str | None, list[int]] = {style: [] for style in DATA_STYLES}
        for index in indices:
            members_of[stickers[index].style].append(int(index))
        for group, members in [(None, [int(index) for index in indices]), *members_of.items()]:
            if members:
                weights = concept_weights(stickers, members, sampling)
                self.groups[group] = (np.array(members), np.cumsum(weights))

    def draw(self, rng: np.random.Generator, style: str | None = None) -> int:
        members, cumulative = self.groups[style]
        return int(members[min(np.searchsorted(cumulative, rng.random(), "right"), len(members) - 1)])
