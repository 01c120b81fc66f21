"""The Triton kernels against the definition in float64: output, every gradient, awkward sizes, poisoned memory.

On a CPU the interpreter runs small batches; on a GPU the same cases run with more heads and in every dtype.
"""

import pytest
import torch
import torch.nn.functional as F

from lit_kernels import delta_rule
from lit_kernels.delta_rule import operators, reference

GPU = torch.cuda.is_available()
FP32, FP16, BF16 = torch.float32, torch.float16, torch.bfloat16
# Relative error of the output and of gradients. The interpreter cuts bf16 off where a GPU rounds, at each step.
BOUNDS = {FP32: (1e-5, 2e-5), FP16: (1e-3, 2e-3), BF16: (6e-3, 8e-3) if GPU else (2e-2, 2e-2)}

# Tokens that leave a chunk of 64 part empty, full and one over; a state that is not square; a head that is no tile.
CASES = [(1, 64, 64, FP32), (64, 16, 64, FP32), (65, 40, 32, FP32), (150, 32, 16, FP32), (63, 192, 64, FP16)]
CASES += [(20, 64, 128, FP32), (100, 32, 32, BF16), (20, 256, 64, FP32)]
if GPU:
    KINDS = [(d, d, BF16) for d in (64, 72, 128, 192, 256)] + [(64, 64, FP32), (128, 128, FP32), (128, 128, FP16)]
    KINDS += [(64, 192, BF16), (256, 64, BF16), (16, 16, BF16), (32, 32, FP16), (64, 40, BF16), (16, 16, FP32)]
    CASES += [(tokens, *kind) for tokens in (1, 63, 256, 1000) for kind in KINDS] + [(16384, 64, 64, BF16)]


@pytest.fixture(autouse=True)
def kernels_only():
    """A kernel that fails is replaced by plain torch, whose result would pass."""
    yield
    assert not operators.DELTA_RULE.failed


def draw(tokens, dim, value_dim, dtype, device, heads=2, batch=1, largest_rate=1.0):
    """q, k, v, beta as DeltaNet has them, heads side by side, and the gradient of the output."""
    generator = torch.Generator(device).manual_seed(tokens + dim)

    def noise(*shape):
        return torch.randn(batch, tokens, heads, *shape, generator=generator, device=device).transpose(1, 2)

    q, k = (F.normalize(F.silu(noise(dim)), dim=-1) for _ in range(2))  # of mostly positive numbers: keys overlap
    return [x.to(dtype) for x in (q, k, noise(value_dim), largest_rate * noise().sigmoid(), noise(value_dim))]


def run(function, tensors, gradient, scale):
    tensors = [x.detach().requires_grad_() for x in tensors]
    out = function(*tensors, scale)
    return out.detach(), *torch.autograd.grad(out, tensors, gradient)


def agree(tensors, gradient, scale=None):
    dtype = tensors[0].dtype
    found = run(delta_rule, tensors, gradient, scale)
    exact = run(reference.delta_rule, [x.double() for x in tensors], gradient.double(), scale)
    for name, x, y, like in zip(("o", "dq", "dk", "dv", "dbeta"), found, exact, (tensors[2], *tensors), strict=True):
        assert x.shape == like.shape and x.dtype == dtype, name
        error = (x.double() - y).norm() / y.norm()
        assert error < BOUNDS[dtype][name != "o"], f"{name}: {error:.1e}"  # NaN fails too


@pytest.mark.parametrize("dtype", [FP32, BF16], ids=str)
@pytest.mark.parametrize("options", ["SYSTEM", "SCAN", "CHUNKS"])
def test_narrow_tiles_have_four_warps(options, dtype, device):
    """With eight, Triton 3.6 multiplies them wrongly on Hopper, which no CPU shows."""
    from lit_kernels.delta_rule import triton_backward, triton_system

    like, options = torch.empty(0, dtype=dtype), getattr(triton_backward, options)
    for tiles in ((64, 32), (16, 64), (16,)):
        assert triton_system.launch(options, like, *tiles)["num_warps"] == 4
    assert triton_system.launch(options, like, 64, 64)["num_warps"] >= options["num_warps"]


@pytest.mark.parametrize("tokens, dim, value_dim, dtype", CASES, ids=str)
def test_output_and_gradients(tokens, dim, value_dim, dtype, device, poisoned):
    heads, batch = (3, 2) if GPU else (1, 1)
    *tensors, gradient = draw(tokens, dim, value_dim, dtype, device, heads, batch)
    agree(tensors, gradient)


def test_rates_of_up_to_two_and_none_and_a_scale(device, poisoned):
    *tensors, gradient = draw(80, 32, 32, FP32, device, heads=1, largest_rate=2.0)
    tensors[3][:, :, 7] = 0
    agree(tensors, gradient, scale=0.3)


def test_keys_that_are_all_alike(device):
    """The system's matrix is then full and far from the identity: a series over its powers loses every digit."""
    *tensors, gradient = draw(64, 16, 16, FP32, device, heads=1)
    tensors[1] = tensors[1][:, :, :1].expand_as(tensors[1])
    tensors[3] = torch.full_like(tensors[3], 2.0)
    agree(tensors, gradient)


@pytest.mark.parametrize("layout", [(0, 1, 2, 3), (2, 1, 0, 3), (0, 1, 3, 2)], ids=str)
def test_any_strides(layout, device, poisoned):
    back = [layout.index(axis) for axis in range(4)]
    *tensors, gradient = draw(70, 16, 16, FP32, device, heads=1)
    q, k, v, gradient = (x.permute(layout).contiguous().permute(back) for x in (*tensors[:3], gradient))
    agree([q, k, v, tensors[3].expand(1, 1, 70)], gradient)


def test_a_gradient_without_strides(device):
    *tensors, gradient = draw(20, 16, 16, FP32, device)
    agree(tensors, torch.ones((), device=device).expand_as(gradient))


def test_the_output_merges_its_heads_without_a_copy(device):
    o = delta_rule(*draw(20, 16, 16, FP32, device)[:4])
    assert o.transpose(1, 2).is_contiguous()
