"""Liger: linear attention whose gates are its keys, beside softmax in windows; nothing to learn anew."""

import torch
import torch.nn.functional as F

from lit.errors import InputError
from lit.models.mixers.softmax import SoftmaxMixer
from lit.models.mixers.windows import Windows, check_window
from lit_kernels import linear_attention
from lit_kernels.common.overridable import overridable

FORMS = ("gates", "scan")
CHUNK = 8  # tokens of a scan, or states of their chunks, that look at each other one by one


class LigerMixer(SoftmaxMixer):
    """Liger (arXiv 2503.01496), in its forms for pictures: half softmax inside windows, half linear attention with
    features softmax(q), softmax(k) over a head's channels, whose gates come from the keys that are there already.

    form "gates", without an order: a key's features times sigmoid(k).  "scan": from both ends of the picture, row by
    row, with decays exp(logsigmoid(k) / divisor) that multiply up between two tokens; the paper's divisor, 16, is
    about one row of a picture, so it is 128 here.  window: a side in tokens.

    Unlike the paper's the linear half is divided by the sum of its weights: over all the tokens of a picture it would
    grow with their number. `without` "window" or "linear" leaves that half out, to see what the other is worth.
    """

    without = ""

    def __init__(
        self, width: int, heads: int, layer: int = 0, depth: int = 1, *,
        form: str = "gates", window: int = 8, divisor: float = 128.0,
    ):  # fmt: skip
        super().__init__(width, heads, layer, depth)
        if form not in FORMS:
            raise InputError("form", form, f"one of {', '.join(FORMS)}")
        if isinstance(divisor, bool) or not isinstance(divisor, int | float) or not divisor >= 1:
            raise InputError("divisor", divisor, "a number from 1")
        self.form, self.window, self.divisor = form, check_window(window), float(divisor)

    def mix(self, q, k, v, grid):
        q, k = self.query_norm(q).to(v.dtype), self.key_norm(k).to(v.dtype)
        if self.without == "window":
            return self._far(q, k, v)
        near = Windows(grid, self.window).attention(q, k, v)
        return near if self.without == "linear" else 0.5 * near + 0.5 * self._far(q, k, v)

    def _far(self, q, k, v):
        return gated_attention(q, k, v) if self.form == "gates" else gated_scan(q, k, v, self.divisor)


@overridable
def gated_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """o_i = sum_j a_ij v_j / sum_j a_ij,   a_ij = softmax(q_i) . (sigmoid(k_j) softmax(k_j)); as `linear_attention`."""
    q, k = (x.to(v.dtype) for x in (q.softmax(-1), k.sigmoid() * k.softmax(-1)))  # autocast makes them fp32
    return linear_attention(q, k, v, feature_map="none")


@overridable
def gated_scan(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, divisor: float) -> torch.Tensor:
    """o_i = sum_j a_ij v_j / sum_j a_ij, a_ij = sum_c softmax(q_i)_c softmax(k_j)_c D_ijc, D_ijc the decays of channel
    c from token j on to i (or back to it), exp of their sum, exp(logsigmoid(k) / divisor) each.

    What a state is multiplied by on its way over a token is that token's decay: F_t = decay_t F_{t-1} + k_t^T v_t from
    the first token on, B_t = decay_t B_{t+1} + k_t^T v_t from the last, o_i reads F_i + decay_i B_{i+1}. q, k: (batch,
    heads, tokens, head_dim), v: (batch, heads, tokens, value_dim); the sums are held in fp32 at least, decays between
    two tokens as differences of logarithms, which are never positive.
    """
    dtype = v.dtype
    wide = torch.promote_types(dtype, torch.float32)
    q, k, v = (x.to(wide) for x in (q, k, v))
    rates = F.logsigmoid(k) / divisor  # of each token and channel, below zero
    values = F.pad(v, (0, 1), value=1.0)  # the column of ones gives the sum of the weights
    q, k = q.softmax(-1), k.softmax(-1)
    mixed = _scan(q, k, values, rates, among=True)
    mixed = mixed + _scan(*(x.flip(2) for x in (q, k, values, rates)), among=False).flip(2)
    return (mixed[..., :-1] / mixed[..., -1:]).to(dtype)


def _scan(q, k, v, rates, among):
    """sum over j before i of (q_i decay from j to i) . k_j v_j; with `among` also over j = i. All chunks at once."""
    tokens = q.shape[2]
    q, k, v, rates = (_chunked(x) for x in (q, k, v, rates))  # (batch, heads, chunks, CHUNK, ...)
    since = rates.cumsum(3)  # from the chunk's beginning to each token, its own decay included
    decays = _between(since, since, 0 if among else -1)
    weights = torch.einsum("bhnic,bhnjc,bhnijc->bhnij", q, k, decays)
    left = (since[..., -1:, :] - since).exp()  # from each token to the chunk's end
    states = _states_before(since[..., -1, :], (k * left).transpose(-2, -1) @ v)
    mixed = weights @ v + (q * since.exp()) @ states
    return mixed.flatten(2, 3)[:, :, :tokens]


def _states_before(rates, added):
    """The state before each of some steps, state_t = exp(rates_t) state_{t-1} + added_t from zero on. rates: (batch,
    heads, steps, head_dim), added: (batch, heads, steps, head_dim, value_dim), as what is returned. By chunks of steps,
    whose own states are found likewise: work grows with the steps, what has to wait with their logarithm."""
    steps = added.shape[2]
    if steps == 1:
        return torch.zeros_like(added)
    rates, added = _chunked(rates), _chunked(added)
    since = rates.cumsum(3)
    decays = _between(since - rates, since, -1)
    left = (since[..., -1:, :] - since).exp()
    first = _states_before(since[..., -1, :], torch.einsum("bhnjc,bhnjce->bhnce", left, added))
    states = torch.einsum("bhnijc,bhnjce->bhnice", decays, added)
    states = states + (since - rates).exp().unsqueeze(-1) * first.unsqueeze(3)
    return states.flatten(2, 3)[:, :, :steps]


def _chunked(x):
    """(batch, heads, tokens, ...) as (batch, heads, chunks, CHUNK, ...), zeros at the end."""
    missing = -x.shape[2] % CHUNK
    return F.pad(x, (*[0, 0] * (x.ndim - 3), 0, missing)).unflatten(2, (-1, CHUNK))


def _between(to, since, diagonal):
    """exp(to_i - since_j) of the places (i, j) up to that diagonal, zeros above: (..., i, j, head_dim)."""
    between = to.unsqueeze(-2) - since.unsqueeze(-3)
    seen = torch.ones(CHUNK, CHUNK, dtype=torch.bool, device=to.device).tril(diagonal)
    return between.masked_fill(~seen[..., None], -torch.inf).exp()
