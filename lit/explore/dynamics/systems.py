"""Systems to learn from, made here: Lorenz's and Roessler's by Runge and Kutta's fourth-order rule, in float64."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

TRANSIENT = 5000  # steps that are dropped: the way onto the attractor


Point = tuple[float, float, float]


@dataclass(frozen=True)
class System:
    """derivative: dx/dt of a state.  dt: time between two points.  near: a state near the attractor.
    fixed_points: in closed form.  exponent: the largest Lyapunov exponent, per unit of time, as published."""

    derivative: Callable[[float, float, float], Point]
    dt: float
    near: Point
    fixed_points: tuple[Point, ...]
    exponent: float

    def series(self, length: int, seed: int) -> Tensor:
        """A trajectory on the attractor, float64 (length, 3); another one for each seed."""
        generator = torch.Generator().manual_seed(seed)
        off = 0.5 * torch.randn(3, generator=generator, dtype=torch.float64)
        state, points = (torch.tensor(self.near, dtype=torch.float64) + off).tolist(), []
        for _ in range(length + TRANSIENT):
            points.append(state)
            state = self._step(*state)
        return torch.tensor(points[TRANSIENT:], dtype=torch.float64)

    def _step(self, x, y, z):
        # On plain numbers: three of them are too few for tensors, which take fifty times as long.
        f, h = self.derivative, self.dt / 2
        a, b, c = f(x, y, z)
        d, e, g = f(x + h * a, y + h * b, z + h * c)
        i, j, k = f(x + h * d, y + h * e, z + h * g)
        p, q, r = f(x + 2 * h * i, y + 2 * h * j, z + 2 * h * k)
        sixth = self.dt / 6
        return (
            x + sixth * (a + 2 * d + 2 * i + p),
            y + sixth * (b + 2 * e + 2 * j + q),
            z + sixth * (c + 2 * g + 2 * k + r),
        )


def _lorenz(x, y, z):
    return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z


def _roessler(x, y, z):
    return -y - z, x + 0.2 * y, 0.2 + z * (x - 5.7)


def _roessler_points():
    a, b, c = 0.2, 0.2, 5.7
    for sign in (-1, 1):
        z = (c + sign * (c * c - 4 * a * b) ** 0.5) / (2 * a)
        yield a * z, -z, z


_WING = (8 / 3 * 27) ** 0.5
# dt: about 75 points an orbit, which takes 0.75 there and 5.9 here.
SYSTEMS = {
    "lorenz": System(_lorenz, 0.01, (1.0, 1.0, 20.0), ((0, 0, 0), (_WING, _WING, 27), (-_WING, -_WING, 27)), 0.906),
    "roessler": System(_roessler, 0.08, (1.0, 1.0, 0.0), tuple(_roessler_points()), 0.0714),
}
