"""The linear forecasters of LTSF-Linear (Zeng et al., AAAI 2023, arXiv 2205.13504), fitted without any descent.

A forecast y = x W + b of n past values by least squares depends on the data only through sums of products, the
`Moments`; each fit is one Cholesky factorisation of them, with a ridge (Toner and Darlow, arXiv 2403.14587):

    Linear    centred, any weights
    NLinear   what is fitted is the difference to the last value, so the weights of a forecast sum to one: no bias,
              and a series that stands still is forecast exactly
    DLinear   a moving average and the rest of it, each with weights of its own. These span what Linear's weights span:
              without a ridge the two are one

All in float64, on the device of the data.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lit.errors import InputError

KERNEL = 25  # values in DLinear's moving average


@dataclass(frozen=True)
class Moments:
    """Sums over samples of n inputs x and m targets y. x: (n,).  y: (m,).  xx: (n, n).  xy: (n, m).  yy: (m,), y^2."""

    count: int
    x: Tensor
    y: Tensor
    xx: Tensor
    xy: Tensor
    yy: Tensor

    @staticmethod
    def of(x: Tensor, y: Tensor) -> "Moments":
        """x: (samples, n).  y: (samples, m)."""
        x, y = x.double(), y.double()
        return Moments(len(x), x.sum(0), y.sum(0), x.T @ x, x.T @ y, y.square().sum(0))

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def errors(self, forecast: "Forecast") -> Tensor:
        """The forecast's mean squared error on these samples, (m,)."""
        w, b = forecast.weights, forecast.bias
        squares = (w * (self.xx @ w)).sum(0) + 2 * b * (self.x @ w) + self.count * b**2  # of x W + b
        products = (w * self.xy).sum(0) + b * self.y
        return (squares - 2 * products + self.yy) / self.count

    def through(self, change: Tensor) -> "Moments":
        """Those of inputs x R^T, R (k, n)."""
        xx, xy = change @ self.xx @ change.T, change @ self.xy
        return Moments(self.count, change @ self.x, self.y, xx, xy, self.yy)

    def centred(self) -> "Moments":
        """Those of x and y less their means."""
        n, x, y = self.count, self.x, self.y
        zeros = torch.zeros_like(x), torch.zeros_like(y)
        return Moments(n, *zeros, self.xx - x[:, None] * x / n, self.xy - x[:, None] * y / n, self.yy - y.square() / n)

    def less_the_last(self) -> "Moments":
        """Those of x_i - x_n, all i but the last, and y - x_n."""
        n = len(self.x)
        change = torch.cat([torch.eye(n - 1).to(self.xx), -torch.ones(n - 1, 1).to(self.xx)], 1)
        inputs = self.through(change)
        last, last_last = self.xy[-1], self.xx[-1, -1]
        xy = inputs.xy - (change @ self.xx[:, -1:])
        return Moments(self.count, inputs.x, self.y - self.x[-1], inputs.xx, xy, self.yy - 2 * last + last_last)


@dataclass(frozen=True)
class Forecast:
    """y = x W + b. weights: (n, m).  bias: (m,)."""

    weights: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """x: (samples, n), the newest last -> (samples, m)."""
        return x @ self.weights + self.bias


def ridge(gram: Tensor, cross: Tensor, strength: float, prior: Tensor | None = None) -> Tensor:
    """argmin_W tr(W^T G W) - 2 tr(W^T C) + s |W - W_0|^2, s = strength times the mean of G's diagonal, by Cholesky.

    gram: G (n, n).  cross: C (n, m).  prior: W_0 (n, m), None for zero.  Returns (n, m).
    Raises InputError where G with its ridge has no Cholesky factor.
    """
    size = len(gram)
    if not size:
        return cross
    scale = float(gram.diagonal().mean()) or 1.0  # inputs that are zero throughout
    wanted = cross if prior is None else cross + strength * scale * prior
    factor, failed = torch.linalg.cholesky_ex(gram + strength * scale * torch.eye(size).to(gram))
    if failed:
        raise InputError("strength", strength, "a stronger ridge: some inputs are sums of others")
    return torch.cholesky_solve(wanted, factor)


def linear(moments: Moments, strength: float) -> Forecast:
    centred = moments.centred()
    return _with_bias(moments, ridge(centred.xx, centred.xy, strength))


def nlinear(moments: Moments, strength: float, prior: Tensor | None = None) -> Forecast:
    """prior: weights (n, m) that sum to one, toward which the ridge draws; None for the last value alone."""
    less = moments.less_the_last()
    others = ridge(less.xx, less.xy, strength, None if prior is None else prior[:-1])
    weights = torch.cat([others, 1 - others.sum(0, keepdim=True)])
    return Forecast(weights, torch.zeros_like(moments.y))


def dlinear(moments: Moments, strength: float, kernel: int = KERNEL) -> Forecast:
    """The ridge is on the weights of both parts: V of (x - x A^T, x A^T) = x B^T, A the moving average. Least V for
    a W is W^T = V B, of size |V|^2 = tr(W^T (B^T B)^-1 W): Linear's fit of inputs x R^T, R^T R = B^T B."""
    average = moving_average(len(moments.x), kernel).to(moments.xx)
    rest = torch.eye(len(average)).to(average) - average
    root = torch.linalg.cholesky(rest.T @ rest + average.T @ average).T
    changed = moments.through(root).centred()
    return _with_bias(moments, root.T @ ridge(changed.xx, changed.xy, strength))


def moving_average(length: int, kernel: int) -> Tensor:
    """A (length, length): m = A x averages `kernel` values around each, the first and the last repeated beyond."""
    around = torch.arange(length)[:, None] + torch.arange(kernel) - kernel // 2
    places = torch.zeros(length, length, dtype=torch.float64)
    return places.scatter_add_(1, around.clamp(0, length - 1), torch.ones_like(around, dtype=torch.float64)) / kernel


def _with_bias(moments: Moments, weights: Tensor) -> Forecast:
    return Forecast(weights, (moments.y - moments.x @ weights) / moments.count)
