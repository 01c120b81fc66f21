"""Every unit alone: at the captured input its replay is the unit, elsewhere it is the affine map that was frozen."""

import pytest
import torch
import torch.nn.functional as F
from diffusers.models.activations import GEGLU, SwiGLU
from scope.laws import assert_laws, miss
from torch import nn
from torch.overrides import handle_torch_function, has_torch_function
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import FlopCounterMode

import lit.scope.networks  # noqa: F401
from lit.models.mixers import LiTMixer
from lit.models.mixers.deltanet import delta_rule_by_lines
from lit.models.mixers.heads import PackedProjection, merge_heads
from lit.models.mixers.liger import gated_attention, gated_scan
from lit.models.mixers.lolcats import joined_attention
from lit.models.mixers.transnormer import relu_attention
from lit.scope import LinearScope, UnknownUnit, frozen, replay
from lit.scope.registry import REPLAYS
from lit_kernels import delta_rule, linear_attention, linear_attention_dwconv


class Function(nn.Module):
    """A function as a network."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Attention(nn.Module):
    def __init__(self, mask=None, scale=None):
        super().__init__()
        self.mask, self.scale = mask, scale

    def forward(self, x):
        q, k, v = x.flatten(2).view(2, 2, 3, -1, 4).unbind(2)  # (2, 2, tokens, 4)
        return F.scaled_dot_product_attention(q, k, v, self.mask, scale=self.scale)


class Linear(nn.Module):
    """Linear attention; with a convolution where there are weights for one."""

    def __init__(self, convolved=False, **options):
        super().__init__()
        self.options = options
        self.weight = nn.Parameter(torch.empty(3, 1, 5, 5)) if convolved else None
        self.bias = nn.Parameter(torch.empty(3)) if convolved else None

    def forward(self, x):
        q, k, v = x.flatten(2).view(2, 3, 1, 2, 12).repeat(1, 1, 1, 1, 3).view(2, 3, 2, 12, 3).unbind(1)
        if self.weight is None:
            return linear_attention(q, k, v, **self.options)
        return linear_attention_dwconv(q, k, v, self.weight, self.bias, (3, 4), **self.options)


class Mixing(nn.Module):
    """An operator of queries, keys of length 1 and values on a grid of 3 by 4, two heads of three channels."""

    def __init__(self, operator):
        super().__init__()
        self.operator = operator

    def forward(self, x):
        q, k, v = x.flatten(2).view(2, 3, 1, 2, 12).repeat(1, 1, 1, 1, 3).view(2, 3, 2, 12, 3).unbind(1)
        return self.operator(q, F.normalize(k, dim=-1), v)


def joined(q, k, v):
    features = torch.linspace(-1, 1, 12, dtype=torch.float64).view(2, 3, 2)
    gate = torch.tensor([-1.0, 0.5], dtype=torch.float64)
    return joined_attention(q, k, v, features, features.flip(0), gate, (3, 4), 2)


class Projected(nn.Module):
    def __init__(self):
        super().__init__()
        self.projection = PackedProjection(4, 3, 2)

    def forward(self, x):
        q, k, v = self.projection(x.flatten(1, 2))
        return merge_heads(q + k.flip(-1) - 2 * v)


def batch_norm():
    norm = nn.BatchNorm2d(6)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    return norm


def instance_norm():
    norm = nn.InstanceNorm2d(6, track_running_stats=True)
    norm.running_mean.normal_()
    return norm


MASK = torch.tensor([[True, False, True], [True, True, False], [False, True, True]])
UNITS = {
    "relu": [nn.ReLU(), nn.ReLU(inplace=True), Function(torch.relu), Function(lambda x: x.relu())],
    "relu6": [nn.ReLU6()],
    "hardtanh": [nn.Hardtanh(-0.5, 0.2)],
    "leaky_relu": [nn.LeakyReLU(0.1), Function(lambda x: F.leaky_relu_(x, 0.3))],
    "prelu": [nn.PReLU(), nn.PReLU(6)],
    "gelu": [nn.GELU(), nn.GELU(approximate="tanh")],
    "silu": [nn.SiLU(), nn.SiLU(inplace=True)],
    "mish": [nn.Mish()],
    "elu": [nn.ELU(), nn.ELU(0.5)],
    "tanh": [nn.Tanh(), Function(lambda x: torch.tanh(1e-5 * x))],
    "sigmoid": [nn.Sigmoid(), Function(lambda x: x.sigmoid())],
    "layer_norm": [nn.LayerNorm(4), nn.LayerNorm((3, 4), elementwise_affine=False, eps=1e-3)],
    "rms_norm": [nn.RMSNorm(4), nn.RMSNorm((3, 4), eps=1e-3, elementwise_affine=False)],
    "group_norm": [nn.GroupNorm(2, 6), nn.GroupNorm(3, 6, affine=False, eps=1e-2)],
    "instance_norm": [nn.InstanceNorm2d(6, affine=True), instance_norm()],
    "batch_norm": [batch_norm(), nn.BatchNorm2d(6, affine=False)],
    "normalize": [Function(lambda x: F.normalize(x, dim=1))],
    "max_pool2d": [nn.MaxPool2d(2), nn.MaxPool2d(3, stride=1, padding=1)],
    "max_pool1d": [Function(lambda x: F.max_pool1d(x.flatten(2), 3))],
    "scaled_dot_product_attention": [Attention(), Attention(MASK), Attention(MASK.double(), scale=0.7)],
    "dropout": [nn.Dropout(0.9)],
    "dropout1d": [Function(lambda x: F.dropout1d(x.flatten(2), 0.5, False))],
    "dropout2d": [nn.Dropout2d(0.9)],
    "dropout3d": [Function(lambda x: F.dropout3d(x[:, None], 0.5, False))],
    "alpha_dropout": [nn.AlphaDropout(0.9)],
    "pad": [Function(lambda x: F.pad(x, (1, 2), value=3.0)), Function(lambda x: F.pad(x, (1, 2, 1, 1), "reflect"))],
    "masked_fill": [Function(lambda x: x.masked_fill(MASK[:, :1], 5.0))],
    "iter": [Function(lambda x: sum(i * part for i, part in enumerate(x)))],
    linear_attention: [Linear(), Linear(eps=0.5, feature_map="relu")],
    linear_attention_dwconv: [Linear(True), Linear(True, eps=0.5)],
    delta_rule: [Mixing(lambda q, k, v: delta_rule(q, k, v, v[..., 0].sigmoid()))],
    delta_rule_by_lines: [Mixing(lambda q, k, v: delta_rule_by_lines(q, k, v, v[..., 0].sigmoid(), 4))],
    relu_attention: [Mixing(relu_attention)],
    gated_attention: [Mixing(gated_attention)],
    gated_scan: [Mixing(lambda q, k, v: gated_scan(q, k, v, 4.0))],
    joined_attention: [Mixing(joined)],
    PackedProjection: [Projected()],
    GEGLU: [GEGLU(4, 5)],
    SwiGLU: [SwiGLU(4, 5)],
}  # fmt: skip


def test_every_registered_unit_is_here():
    assert {unit for unit, _ in REPLAYS if getattr(unit, "__module__", "") != __name__} == set(UNITS)


@pytest.mark.parametrize("path", ["value", "query"])
@pytest.mark.parametrize(
    "unit", [unit for units in UNITS.values() for unit in units], ids=lambda unit: type(unit).__name__
)
def test_a_unit_obeys_the_laws(unit, path):
    torch.manual_seed(0)
    unit = unit.double().eval()
    for parameter in unit.parameters():
        parameter.data.normal_()
    x = torch.randn(2, 6, 3, 4).double()
    expected = unit(x.clone())
    assert_laws(LinearScope(unit, path).at(x), expected, 1e-12)


def test_gates_are_secants_not_derivatives():
    x, u = torch.randn(50).double(), torch.randn(50).double()
    for unit, gate in (
        (nn.ReLU(), (x > 0).double()),
        (nn.GELU(), torch.distributions.Normal(0, 1).cdf(x)),
        (nn.SiLU(), torch.sigmoid(x)),
        (nn.Tanh(), torch.tanh(x) / x),
    ):
        assert torch.allclose(LinearScope(unit).at(x).linear(u), gate * u, atol=1e-12)
    assert torch.allclose(LinearScope(nn.Sigmoid()).at(x).bias, torch.full((50,), 0.5).double())


def test_a_norm_keeps_its_mean_live_and_its_deviation_frozen():
    x, u = torch.randn(4, 9).double(), torch.randn(4, 9).double()
    linear = LinearScope(nn.LayerNorm(9, elementwise_affine=False, eps=0.0)).at(x).linear(u)
    expected = (u - u.mean(-1, keepdim=True)) / x.std(-1, unbiased=False, keepdim=True)
    assert torch.allclose(linear, expected, atol=1e-12)


@pytest.mark.parametrize("path", ["value", "query"])
def test_linear_attention_is_its_frozen_matrix(path):
    """The O(N) replay against the N x N definition of what is live on each path."""
    torch.manual_seed(0)
    mixer, x, u = LiTMixer(8, 2).double().eval(), torch.randn(1, 12, 8).double(), torch.randn(1, 12, 8).double()

    def parts(tokens):
        return torch.stack(mixer.qkv(tokens))  # q, k, v: (1, heads, tokens, 4)

    (q, k, v), zero = parts(x), parts(torch.zeros_like(x))
    uq, _, uv = parts(u) - zero
    weights = q.relu() @ k.relu().transpose(-2, -1)
    total = weights.sum(-1, keepdim=True) + 1e-6
    if path == "value":
        o = weights / total @ uv
    else:
        o = (uq * (q > 0)) @ k.relu().transpose(-2, -1) / total @ v
    values = uv.transpose(1, 2).flatten(2).transpose(1, 2).unflatten(2, (3, 4))
    kernel = mixer.dwc.weight.repeat(2, 1, 1, 1)
    local = F.conv2d(values, kernel, padding=2, groups=8).flatten(2).transpose(1, 2)
    expected = (o.transpose(1, 2).flatten(2) + local) @ mixer.proj.weight.T
    assert miss(LinearScope(mixer, path).at(x, (3, 4)).linear(u), expected) < 1e-12


class Largest(TorchDispatchMode):
    """Remembers how many numbers the largest tensor had that was made."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        made = [x.numel() for x in tree_flatten(out)[0] if isinstance(x, torch.Tensor)]
        self.numbers = max(self.numbers, *made, 0)
        return out


@pytest.mark.parametrize("path", ["value", "query"])
def test_memory_of_linear_attention_grows_with_the_tokens_not_their_square(path):
    mixer = LiTMixer(8, 2)

    def largest(side):
        with Largest() as seen:
            affine = LinearScope(mixer, path).at(torch.randn(1, side * side, 8), (side, side))
            affine.transpose(affine.value)
        return seen.numbers

    assert largest(64) <= 4 * largest(32)


def test_parts_of_a_projection_that_nobody_reads_live_are_not_played(monkeypatch):
    """Queries and keys are frozen on the value path: of their projection a third is played."""
    mixer = LiTMixer(8, 2)
    affine = LinearScope(mixer).at(torch.randn(1, 12, 8), (3, 4))
    with FlopCounterMode(display=False) as counter:
        affine.linear(torch.randn(1, 12, 8))
    assert counter.get_flop_counts()["Global"][torch.ops.aten.mm] == 2 * 12 * 8 * 8 * 2  # values, and the last


def test_an_unknown_function_is_named_with_its_place_and_the_remedy():
    network = nn.Sequential(nn.Linear(3, 3), nn.Softplus())
    with pytest.raises(UnknownUnit, match=r"softplus: got .*'1'.*@replay\('softplus'\)"):
        LinearScope(network).at(torch.randn(2, 3))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * x,
        lambda x: x @ x.T,
        lambda x: 1 / x,
        lambda x: x**2,
        lambda x: x.exp(),
        lambda x: torch.where(x > 0, x, 0.0),
        lambda x: F.linear(torch.ones(2, 3), x, x[:, 0]),
        lambda x: F.conv1d(x[None], x[:1, None, :1]),
        lambda x: x.div(2.0, rounding_mode="floor"),
        lambda x: x.int() + 1.0,
        lambda x: x.sort().values,
        lambda x: F.dropout(x, 0.5, True),
        lambda x: x.view(-1).add_(1.0),  # x would see it
        lambda x: x.contiguous().add_(1.0),
        lambda x: x.numpy(),
        lambda x: x.max(),
        lambda x: torch.add(x, 1, out=torch.empty(3, 3)),
    ],
    ids=range(17),
)
def test_what_is_not_linear_is_not_passed_over(function):
    with pytest.raises(UnknownUnit):
        LinearScope(Function(function)).at(torch.randn(3, 3))


def test_a_unit_of_ones_own_registers_with_one_decorator():
    class Gated(nn.Module):
        def forward(self, x):
            return x * torch.softmax(x, dim=-1)

    with pytest.raises(UnknownUnit):
        LinearScope(Gated()).at(torch.randn(2, 5))

    @replay(Gated)
    def gated(module, x):
        return x * torch.softmax(frozen(x), dim=-1)

    x = torch.randn(2, 5).double()
    assert_laws(LinearScope(Gated()).at(x), Gated()(x), 1e-12)
    del REPLAYS[Gated, None]
    with pytest.raises(TypeError, match="units: got"):
        replay(3)


def silu(x):
    """Somebody else's function, by chance of the same name as one of torch's, that asks as torch's do."""
    if has_torch_function((x,)):
        return handle_torch_function(silu, (x,), x)
    return x * x


def test_functions_of_others_go_by_themselves_not_by_their_names():
    x = torch.randn(2, 5).double()
    with pytest.raises(UnknownUnit, match=r"silu: got .*@replay\(silu\)"):
        LinearScope(Function(silu)).at(x)
    assert_laws(LinearScope(Function(F.silu)).at(x), F.silu(x), 1e-12)

    @replay(silu)
    def square(x):
        return x * frozen(x)

    assert_laws(LinearScope(Function(silu)).at(x), x * x, 1e-12)
    assert_laws(LinearScope(Function(F.silu)).at(x), F.silu(x), 1e-12)
    del REPLAYS[silu, None]


def test_a_function_of_torch_registers_under_its_name():
    @replay(F.softsign)
    def softsign(x):
        return x / (1 + frozen(x).abs())

    x = torch.randn(2, 5).double()
    assert_laws(LinearScope(nn.Softsign()).at(x), F.softsign(x), 1e-12)
    del REPLAYS["softsign", None]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.add(x, 1, alpha=1) + torch.sub(0.1, x, alpha=0.3),
        lambda x: torch.add(x, other=torch.ones(5, dtype=x.dtype), alpha=3) + torch.sub(input=x, other=0.3),
        lambda x: 0.1 - x,
        lambda x: torch.cat([x, torch.ones(2, 1, dtype=x.dtype)], dim=1) @ torch.ones(6, 6, dtype=x.dtype),
        lambda x: torch.stack([x, 2 * torch.ones_like(x)]).mean(0),
        lambda x: torch.where(torch.arange(5) > 2, x, 0.3),
        lambda x: torch.einsum("ij,kj->ik", x, torch.ones(3, 5, dtype=x.dtype)),
        lambda x: (x.T / 3).view(5, 2, 1).expand(5, 2, 3)[1:, :, 0].flip(0),
        lambda x: F.linear(x, torch.ones(2, 5, dtype=x.dtype), bias=torch.ones(2, dtype=x.dtype)),
        lambda x: x.float().to(torch.float64) + torch.zeros(2, 5).expand_as(x),
    ],
    ids=range(10),
)
def test_linear_functions_obey_the_laws(function):
    """Constants that are added go to r in full precision, everything else is F."""
    x = torch.randn(2, 5).double()
    affine = LinearScope(Function(function)).at(x)
    assert_laws(affine, function(x), 1e-6 if "float" in function.__code__.co_names else 1e-14)
    assert miss(affine.bias + 1, function(torch.zeros_like(x)) + 1) < 1e-14


def test_changing_in_place_is_followed():
    def function(x):
        y = 2 * x
        y += 1
        y *= 3
        return y + x

    x = torch.randn(2, 5).double()
    assert_laws(LinearScope(Function(function)).at(x), function(x), 1e-12)
