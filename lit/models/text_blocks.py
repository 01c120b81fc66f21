"""A transformer's own layers over the frozen text encoder's tokens: where words meet before a picture reads them."""

import torch
import torch.nn.functional as F
from torch import nn

from lit.models.mixers.heads import PackedProjection, merge_heads


class TextBlock(nn.Module):
    """Pre-norm transformer layer in both directions: self-attention, then an MLP, each residual. Starts as the
    identity, so that a network which is given some draws as it did."""

    def __init__(self, width: int, heads: int, mlp_ratio: float):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = PackedProjection(width, 3, heads)
        self.proj = nn.Linear(width, width)
        inner = int(mlp_ratio * width)
        self.mlp = nn.Sequential(nn.Linear(width, inner), nn.GELU(approximate="tanh"), nn.Linear(inner, width))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """x: (batch, words, width).  mask: bool (batch, 1, words, words), true where the first may read the second."""
        q, k, v = self.qkv(self.norm1(x))
        x = x + self.proj(merge_heads(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)))
        return x + self.mlp(self.norm2(x))

    def start_as_identity(self):
        nn.init.zeros_(self.proj.weight)
        nn.init.zeros_(self.mlp[-1].weight)


def readable(mask: torch.Tensor) -> torch.Tensor:
    """Which words may read which, bool (batch, 1, words, words), from where words are, bool (batch, words): padding
    reads itself too, for attention to nothing is not a number."""
    itself = torch.eye(mask.shape[1], dtype=torch.bool, device=mask.device)
    return mask[:, None, None] | itself
