"""Softmax self-attention, as teachers have it."""

import torch.nn.functional as F
from torch import nn

from lit.models.mixers.heads import merge_heads, split_heads


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
