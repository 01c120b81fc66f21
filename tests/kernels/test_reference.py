"""The definition of linear attention against the formula, token by token, in float64."""

import pytest
import torch

from kernels import linear_attention


def draw(tokens=7, heads=2, dim=5, dtype=torch.float64):
    return torch.randn(3, 2, heads, tokens, dim, dtype=dtype, generator=torch.Generator().manual_seed(0))


def test_is_the_formula():
    q, k, v = draw()
    weights = q.relu() @ k.relu().transpose(-2, -1)
    expected = weights @ v / (weights.sum(-1, keepdim=True) + 1e-6)
    torch.testing.assert_close(linear_attention(q, k, v), expected)


def test_tokens_may_be_permuted():
    q, k, v = draw()
    order = torch.randperm(7)
    torch.testing.assert_close(linear_attention(q[..., order, :], k[..., order, :], v[..., order, :]),
                               linear_attention(q, k, v)[..., order, :])  # fmt: skip


def test_gradients():
    q, k, v = (x.requires_grad_() for x in draw(tokens=4).unbind())
    assert torch.autograd.gradcheck(linear_attention, (q, k, v))


def test_dead_keys_give_zeros_and_finite_gradients():
    q, k, v = (x.requires_grad_() for x in draw().unbind())
    out = linear_attention(q, -k.abs(), v)
    assert not out.any()
    out.sum().backward()
    assert all(x.grad.isfinite().all() for x in (q, k, v))


@pytest.mark.parametrize("dtype, bound", [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
def test_low_precision(dtype, bound):
    q, k, v = draw(tokens=300, dim=32)
    exact, got = linear_attention(q, k, v), linear_attention(q.to(dtype), k.to(dtype), v.to(dtype)).double()
    assert (got - exact).norm() / exact.norm() < bound


@pytest.mark.parametrize("change, name", [
    (lambda q, k, v: (q, k[..., :3], v), "k"),
    (lambda q, k, v: (q, k, v[:, :, :2]), "v"),
    (lambda q, k, v: (q, k, v.float()), "v"),
    (lambda q, k, v: (q[0], k, v), "q"),
])  # fmt: skip
def test_names_what_does_not_fit(change, name):
    with pytest.raises(ValueError, match=f"^{name}: got"):
        linear_attention(*change(*draw().unbind()))
