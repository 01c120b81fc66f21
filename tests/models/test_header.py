"""A safetensors file by a stranger: what its head says is checked, and nothing but safetensors is read."""

import ast
import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lit.errors import CheckpointError
from lit.models.header import LONGEST, check_header
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel

ROOT = Path(__file__).parents[2]
F32 = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
PICKLES = ("diffusion_pytorch_model.bin", "pytorch_model.bin", "model.pt", "model.ckpt", "model.pth")


def written(file: Path, head: object, data: bytes = bytes(16), length: int | None = None) -> Path:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    file.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return file


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"[]", "no JSON object"),
        (b"{", "no JSON"),
        (b'{"a": NaN}', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a": {}, "a": {}}', "no JSON"),
        ({"a": F32 | {"dtype": "OBJECT"}}, "'a' is no tensor"),
        ({"a": F32 | {"dtype": ["F32"]}}, "'a' is no tensor"),
        ({"a": F32 | {"code": "x"}}, "'a' is no tensor"),
        ({"a": F32 | {"shape": [2, 3]}}, "'a' is no tensor"),
        ({"a": F32 | {"shape": [-2, -2]}}, "'a' is no tensor"),
        ({"a": F32 | {"shape": [True, 4]}}, "'a' is no tensor"),
        ({"a": F32 | {"shape": [1] * 9 + [4]}}, "'a' is no tensor"),
        ({"a": F32 | {"shape": [2**62, 2**62, 0], "data_offsets": [0, 0]}}, "tensors of 0 bytes in 16"),
        ({"a": F32 | {"data_offsets": [16, 32]}}, "overlap"),
        ({"a": F32 | {"data_offsets": [16, 0]}}, "'a' is no tensor"),
        ({"a": F32 | {"data_offsets": [-16, 0]}}, "'a' is no tensor"),
        ({"a": F32, "b": F32}, "overlap"),
        ({"a": F32 | {"shape": [1], "data_offsets": [0, 4]}}, "tensors of 4 bytes in 16"),
        ({"__metadata__": {"a": 1}}, "metadata"),
    ],
)
def test_a_head_that_says_what_cannot_be_is_refused(tmp_path, head, said):
    with pytest.raises(CheckpointError, match=said):
        check_header(written(tmp_path / "a.safetensors", head))


@pytest.mark.parametrize("length", [LONGEST + 1, 2**63, 10_000])
def test_a_head_longer_than_its_file_or_than_any_is_refused(tmp_path, length):
    with pytest.raises(CheckpointError, match=f"{length} bytes"):
        check_header(written(tmp_path / "a.safetensors", {"a": F32}, length=length))


def test_what_safetensors_writes_passes(tmp_path):
    dtypes = (torch.float32, torch.bfloat16, torch.int8, torch.bool, torch.int64, torch.float8_e4m3fn)
    tensors = {str(dtype): torch.zeros(3, 5).to(dtype) for dtype in dtypes} | {"none": torch.zeros(0, 4)}
    save_file(tensors, tmp_path / "a.safetensors", metadata={"format": "pt"})
    check_header(tmp_path / "a.safetensors")
    for file in (ROOT / "lit/weights").rglob("*.safetensors"):
        check_header(file)


def test_a_network_with_a_head_that_lies_is_not_loaded(tmp_path, tiny_pipeline):
    tiny_pipeline.transformer.save_pretrained(tmp_path)
    file = tmp_path / "diffusion_pytorch_model.safetensors"
    written(file, {"a": F32, "b": F32})
    with pytest.raises(CheckpointError, match="damaged"):
        LiTTransformer2DModel.from_pretrained(tmp_path)


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_is_refused_by_name_and_never_opened(tmp_path, tiny_pipeline, name):
    tiny_pipeline.transformer.save_pretrained(tmp_path)
    (tmp_path / "diffusion_pytorch_model.safetensors").unlink()
    (tmp_path / name).write_bytes(pickle.dumps(_Writes(tmp_path / "read")))
    with pytest.raises(CheckpointError, match="no other form is read"):
        LiTTransformer2DModel.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="model.safetensors is missing"):
        TextEncoder.from_pretrained(tmp_path)
    assert not (tmp_path / "read").exists()


class _Writes:
    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return (Path.write_text, (self.file, "read"))


def test_nothing_here_unpickles():
    """torch.load only with weights_only=True, and no other way to a pickle; numpy's arrays without objects."""
    calls, wrong = 0, []
    for place in ("lit", "kernels", "docs", "spaces"):
        for file in (ROOT / place).rglob("*.py"):
            tree = ast.parse(file.read_text("utf-8"))
            for node in ast.walk(tree):
                if not isinstance(node, ast.Call):
                    continue
                called = ast.unparse(node.func)
                options = {one.arg: ast.unparse(one.value) for one in node.keywords}
                if called == "torch.load":
                    calls += 1
                    if options.get("weights_only") != "True":
                        wrong.append(f"{file}: {called}")
                pickled = called.rpartition(".")[0] in ("pickle", "dill", "joblib", "cloudpickle", "marshal", "shelve")
                if pickled and called.endswith((".load", ".loads", ".open", ".Unpickler")):
                    wrong.append(f"{file}: {called}")
                if options.get("allow_pickle") == "True":
                    wrong.append(f"{file}: {called}")
    assert calls and not wrong
