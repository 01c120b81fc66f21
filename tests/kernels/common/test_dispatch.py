"""The choice of an implementation and the switches, on operators made up for it: nothing here needs Triton."""

import sys
import warnings

import pytest
import torch

from lit_kernels.common.dispatch import Dispatch, will_differentiate


@pytest.fixture
def owner(tmp_path, monkeypatch):
    """The module of an operator whose kernels double, fail, exhaust the memory or do not import."""
    folder = tmp_path / "made_up_operator"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "working.py").write_text("def double(x):\n    return 2 * x\n")
    (folder / "failing.py").write_text("def double(x):\n    raise RuntimeError('no compiler\\nand more')\n")
    (folder / "exhausted.py").write_text(
        "import torch\ndef double(x):\n    raise torch.OutOfMemoryError('no memory')\n"
    )
    (folder / "missing.py").write_text("import no_such_triton\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    yield f"{folder.name}.operators"
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


def plain(x):
    return x + x


def test_kernels_run_while_they_work(owner):
    dispatch = Dispatch("doubling", owner, "working")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dispatch.chooses_triton(torch.ones(1))
        assert dispatch.run("working", "double", None, torch.ones(1)) == 2
    assert not dispatch.failed


def test_a_failure_is_one_warning_and_plain_torch_from_then_on(owner):
    dispatch = Dispatch("doubling", owner, "working", "failing")
    with pytest.warns(RuntimeWarning, match="of doubling are off .* RuntimeError: no compiler$") as caught:
        assert dispatch.run("failing", "double", plain, torch.ones(1)) == 2
        assert dispatch.run("failing", "double", plain, torch.ones(1)) == 2
        assert dispatch.run("working", "double", lambda x: 3 * x, torch.ones(1)) == 3
    assert len(caught) == 1
    assert not dispatch.chooses_triton(torch.ones(1))


def test_kernels_that_do_not_import_are_one_warning_and_never_chosen(owner):
    dispatch = Dispatch("doubling", owner, "missing")
    with pytest.warns(RuntimeWarning, match="of doubling are off .*no_such_triton") as caught:
        assert not dispatch.chooses_triton(torch.ones(1))
        assert not dispatch.chooses_triton(torch.ones(1))
    assert len(caught) == 1


def test_an_operator_that_fails_leaves_the_others_on(owner):
    one, other = (Dispatch(name, owner, "working", "failing") for name in ("one", "other"))
    with pytest.warns(RuntimeWarning, match="of one are off"):
        one.run("failing", "double", plain, torch.ones(1))
    assert one.failed and not other.failed
    assert other.run("working", "double", None, torch.ones(1)) == 2
    with pytest.warns(RuntimeWarning, match="of other are off"):
        other.run("failing", "double", plain, torch.ones(1))


def test_no_memory_is_no_reason_for_plain_torch(owner):
    dispatch = Dispatch("doubling", owner, "exhausted")
    with pytest.raises(torch.OutOfMemoryError):
        dispatch.run("exhausted", "double", plain, torch.ones(1))
    assert not dispatch.failed


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_the_kernels_are_for_what_tensor_cores_multiply(dtype, owner):
    assert Dispatch("doubling", owner).chooses_triton(torch.ones(1, dtype=dtype)) == (dtype != torch.float64)


def test_the_kernels_are_for_heads_that_they_hold(owner):
    dispatch = Dispatch("doubling", owner)
    assert dispatch.chooses_triton(torch.ones(2, 256), torch.ones(2, 256))
    assert not dispatch.chooses_triton(torch.ones(2, 256), torch.ones(2, 257))
    assert not dispatch.chooses_triton(torch.ones(2, 384)) and not dispatch.failed


def test_without_the_interpreter_a_cpu_gets_plain_torch(owner, monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET")
    dispatch = Dispatch("doubling", owner, "missing")  # would warn if it were imported
    assert not dispatch.chooses_triton(torch.ones(1)) and not dispatch.failed


def test_compiling_sees_through_the_choice(owner):
    dispatch = Dispatch("doubling", owner, "working")

    def double(x):
        return 2 * x if dispatch.chooses_triton(x) else 3 * x

    assert torch.compile(double, fullgraph=True, backend="eager")(torch.ones(1)) == 2


def test_a_backward_pass_is_wanted_where_autograd_records():
    x, y = torch.ones(1), torch.ones(1, requires_grad=True)
    assert will_differentiate(x, y) and not will_differentiate(x)
    with torch.no_grad():
        assert not will_differentiate(x, y)
