"""What surrounds the kernels: the choice, the custom operators' contract, the fall-back."""

import warnings

import pytest
import torch
import torch.nn.functional as F

import lit_kernels
from lit_kernels import delta_rule
from lit_kernels.common.dispatch import Dispatch
from lit_kernels.delta_rule import operators, reference
from lit_kernels.linear_attention.operators import ATTENTION

OPS = torch.ops.lit_kernels
CHECKS = ("test_schema", "test_autograd_registration", "test_faketensor")  # compiling has a test of its own


def draw(device="cpu", tokens=20, dim=16, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 1, 2, tokens, dim, generator=generator).unbind()
    beta = torch.rand(1, 2, tokens, generator=generator)
    return [x.to(device, dtype).requires_grad_() for x in (q, F.normalize(k, dim=-1), v, beta)]


def same(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=5e-5)  # a card rounds as it multiplies


@pytest.fixture
def triton_forgotten(monkeypatch):
    """As if Triton had never failed; and, after the test, as it was before."""
    monkeypatch.setattr(operators.DELTA_RULE, "failed", False)


def refuse(*_):
    raise AssertionError("a custom operator ran")


def test_float64_goes_to_the_definition(device, monkeypatch):
    monkeypatch.setattr(Dispatch, "run", refuse)
    tensors = draw(device, dtype=torch.float64)
    assert torch.equal(delta_rule(*tensors), reference.delta_rule(*tensors))


@pytest.mark.parametrize("save", [False, True])
def test_opcheck(save, device):
    tensors = draw(device) if save else [x.detach() for x in draw(device)]
    torch.library.opcheck(OPS.delta_rule.default, (*tensors, 0.25, save), test_utils=CHECKS)


def test_opcheck_of_the_backward_pass(device):
    q, k, v, beta = (x.detach() for x in draw(device))
    _, *kept = OPS.delta_rule(q, k, v, beta, 0.25, True)
    torch.library.opcheck(OPS.delta_rule_backward.default, (v, q, k, v, beta, *kept, 0.25), test_utils=CHECKS)


def test_compile_sees_through(device):
    tensors = draw(device)
    expected = delta_rule(*tensors)
    found = torch.compile(delta_rule, fullgraph=True, backend="aot_eager")(*tensors)
    same(found, expected)
    gradients = (torch.autograd.grad(x.square().sum(), tensors) for x in (found, expected))
    for one, other in zip(*gradients, strict=True):
        same(one, other)


@pytest.mark.parametrize("fails_at", ["forward", "backward"])
def test_failing_triton_is_one_warning_and_the_same_numbers(fails_at, device, triton_forgotten, monkeypatch):
    from lit_kernels.delta_rule import triton_backward, triton_forward

    def fail(*_):
        raise RuntimeError("no compiler\nand more")

    monkeypatch.setattr(triton_forward if fails_at == "forward" else triton_backward, fails_at, fail)
    tensors = draw(device, tokens=70)
    with pytest.warns(RuntimeWarning, match="of delta_rule are off .* RuntimeError: no compiler$") as caught:
        found = delta_rule(*tensors)
        gradients = torch.autograd.grad(found.square().sum(), tensors)
    assert len(caught) == 1
    expected = reference.delta_rule(*tensors)
    same(found, expected)
    for one, other in zip(gradients, torch.autograd.grad(expected.square().sum(), tensors), strict=True):
        same(one, other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        delta_rule(*tensors)
    # The kernels lay o out token after token, and the definition does not: linear attention still has its own.
    assert operators.DELTA_RULE.failed and not ATTENTION.failed
    assert lit_kernels.linear_attention(*tensors[:3]).transpose(1, 2).is_contiguous()


def test_keys_that_are_not_normalised_are_refused_before_any_kernel(device, monkeypatch):
    if torch.cuda.is_available():
        pytest.skip("a look at numbers would wait for the card")
    monkeypatch.setattr(Dispatch, "run", refuse)
    q, k, v, beta = draw(device)
    with pytest.raises(ValueError, match=r"^k: got keys of squared length up to 9; 2 at most.*F.normalize"):
        delta_rule(q, 3 * k, v, beta)
