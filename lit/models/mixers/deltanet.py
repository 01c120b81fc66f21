"""DeltaNet: a state that is corrected instead of added to, read from both ends of the picture."""

import torch
import torch.nn.functional as F
from torch import nn

from lit.errors import InputError
from lit.models.mixers.base import TokenMixer
from lit.models.mixers.heads import merge_heads
from lit_kernels import delta_rule
from lit_kernels.common.overridable import overridable

ORDERS = ("alternating", "rows", "columns")
FORMS = ("tokens", "lines")


class DeltaNetMixer(TokenMixer):
    """DeltaNet (arXiv 2406.06484), in its form for pictures: queries, keys and values through a short convolution and
    SiLU, queries and keys of length 1, a rate beta = sigmoid(b(x)) for each head and token, and

        F_t = F_{t-1} + beta_t k_t^T (v_t - k_t F_{t-1}),   B_t the same from the other end,
        o_i = (F_i + B_{i+1}) read by q_i / sqrt(d), then a norm per head.

    form "tokens": token by token, as above. "lines": a whole row at once, without an order inside it and without an
    inverse (as SANA-WM has it for frames); features are ReLU's there.
    order: in which tokens follow each other, "rows" or "columns", or one after the other over the layers.
    convolution: the side of the depth-wise convolution, odd, which begins as the identity; 0 for none. The paper's is
    causal, a picture's is not.  negative: beta up to 2, so that a state may also turn its sign along a key.
    """

    inherits = ("qkv", "proj")
    linear = True

    def __init__(
        self, width: int, heads: int, layer: int = 0, depth: int = 1, *,
        form: str = "tokens", order: str = "alternating", convolution: int = 3, negative: bool = False,
    ):  # fmt: skip
        super().__init__(width, heads, layer, depth)
        if form not in FORMS:
            raise InputError("form", form, f"one of {', '.join(FORMS)}")
        if order not in ORDERS:
            raise InputError("order", order, f"one of {', '.join(ORDERS)}")
        whole = isinstance(convolution, int) and not isinstance(convolution, bool)
        if not whole or convolution < 0 or (convolution and convolution % 2 == 0):
            raise InputError("convolution", convolution, "an odd side in tokens, or 0 for none")
        self.form, self.largest_rate = form, 2.0 if negative else 1.0
        self.by_columns = order == "columns" or (order == "alternating" and layer % 2 == 1)
        if convolution:
            self.convolution = nn.Conv2d(3 * width, 3 * width, convolution, padding="same", groups=3 * width)
            nn.init.zeros_(self.convolution.weight)
            nn.init.zeros_(self.convolution.bias)
            self.convolution.weight.data[:, :, convolution // 2, convolution // 2] = 1
        else:
            self.convolution = None
        self.rate = nn.Linear(width, heads)
        self.norm = nn.RMSNorm(width // heads, eps=1e-5)

    def forward(self, x: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        q, k, v = self._convolved(self.qkv(x), grid)
        beta = self.largest_rate * torch.sigmoid(self.rate(x)).transpose(1, 2).to(v.dtype)  # (batch, heads, tokens)
        activation = F.silu if self.form == "tokens" else F.relu
        q, k, v = activation(q), activation(k), F.silu(v)
        q, k = (F.normalize(one, dim=-1).to(v.dtype) for one in (q, k))
        if self.by_columns:
            q, k, v, beta = (turned(one, grid) for one in (q, k, v, beta))
        if self.form == "tokens":
            o = delta_rule(q, k, v, beta)
        else:
            o = delta_rule_by_lines(q, k, v, beta, grid[0] if self.by_columns else grid[1])
        if self.by_columns:
            o = turned(o, grid[::-1])
        return self.proj(merge_heads(self.norm(o).to(v.dtype)))

    def _convolved(self, tensors, grid):
        """Each of q, k, v (batch, heads, tokens, head_dim) through its third of the depth-wise convolution."""
        if self.convolution is None:
            return tensors
        weights, biases = (x.to(tensors[0].dtype).chunk(3) for x in (self.convolution.weight, self.convolution.bias))
        found = []
        for x, weight, bias in zip(tensors, weights, biases, strict=True):
            image = merge_heads(x).transpose(1, 2).unflatten(2, grid)  # (batch, width, rows, columns)
            image = F.conv2d(image, weight, bias, padding="same", groups=len(weight))
            found.append(image.flatten(2).transpose(1, 2).unflatten(2, (x.shape[1], -1)).transpose(1, 2))
        return found


@overridable
def delta_rule_by_lines(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, beta: torch.Tensor, length: int
) -> torch.Tensor:
    """The delta rule with a line of `length` tokens as one step, in both directions; shapes as of `delta_rule`.

        F_r = F_{r-1} + K_r^T D_r (V_r - K_r F_{r-1}),   O_r = Q_r (F_r + B_{r+1}) / sqrt(d),   D_r = diag(beta_r)

    K_r are the line's keys over sqrt(length), so that no eigenvalue of K_r^T D_r K_r passes that of one key. Tokens of
    a line all see each other alike. SANA-WM divides by a second such recursion of ones; a norm per head follows here,
    which takes any such factor out again.
    """
    dtype = v.dtype
    wide = torch.promote_types(dtype, torch.float32)
    lines = [x.to(wide).unflatten(2, (-1, length)) for x in (q * q.shape[-1] ** -0.5, k * length**-0.5, v)]
    queries, keys, values = (x.unbind(2) for x in lines)
    rates = beta.to(wide).unflatten(2, (-1, length)).unsqueeze(-1).unbind(2)
    state = keys[0].new_zeros(*k.shape[:2], k.shape[-1], v.shape[-1])
    forward, backward, mixed = state, state, []
    for query, key, value, rate in zip(queries, keys, values, rates, strict=True):
        forward = forward + key.transpose(-2, -1) @ (rate * (value - key @ forward))
        mixed.append(query @ forward)
    for r in reversed(range(len(mixed))):
        mixed[r] = mixed[r] + queries[r] @ backward
        backward = backward + keys[r].transpose(-2, -1) @ (rates[r] * (values[r] - keys[r] @ backward))
    return torch.cat(mixed, dim=2).to(dtype)


def turned(x: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """Tokens (batch, heads, tokens, ...) of a grid (rows, columns) row by row, column by column instead."""
    return x.unflatten(2, grid).transpose(2, 3).flatten(2, 3)
