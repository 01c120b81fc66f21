"""The bench's rows of the delta rule, and what they are timed beside."""

import functools
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from ..delta_rule import delta_rule, reference
from .table import Column


@dataclass(frozen=True)
class Case:
    """A row: LiT-XL's width, 1152, as 9 heads of 128, the head width of DeltaNet's paper, or as another."""

    tokens: int
    batch: int
    train: bool = False
    heads: int = 9
    dim: int = 128
    goal: float | None = None  # times the floor; the aim is a part of fla's time instead, see the page
    bounds: tuple[float, float] = (6e-3, 8e-3)  # fla's own, for its kernels of this

    @property
    def name(self):
        what = "forward + backward" if self.train else "forward"
        return f"{what}, delta rule, {self.heads} heads of {self.dim}, N={self.tokens} B={self.batch}"

    @property
    def kind(self):
        return "delta rule", self.dim, self.tokens

    def floor_bytes(self, itemsize):
        """q, k, v, beta and o. Backward: q, k, v, beta and do, then dq, dk, dv and dbeta."""
        elements = 4 * self.dim + 1 + self.train * (7 * self.dim + 2)
        return elements * self.batch * self.tokens * self.heads * itemsize

    def draw(self, device, dtype, heads):
        """q, k, v and beta as DeltaNet has them, heads side by side, and the gradient of the output."""

        def noise(*shape):
            return torch.randn(self.batch, self.tokens, heads, *shape, device=device, dtype=dtype).transpose(1, 2)

        q, k = (F.normalize(F.silu(noise(self.dim)), dim=-1) for _ in range(2))
        tensors = q, k, noise(self.dim), noise().sigmoid()
        return [*(x.detach().requires_grad_(self.train) for x in tensors), noise(self.dim)]

    def call(self, operator):
        """function(*draw(...)): the output, or the output and every gradient."""

        def function(*tensors):
            *inputs, gradient = tensors
            o = operator(*inputs)
            return (o, *torch.autograd.grad(o, inputs, gradient)) if self.train else o

        return function

    def errors(self, device, dtype):
        case = replace(self, batch=1, tokens=min(self.tokens, 4096), train=True)
        inputs = case.draw(device, dtype, case.heads)
        found = case.call(delta_rule)(*inputs)
        doubles = (x.detach().double().requires_grad_() for x in inputs[:-1])
        exact = case.call(reference.delta_rule)(*doubles, inputs[-1].double())
        errors = [((x.double() - y).norm() / y.norm()).item() for x, y in zip(found, exact, strict=True)]
        return dict(zip(("o", "dq", "dk", "dv", "dbeta"), errors, strict=True))

    def columns(self, dry, with_peers):
        found = {"ours": Column(self.call(delta_rule), self.heads)}
        if with_peers and not dry and has_fla():  # it needs a card
            found["fla, twice"] = Column(self.call(causal_twice), self.heads)
        return found


FORWARD = [Case(256, 32), Case(1024, 32), Case(4096, 32), Case(16384, 8)]
TRAIN = [Case(256, 16, train=True), Case(1024, 16, train=True), Case(4096, 16, train=True), Case(16384, 4, train=True)]
OTHER_HEADS = [
    replace(case, heads=heads, dim=dim) for case in (FORWARD[2], TRAIN[2]) for heads, dim in ((18, 64), (6, 192))
]
ROWS = [*FORWARD, *TRAIN, *OTHER_HEADS]
DRY_ROWS = [Case(6, 1, train=train, heads=1, dim=16) for train in (False, True)]


def causal_twice(q, k, v, beta):
    """What flash-linear-attention has for it: its causal operator on the tokens as they are and turned around, which
    counts each token's own reading twice."""
    from fla.ops.delta_rule import chunk_delta_rule

    ahead = chunk_delta_rule(*(x.transpose(1, 2) for x in (q, k, v, beta)))[0]
    behind = chunk_delta_rule(*(x.transpose(1, 2).flip(1) for x in (q, k, v, beta)))[0]
    return (ahead + behind.flip(1)).transpose(1, 2)


@functools.cache
def has_fla():
    try:
        import fla  # noqa: F401
    except ImportError:
        print("flash-linear-attention is not installed: its column is left out (pip install flash-linear-attention)")
        return False
    return True
