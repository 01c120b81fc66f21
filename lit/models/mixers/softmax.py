"""Softmax self-attention, as teachers have it."""

import torch.nn.functional as F
from torch import nn

from lit.models.mixers.base import TokenMixer


class SoftmaxMixer(TokenMixer):
    """Softmax self-attention as in DiT, with queries and keys normalised per head (steady at high learning rates)."""

    inherits = ("qkv", "query_norm", "key_norm", "proj")  # a layer of a student that stays softmax stays the teacher's

    def __init__(self, width: int, heads: int, layer: int = 0, depth: int = 1):
        super().__init__(width, heads, layer, depth)
        self.query_norm = nn.RMSNorm(width // heads, eps=1e-6)
        self.key_norm = nn.RMSNorm(width // heads, eps=1e-6)

    def mix(self, q, k, v, grid):
        q, k = self.query_norm(q).to(v.dtype), self.key_norm(k).to(v.dtype)
        return F.scaled_dot_product_attention(q, k, v)
