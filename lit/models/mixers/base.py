"""What all token mixers share: the projections around the mixing."""

import torch
from torch import nn

from lit.models.mixers.heads import PackedProjection, merge_heads


class TokenMixer(nn.Module):
    """A self-attention: queries, keys and values of each token, mixed, and projected back.

    A mixer writes `mix`; one whose projections differ (gates, convolutions of the queries) writes `forward`, too. Its
    arguments are keyword-only parameters of its `__init__`, and the config's `mixer_args` gives them.

    layer, depth: it stands in layer `layer` of `depth`, the first being 0, since some mixers do something else in the
    first half of the layers.
    """

    # Which weights a student takes over from its softmax teacher (LiT, section 3.2); the others it learns anew.
    inherits: tuple[str, ...] = ("proj",)
    # Whether o = q S with S from keys and values alone, but for a normaliser: then queries, too, have a linear map.
    linear = False

    def __init__(self, width: int, heads: int, layer: int = 0, depth: int = 1):
        super().__init__()
        self.layer, self.depth = layer, depth
        self.qkv = PackedProjection(width, 3, heads)
        self.proj = nn.Linear(width, width)

    def mix(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        """q, k, v (batch, heads, tokens, head_dim) on a grid (rows, columns) -> the same shape."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        """x (batch, tokens, width) on a grid (rows, columns) with rows * columns = tokens -> the same shape."""
        return self.proj(merge_heads(self.mix(*self.qkv(x), grid)))
