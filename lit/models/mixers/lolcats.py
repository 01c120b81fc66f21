"""LoLCATs: softmax in windows and learned linear features for all that is outside, under one denominator."""

import torch
from torch import nn

from lit.errors import InputError
from lit.models.mixers.softmax import SoftmaxMixer
from lit.models.mixers.windows import Windows, check_window
from lit_kernels import linear_attention
from lit_kernels.common.overridable import overridable

FIRST_GATE = -2.197  # sigmoid of it is 0.1
LEAST = 1e-12  # of a feature, so that no denominator is zero


class LoLCATsMixer(SoftmaxMixer):
    """LoLCATs (arXiv 2410.10254), in its form for pictures: with w the window of token i, c_i its largest logit, phi
    the Hedgehog features [softmax(x W), softmax(-x W)] with a W of each head for queries and one for keys,

        o_i = (sum_{j in w} g e^{s_ij - c_i} v_j + phi(q_i) sum_{j not in w} phi(k_j)^T v_j) / (the same of v = 1)

    s = q k^T / sqrt(d) as the teacher's, so a student needs the teacher's heads; g = sigmoid of one number a head, 0.1
    at first. c is part of the model, since the linear part is not scaled by it.

    window: a side in tokens; where one window covers the picture the layer is the teacher's and its features learn
    nothing, so 4 for 8 x 8 tokens.  window_dropout: how often training leaves the window out, so that the features
    learn near tokens, too (arXiv 2510.05901). `without` "window" or "linear" leaves a part out, to see what the other
    is worth.
    """

    without = ""

    def __init__(
        self, width: int, heads: int, layer: int = 0, depth: int = 1, *,
        window: int = 8, window_dropout: float = 0.0,
    ):  # fmt: skip
        super().__init__(width, heads, layer, depth)
        if isinstance(window_dropout, bool) or not isinstance(window_dropout, int | float):
            raise InputError("window_dropout", window_dropout, "a share from 0 to 1")
        if not 0 <= window_dropout <= 1:
            raise InputError("window_dropout", window_dropout, "a share from 0 to 1")
        self.window, self.window_dropout = check_window(window), window_dropout
        dim = width // heads
        first = torch.eye(dim, max(1, dim // 2)).repeat(heads, 1, 1)  # half of the channels as they are
        self.query_features, self.key_features = nn.Parameter(first.clone()), nn.Parameter(first.clone())
        self.gate = nn.Parameter(torch.full((heads,), FIRST_GATE))

    def mix(self, q, k, v, grid):
        q, k = self.query_norm(q).to(v.dtype), self.key_norm(k).to(v.dtype)
        without = self.without
        if self.training and not without and torch.rand(()).item() < self.window_dropout:
            without = "window"
        features = self.query_features.to(v.dtype), self.key_features.to(v.dtype)
        mixed = joined_attention(q, k, v, *features, self.gate.to(v.dtype), grid, self.window, without)
        if without == "window" and self.training:  # several processes want a gradient of each weight, if only zero
            mixed = mixed + 0 * self.gate.sum().to(v.dtype)
        return mixed


@overridable
def joined_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, query_features: torch.Tensor, key_features: torch.Tensor,
    gate: torch.Tensor, grid: tuple[int, int], window: int, without: str = "",
) -> torch.Tensor:  # fmt: skip
    """The formula of `LoLCATsMixer`. q, k, v: (batch, heads, tokens, head_dim); query_features, key_features: (heads,
    head_dim, features); gate: (heads,). Without the window the features' sums are over all tokens. Sums and logits are
    held in fp32 at least."""
    dtype = v.dtype
    wide = torch.promote_types(dtype, torch.float32)
    q, k, v, query_features, key_features, gate = (x.to(wide) for x in (q, k, v, query_features, key_features, gate))
    if without == "linear":
        return Windows(grid, window).attention(q, k, v).to(dtype)  # the gate is a factor of all that is left
    queries, keys = hedgehog(q, query_features), hedgehog(k, key_features)
    if without == "window":
        return linear_attention(queries, keys, v, eps=0.0, feature_map="none").to(dtype)
    windows = Windows(grid, window)
    q, k, v, queries, keys = (windows.cut(x) for x in (q, k, v, queries, keys))  # padding has no features
    logits = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5  # (batch, heads, windows, i, j)
    inside = windows.inside(q.device)
    if inside is not None:
        logits = logits.masked_fill(~inside, -torch.inf)
    near = gate.sigmoid()[:, None, None, None] * (logits - logits.amax(-1, keepdim=True)).exp()
    states, sums = keys.transpose(-2, -1) @ v, keys.sum(-2).unsqueeze(-1)  # of each window
    states, sums = (x.sum(2, keepdim=True) - x for x in (states, sums))  # of all the others
    weighted = near @ v + queries @ states
    return windows.join(weighted / (near.sum(-1, keepdim=True) + queries @ sums + LEAST)).to(dtype)


def hedgehog(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Features (arXiv 2402.04347) of x (batch, heads, tokens, head_dim): (batch, heads, tokens, 2 * features)."""
    x = x @ weight
    return torch.cat([x.softmax(-1), (-x).softmax(-1)], dim=-1).clamp_min(LEAST)
