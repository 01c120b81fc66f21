"""The bench's rows of linear attention, plain and with the convolution, and what they are timed beside."""

import functools
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..linear_attention import linear_attention, linear_attention_dwconv, reference
from .table import BOUNDS, Column


@dataclass(frozen=True)
class Case:
    """A row: LiT-XL's width, 1152, as 6 heads of 192, and as 16 of 72 for softmax.

    value_dim: of the values, where it is not `dim`, as under Hedgehog's features (LoLCATs, arXiv 2410.10254), of which
    there are twice as many. normalize: without it the numerator alone, of features of any sign, as in TransNormer.
    """

    tokens: int
    batch: int
    train: bool = False
    convolution: bool = False
    goal: float | None = None  # times the floor
    heads: int = 6
    dim: int = 192
    softmax_heads: int = 16
    bounds: tuple[float, float] = BOUNDS
    value_dim: int | None = None
    normalize: bool = True

    @property
    def name(self):
        what = "forward + backward" if self.train else "forward"
        how = ", convolution" if self.convolution else "" if self.normalize else ", numerator"
        if self.value_dim:
            how += f", heads of {self.dim} and {self.value_dim}"
        return f"{what}{how}, N={self.tokens} B={self.batch}"

    @property
    def kind(self):
        return "linear attention", self.convolution, self.tokens, self.dim, self.value_dim, self.normalize

    @property
    def grid(self):
        side = int(self.tokens**0.5)
        return side, self.tokens // side

    def floor_bytes(self, itemsize):
        """q, k, v and o; the convolution reads v again with q. Backward: q, k, v and do, then dq, dk and dv."""
        values = self.value_dim or self.dim
        channels = (2 + 4 * self.train) * self.dim + (2 + self.convolution + 3 * self.train) * values
        return channels * self.batch * self.tokens * self.heads * itemsize

    def draw(self, device, dtype, heads):
        """q, k, v from one packed projection, the convolution's weight and bias, and the gradient of the output."""
        dim, values = (self.heads * own // heads for own in (self.dim, self.value_dim or self.dim))
        channels = [heads * dim, heads * dim, heads * values]
        packed = torch.randn(self.batch, self.tokens, sum(channels), device=device, dtype=dtype)
        gradient = torch.randn(self.batch, self.tokens, heads, values, device=device, dtype=dtype).transpose(1, 2)
        weight, bias = (torch.randn(values, *shape, device=device, dtype=dtype) / 5 for shape in ((1, 5, 5), ()))
        qkv = (x.unflatten(2, (heads, -1)).transpose(1, 2) for x in packed.split(channels, dim=2))
        tensors = [x.detach().requires_grad_(self.train) for x in (*qkv, weight, bias)]
        return [*tensors, gradient]

    def call(self, attention, with_convolution):
        """function(*draw(...)): the output, or the output and every gradient."""
        how = () if self.normalize else (1e-6, "none", False)

        def function(q, k, v, weight, bias, gradient):
            inputs = (q, k, v, weight, bias) if self.convolution else (q, k, v)
            o = with_convolution(*inputs, self.grid) if self.convolution else attention(*inputs, *how)
            return (o, *torch.autograd.grad(o, inputs, gradient)) if self.train else o

        return function

    def errors(self, device, dtype):
        case = replace(self, batch=min(self.batch, 2), tokens=min(self.tokens, 4096), train=True)
        inputs = case.draw(device, dtype, case.heads)
        found = case.call(linear_attention, linear_attention_dwconv)(*inputs)
        definition = case.call(reference.linear_attention, reference.linear_attention_dwconv)
        exact = definition(*(x.detach().double().requires_grad_() for x in inputs[:-1]), inputs[-1].double())
        errors = [((x.double() - y).norm() / y.norm()).item() for x, y in zip(found, exact, strict=True)]
        return dict(zip(("o", "dq", "dk", "dv", "dweight", "dbias"), errors, strict=False))

    def columns(self, dry, with_peers):
        columns = {"ours": Column(self.call(linear_attention, linear_attention_dwconv), self.heads)}
        for name, (attention, with_convolution, is_softmax) in peers(dry).items() if with_peers else ():
            exists = with_convolution is not None or not (self.convolution or self.value_dim or not self.normalize)
            heads = self.softmax_heads if is_softmax else self.heads
            columns[name] = Column(self.call(attention, with_convolution), heads) if exists else None
        return columns


ROWS = [
    Case(256, 32, goal=1.5),
    Case(1024, 32, goal=1.3),
    Case(4096, 32, goal=1.2),
    Case(16384, 8),
    Case(65536, 2),
    Case(1024, 2, goal=2.5),
    Case(4096, 2, goal=1.6),
    Case(1024, 16, train=True),
    Case(4096, 16, train=True, goal=1.5),
    Case(16384, 8, train=True),
    Case(256, 32, convolution=True),
    Case(1024, 32, convolution=True),
    Case(4096, 32, convolution=True, goal=1.4),
    Case(4096, 2, convolution=True),
    Case(4096, 16, train=True, convolution=True),
    # Bars: a tenth above those of the rows alike.
    Case(1024, 32, normalize=False, goal=1.43),
    Case(4096, 32, normalize=False, goal=1.32),
    Case(4096, 16, train=True, normalize=False, goal=1.65),
    Case(1024, 32, heads=9, dim=256, value_dim=128, goal=1.43),
    Case(4096, 32, heads=9, dim=256, value_dim=128, goal=1.32),
    Case(4096, 16, train=True, heads=9, dim=256, value_dim=128, goal=1.65),
    Case(4096, 32, heads=18, dim=128, value_dim=64, goal=1.32),
    Case(4096, 16, train=True, heads=18, dim=128, value_dim=64, goal=1.65),
]
DRY_ROWS = [
    Case(6, 1, train=train, convolution=convolution, heads=1, dim=16, softmax_heads=1)
    for train in (False, True)
    for convolution in (False, True)
] + [Case(6, 1, train=True, heads=1, dim=32, value_dim=16, normalize=normalize) for normalize in (False, True)]


def softmax(backend):
    def attention(q, k, v, *_):
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(q, k, v)

    return attention


def causal_linear(q, k, v, *_):
    """flash-linear-attention's closest operator: causal, (batch, tokens, heads, dim)."""
    from fla.ops.linear_attn import chunk_linear_attn

    q, k, v = (x.transpose(1, 2) for x in (q.relu(), k.relu(), v))
    return chunk_linear_attn(q, k, v, normalize=True)[0].transpose(1, 2)


@functools.cache
def peers(dry):
    """name: (attention, attention with the convolution or None, for softmax heads)."""
    compiled = functools.partial(torch.compile, fullgraph=True, dynamic=False, backend="eager" if dry else "inductor")
    plain = reference.linear_attention, reference.linear_attention_dwconv
    found = {
        "SDPA flash": (softmax(SDPBackend.MATH if dry else SDPBackend.FLASH_ATTENTION), None, True),
        "SDPA cuDNN": (softmax(SDPBackend.MATH if dry else SDPBackend.CUDNN_ATTENTION), None, True),
        "eager": (*plain, False),
        "torch.compile": (*map(compiled, plain), False),
    }
    if dry:
        return found
    try:
        import fla  # noqa: F401
    except ImportError:
        print("flash-linear-attention is not installed: its column is left out (pip install flash-linear-attention)")
    else:
        found["fla (causal)"] = (causal_linear, None, False)
    return found
