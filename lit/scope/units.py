"""Replays of the non-linear functions that networks are made of (arXiv 1908.05168, table 1, and newer units).

Each is exact at the captured input x*: with the frozen parts at their values the formula is the function.
"""

import math
import warnings

import torch
import torch.nn.functional as F

from lit.scope.registry import replay
from lit.scope.tape import Live, UnknownUnit, frozen

KEPT_KEYS = 512
# torch maps its fast attention over a stack one by one, and says so; that is what is wanted.
warnings.filterwarnings("ignore", message=".*batching rule for aten::_scaled_dot_product.*")

# Activations: x g*, the gate g = f(x) / x at x*. This is the secant through 0, not the derivative.


@replay("relu")
def relu(x):
    return x * (frozen(x) > 0)


@replay("relu6", "hardtanh")
def hardtanh(x, min_val=0.0, max_val=6.0):
    """Inside the limits x, outside the limit it met, as a constant."""
    held = frozen(x)
    inside = (held > min_val) & (held < max_val)
    return x * inside + torch.where(inside, 0.0, held.clamp(min_val, max_val))


@replay("leaky_relu")
def leaky_relu(x, negative_slope=0.01):
    return x * _slopes(frozen(x), negative_slope)


@replay("prelu")
def prelu(x, weight):
    if weight.numel() > 1:
        weight = weight.view(1, -1, *[1] * (x.ndim - 2))
    return x * _slopes(frozen(x), weight)


def _slopes(x, below):
    """1 above zero, `below` elsewhere, in the precision of x."""
    return torch.where(x > 0, torch.ones_like(x), torch.as_tensor(below, dtype=x.dtype, device=x.device))


@replay("gelu")
def gelu(x, approximate="none"):
    """x Phi(x*); by tanh: x (1 + tanh(sqrt(2 / pi) (x* + 0.044715 x*^3))) / 2."""
    held = frozen(x)
    if approximate == "tanh":
        return x * (0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (held + 0.044715 * held**3))))
    return x * (0.5 * (1 + torch.erf(held / math.sqrt(2))))


@replay("silu")
def silu(x):
    return x * torch.sigmoid(frozen(x))


@replay("mish")
def mish(x):
    return x * torch.tanh(F.softplus(frozen(x)))


@replay("elu")
def elu(x, alpha=1.0):
    """Above zero x, below it x alpha (exp(x*) - 1) / x*."""
    below = frozen(x).clamp(max=-torch.finfo(x.dtype).tiny)
    return x * _slopes(frozen(x), alpha * torch.expm1(below) / below)


@replay("tanh")
def tanh(x):
    """x tanh(x*) / x*, which is 1 at 0."""
    return x * _tanh_over(frozen(x))


@replay("sigmoid")
def sigmoid(x):
    """1/2 + x tanh(x* / 2) / (2 x*): the half is a bias."""
    return 0.5 + x * (_tanh_over(frozen(x) / 2) / 4)


def _tanh_over(x):
    small = x.abs() < 1e-4
    return torch.where(small, 1 - x * x / 3, torch.tanh(x) / torch.where(small, 1.0, x))


# Normalisations: the numerator live, the measured deviation frozen. The mean is taken off as a sum with a small factor:
# transposed that is a sum again, where x.mean() would write three tensors of the size of x.


@replay("layer_norm")
def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(x - mean(x)) / sigma* w + b."""
    dims = tuple(range(-len(normalized_shape), 0))
    held = frozen(x)
    rate = held.var(dims, unbiased=False, keepdim=True).add(eps).rsqrt()
    minus_mean = x.sum(dims, keepdim=True) * (-1 / math.prod(normalized_shape))
    return _scaled((x + minus_mean) * rate, weight, bias)


@replay("rms_norm")
def rms_norm(x, normalized_shape, weight=None, eps=None):
    """x / rms* w."""
    dims = tuple(range(-len(normalized_shape), 0))
    held = frozen(x)
    eps = torch.finfo(x.dtype).eps if eps is None else eps
    return _scaled(x * held.square().mean(dims, keepdim=True).add(eps).rsqrt(), weight, None)


@replay("group_norm")
def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """(x - mean_g(x)) / sigma_g* w + b, over each group of channels and all places."""
    batch, channels, *places = x.shape

    def by_channel(of_groups):
        """(batch, groups) -> (batch, channels, 1, ...)."""
        each = of_groups.unsqueeze(-1).expand(-1, -1, channels // num_groups)
        return each.reshape(batch, channels, *[1] * len(places))

    grouped = x.reshape(batch, num_groups, -1)  # (batch, groups, channels per group * places)
    minus_mean = grouped.sum(-1) * (-1 / grouped.shape[-1])
    rate = by_channel(frozen(grouped).var(-1, unbiased=False).add(eps).rsqrt())
    weight, bias = (None if p is None else p.view(-1, *[1] * len(places)) for p in (weight, bias))
    rate = rate if weight is None else rate * weight
    return _scaled((x + by_channel(minus_mean)) * rate, None, bias)


@replay("instance_norm")
def instance_norm(
    x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    return group_norm(x, x.shape[1], weight, bias, eps)


@replay("batch_norm")
def batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """(x - mean) / sqrt(var + eps) w + b with the statistics of training: affine as it is."""
    if training or running_mean is None:
        raise UnknownUnit("batch_norm: got a module in training, or one without statistics of it; network.eval()")
    shape = (1, -1, *[1] * (x.ndim - 2))
    scale = (running_var + eps).rsqrt() * (1.0 if weight is None else weight)
    shift = -running_mean * scale + (0.0 if bias is None else bias)
    return x * scale.view(shape) + shift.view(shape)


@replay("normalize")
def normalize(x, p=2.0, dim=1, eps=1e-12, out=None):
    """x / ||x*||."""
    return x / torch.linalg.vector_norm(frozen(x), p, dim, keepdim=True).clamp_min(eps)


def _scaled(y, weight, bias):
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


# The rest: pooling by frozen places, attention by frozen weights, what evaluation makes trivial.


@replay("max_pool2d")
def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Each output reads the place where the maximum was."""
    if return_indices:
        raise UnknownUnit("max_pool2d: got return_indices; a pooling that returns its values alone")
    _, places = F.max_pool2d(frozen(x), kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)
    return x.flatten(-2).gather(-1, places.flatten(-2)).unflatten(-1, places.shape[-2:])


@replay("max_pool1d")
def max_pool1d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    if return_indices:
        raise UnknownUnit("max_pool1d: got return_indices; a pooling that returns its values alone")
    _, places = F.max_pool1d(frozen(x), kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)
    return x.gather(-1, places)


@replay("scaled_dot_product_attention")
def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """w* v, w* = softmax(q* k*^T scale + mask): the weights frozen, the values live.

    Over a text, whose length is bounded, w* (batch, heads, queries, keys) is kept; over more than `KEPT_KEYS` keys
    q* and k* are, and w* v comes from torch's attention, so that memory stays linear in the tokens.
    """
    q, k, mask = frozen(query), frozen(key), frozen(attn_mask)
    options = {"is_causal": is_causal, "scale": scale, "enable_gqa": enable_gqa}
    if not isinstance(value, Live):
        return F.scaled_dot_product_attention(q, k, value, mask, 0.0, **options)
    if is_causal or enable_gqa or k.shape[-2] > KEPT_KEYS:
        return value.tape.linear(F.scaled_dot_product_attention, q, k, value, mask, 0.0, **options)
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return torch.softmax(scores, dim=-1) @ value


@replay("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
def dropout(x, p=0.5, training=True):
    if training and p > 0:
        raise UnknownUnit("dropout: got a module in training; network.eval()")
    return x


@replay("pad")
def pad(x, pad, mode="constant", value=None):
    """What lies outside is a constant."""
    inside = x.tape.linear(F.pad, x, pad, mode)
    if mode != "constant" or not value:
        return inside
    return inside + F.pad(torch.zeros_like(frozen(x)), pad, value=value)


@replay("masked_fill")
def masked_fill(x, mask, value):
    return x * ~mask + torch.zeros_like(frozen(x)).masked_fill(mask, float(value))


@replay("iter")
def iterate(x):
    return iter(x.unbind(0))
