"""The Triton kernels against the definition in float64: outputs, every gradient, awkward sizes, poisoned memory.

On a CPU the interpreter runs small batches; on a GPU the same cases run with more heads and in every dtype, and then
the marked ones with real sizes.
"""

import pytest
import torch

from lit_kernels import linear_attention, linear_attention_dwconv
from lit_kernels.linear_attention import operators, reference

GPU = torch.cuda.is_available()
FP32, FP16, BF16 = torch.float32, torch.float16, torch.bfloat16
# Relative error of outputs and of gradients. The interpreter cuts bf16 off where a GPU rounds: twice the error.
BOUNDS = {FP32: (1e-5, 2e-5), FP16: (1e-3, 2e-3), BF16: (3e-3, 8e-3) if GPU else (8e-3, 12e-3)}

ATTENTION = [(n, d, FP32) for n in (1, 63, 256) for d in (32, 64, 192, 256)]
ATTENTION += [(1000, 32, FP32), (300, 192, FP32), (170, 40, FP32), (63, 192, FP16), (1000, 64, FP16), (63, 64, BF16)]
# tokens, head_dim, value_dim, dtype, feature map, whether normalised
SHAPES = [(1, 64, 32, FP32, "relu", True), (1, 72, 72, FP32, "none", False), (63, 64, 32, FP32, "none", True)]
SHAPES += [(131, 128, 64, FP32, "relu", False), (131, 64, 128, FP32, "none", False), (131, 72, 72, FP32, "relu", False)]
SHAPES += [(171, 40, 72, FP32, "relu", True), (171, 144, 72, FP32, "none", True), (131, 256, 128, FP32, "relu", True)]
SHAPES += [(131, 128, 64, FP16, "none", True), (131, 64, 128, BF16, "none", False)]
DWCONV = [((1, 1), 32, FP32), ((7, 9), 40, FP32), ((5, 70), 16, FP32), ((16, 16), 32, FP16), ((19, 3), 16, FP32)]
DWCONV += [((2, 9), 192, BF16), ((3, 2), 256, FP32)]
if GPU:
    SHAPES += [
        (n, *dims, dtype, *how)
        for n in (1, 63, 1000, 4099)
        for dims in ((64, 32), (128, 64), (64, 128), (72, 72), (144, 72), (256, 128), (192, 192))
        for dtype, how in ((BF16, ("none", False)), (BF16, ("relu", True)), (FP16, ("none", True)))
    ]
if GPU:  # a case tunes its kernels, so not every pair of head_dim and dtype
    KINDS = [(d, BF16) for d in (32, 40, 64, 72, 192, 256)] + [(192, FP16), (64, FP32), (192, FP32), (256, FP32)]
    ATTENTION = [(n, *kind) for n in (1, 63, 256, 1000, 4099) for kind in KINDS]
    DWCONV += [(grid, *kind) for grid in ((16, 16), (31, 33), (64, 64), (40, 100)) for kind in KINDS[2:]]
REAL = [(4096, 192, 2, 6), (16384, 64, 1, 6), (65536, 192, 1, 2), (1024, 192, 32, 6), (512, 192, 16, 6)]
REAL += [(256, 192, 32, 6), (256, 192, 8, 6)]


@pytest.fixture(autouse=True)
def kernels_only():
    """A kernel that fails is replaced by plain torch, whose result would pass."""
    yield
    assert not operators.ATTENTION.failed and not operators.ATTENTION_DWCONV.failed


def draw(tokens, dim, dtype, device, batch=1, heads=2, value_dim=None):
    """q, k, v cut from one packed projection, and the gradient of the output. A value_dim wider than dim, too: then q
    and k are cut from a wider one."""
    if value_dim is not None:
        q, k, v, gradient = draw(tokens, max(dim, value_dim), dtype, device, batch, heads)
        return q[..., :dim], k[..., :dim], v[..., :value_dim], gradient[..., :value_dim]
    generator = torch.Generator(device).manual_seed(tokens + dim)
    packed = torch.randn(batch, tokens, 3, heads, dim, generator=generator, device=device).to(dtype)
    gradient = torch.randn(batch, tokens, heads, dim, generator=generator, device=device).to(dtype)
    return *packed.permute(2, 0, 3, 1, 4).unbind(0), gradient.transpose(1, 2)


def run(function, tensors, gradient, *args):
    tensors = [x.detach().requires_grad_() for x in tensors]
    out = function(*tensors, *args)
    return out.detach(), *torch.autograd.grad(out, tensors, gradient)


def without_normaliser(q, k, v, eps=1e-6, feature_map="relu", *_):
    """The attention with its normaliser held constant: with one token dq and dk are differences of two equal terms,
    and rounding is to be measured against one of those."""
    phi_q, phi_k = (reference.FEATURE_MAPS[feature_map](x) for x in (q, k))
    normaliser = (phi_q * phi_k.sum(-2, keepdim=True)).sum(-1, keepdim=True) + 1e-6
    return phi_q @ (phi_k.transpose(-2, -1) @ v) / normaliser.detach()


def agree(function, definition, tensors, gradient, dtype, *args):
    got = run(function, tensors, gradient, *args)
    doubles = [x.double() for x in tensors], gradient.double()
    expected = run(definition, *doubles, *args)
    scales = list(expected)
    if tensors[0].shape[2] == 1 and args[-1:] != (False,):
        attention_args = args if function is linear_attention else ()
        scales[1:3] = run(without_normaliser, doubles[0][:3], doubles[1], *attention_args)[1:3]
    names = ("o", "dq", "dk", "dv", "dweight", "dbias")
    for name, x, exact, scale in zip(names, got, expected, scales, strict=False):
        assert x.shape == exact.shape and x.dtype == dtype, name
        error = (x.double() - exact).norm() / scale.norm()
        assert error < BOUNDS[dtype][name != "o"], f"{name}: {error:.1e}"  # NaN fails too


@pytest.mark.parametrize("tokens, dim, dtype", ATTENTION, ids=str)
def test_attention(tokens, dim, dtype, device, poisoned):
    heads = 3 if GPU else 2 if tokens * dim < 50_000 else 1
    *tensors, gradient = draw(tokens, dim, dtype, device, batch=2 if GPU else 1, heads=heads)
    agree(linear_attention, reference.linear_attention, tensors, gradient, dtype)


@pytest.mark.parametrize("tokens, dim, value_dim, dtype, feature_map, normalize", SHAPES, ids=str)
def test_states_that_are_not_square_and_numerators(
    tokens, dim, value_dim, dtype, feature_map, normalize, device, poisoned
):  # fmt: skip
    q, k, v, gradient = draw(tokens, dim, dtype, device, heads=3 if GPU else 1, value_dim=value_dim)
    if normalize and feature_map == "none":
        q, k = q.abs(), k.abs()  # as features must be there
    how = (1e-6, feature_map, normalize)
    agree(linear_attention, reference.linear_attention, (q, k, v), gradient, dtype, *how)
    assert linear_attention(q, k, v, *how).transpose(1, 2).is_contiguous()


@pytest.mark.slow
def test_few_pairs_have_a_program_for_each_tile_of_the_state(device, poisoned, monkeypatch):
    from lit_kernels.linear_attention import triton_forward

    monkeypatch.setattr(triton_forward, "programs", lambda device: 64)  # for parts of the state
    *tensors, gradient = draw(1400, 16, FP32, device, heads=1, value_dim=40)
    agree(linear_attention, reference.linear_attention, tensors, gradient, FP32, 1e-6, "none", False)


@pytest.mark.slow
def test_pairs_are_dealt_out_and_the_rest_is_divided(device, poisoned, monkeypatch):
    from lit_kernels.linear_attention import triton_forward

    monkeypatch.setattr(triton_forward, "programs", lambda device: 2)  # two whole pairs each, and one for both
    *tensors, gradient = draw(1400, 16, FP32, device, heads=5)
    agree(linear_attention, reference.linear_attention, tensors, gradient, FP32)


@pytest.mark.parametrize("tokens", [40, 200])
def test_programs_share_the_queries_of_a_column(tokens, device, poisoned, monkeypatch):
    from lit_kernels.linear_attention import triton_fused

    monkeypatch.setattr(triton_fused, "multiprocessors", lambda device: 4)
    *tensors, gradient = draw(tokens, 40, FP32, device, heads=2)  # 6 columns: a wave of 4, then 2 for two programs each
    agree(linear_attention, reference.linear_attention, tensors, gradient, FP32)


@pytest.mark.parametrize("grid, dim, dtype", DWCONV, ids=str)
def test_attention_with_convolution(grid, dim, dtype, device, poisoned):
    *tensors, gradient = draw(grid[0] * grid[1], dim, dtype, device, heads=3 if GPU else 2 if dim <= 64 else 1)
    weight, bias = torch.randn(dim, 1, 5, 5, device=device).to(dtype), torch.randn(dim, device=device).to(dtype)
    tensors += [weight, bias]
    agree(linear_attention_dwconv, reference.linear_attention_dwconv, tensors, gradient, dtype, grid)


def inline_code(code, constraints, args, dtype, is_pure, pack):
    """What the instructions do with the registers of each warp (PTX ISA, matrix fragments for mma.m16n8k8), for blocks
    whose 8 rows a warp holds `pack` columns to a thread."""
    import triton.language as tl
    from triton.runtime.interpreter import TensorHandle

    rows, pairs = args[0].shape[0], pack // 2
    assert args[0].shape[1] == 4 * pack
    arrays = [torch.from_numpy(x.handle.data.copy()) for x in args]

    def handle(x, dtype):
        return tl.tensor(TensorHandle(x.reshape(rows, 4 * pack).numpy(), dtype), tl.block_type(dtype, [rows, 4 * pack]))

    if "prmt" in code:
        own = torch.stack([x.view(torch.int16).reshape(-1, 8, 4, pairs) for x in arrays], -1)
        own *= (torch.arange(8)[:, None] // 2 == torch.arange(4))[:, :, None, None]
        even = torch.arange(8)[:, None, None, None] % 2 == 0
        halves = torch.stack([torch.where(even, own, 0), torch.where(even, 0, own)], -1)
        return handle(halves.contiguous().view(torch.int32), tl.int32)
    kind = BF16 if "bf16" in code else FP16
    weights, pixels, *sums = arrays
    weights = weights.contiguous().view(kind).reshape(-1, 8, 4, pairs, 2, 2)  # warp, patch, thread, pair, column, half
    weights = weights.permute(0, 3, 4, 1, 2, 5).reshape(-1, 16, 8)
    pixels = pixels.view(kind).reshape(-1, 8, 4, pairs, 2).permute(0, 3, 2, 4, 1).reshape(-1, 8, 8)
    products = (weights.float() @ pixels.float()).view(-1, pairs, 2, 8, 4, 2).permute(2, 0, 3, 4, 1, 5)
    return tuple(handle(x + y.reshape(x.shape), tl.float32) for x, y in zip(sums, products, strict=True))


@pytest.mark.skipif(GPU, reason="a card has the instruction itself")
@pytest.mark.parametrize(
    "grid, dim, dtype", [((7, 9), 48, FP16), ((16, 16), 32, BF16), ((2, 9), 192, BF16), ((9, 17), 40, FP16)], ids=str
)
def test_convolution_by_diagonal_matrices(grid, dim, dtype, device, poisoned, monkeypatch):
    import triton.language as tl

    from lit_kernels.linear_attention import triton_dwconv

    monkeypatch.setattr(tl, "inline_asm_elementwise", inline_code)
    monkeypatch.setattr(triton_dwconv, "on_tensor_cores", lambda image: True)
    *tensors, gradient = draw(grid[0] * grid[1], dim, dtype, device, heads=1)
    tensors += [torch.randn(dim, 1, 5, 5).to(dtype), torch.randn(dim).to(dtype)]
    agree(linear_attention_dwconv, reference.linear_attention_dwconv, tensors, gradient, dtype, grid)


@pytest.mark.parametrize("layout", [(0, 1, 2, 3), (0, 2, 1, 3), (2, 1, 0, 3), (0, 1, 3, 2)], ids=str)
def test_any_strides(layout, device, poisoned):
    back = [layout.index(axis) for axis in range(4)]
    tensors = [x.permute(layout).contiguous().permute(back) for x in draw(70, 32, FP32, device)]
    agree(linear_attention, reference.linear_attention, tensors[:3], tensors[3], FP32)


def test_a_gradient_without_strides_and_a_feature_map_of_the_callers(device):
    *tensors, _ = draw(70, 32, FP32, device)
    tensors = [x.abs() for x in tensors]
    ones = torch.ones((), device=device).expand(tensors[0].shape)

    def without_map(function):
        return lambda q, k, v: function(q, k, v, 1e-3, "none")

    agree(without_map(linear_attention), without_map(reference.linear_attention), tensors, ones, FP32)


def test_the_output_merges_its_heads_without_a_copy(device):
    o = linear_attention(*draw(70, 32, FP32, device)[:3])
    assert o.transpose(1, 2).is_contiguous()


def test_tokens_may_be_permuted(device):
    q, k, v, _ = draw(300, 64, FP32, device)
    order = torch.randperm(300, device=device)
    permuted = linear_attention(q[:, :, order], k[:, :, order], v[:, :, order])
    torch.testing.assert_close(permuted, linear_attention(q, k, v)[:, :, order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tokens", [70, 300])
@pytest.mark.parametrize("dtype", [FP32, FP16, BF16], ids=str)
def test_dead_keys_give_zeros_and_finite_gradients(tokens, dtype, device, poisoned):
    q, k, v, gradient = draw(tokens, 32, dtype, device)
    o, *gradients = run(linear_attention, (q, -k.abs(), v), gradient)
    assert not o.any()
    assert all(x.isfinite().all() for x in gradients)


def test_fp16_holds_large_sums(device):
    """Here sum_j phi(k_j)^T v_j passes 65,504, and gradients scaled for fp16 meet 1 / normaliser."""
    q, k, v, gradient = draw(65_536 if GPU else 2_048, 16, FP16, device, heads=1)
    large = v.abs() * 100
    assert (k.relu().double().transpose(-2, -1) @ large.double()).max() > 65_504
    exact = reference.linear_attention(q.double(), k.double(), large.double())
    assert (linear_attention(q, k, large).double() - exact).norm() / exact.norm() < BOUNDS[FP16][0]
    agree(linear_attention, reference.linear_attention, (q, k, v), gradient * 64, FP16)


@pytest.mark.gpu
@pytest.mark.parametrize("tokens, dim, batch, heads", REAL, ids=str)
@pytest.mark.parametrize("convolution", [False, True], ids=["attention", "dwconv"])
def test_real_sizes(tokens, dim, batch, heads, convolution, device, poisoned):
    *tensors, gradient = draw(tokens, dim, BF16, device, batch, heads)
    if not convolution:
        return agree(linear_attention, reference.linear_attention, tensors, gradient, BF16)
    rows = 2 ** (tokens.bit_length() // 2)
    tensors += [torch.randn(dim, 1, 5, 5, device=device).to(BF16), torch.randn(dim, device=device).to(BF16)]
    agree(linear_attention_dwconv, reference.linear_attention_dwconv, tensors, gradient, BF16, (rows, tokens // rows))


@pytest.mark.gpu
def test_addresses_beyond_32_bits(device):
    """The last image of a packed projection of more than 2^31 elements is as good as alone."""
    tokens, heads, dim = 65_536, 6, 192
    packed = torch.empty(10, tokens, 3, heads, dim, dtype=BF16, device=device).normal_()
    assert packed.numel() > 2**31
    q, k, v = packed.permute(2, 0, 3, 1, 4).unbind(0)
    alone = linear_attention(q[-1:], k[-1:], v[-1:])
    torch.testing.assert_close(linear_attention(q, k, v)[-1:], alone, rtol=1e-2, atol=1e-3)


@pytest.mark.gpu
def test_a_cuda_graph_replays(device):
    q, k, v, _ = draw(4096, 192, BF16, device)
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        linear_attention(q, k, v)  # tunes, which a capture cannot
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        o = linear_attention(q, k, v)
    q.normal_()
    graph.replay()
    torch.testing.assert_close(o, linear_attention(q, k, v))


@pytest.mark.gpu
@pytest.mark.parametrize("tokens, batch", [(1024, 2), (4096, 2), (256, 8)])
def test_kernels_that_run_beside_others_see_what_these_wrote(tokens, batch, device):
    """In a captured graph, behind copies, fills and a second stream: the values of each call alone."""
    rows = 2 ** (tokens.bit_length() // 2)
    weight, bias = torch.randn(192, 1, 5, 5, device=device).to(BF16), torch.randn(192, device=device).to(BF16)
    source = torch.randn(batch, tokens, 3, 6, 192, device=device).to(BF16)
    packed, side = torch.empty_like(source), torch.cuda.Stream()

    def both(x):
        q, k, v = x.permute(2, 0, 3, 1, 4).unbind(0)
        return linear_attention_dwconv(q, k, v, weight, bias, (rows, tokens // rows)), linear_attention(q, k, v)

    def steps():
        packed.zero_()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            packed.copy_(source)
            packed.add_(1)
        torch.cuda.current_stream().wait_stream(side)
        first = both(packed)
        packed.copy_(source)
        second = both(packed)
        packed.neg_()
        return first, second, both(packed)

    with torch.cuda.stream(side):
        both(source)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = steps()
    for _ in range(20):
        source.normal_()
        weight.normal_()
        graph.replay()
        for outputs, x in zip(found, (source + 1, source, -source), strict=True):
            for got, alone in zip(outputs, both(x), strict=True):
                torch.cuda.synchronize()
                torch.testing.assert_close(got, alone, rtol=0, atol=0)
