"""Replays of whole modules, where a formula above torch's functions is clearer or keeps to O(N).

Everything else in our networks and in diffusers' DiT, PixArt and AutoencoderKL is made of functions that
`lit.scope.units` knows.
"""

import torch.nn.functional as F
from diffusers.models.activations import GEGLU, SwiGLU

from lit.models.mixers.lit import LiTMixer
from lit.models.transformer import LiTTransformer2DModel
from lit.scope.registry import replay, text_sources
from lit.scope.tape import frozen

EPS = 1e-6  # of the attention's normaliser

text_sources(LiTTransformer2DModel, style="style_token")


@replay(LiTMixer)
def lit_mixer_by_values(mixer, x, grid):
    """o_i = sum_j A*_ij v_j + dwc(v)_i,   A*_ij = phi(q*_i).phi(k*_j) / (phi(q*_i).sum_j phi(k*_j) + eps).

    A* is never formed: S = sum_j phi(k*_j)^T v_j, then phi(q*_i) S. x (batch, tokens, width) -> the same.
    """
    q, k = (_heads(_project(mixer, frozen(x), i), mixer.heads).relu() for i in (0, 1))
    v = _project(mixer, x, 2)  # (batch, tokens, width)
    state = (k / k.shape[-2]).transpose(-2, -1) @ _heads(v, mixer.heads)  # (batch, heads, head_dim, head_dim)
    o = (q / _normaliser(q, k)) @ state  # (batch, heads, tokens, head_dim)
    return mixer.proj(o.transpose(1, 2).flatten(2) + _convolve(mixer, v, grid))


@replay(LiTMixer, path="query")
def lit_mixer_by_queries(mixer, x, grid):
    """o_i = mask*(q_i) S* / den*_i + dwc(v)_i: keys, state and normaliser frozen, queries live behind the mask of
    their ReLU; the convolution of the values is linear as it is."""
    q, v = _project(mixer, x, 0), _project(mixer, x, 2)
    q = _heads(q, mixer.heads)
    k = _heads(_project(mixer, frozen(x), 1), mixer.heads).relu()
    state = (k / k.shape[-2]).transpose(-2, -1) @ _heads(frozen(v), mixer.heads)
    mask = frozen(q) > 0
    o = (q * mask) @ state / _normaliser(frozen(q) * mask, k)
    return mixer.proj(o.transpose(1, 2).flatten(2) + _convolve(mixer, v, grid))


def _project(mixer, x, part):
    """Queries, keys or values (batch, tokens, width): one third of the mixer's projection."""
    bias = mixer.qkv.bias
    return F.linear(x, mixer.qkv.weight.chunk(3)[part], None if bias is None else bias.chunk(3)[part])


def _heads(x, heads):
    """(batch, tokens, width) -> (batch, heads, tokens, head_dim)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _normaliser(q, k):
    """phi(q_i) . mean_j phi(k_j) + eps / tokens: (batch, heads, tokens, 1). The state is a mean too."""
    return q @ k.mean(dim=-2).unsqueeze(-1) + EPS / k.shape[-2]


def _convolve(mixer, v, grid):
    """The depth-wise convolution of v (batch, tokens, width) on its grid, one kernel shared by all heads."""
    weight, bias = mixer.dwc.weight.repeat(mixer.heads, 1, 1, 1), mixer.dwc.bias
    image = v.transpose(1, 2).unflatten(2, grid)  # (batch, width, rows, columns)
    bias = None if bias is None else bias.repeat(mixer.heads)
    image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2, groups=image.shape[1])
    return image.flatten(2).transpose(1, 2)


@replay(GEGLU)
def geglu(module, x):
    """The gate frozen: h g*, (h, g) the halves of the projection and g through its GELU."""
    h, gate = module.proj(x).chunk(2, dim=-1)
    return h * frozen(module.gelu(frozen(gate)))


@replay(SwiGLU)
def swiglu(module, x):
    h, gate = module.proj(x).chunk(2, dim=-1)
    return h * module.activation(frozen(gate))
