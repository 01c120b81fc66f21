"""The definitions against their formulas, token by token, in float64."""

import pytest
import torch

from lit_kernels import linear_attention, linear_attention_dwconv


def draw(tokens=7, heads=2, dim=5, dtype=torch.float64):
    return torch.randn(3, 2, heads, tokens, dim, dtype=dtype, generator=torch.Generator().manual_seed(0))


def test_is_the_formula():
    q, k, v = draw()
    weights = q.relu() @ k.relu().transpose(-2, -1)
    expected = weights @ v / (weights.sum(-1, keepdim=True) + 1e-6)
    torch.testing.assert_close(linear_attention(q, k, v), expected)


def test_without_the_normaliser_it_is_the_mean_of_the_numerator():
    q, k, v = draw()
    found = linear_attention(q, k, v, feature_map="none", normalize=False)
    torch.testing.assert_close(found, q @ (k.transpose(-2, -1) @ v) / 7)
    assert torch.autograd.gradcheck(
        lambda *x: linear_attention(*x, 1e-6, "none", False), [x.requires_grad_() for x in draw(tokens=4).unbind()]
    )


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


def test_convolution_is_the_formula():
    q, k, v = draw(tokens=12)
    weight, bias = torch.randn(5, 5, 5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    found = linear_attention_dwconv(q, k, v, weight, bias, (3, 4)) - linear_attention(q, k, v)
    image = v.unflatten(2, (3, 4))
    for row, column in ((0, 0), (1, 2), (2, 3)):
        expected = bias.expand(2, 2, 5).clone()
        for y in range(3):
            for x in range(4):
                if abs(y - row) <= 2 and abs(x - column) <= 2:
                    expected += weight[:, y - row + 2, x - column + 2] * image[:, :, y, x]
        torch.testing.assert_close(found[:, :, row * 4 + column], expected)


def test_convolution_takes_weights_as_conv2d_keeps_them():
    q, k, v = draw(tokens=12)
    weight, bias = torch.randn(5, 1, 5, 5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    given, squeezed = (linear_attention_dwconv(q, k, v, w, bias, (3, 4)) for w in (weight, weight[:, 0]))
    assert torch.equal(given, squeezed)


def test_gradients_of_the_convolution():
    q, k, v = (x.requires_grad_() for x in draw(tokens=6, heads=1, dim=2).unbind())
    weight = torch.randn(2, 1, 5, 5, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *x: linear_attention_dwconv(*x, (2, 3)), (q, k, v, weight, bias))
