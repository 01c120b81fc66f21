"""Why a loop stays where it is: the largest eigenvalues of its map at a fixed point, without its matrix.

J^T has the eigenvalues of J, and J^T v is one pass backwards through the few steps of a turn. Arnoldi's iteration
(1951) builds a basis of J^T's powers, and the eigenvalues of its small matrix approach the outermost of J. Below 1 in
size a small change dies away, from turn to turn by that factor; above 1 it grows.

J is the map's derivative, in which gates and attention change along. LinearScope's affine part, which `Turn.parts`
asks, holds them as they are at the point: it says exactly what the frame is made of, and nothing of what a change does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lit.explore.dreams.turn import Parts, Turn

CLOSED = 1e-6  # of a direction that is left over: the map is in float32
ROUNDS = 16  # passes backwards
ASKED = 4  # eigenvalues
TURNS = 16  # towards a fixed point
STANDS = 1e-3  # of a point's size, that one turn moves it


@dataclass(frozen=True)
class Spectrum:
    """eigenvalues: complex, the largest first.  errors: the size of what is left over of each eigenvector's equation,
    relative to the eigenvalue.  away: how far the map moves the point, relative to its size."""

    eigenvalues: Tensor
    errors: Tensor
    away: float


@torch.no_grad()
def at_rest(
    once: Callable[[Tensor], Tensor], point: Tensor, turns: int = TURNS, tell: Callable[[], None] = lambda: None
) -> Tensor:
    """The point after so many turns more of the map, or fewer where it stands still by then. tell: called after each.

    A network in bfloat16 goes on trembling where its map in float32 has come to rest.
    """
    point = point.float()
    for _ in range(turns):
        before, point = point, once(point)
        tell()
        if (point - before).norm() <= STANDS * point.norm():
            break
    return point


def spectrum(
    once: Callable[[Tensor], Tensor],
    point: Tensor,
    asked: int = ASKED,
    rounds: int = ROUNDS,
    seed: int = 0,
    tell: Callable[[], None] = lambda: None,
) -> Spectrum:
    """Eigenvalues of the Jacobian of `once` at a point. once: differentiable, of a tensor of the point's shape and to
    such a one.  tell: called after each pass backwards."""
    point = point.detach().float().requires_grad_(True)
    with torch.enable_grad():
        there = once(point)
    rounds = min(rounds, point.numel())
    generator = torch.Generator().manual_seed(seed)
    v = torch.randn(point.numel(), generator=generator, dtype=torch.float64)
    basis = [v / v.norm()]
    small = torch.zeros(rounds + 1, rounds, dtype=torch.float64)
    size = rounds
    for k in range(rounds):
        direction = basis[k].reshape(point.shape).to(point)
        (w,) = torch.autograd.grad(there, point, direction, retain_graph=True)
        tell()
        w = w.double().flatten()
        for _ in range(2):  # once more, since rounding leaves some of the basis in it
            for j, known in enumerate(basis):
                part = known @ w
                small[j, k] += part
                w = w - part * known
        small[k + 1, k] = w.norm()
        if small[k + 1, k] <= CLOSED * small[: k + 1, k].norm():  # the basis is closed: these are exact
            size = k + 1
            break
        basis.append(w / w.norm())
    values, vectors = torch.linalg.eig(small[:size, :size])
    order = values.abs().argsort(descending=True)[:asked]
    left = small[size, size - 1].abs() * vectors[-1, order].abs() / values[order].abs().clamp(min=1e-12)
    away = float((there.detach() - point.detach()).norm() / point.detach().norm())
    return Spectrum(values[order], left, away)


def why_it_stays(turn: Turn, last: Tensor, tell: Callable[[], None] = lambda: None) -> tuple[Spectrum, Parts]:
    """Of a loop which rests, at the point to which its last frame leads: whether a small change dies away there, and
    what the frame is made of. tell: called after each turn, pass and evaluation."""
    point = at_rest(turn, last, tell=tell)
    found = spectrum(turn, point, tell=tell)
    return found, turn.parts(point, tell)
