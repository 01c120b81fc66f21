"""The kernels compiled for an H100 or H200, which needs no card: (almost) no registers spill to memory, and the
convolution's operands lie as its instruction wants them.

In a process of its own, because in this one the interpreter has taken the kernels' place.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def build():
    """{kernel and configuration: registers, bytes of the stack frame, where spilled ones go, and of shared memory,
    layouts of what `mma` multiplies, whether something lies plain in shared memory}, bf16, normalised, head_dim and
    value_dim 192 but where others are named."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from lit_kernels.linear_attention import (
        triton_backward,
        triton_dwconv,
        triton_dwconv_weight,
        triton_forward,
        triton_fused,
    )

    shape = {"D": 192, "TILE": 64, "TILES": 3, "VALUE_D": 192, "VALUE_TILE": 64, "VALUE_TILES": 3}
    shape |= {"RELU": True, "NORMALIZED": True, "CHAINED": True}
    warps = triton_dwconv.WARPS
    convolution = triton.Config({}, num_warps=warps, num_stages=1, maxnreg=triton_dwconv.REGISTERS)
    patches = {"STACK": triton_dwconv.STACK, "PATCHES": 4 * warps, "WIDE": 32, "TENSOR": True}
    few = {"D": 32, "TILE": 32, "TILES": 1}
    narrow = {**few, "PATCHES": 8 * warps}
    weight_gradient = triton.Config({}, num_warps=4, num_stages=1)
    gradient = {"STACK": triton_dwconv_weight.STACK, "BLOCK": triton_dwconv_weight.PATCHES}
    single = {"SCALED": True, "HELD": 1}
    resident = {"RESIDENT": True}
    twice = {
        "D": 256,
        "TILE": 64,
        "TILES": 4,
        "VALUE_D": 128,
        "VALUE_TILE": 64,
        "VALUE_TILES": 2,
    }  # Hedgehog's features
    kernels = [
        (triton_forward.state_kernel, {"SCALED": False, "HELD": 3}, triton_forward.ROWS_OF_TILES),
        (triton_forward.state_kernel, {"SCALED": True, "HELD": 3}, triton_forward.ROWS_OF_TILES),
        (triton_forward.state_kernel, {"BLOCK": 128, **single}, triton_forward.TILES_OF_SHORT_PAIRS),
        (triton_forward.state_kernel, {"BLOCK": 64, **single}, triton_forward.TILES_OF_LONG_PAIRS),
        (triton_fused.fused_kernel, {"SAVE": True}, triton_fused.FEW_COLUMNS),
        (triton_fused.fused_kernel, {"SAVE": False}, triton_fused.MANY_COLUMNS),
        (triton_forward.output_kernel.fn, {"NORMALIZED": True, **resident}, triton_forward.output_kernel.configs[0]),
        (triton_forward.output_kernel.fn, {"NORMALIZED": False, **resident}, triton_forward.output_kernel.configs[1]),
        (triton_backward.grad_query_kernel.fn, resident, triton_backward.grad_query_kernel.configs[0]),
        (triton_backward.grad_key_kernel.fn, resident, triton_backward.grad_key_kernel.configs[0]),
        (triton_forward.state_kernel, {"SCALED": True, "HELD": 2, **twice}, triton_forward.ROWS_OF_TILES),
        (triton_forward.output_kernel.fn, {**resident, **twice}, triton_forward.output_kernel.configs[0]),
        (triton_backward.grad_query_kernel.fn, {**resident, **twice}, triton_backward.grad_query_kernel.configs[0]),
        (
            triton_backward.grad_key_kernel.fn,
            {"NORMALIZED": False, **resident},
            triton_backward.grad_key_kernel.configs[0],
        ),
        (triton_dwconv.output_dwconv_kernel, {"FORWARD": True, "CHAINED": False, **patches}, convolution),
        (triton_dwconv.output_dwconv_kernel, {"FORWARD": False, "CHAINED": False, **patches}, convolution),
        (triton_dwconv_weight.grad_weight_kernel, gradient, weight_gradient),
        # An argument that is 1 becomes a constant: a Python int where code may expect a tensor.
        (triton_dwconv.output_dwconv_kernel, {"FORWARD": False, "columns": 1, **patches, **narrow}, convolution),
        (triton_dwconv_weight.grad_weight_kernel, {"columns": 1, **gradient, **few}, weight_gradient),
    ]
    dumper = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    found = {}
    for kernel in (triton_forward.output_kernel, triton_backward.grad_query_kernel, triton_backward.grad_key_kernel):
        ways = {"RELU", "NORMALIZED"} & set(kernel.arg_names)  # what fits the one need not fit the other
        assert ways and ways <= set(kernel.keys), f"{kernel.fn.__name__} is tuned for {kernel.keys} alone"
    for kernel, own, config in kernels:
        constants = {name: 1 for name in kernel.arg_names if name.endswith("_column")}
        constants |= shape | own | config.kwargs
        constants = {name: value for name, value in constants.items() if name in kernel.arg_names}
        signature, attributes = {}, {}
        for place, name in enumerate(kernel.arg_names):
            if name in constants:
                signature[name] = "constexpr"
            elif name in ("q", "k", "v", "o", "do", "dq", "dk", "dv", "kv_state", "dkv_state", "image", "bias"):
                signature[name] = "*bf16"
            elif name in ("z_state", "dz_state", "scale", "delta", "inverse", "parts"):
                signature[name] = "*fp32"
            elif name == "taps":
                signature[name] = "*i8"
            else:
                signature[name] = "fp32" if name in ("factor", "eps") else "i32"
            if signature[name].startswith("*") or name.endswith(("_row", "_head", "_batch")):
                attributes[(place,)] = [["tt.divisibility", 16]]
        constants = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
        source = ASTSource(kernel, signature, constants, attributes)
        options = {"num_warps": config.num_warps, "num_stages": config.num_stages, "maxnreg": config.maxnreg}
        compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
        cubin = Path(sys.argv[1]) / "kernel.cubin"
        cubin.write_bytes(compiled.asm["cubin"])
        usage = subprocess.run([dumper, "-res-usage", cubin], capture_output=True, text=True, check=True).stdout
        numbers = dict(item.split(":", 1) for item in usage.split() if item.startswith(("REG:", "STACK:")))
        numbers["shared"] = compiled.metadata.shared
        numbers = {name: int(number) for name, number in numbers.items()}
        code = compiled.asm["ttgir"]
        found[f"{kernel.__name__} {own}"] = numbers | {"layouts": layouts(code), "plain": "maxPhase = 1," in code}
    print(json.dumps(found))


def layouts(code):
    """How the blocks of the `mma` instructions that are written out are cut."""
    names = set(re.findall(r'elementwise_inline_asm "[^"]*mma.*-> tensor<[^#>]*(#\w+)>', code))
    return [re.search(rf"^{name} = (.*)$", code, re.M).group(1) for name in sorted(names)]


@pytest.fixture(scope="module")
def usage(tmp_path_factory, pytestconfig):
    triton = pytest.importorskip("triton")
    if not shutil.which("cuobjdump", path=Path(triton.__file__).parent / "backends/nvidia/bin"):
        pytest.skip("this Triton has no compiler for NVIDIA cards")
    tmp_path = tmp_path_factory.mktemp("compiled")
    cache = pytestconfig.cache.mkdir("triton")  # by what a kernel and the compiler are: compiled once, for a minute
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"PYTHONPATH": str(ROOT / "kernels"), "TRITON_CACHE_DIR": str(cache)}
    found = subprocess.run(
        [sys.executable, __file__, tmp_path], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.mark.slow
def test_registers_do_not_spill(usage):
    assert len(usage) == 19
    # Four registers of dq spill, and what the convolution pays for its third program to a multiprocessor (88 with
    # triton 3.6, 344 with 3.9); a layout that went wrong spills hundreds.
    limits = {name: 352 if name.startswith("output_dwconv_kernel") else 64 for name in usage}
    assert {name: x for name, x in usage.items() if x["STACK"] > limits[name] or x["shared"] > 227 * 1024} == {}


@pytest.mark.slow
def test_the_second_pass_reads_shared_memory_without_bank_conflicts(usage):
    """If it needs q in two layouts, Triton keeps q in rows side by side, of which eight threads read one bank."""
    plain = [x["plain"] for name, x in usage.items() if name.startswith("output_kernel")]
    assert plain == [False, False, False]


@pytest.mark.slow
def test_a_thread_has_eight_channels_of_a_pixel_and_a_warp_eight_pixels(usage):
    found = [x["layouts"] for name, x in usage.items() if name.startswith("output_dwconv_kernel")]
    assert len(found) == 3
    for (layout,) in found:
        assert "sizePerThread = [1, 8], threadsPerWarp = [8, 4], warpsPerCTA = [4, 1], order = [1, 0]" in layout


if __name__ == "__main__":
    build()
