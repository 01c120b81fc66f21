"""The operators as callers see them, and the one place that chooses how they run.

On NVIDIA cards: the Triton kernels behind `torch.library` custom operators, so that torch.compile(fullgraph=True),
torch.export and CUDA graphs pass through. Elsewhere: the definitions in plain torch, which those see through anyway.
TRITON_INTERPRET=1 runs the kernels on a CPU, slowly, for tests.
"""

import importlib
import os
import warnings

import torch
from torch import Tensor

from lit_kernels.common.overridable import overridable
from lit_kernels.linear_attention import fallback, reference
from lit_kernels.linear_attention.buffers import new_state, no_state, token_major

_failed = False  # Triton, in this process


@overridable
def linear_attention(q, k, v, eps=1e-6, feature_map="relu"):
    """See `reference.linear_attention`, which this computes."""
    if not _chooses_triton(q, v):
        return reference.linear_attention(q, k, v, eps, feature_map)
    reference.check_attention(q, k, v, feature_map)
    return _attention(q, k, v, eps, feature_map, _will_differentiate(q, k, v))[0]


@overridable
def linear_attention_dwconv(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    """See `reference.linear_attention_dwconv`, which this computes."""
    if not _chooses_triton(q, v):
        return reference.linear_attention_dwconv(q, k, v, weight, bias, grid, eps, feature_map)
    reference.check_dwconv(q, k, v, weight, bias, grid, feature_map)
    save = _will_differentiate(q, k, v, weight, bias)
    return _attention_dwconv(q, k, v, weight, bias, grid[0], grid[1], eps, feature_map, save)[0]


def _chooses_triton(q, v):
    if q.device.type == "cuda":
        possible = torch.version.hip is None
    else:
        possible = q.device.type == "cpu" and os.environ.get("TRITON_INTERPRET") == "1"
    # The kernels hold square states, and no tensor core multiplies float64.
    fits = q.dtype in (torch.bfloat16, torch.float16, torch.float32) and q.shape[-1:] == v.shape[-1:]
    return possible and fits and _triton_imports()


def _will_differentiate(*tensors):
    return torch.is_grad_enabled() and any(x.requires_grad for x in tensors)


@torch.compiler.assume_constant_result
def _triton_imports():
    if not _failed:
        try:
            from lit_kernels.linear_attention import triton_dwconv  # noqa: F401  imports the others
        except Exception as error:
            _give_up(error)
    return not _failed


def _give_up(error):
    global _failed
    _failed = True
    warnings.warn(
        f"Triton kernels are off for this process, plain torch computes instead, slower: {type(error).__name__}: "
        f"{str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}",
        RuntimeWarning,
        stacklevel=3,
    )


def _run(module, name, fallback, *args):
    """`name` of a Triton module; where that fails (no compiler, a card too small), plain torch from then on."""
    if _triton_imports():
        try:
            with torch.cuda.device_of(args[0]):  # Triton launches on the current device
                return getattr(importlib.import_module(f"lit_kernels.linear_attention.{module}"), name)(*args)
        except torch.OutOfMemoryError:
            raise  # plain torch needs more memory, not less
        except Exception as error:
            _give_up(error)
    return fallback(*args)


@torch.library.custom_op("lit_kernels::linear_attention", mutates_args=())
def _attention(
    q: Tensor, k: Tensor, v: Tensor, eps: float, feature_map: str, save: bool
) -> tuple[Tensor, Tensor, Tensor]:
    return _run("triton_forward", "forward", fallback.forward, q, k, v, eps, feature_map, save)


@_attention.register_fake
def _(q, k, v, eps, feature_map, save):
    return token_major(v), *(new_state(q) if save else no_state(q))


@torch.library.custom_op("lit_kernels::linear_attention_backward", mutates_args=())
def _attention_backward(
    do: Tensor, q: Tensor, k: Tensor, v: Tensor, state: Tensor, z: Tensor, eps: float, feature_map: str
) -> tuple[Tensor, Tensor, Tensor]:
    return _run("triton_backward", "backward", fallback.backward, do, q, k, v, state, z, eps, feature_map)


@_attention_backward.register_fake
def _(do, q, k, v, state, z, eps, feature_map):
    return token_major(q), token_major(k), token_major(v)


def _keep(ctx, inputs, output):
    q, k, v, ctx.eps, ctx.feature_map, _ = inputs
    ctx.save_for_backward(q, k, v, *output[1:])


def _differentiate(ctx, do, *_):
    return *_attention_backward(do, *ctx.saved_tensors, ctx.eps, ctx.feature_map), None, None, None


_attention.register_autograd(_differentiate, setup_context=_keep)


@torch.library.custom_op("lit_kernels::linear_attention_dwconv", mutates_args=())
def _attention_dwconv(
    q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor, rows: int, columns: int, eps: float,
    feature_map: str, save: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    args = (q, k, v, weight, bias, (rows, columns), eps, feature_map, save)
    return _run("triton_dwconv", "forward", fallback.dwconv_forward, *args)


@_attention_dwconv.register_fake
def _(q, k, v, weight, bias, rows, columns, eps, feature_map, save):
    return token_major(v), *(new_state(q) if save else no_state(q))


@torch.library.custom_op("lit_kernels::linear_attention_dwconv_backward", mutates_args=())
def _attention_dwconv_backward(
    do: Tensor, q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor, state: Tensor, z: Tensor,
    rows: int, columns: int, eps: float, feature_map: str,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    args = (do, q, k, v, weight, bias, state, z, (rows, columns), eps, feature_map)
    return _run("triton_dwconv", "backward", fallback.dwconv_backward, *args)


@_attention_dwconv_backward.register_fake
def _(do, q, k, v, weight, bias, state, z, rows, columns, eps, feature_map):
    dweight = torch.empty(weight.shape, dtype=weight.dtype, device=weight.device)
    return token_major(q), token_major(k), token_major(v), dweight, torch.empty_like(bias)


def _keep_dwconv(ctx, inputs, output):
    *tensors, ctx.rows, ctx.columns, ctx.eps, ctx.feature_map, _ = inputs
    ctx.save_for_backward(*tensors, *output[1:])


def _differentiate_dwconv(ctx, do, *_):
    how = (ctx.rows, ctx.columns, ctx.eps, ctx.feature_map)
    return *_attention_dwconv_backward(do, *ctx.saved_tensors, *how), None, None, None, None, None


_attention_dwconv.register_autograd(_differentiate_dwconv, setup_context=_keep_dwconv)
