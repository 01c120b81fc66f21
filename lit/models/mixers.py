"""Token mixers: the one part in which a softmax DiT and a LiT differ.

A mixer maps x (batch, tokens, width) on a grid (rows, columns) with rows * columns = tokens to the same
shape. A new one is a class here and a line in `TOKEN_MIXERS`.
"""

import torch
import torch.nn.functional as F
from torch import nn

from kernels import linear_attention_dwconv


class SoftmaxMixer(nn.Module):
    """Softmax self-attention as in DiT, with queries and keys normalised per head (steady at high learning rates)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.query_norm = nn.RMSNorm(width // heads, eps=1e-6)
        self.key_norm = nn.RMSNorm(width // heads, eps=1e-6)
        self.proj = nn.Linear(width, width)

    def forward(self, x, grid):
        q, k, v = split_heads(self.qkv(x), 3, self.heads)
        q, k = self.query_norm(q).to(v.dtype), self.key_norm(k).to(v.dtype)
        return self.proj(merge_heads(F.scaled_dot_product_attention(q, k, v)))


class LiTMixer(nn.Module):
    """Simplified linear attention (LiT, arXiv 2501.12976, section 3.1): few heads, and one depth-wise 5x5
    convolution of the values, whose kernels all heads share, to give back the locality that softmax had."""

    kernel_size = 5

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.dwc = nn.Conv2d(width // heads, width // heads, self.kernel_size, padding="same", groups=width // heads)
        self.proj = nn.Linear(width, width)

    def forward(self, x, grid):
        q, k, v = split_heads(self.qkv(x), 3, self.heads)
        weight, bias = self.dwc.weight.to(v.dtype), self.dwc.bias.to(v.dtype)  # autocast makes v alone half precision
        return self.proj(merge_heads(linear_attention_dwconv(q, k, v, weight, bias, grid)))


TOKEN_MIXERS = {"softmax": SoftmaxMixer, "lit": LiTMixer}

# Teacher weights that a linear student does not inherit (LiT, section 3.2): it learns these anew.
MIXER_SPECIFIC = ("qkv", "dwc", "query_norm", "key_norm")


def make_mixer(name: str, width: int, heads: int) -> nn.Module:
    if name not in TOKEN_MIXERS:
        raise ValueError(f"token_mixer: got {name!r}; one of {', '.join(TOKEN_MIXERS)}")
    if width % heads:
        raise ValueError(f"num_attention_heads: got {heads}; a divisor of the width {width}")
    return TOKEN_MIXERS[name](width, heads)


def split_heads(x: torch.Tensor, parts: int, heads: int):
    """(batch, tokens, parts * width) -> `parts` views (batch, heads, tokens, head_dim), without a copy."""
    batch, tokens, _ = x.shape
    return x.view(batch, tokens, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """(batch, heads, tokens, head_dim) -> (batch, tokens, width)."""
    return x.transpose(1, 2).flatten(2)
