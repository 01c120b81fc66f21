"""Replays of our operators and of whole modules, where a formula above torch's functions is clearer or keeps to O(N).

Everything else in our networks and in diffusers' DiT, PixArt and AutoencoderKL is made of functions that
`lit.scope.units` knows.
"""

import torch.nn.functional as F
from diffusers.models.activations import GEGLU, SwiGLU

from lit.models.mixers.heads import PackedProjection
from lit.models.transformer import LiTTransformer2DModel
from lit.scope.registry import replay, text_sources
from lit.scope.tape import frozen
from lit_kernels import FEATURE_MAPS, linear_attention, linear_attention_dwconv
from lit_kernels.linear_attention.reference import depthwise

text_sources(LiTTransformer2DModel, style="style_token")


@replay(PackedProjection)
def packed_projection(module, x):
    """Queries, keys and values each by their part of the weight: what nobody reads live is not played."""
    parts = zip(module.weight.chunk(module.parts), module.bias.chunk(module.parts), strict=True)
    return tuple(F.linear(x, weight, bias).unflatten(-1, (module.heads, -1)).transpose(1, 2) for weight, bias in parts)


@replay(linear_attention)
def linear_attention_by_values(q, k, v, eps=1e-6, feature_map="relu"):
    """o_i = sum_j A*_ij v_j,   A*_ij = phi(q*_i).phi(k*_j) / (phi(q*_i).sum_j phi(k*_j) + eps).

    A* is never formed: S = sum_j phi(k*_j)^T v_j, then phi(q*_i) S. Shapes as the operator's.
    """
    q, k = (FEATURE_MAPS[feature_map](frozen(x)) for x in (q, k))
    return (q / _normaliser(q, k, eps)) @ _state(k, v)


@replay(linear_attention, path="query")
def linear_attention_by_queries(q, k, v, eps=1e-6, feature_map="relu"):
    """o_i = phi(q_i) S* / den*_i: keys, state and normaliser frozen, queries live; phi's replay holds its gate."""
    q, k = FEATURE_MAPS[feature_map](q), FEATURE_MAPS[feature_map](frozen(k))
    return q @ _state(k, frozen(v)) / _normaliser(frozen(q), k, eps)


@replay(linear_attention_dwconv)
def linear_attention_dwconv_by_values(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    """Beside the attention, the convolution of the values is linear as it is."""
    return depthwise(v, weight, bias, grid) + linear_attention_by_values(q, k, v, eps, feature_map)


@replay(linear_attention_dwconv, path="query")
def linear_attention_dwconv_by_queries(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    return depthwise(v, weight, bias, grid) + linear_attention_by_queries(q, k, v, eps, feature_map)


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
