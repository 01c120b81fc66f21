"""The definition against the recurrence, token by token, in float64."""

import typing

import pytest
import torch
import torch.nn.functional as F

from lit_kernels import delta_rule
from lit_kernels.delta_rule import reference


def draw(tokens=7, heads=2, dim=5, value_dim=3, batch=2, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (
        torch.randn(batch, heads, tokens, width, dtype=torch.float64, generator=generator)
        for width in (dim, dim, value_dim)
    )
    beta = torch.rand(batch, heads, tokens, dtype=torch.float64, generator=generator)
    return [x.to(dtype) for x in (q, F.normalize(k, dim=-1), v, beta)]


def recurrence(q, k, v, beta, scale):
    """Both directions as the formula has them."""
    o = torch.zeros_like(v)
    tokens = range(q.shape[2])
    for order, before in ((tokens, False), (reversed(tokens), True)):
        state = k.new_zeros(*k.shape[:2], k.shape[3], v.shape[3])
        for i in order:
            key, rate = k[:, :, i : i + 1], beta[:, :, i, None, None]
            written = state + rate * key.transpose(-2, -1) @ (v[:, :, i : i + 1] - key @ state)
            o[:, :, i : i + 1] += scale * q[:, :, i : i + 1] @ (state if before else written)
            state = written
    return o


@pytest.mark.parametrize("tokens", [1, 2, 63, 64, 65, 150])
def test_is_the_recurrence_from_both_ends(tokens):
    q, k, v, beta = draw(tokens)
    torch.testing.assert_close(delta_rule(q, k, v, beta, 0.3), recurrence(q, k, v, beta, 0.3), rtol=1e-11, atol=1e-12)


def test_the_scale_is_that_of_attention_if_none_is_given():
    q, k, v, beta = draw(dim=16)
    torch.testing.assert_close(delta_rule(q, k, v, beta), delta_rule(q, k, v, beta, 0.25))


def test_gradients(monkeypatch):
    monkeypatch.setattr(reference, "CHUNK", 3)  # so that five tokens have two
    tensors = [x.requires_grad_() for x in draw(tokens=5, heads=1, dim=2, value_dim=1, batch=1)]
    assert torch.autograd.gradcheck(lambda *x: delta_rule(*x, 0.7), tensors)


def test_a_rate_of_zero_writes_nothing():
    q, k, v, beta = draw(70)
    assert not delta_rule(q, k, v, torch.zeros_like(beta)).any()
    beta[:, :, 3] = 0
    without = [torch.cat([x[:, :, :3], x[:, :, 4:]], dim=2) for x in (q, k, v, beta)]
    found = delta_rule(q, k, v, beta)
    torch.testing.assert_close(torch.cat([found[:, :, :3], found[:, :, 4:]], dim=2), delta_rule(*without))


def test_a_value_is_found_again_by_its_key():
    """What a delta rule is for: of keys at right angles each keeps its own value, where a sum would mix nothing, and a
    key that is written twice at rate 1 keeps the later value, where a sum would add both."""
    k = torch.eye(6, dtype=torch.float64)[[0, 1, 2, 1]].expand(1, 1, 4, 6)
    v = torch.randn(1, 1, 4, 3, dtype=torch.float64)
    found = delta_rule(k, k, v, torch.ones(1, 1, 4, dtype=torch.float64), 1.0)
    # Forward state at the last token plus nothing behind it.
    torch.testing.assert_close(found[:, :, 3], v[:, :, 3])
    torch.testing.assert_close(found[:, :, 0], v[:, :, 0])


@pytest.mark.parametrize("dtype, bound", [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_low_precision(dtype, bound):
    exact, got = delta_rule(*draw(300, dim=32)), delta_rule(*draw(300, dim=32, dtype=dtype))
    assert got.dtype == dtype
    assert (got.double() - exact).norm() / exact.norm() < bound


def test_any_strides():
    q, k, v, beta = draw(70)
    strided = [x.transpose(1, 2).contiguous().transpose(1, 2) for x in (q, k, v, beta)]
    torch.testing.assert_close(delta_rule(*strided), delta_rule(q, k, v, beta))


def test_compile_sees_through():
    q, k, v, beta = draw(70, dtype=torch.float32)
    compiled = torch.compile(delta_rule, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(q, k, v, beta), delta_rule(q, k, v, beta))


@pytest.mark.parametrize("change, message", [
    (lambda q, k, v, beta: (q, k[..., :3], v, beta), "k: got shape"),
    (lambda q, k, v, beta: (q, k, v[:, :, :2], beta), "v: got shape"),
    (lambda q, k, v, beta: (q, k, v, beta[..., None]), r"beta: got shape \(2, 2, 7, 1\); \(2, 2, 7\)"),
    (lambda q, k, v, beta: (q, k, v, beta.float()), "beta: got torch.float32 on cpu; torch.float64"),
    (lambda q, k, v, beta: (q, 2 * k, v, beta), r"k: got keys of squared length up to 4; 2 at most.*F.normalize"),
    (lambda q, k, v, beta: (q, k * torch.nan, v, beta), "k: got keys of squared length up to nan"),
])  # fmt: skip
def test_names_what_does_not_fit(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        delta_rule(*change(*draw()))


def test_the_public_face_is_typed():
    hints = typing.get_type_hints(delta_rule)
    tensors = dict.fromkeys(("q", "k", "v", "beta", "return"), torch.Tensor)
    assert hints == tensors | {"scale": float | None}
