"""The folder for the Hugging Face Hub, loaded by the Hub's own loader: the package `kernels`."""

import ast
import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lit_kernels.delta_rule import reference as delta_rule_reference
from lit_kernels.linear_attention import reference

kernels = pytest.importorskip("kernels", reason="pip install -r requirements-dev.txt")
ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "kernels/lit_kernels"


def make(out):
    command = ["make", "-s", "kernels", f"OUT={out}", f"PYTHON={sys.executable}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    out = tmp_path_factory.mktemp("hub") / "lit-kernels"
    run = make(out)
    assert run.returncode == 0, run.stderr
    return out


@pytest.fixture(scope="module")
def loaded(assembled):
    module = kernels.get_local_kernel(assembled)
    yield module
    for name in [name for name in sys.modules if name.split(".")[0] == module.__name__]:
        del sys.modules[name]


def draw(device="cpu"):
    tensors = torch.randn(3, 1, 2, 20, 16, generator=torch.Generator().manual_seed(0)).unbind()
    return [x.to(device) for x in (*tensors, torch.randn(16, 1, 5, 5), torch.randn(16))]


@pytest.mark.parametrize("triton", [False, True], ids=["definition", "triton"])
def test_the_loaded_kernel_is_the_definition(triton, loaded, request):
    device = request.getfixturevalue("device") if triton else "cpu"
    q, k, v, weight, bias = draw(device)
    found = loaded.linear_attention(q, k, v)
    torch.testing.assert_close(found, reference.linear_attention(q, k, v), rtol=1e-4, atol=1e-5)
    found = loaded.linear_attention_dwconv(q, k, v, weight, bias, (4, 5))
    expected = reference.linear_attention_dwconv(q, k, v, weight, bias, (4, 5))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    beta = torch.full(q.shape[:3], 0.5, device=device)
    found = loaded.delta_rule(q, k / k.norm(dim=-1, keepdim=True), v, beta)
    expected = delta_rule_reference.delta_rule(q, k / k.norm(dim=-1, keepdim=True), v, beta)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    operators = sys.modules[f"{loaded.__name__}.linear_attention.operators"]
    assert not operators.ATTENTION.failed and not operators.ATTENTION_DWCONV.failed
    assert not sys.modules[f"{loaded.__name__}.delta_rule.operators"].DELTA_RULE.failed
    for name in ("linear_attention.triton_dwconv", "delta_rule.triton_backward"):
        assert not triton or f"{loaded.__name__}.{name}" in sys.modules


def test_a_build_has_operators_of_its_own(loaded):
    (build,) = (x for x in kernels.get_loaded_kernels() if x.module is loaded)
    assert build.metadata.id == loaded.__name__ != "lit_kernels"
    own = getattr(torch.ops, build.metadata.id)
    for name in ("linear_attention", "linear_attention_dwconv", "linear_attention_dwconv_backward"):
        assert getattr(own, name) is not getattr(torch.ops.lit_kernels, name)


def test_every_variant_says_what_it_is_and_lists_its_files(assembled):
    variants = sorted((assembled / "build").iterdir())
    assert [path.name for path in variants] == [f"torch-{x}" for x in ("cpu", "cuda", "metal", "rocm", "xpu")]
    ids = set()
    for path in variants:
        metadata = kernels.Metadata.read_from_file(path / "metadata.json")
        assert str(metadata.name) == "lit-kernels" and f"torch-{metadata.backend.backend_type}" == path.name
        files = {x.relative_to(path).as_posix(): x.read_bytes() for x in path.rglob("*.py")}
        sums = {name: base64.b64encode(hashlib.sha256(data).digest()).decode() for name, data in files.items()}
        assert metadata.digest.files == sums
        assert not any(name.startswith("bench") for name in files)
        ids.add(metadata.id)
    assert len(ids) == len(variants)
    assert (assembled / "README.md").read_text("utf-8").startswith("---\nlibrary_name: kernels\n")
    assert (assembled / "LICENSE").is_file()


def test_what_was_deleted_here_does_not_live_on_there(assembled):
    before = {path: path.read_bytes() for path in assembled.rglob("*.json")}
    old = assembled / "build/torch-cpu/old.py"
    old.touch()
    assert make(assembled).returncode == 0
    assert not old.exists()
    assert before == {path: path.read_bytes() for path in assembled.rglob("*.json")}  # the same files, the same ids


@pytest.mark.parametrize("out", ["", ".", "kernels", "kernels/lit_kernels", ".."])
def test_it_asks_for_a_folder_of_its_own(out):
    run = make(out)
    assert run.returncode == 2 and "../lit-kernels" in run.stderr


def test_the_package_names_itself_nowhere():
    """A build is imported by its id, so that `import lit_kernels` inside it would be another package or none."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not [name for name in names if name.split(".")[0] == "lit_kernels"], path
