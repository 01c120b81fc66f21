"""Replays of our operators and of whole modules, where a formula above torch's functions is clearer or keeps to O(N).

Everything else in our networks and in diffusers' DiT, PixArt and AutoencoderKL is made of functions that
`lit.scope.units` knows.
"""

from collections.abc import Callable

import torch.nn.functional as F
from diffusers.models.activations import GEGLU, SwiGLU

from lit.models.mixers.deltanet import delta_rule_by_lines
from lit.models.mixers.heads import PackedProjection
from lit.models.mixers.liger import gated_attention, gated_scan
from lit.models.mixers.lolcats import joined_attention
from lit.models.mixers.transnormer import relu_attention
from lit.models.transformer import LiTTransformer2DModel
from lit.scope.registry import replay, text_sources
from lit.scope.tape import frozen
from lit_kernels import FEATURE_MAPS, delta_rule, linear_attention, linear_attention_dwconv
from lit_kernels.delta_rule.reference import delta_rule as delta_rule_definition
from lit_kernels.linear_attention.reference import depthwise

text_sources(LiTTransformer2DModel, style="style_token")


@replay(PackedProjection)
def packed_projection(module, x):
    """Queries, keys and values each by their part of the weight: what nobody reads live is not played."""
    parts = zip(module.weight.chunk(module.parts), module.bias.chunk(module.parts), strict=True)
    return tuple(F.linear(x, weight, bias).unflatten(-1, (module.heads, -1)).transpose(1, 2) for weight, bias in parts)


@replay(linear_attention)
def linear_attention_by_values(q, k, v, eps=1e-6, feature_map="relu", normalize=True):
    """o_i = sum_j A*_ij v_j,   A*_ij = phi(q*_i).phi(k*_j) / (phi(q*_i).sum_j phi(k*_j) + eps).

    A* is never formed: S = sum_j phi(k*_j)^T v_j, then phi(q*_i) S. Shapes as the operator's.
    """
    q, k = (FEATURE_MAPS[feature_map](frozen(x)) for x in (q, k))
    return (q / _normaliser(q, k, eps) if normalize else q) @ _state(k, v)


@replay(linear_attention, path="query")
def linear_attention_by_queries(q, k, v, eps=1e-6, feature_map="relu", normalize=True):
    """o_i = phi(q_i) S* / den*_i: keys, state and normaliser frozen, queries live; phi's replay holds its gate."""
    q, k = FEATURE_MAPS[feature_map](q), FEATURE_MAPS[feature_map](frozen(k))
    mixed = q @ _state(k, frozen(v))
    return mixed / _normaliser(frozen(q), k, eps) if normalize else mixed


@replay(linear_attention_dwconv)
def linear_attention_dwconv_by_values(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    """Beside the attention, the convolution of the values is linear as it is."""
    return depthwise(v, weight, bias, grid) + linear_attention_by_values(q, k, v, eps, feature_map)


@replay(linear_attention_dwconv, path="query")
def linear_attention_dwconv_by_queries(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    return depthwise(v, weight, bias, grid) + linear_attention_by_queries(q, k, v, eps, feature_map)


def by_values(operator: Callable) -> Callable:
    """The replay of a mixer's operator (q, k, v, ...) that is linear in v: the operator itself, all else frozen."""

    def replayed(q, k, v, *others, **named):
        others = [frozen(x) for x in others]
        return v.tape.linear(operator, frozen(q), frozen(k), v, *others, **named)

    return replayed


for operator in (relu_attention, gated_attention, gated_scan, joined_attention, delta_rule_by_lines):
    replay(operator)(by_values(operator))
replay(delta_rule)(by_values(delta_rule_definition))


@replay(delta_rule, path="query")
def delta_rule_by_queries(q, k, v, beta, scale=None):
    """o_i = scale q_i (F*_i + B*_{i+1}): what the states became is frozen, queries live."""
    return q.tape.linear(delta_rule_definition, q, frozen(k), frozen(v), frozen(beta), scale)


@replay(delta_rule_by_lines, path="query")
def delta_rule_by_lines_by_queries(q, k, v, beta, length):
    return q.tape.linear(delta_rule_by_lines, q, frozen(k), frozen(v), frozen(beta), length)


def _state(k, v):
    """mean_j phi(k_j)^T v_j: (batch, heads, head_dim, value_dim)."""
    return (k / k.shape[-2]).transpose(-2, -1) @ v


def _normaliser(q, k, eps):
    """phi(q_i) . mean_j phi(k_j) + eps / tokens: (batch, heads, tokens, 1). The state is a mean, too."""
    return q @ k.mean(dim=-2).unsqueeze(-1) + eps / k.shape[-2]


@replay(GEGLU)
def geglu(module, x):
    """The gate frozen: h g*, (h, g) the halves of the projection and g through its GELU."""
    h, gate = module.proj(x).chunk(2, dim=-1)
    return h * frozen(module.gelu(frozen(gate)))


@replay(SwiGLU)
def swiglu(module, x):
    h, gate = module.proj(x).chunk(2, dim=-1)
    return h * module.activation(frozen(gate))
