"""TransNormer: softmax in windows in the first half of the layers, linear attention without a denominator after."""

import torch
import torch.nn.functional as F
from torch import nn

from lit.errors import InputError
from lit.models.mixers.base import TokenMixer
from lit.models.mixers.heads import merge_heads
from lit.models.mixers.windows import Windows, check_window
from lit_kernels import linear_attention
from lit_kernels.common.overridable import overridable

EPS = 1e-12  # of the mean square: a norm of 1e-6, below which a token's sum is nothing but rounding


class TransNormerMixer(TokenMixer):
    """TransNormer ("The Devil in Linear Transformer", arXiv 2210.10340), in its form for pictures.

        DiagAttention, layers before depth / 2:  softmax(q k^T / sqrt(d)) v inside windows
        NormAttention, the others:               norm(phi(q) (phi(k)^T v)) over all heads together, no denominator

    kind "T2": as above with phi = 1 + elu, the better one on Long Range Arena. "T1": phi = elu, and in the windows
    norm(relu(q k^T) v), better on language.  window: a side in tokens.  shift: every other layer's windows begin half a
    window earlier (ours).

    The norm has no weights and runs over the whole width, after the heads are joined. Inherits all from a softmax
    teacher; where its windows cover the picture, a layer of the first half is the teacher's. Queries and keys are
    normalised per head there, as the teacher does, and not in NormAttention, which has its own norm.
    """

    inherits = ("qkv", "query_norm", "key_norm", "proj")

    def __init__(
        self, width: int, heads: int, layer: int = 0, depth: int = 1, *,
        kind: str = "T2", window: int = 8, shift: bool = False,
    ):  # fmt: skip
        super().__init__(width, heads, layer, depth)
        if kind not in ("T1", "T2"):
            raise InputError("kind", kind, "T1 or T2")
        self.kind, self.window, self.shifted = kind, check_window(window), bool(shift and layer % 2)
        self.linear = layer >= depth / 2
        if self.linear:
            self.inherits = ("qkv", "proj")
        else:
            self.query_norm = nn.RMSNorm(width // heads, eps=1e-6)
            self.key_norm = nn.RMSNorm(width // heads, eps=1e-6)

    def forward(self, x: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        joined = merge_heads(self.mix(*self.qkv(x), grid))  # (batch, tokens, width)
        if self.linear or self.kind == "T1":
            joined = F.rms_norm(joined.float() if joined.dtype.itemsize < 4 else joined, joined.shape[-1:], eps=EPS)
        return self.proj(joined.to(x.dtype))

    def mix(self, q, k, v, grid):
        if self.linear:
            phi = F.elu if self.kind == "T1" else _one_more_than_elu
            return linear_attention(phi(q), phi(k), v, feature_map="none", normalize=False)
        q, k = self.query_norm(q).to(v.dtype), self.key_norm(k).to(v.dtype)
        windows = Windows(grid, self.window, self.shifted)
        if self.kind == "T2":
            return windows.attention(q, k, v)
        q, k, v = (windows.cut(x) for x in (q, k, v))
        return windows.join(relu_attention(q, k, v))


@overridable
def relu_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """relu(q k^T) v (ReLA, arXiv 2104.07012), as a mean over the keys: the norm that follows takes any scale. Padding
    has keys of zeros, and so no weight. Shapes (..., tokens, dim)."""
    return F.relu(q @ k.transpose(-2, -1) / k.shape[-2]) @ v


def _one_more_than_elu(x):
    return 1 + F.elu(x)
