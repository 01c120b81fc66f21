"""Singular modes of a map that can only be applied and transposed."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lit.errors import InputError


class Cancelled(Exception):
    """Raised out of work that its caller stopped."""


@dataclass
class Modes:
    """F ~ sum_i singular_values[i] outputs[i] inputs[i]^T.

    singular_values: (k,), falling.  inputs: (k, *input shape), what F is sensitive to; outputs: (k, *output
    shape), what it makes of them; each of length one and at right angles to the others.
    residuals: (k,), |F^T u - s v| / s_1 as the iteration estimates it: 0 for a mode that is found.
    finished: false if it was stopped; then k may be smaller.
    """

    singular_values: torch.Tensor
    inputs: torch.Tensor
    outputs: torch.Tensor
    residuals: torch.Tensor
    finished: bool


def singular_modes(
    linear: Callable[[torch.Tensor], torch.Tensor],
    transpose: Callable[[torch.Tensor], torch.Tensor],
    input_shape: torch.Size,
    output_shape: torch.Size,
    k: int,
    *,
    like: torch.Tensor,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    steps: int | None = None,
    tolerance: float = 1e-5,
    seed: int = 0,
) -> Modes:
    """The k strongest singular modes by Golub-Kahan-Lanczos bidiagonalisation (SIAM J. Numer. Anal. 2, 1965).

        F v_j = a_j u_j + b_{j-1} u_{j-1},   F^T u_j = a_j v_j + b_j v_{j+1},   F ~ U B V^T,   B bidiagonal

    Every new vector is made orthogonal to all before it, twice, so that no mode comes double. Each step
    applies F and F^T once. It ends when all k residuals are below `tolerance`, after `steps` (k + 16 if not
    given), or when the space is exhausted; memory is steps * (inputs + outputs).
    on_progress(done, steps) after each step; cancelled() is asked before it.
    """
    n, m = input_shape.numel(), output_shape.numel()
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= min(n, m):
        raise InputError("modes", k, f"a whole number from 1 to {min(n, m)}")
    steps = min(steps or k + 16, n, m)
    generator = torch.Generator().manual_seed(seed)
    right = torch.zeros(steps + 1, n, dtype=like.dtype, device=like.device)
    left = torch.zeros(steps, m, dtype=like.dtype, device=like.device)
    b = torch.zeros(steps, steps + 1, dtype=torch.float64)  # upper bidiagonal, and the next beta
    right[0] = _unit(torch.randn(n, generator=generator).to(like))
    done, finished = 0, True
    for j in range(steps):
        if cancelled is not None and cancelled():
            finished = False
            break
        try:
            u, alpha = _orthogonal(linear(right[j].view(input_shape)).flatten(), left[:j])
            v, beta = _orthogonal(transpose(u.view(output_shape)).flatten(), right[: j + 1])
        except Cancelled:  # in the middle of a long sweep
            finished = False
            break
        left[j] = u
        right[j + 1] = v
        b[j, j], b[j, j + 1] = alpha, beta
        done = j + 1
        if on_progress is not None:
            on_progress(done, steps)
        scale = b[0, 0].abs().clamp_min(torch.finfo(like.dtype).tiny)
        if beta <= torch.finfo(like.dtype).eps * scale * 10:
            break
        if done >= k and done % 4 == 0 and _svd(b, done)[2][:k].max() < tolerance:
            break
    if done == 0:
        empty = like.new_zeros(0)
        return Modes(empty, like.new_zeros(0, *input_shape), like.new_zeros(0, *output_shape), empty, False)
    # F V = U B with B (done, done) upper bidiagonal: its singular vectors turn U and V into F's.
    p, values, residuals, q = _svd(b, done)
    k = min(k, done)
    outputs = p[:, :k].T.to(like) @ left[:done]
    inputs = q[:, :k].T.to(like) @ right[:done]
    return Modes(
        values[:k].to(like), inputs.view(k, *input_shape), outputs.view(k, *output_shape), residuals[:k].to(like),
        finished,
    )  # fmt: skip


def _svd(b, done):
    """Singular vectors and values of the bidiagonal B, and the residuals beta_j |last entry of p| / s_1."""
    p, values, qt = torch.linalg.svd(b[:done, :done])
    residuals = b[done - 1, done] * p[-1].abs() / values[0].clamp_min(1e-300)
    return p, values, residuals, qt.T


def _orthogonal(x, basis):
    """x without its part in `basis` (rows of length one), as a unit vector, and its length."""
    for _ in range(2):
        x = x - basis.T @ (basis @ x)
    length = torch.linalg.vector_norm(x)
    return (x / length if length > 0 else x), length.double()


def _unit(x):
    return x / torch.linalg.vector_norm(x)
