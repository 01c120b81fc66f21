"""What surrounds the kernels: the choice, the custom operators' contract, the fall-back."""

import typing
import warnings

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import lit_kernels
from lit_kernels import linear_attention, linear_attention_dwconv
from lit_kernels.common.dispatch import Dispatch
from lit_kernels.linear_attention import operators, reference

OPS = torch.ops.lit_kernels
FOUR = "(batch, heads, tokens, head_dim), none of them zero"


def draw(device="cpu", tokens=20, dim=16):
    tensors = torch.randn(3, 1, 2, tokens, dim, generator=torch.Generator().manual_seed(0)).unbind()
    convolution = torch.randn(dim, 1, 5, 5), torch.randn(dim)
    return [x.detach().to(device).requires_grad_() for x in (*tensors, *convolution)]


def same(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.fixture
def triton_forgotten(monkeypatch):
    """As if Triton had never failed; and, after the test, as it was before."""
    for dispatch in (operators.ATTENTION, operators.ATTENTION_DWCONV):
        monkeypatch.setattr(dispatch, "failed", False)


def refuse(*_):
    raise AssertionError("a custom operator ran")


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without an NVIDIA card")
def test_without_a_card_the_definition_runs(monkeypatch):
    monkeypatch.setattr(Dispatch, "run", refuse)
    q, k, v, weight, bias = draw()
    assert torch.equal(linear_attention(q, k, v), reference.linear_attention(q, k, v))
    assert torch.equal(
        linear_attention_dwconv(q, k, v, weight, bias, (4, 5)),
        reference.linear_attention_dwconv(q, k, v, weight, bias, (4, 5)),
    )


def test_what_the_kernels_do_not_cover_goes_to_the_definition(device, monkeypatch):
    monkeypatch.setattr(Dispatch, "run", refuse)
    q, k, v, weight, bias = draw(device)
    args = (q[..., :8], k[..., :8], v, weight, bias, (4, 5))
    same(linear_attention_dwconv(*args), reference.linear_attention_dwconv(*args))
    q, k, v = q.double(), k.double(), v.double()
    same(linear_attention(q, k, v), reference.linear_attention(q, k, v))


class Sizes(TorchDispatchMode):
    """The most numbers in a tensor that anything makes."""

    most = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        self.most = max([self.most, *(x.numel() for x in tree_leaves(made) if isinstance(x, torch.Tensor))])
        return made


def test_a_head_wider_than_the_kernels_hold_is_the_definition_there_and_back(device, monkeypatch):
    """One head of a whole network; nothing that is made on the way has the tokens' square."""
    monkeypatch.setattr(Dispatch, "run", refuse)
    tokens, dim = 512, 384
    q, k, v, weight, bias = draw(device, tokens, dim)
    q, k, v = tensors = [x[:, :1] for x in (q, k, v)]
    with Sizes() as sizes:
        found = linear_attention(q, k, v)
        gradients = torch.autograd.grad(found.square().sum(), tensors)
        with torch.no_grad():
            convolved = linear_attention_dwconv(q, k, v, weight, bias, (16, 32))
    assert sizes.most == tokens * dim < tokens**2
    exact = [x.detach().double().requires_grad_() for x in tensors]
    expected = reference.linear_attention(*exact)
    wanted = torch.autograd.grad(expected.square().sum(), exact)
    plus = reference.depthwise(v, weight, bias, (16, 32)).detach()
    for one, other in zip((found, *gradients, convolved), (expected, *wanted, expected + plus), strict=True):
        assert (one - other).norm() < 1e-5 * other.norm()


@pytest.mark.parametrize("convolution", [False, True], ids=["attention", "dwconv"])
@pytest.mark.parametrize("save", [False, True])
def test_opcheck(convolution, save, device):
    tensors = draw(device) if convolution else draw(device)[:3]
    if not save:
        tensors = [x.detach() for x in tensors]
    operator = OPS.linear_attention_dwconv if convolution else OPS.linear_attention
    torch.library.opcheck(operator.default, (*tensors, *((4, 5) if convolution else ()), 1e-6, "relu", save))


def test_opcheck_of_the_numerator_and_another_value_dim(device):
    q, k, v = draw(device)[:3]
    v = v[..., :5]
    torch.library.opcheck(OPS.linear_attention.default, (q, k, v, 1e-6, "none", True, False))
    q, k, v = (x.detach() for x in (q, k, v))
    _, *states = OPS.linear_attention(q, k, v, 1e-6, "none", True, False)
    torch.library.opcheck(OPS.linear_attention_backward.default, (v, q, k, v, *states, 1e-6, "none", False))


@pytest.mark.parametrize("convolution", [False, True], ids=["attention", "dwconv"])
def test_opcheck_of_the_backward_pass(convolution, device):
    q, k, v, weight, bias = (x.detach() for x in draw(device))
    _, kv_state, z_state = OPS.linear_attention(q, k, v, 1e-6, "relu", True)
    if convolution:
        args = (v, q, k, v, weight, bias, kv_state, z_state, 4, 5, 1e-6, "relu")
        torch.library.opcheck(OPS.linear_attention_dwconv_backward.default, args)
    else:
        torch.library.opcheck(OPS.linear_attention_backward.default, (v, q, k, v, kv_state, z_state, 1e-6, "relu"))


class Mixed(torch.nn.Module):
    def forward(self, q, k, v, weight, bias):
        return linear_attention(q, k, v) + linear_attention_dwconv(q, k, v, weight, bias, (4, 5))


@pytest.mark.parametrize("triton", [False, True], ids=["definition", "triton"])
def test_compile_and_export_see_through(triton, request):
    device = request.getfixturevalue("device") if triton else "cpu"
    tensors = draw(device)
    expected = Mixed()(*tensors)
    found = torch.compile(Mixed(), fullgraph=True, backend="aot_eager")(*tensors)
    same(found, expected)
    gradients = (torch.autograd.grad(x.square().sum(), tensors) for x in (found, expected))
    for one, other in zip(*gradients, strict=True):
        same(one, other)
    exported = torch.export.export(Mixed(), tuple(x.detach() for x in tensors))
    same(exported.module()(*(x.detach() for x in tensors)), expected.detach())
    assert ("lit_kernels.linear_attention_dwconv" in str(exported.graph)) == triton


@pytest.mark.parametrize("fails_at", ["forward", "backward"])
@pytest.mark.parametrize("form", ["attention", "numerator", "dwconv"])
def test_failing_triton_is_one_warning_and_the_same_numbers(form, fails_at, device, triton_forgotten, monkeypatch):
    from lit_kernels.linear_attention import triton_backward, triton_dwconv, triton_forward

    def fail(*_):
        raise RuntimeError("no compiler\nand more")

    convolution = form == "dwconv"
    module = triton_dwconv if convolution else triton_forward if fails_at == "forward" else triton_backward
    monkeypatch.setattr(module, fails_at, fail)
    tensors = draw(device) if convolution else draw(device)[:3]
    args = {"attention": (), "numerator": (1e-6, "relu", False), "dwconv": ((4, 5),)}[form]
    if form == "numerator":
        tensors[2] = tensors[2][..., :5]
    name = "linear_attention_dwconv" if convolution else "linear_attention"
    with pytest.warns(RuntimeWarning, match=f"of {name} are off .* RuntimeError: no compiler$") as caught:
        found = getattr(lit_kernels, name)(*tensors, *args)
        gradients = torch.autograd.grad(found.square().sum(), tensors)
    assert len(caught) == 1
    expected = getattr(reference, name)(*tensors, *args)
    same(found, expected)
    for one, other in zip(gradients, torch.autograd.grad(expected.square().sum(), tensors), strict=True):
        same(one, other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(lit_kernels, name)(*tensors, *args)


def test_a_failure_of_the_convolution_leaves_plain_attention_its_kernels(device, triton_forgotten, monkeypatch):
    from lit_kernels.linear_attention import triton_dwconv

    monkeypatch.setattr(triton_dwconv, "forward", refuse)
    q, k, v, weight, bias = (x.detach() for x in draw(device))
    with pytest.warns(RuntimeWarning, match="of linear_attention_dwconv are off"):
        linear_attention_dwconv(q, k, v, weight, bias, (4, 5))
    assert operators.ATTENTION_DWCONV.failed and not operators.ATTENTION.failed
    # The kernels lay o out token after token, and the definition does not.
    assert linear_attention(q, k, v).transpose(1, 2).is_contiguous()
    assert not reference.linear_attention(q, k, v).transpose(1, 2).is_contiguous()


@pytest.mark.parametrize("name", ["linear_attention", "linear_attention_dwconv"])
def test_the_public_face_is_typed(name):
    hints = typing.get_type_hints(getattr(lit_kernels, name))
    expected = dict.fromkeys(("q", "k", "v", "return"), torch.Tensor) | {
        "eps": float, "feature_map": lit_kernels.FeatureMap
    }  # fmt: skip
    if name == "linear_attention":
        expected |= {"normalize": bool}
    else:
        expected |= {"weight": torch.Tensor, "bias": torch.Tensor, "grid": tuple[int, int]}
    assert hints == expected
    assert set(typing.get_args(lit_kernels.FeatureMap)) == set(lit_kernels.FEATURE_MAPS)


@pytest.mark.parametrize("triton", [False, True], ids=["definition", "triton"])
@pytest.mark.parametrize("change, message", [
    ({"q": torch.zeros(1, 2, 0, 16)}, f"q: got shape (1, 2, 0, 16); {FOUR}"),
    ({"q": torch.zeros(2, 20, 16)}, f"q: got shape (2, 20, 16); {FOUR}"),
    ({"k": torch.zeros(1, 2, 20, 8)}, "k: got shape (1, 2, 20, 8); (1, 2, 20, 16), as q"),
    ({"k": torch.zeros(1, 2, 20, 16).half()}, "k: got torch.float16 on cpu; torch.float32 on cpu, as q"),
    ({"v": torch.zeros(1, 2, 20, 16, device="meta")}, "v: got torch.float32 on meta; torch.float32 on cpu, as q"),
    ({"v": torch.zeros(1, 2, 10, 16)}, "v: got shape (1, 2, 10, 16); (1, 2, 20) and any value_dim"),
    ({"weight": torch.zeros(16, 1, 3, 3)}, "weight: got shape (16, 1, 3, 3); (16, 1, 5, 5) or (16, 5, 5)"),
    ({"bias": torch.zeros(32)}, "bias: got shape (32,); (16,)"),
    ({"bias": torch.zeros(16).double()}, "bias: got torch.float64 on cpu; torch.float32 on cpu, as q"),
    ({"grid": (4, 4)}, "grid: got (4, 4); (rows, columns) with rows * columns = 20 tokens"),
    ({"grid": (-4, -5)}, "grid: got (-4, -5); (rows, columns) with rows * columns = 20 tokens"),
    ({"feature_map": "elu"}, "feature_map: got 'elu'; one of relu, none"),
])  # fmt: skip
def test_names_what_does_not_fit(change, message, triton, request):
    if triton:
        if torch.cuda.is_available():
            pytest.skip("the messages name the CPU")
        request.getfixturevalue("device")
    given = dict(zip(("q", "k", "v", "weight", "bias"), draw(), strict=True)) | {"grid": (4, 5)} | change
    with pytest.raises(ValueError) as raised:
        linear_attention_dwconv(**given)
    assert str(raised.value) == message
