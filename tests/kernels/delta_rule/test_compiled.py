"""The scans and gradients compiled for an H100 or H200, which needs no card: (almost) no registers spill to memory, as
many programs fit to a multiprocessor as are meant to, and no product takes a transposed result of another one.

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
    """{kernel: bytes of the stack frame, where spilled registers go, and of shared memory, registers, whether a product
    is turned}, bf16, head_dim 128."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from lit_kernels.delta_rule import triton_backward, triton_forward

    shape = {"D": 128, "TILE": 64, "TILES": 2, "VALUE_D": 128, "VALUE_TILE": 64, "C": 64, "SAVE": True}
    kernels = [
        (triton_forward.scan_kernel, triton_forward.SCAN),
        (triton_backward.grad_scan_kernel, triton_backward.SCAN),
        (triton_backward.grad_system_kernel, triton_backward.SYSTEM),
        (triton_backward.grad_kernel, triton_backward.CHUNKS),
    ]
    dumper = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    found = {}
    for kernel, options in kernels:
        constants = {name: 1 for name in kernel.arg_names if name.endswith("_column")} | shape
        constants = {name: value for name, value in constants.items() if name in kernel.arg_names}
        signature, attributes = {}, {}
        for place, name in enumerate(kernel.arg_names):
            stride = name.endswith(("_row", "_head", "_batch"))
            if name in constants:
                signature[name] = "constexpr"
            elif name in ("pairs", "heads", "tokens", "chunks") or stride:
                signature[name] = "i32"
            else:
                signature[name] = "fp32" if name == "scale" else "*bf16"
            if signature[name] == "*bf16" or (stride and not name.startswith("beta")):
                attributes[(place,)] = [["tt.divisibility", 16]]
        constants = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
        source = ASTSource(kernel, signature, constants, attributes)
        compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
        cubin = Path(sys.argv[1]) / "kernel.cubin"
        cubin.write_bytes(compiled.asm["cubin"])
        usage = subprocess.run([dumper, "-res-usage", cubin], capture_output=True, text=True, check=True).stdout
        numbers = dict(item.split(":", 1) for item in usage.split() if item.startswith(("REG:", "STACK:")))
        found[kernel.__name__] = {name: int(number) for name, number in numbers.items()} | {
            "shared": compiled.metadata.shared, "turned": turned_products(compiled.asm["ttir"])
        }  # fmt: skip
    print(json.dumps(found))


def turned_products(code):
    """The dots of Triton's own language, before it lays anything out, an operand of which is a transposed result of
    another one, whatever elementwise operations are between."""
    made = {}
    for name, operation, rest in re.findall(r"^\s*(%\w+) = \"?([\w.]+)\"?(.*)$", code, re.M):
        made[name] = operation, re.findall(r"%\w+", rest.split(" loc(")[0])

    def reaches(name, wanted):
        """The nearest of the wanted operations behind the value, through what is elementwise."""
        operation, operands = made.get(name, ("", []))
        if operation in wanted:
            return [name]
        through = operation.startswith(("arith.", "tt.trans", "tt.fp_to_fp"))
        return [x for operand in operands for x in reaches(operand, wanted)] if through else []

    turned = []
    for name, (operation, operands) in made.items():
        if operation == "tt.dot":
            transposed = [x for operand in operands[:2] for x in reaches(operand, ("tt.trans",))]
            turned += [name for x in transposed if reaches(made[x][1][0], ("tt.dot",))]
    return turned


@pytest.fixture(scope="module")
def usage(tmp_path_factory):
    triton = pytest.importorskip("triton")
    if not shutil.which("cuobjdump", path=Path(triton.__file__).parent / "backends/nvidia/bin"):
        pytest.skip("this Triton has no compiler for NVIDIA cards")
    tmp_path = tmp_path_factory.mktemp("compiled")
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"PYTHONPATH": str(ROOT / "kernels"), "TRITON_CACHE_DIR": str(tmp_path / "cache")}
    found = subprocess.run(
        [sys.executable, __file__, tmp_path], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.mark.slow
def test_registers_do_not_spill_and_two_programs_share_a_multiprocessor(usage):
    assert len(usage) == 4
    assert {name: x for name, x in usage.items() if x["STACK"] > 160 or x["shared"] > 113 * 1024} == {}


@pytest.mark.slow
def test_no_product_takes_a_transposed_result_of_another_one(usage):
    """Which Triton up to 3.7.0 gets wrong on Hopper (flash-linear-attention's issues 640 and 826)."""
    assert {name: x["turned"] for name, x in usage.items()} == {name: [] for name in usage}


def test_a_turned_product_is_found():
    code = """
    %a = tt.load %p : tensor<64x64x!tt.ptr<bf16>>
    %b = tt.dot %a, %a, %zero : tensor<64x64xbf16> * tensor<64x64xbf16> -> tensor<64x64xf32>
    %c = arith.truncf %b : tensor<64x64xf32> to tensor<64x64xbf16>
    %d = tt.trans %c {order = array<i32: 1, 0>} : tensor<64x64xbf16> -> tensor<64x64xbf16>
    %e = tt.trans %a {order = array<i32: 1, 0>} : tensor<64x64xbf16> -> tensor<64x64xbf16>
    %f = tt.dot %c, %e, %zero : tensor<64x64xbf16> * tensor<64x64xbf16> -> tensor<64x64xf32>
    %g = tt.dot %a, %d, %zero : tensor<64x64xbf16> * tensor<64x64xbf16> -> tensor<64x64xf32>
    """
    assert turned_products(code) == ["%g"]


if __name__ == "__main__":
    build()
