"""The kernels compiled for an H100 or H200, which needs no card: (almost) no registers spill to memory.

In a process of its own, because in this one the interpreter has taken the kernels' place.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build():
    """{kernel and configuration: bytes of the stack frame, where spilled registers go}, bf16, head_dim 192."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from kernels import triton_backward, triton_dwconv, triton_forward

    shape = {"D": 192, "TILE": 64, "TILES": 3, "RELU": True}
    convolution = triton.Config({}, num_warps=triton_dwconv.WARPS, num_stages=1)
    lanes = {"STACK": triton_dwconv.STACK, "BLOCK": triton_dwconv.LANES}
    gradient = {"STACK": triton_dwconv.GRADIENT_STACK, "BLOCK": triton_dwconv.GRADIENT_LANES}
    streaming = triton.Config({"BLOCK": 64}, num_warps=4, num_stages=3)
    kernels = [
        (triton_forward.state_kernel, {"SCALED": False, "PARTS": False}, streaming),
        (triton_forward.state_kernel, {"SCALED": True, "PARTS": False}, streaming),
        (triton_forward.output_kernel.fn, {"RESIDENT": True}, triton_forward.output_kernel.configs[0]),
        (triton_backward.grad_query_kernel.fn, {"RESIDENT": True}, triton_backward.grad_query_kernel.configs[0]),
        (triton_dwconv.output_dwconv_kernel, {"FORWARD": True, **lanes}, convolution),
        (triton_dwconv.output_dwconv_kernel, {"FORWARD": False, **lanes}, convolution),
        (triton_dwconv.grad_weight_kernel, gradient, convolution),
    ]
    dumper = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    found = {}
    for kernel, own, config in kernels:
        constants = {name: 1 for name in kernel.arg_names if name.endswith("_column")}
        constants |= shape | own | config.kwargs
        constants = {name: value for name, value in constants.items() if name in kernel.arg_names}
        signature, attributes = {}, {}
        for place, name in enumerate(kernel.arg_names):
            if name in constants:
                signature[name] = "constexpr"
            elif name in ("q", "k", "v", "o", "do", "dq", "dk", "dv", "state", "dstate", "image", "bias"):
                signature[name] = "*bf16"
            elif name in ("z", "dz", "scale", "delta", "inverse", "weight", "parts"):
                signature[name] = "*fp32"
            else:
                signature[name] = "fp32" if name in ("factor", "eps") else "i32"
            if signature[name].startswith("*") or name.endswith(("_row", "_head", "_batch")):
                attributes[(place,)] = [["tt.divisibility", 16]]
        constants = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
        source = ASTSource(kernel, signature, constants, attributes)
        options = {"num_warps": config.num_warps, "num_stages": config.num_stages}
        compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
        cubin = Path(sys.argv[1]) / "kernel.cubin"
        cubin.write_bytes(compiled.asm["cubin"])
        usage = subprocess.run([dumper, "-res-usage", cubin], capture_output=True, text=True, check=True).stdout
        numbers = dict(item.split(":", 1) for item in usage.split() if item.startswith(("REG:", "STACK:")))
        numbers["shared"] = compiled.metadata.shared
        found[f"{kernel.__name__} {own}"] = {name: int(number) for name, number in numbers.items()}
    print(json.dumps(found))


@pytest.mark.slow
def test_registers_do_not_spill(tmp_path):
    triton = pytest.importorskip("triton")
    if not shutil.which("cuobjdump", path=Path(triton.__file__).parent / "backends/nvidia/bin"):
        pytest.skip("this Triton has no compiler for NVIDIA cards")
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(tmp_path / "cache")}
    found = subprocess.run(
        [sys.executable, __file__, tmp_path], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert found.returncode == 0, found.stderr
    usage = json.loads(found.stdout)
    assert len(usage) == 7
    # Four registers of dq spill; a layout that went wrong spills hundreds.
    assert {name: x for name, x in usage.items() if x["STACK"] > 64 or x["shared"] > 227 * 1024} == {}


if __name__ == "__main__":
    build()
