"""The bodies of the custom operators in plain torch, for a machine on which Triton was chosen and fails half-way.

Not a second definition (that is `reference.py`, which these call) but stand-ins for the kernels: a custom operator has
a backward pass of its own, and it may be there that Triton fails, so the forward pass returns what that one would keep.
The names and arguments are those of `triton_forward`, `triton_backward` and `triton_dwconv`. The states stay unwritten:
the backward pass here makes its own and follows the equations of `triton_backward` in fp32.
"""

import torch
from torch.nn import grad as conv_grad

from ..common.layout import token_major
from .reference import FEATURE_MAPS, KERNEL_SIZE, linear_attention, linear_attention_dwconv
from .states import new_states, no_states


def forward(q, k, v, eps, feature_map, save, normalize):
    o = token_major(v).copy_(linear_attention(q, k, v, eps, feature_map, normalize))
    return o, *(new_states(q, v, normalize) if save else no_states(q))


def backward(do, q, k, v, kv_state, z_state, eps, feature_map, normalize=True):
    phi, tokens = FEATURE_MAPS[feature_map], q.shape[2]
    dtype = q.dtype
    do, q, k, v = do.float(), q.float(), k.float(), v.float()
    features_q, features_k = phi(q), phi(k)
    kv_state = (features_k / tokens).transpose(-2, -1) @ v  # (batch, heads, head_dim, value_dim)
    dq = do @ kv_state.transpose(-2, -1)
    if normalize:
        z_state = features_k.mean(2, keepdim=True)  # (batch, heads, 1, head_dim)
        inverse = ((features_q * z_state).sum(-1, keepdim=True) + eps / tokens).reciprocal()  # ..., tokens, 1)
        dq = dq * inverse
        delta = (features_q * dq).sum(-1, keepdim=True)
        dq = dq - delta * inverse * z_state
        features_q = features_q * inverse
    dkv_state = features_q.transpose(-2, -1) @ do / tokens
    dk, dv = v @ dkv_state.transpose(-2, -1), features_k @ dkv_state
    if normalize:
        dk = dk - (features_q * delta).mean(2, keepdim=True)
    if feature_map == "relu":
        dq, dk = torch.where(q > 0, dq, 0), torch.where(k > 0, dk, 0)
    return tuple(token_major(x).to(dtype).copy_(x) for x in (dq, dk, dv))


def dwconv_forward(q, k, v, weight, bias, grid, eps, feature_map, save):
    o = token_major(v).copy_(linear_attention_dwconv(q, k, v, weight, bias, grid, eps, feature_map))
    return o, *(new_states(q, v) if save else no_states(q))


def dwconv_backward(do, q, k, v, weight, bias, kv_state, z_state, grid, eps, feature_map):
    dq, dk, dv = backward(do, q, k, v, kv_state, z_state, eps, feature_map)
    batch, heads, _, dim = v.shape
    image, gradient = (x.float().transpose(2, 3).reshape(batch * heads, dim, *grid) for x in (v, do))
    kernel = weight.float().reshape(dim, 1, KERNEL_SIZE, KERNEL_SIZE)
    how = {"padding": KERNEL_SIZE // 2, "groups": dim}
    through = conv_grad.conv2d_input(image.shape, kernel, gradient, **how)
    dv += through.reshape(batch, heads, dim, -1).transpose(2, 3)
    dweight = conv_grad.conv2d_weight(image, kernel.shape, gradient, **how).reshape(weight.shape)
    return dq, dk, dv, dweight.to(weight.dtype), gradient.sum((0, 2, 3)).to(bias.dtype)
