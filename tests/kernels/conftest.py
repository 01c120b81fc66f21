"""Where the kernels run in these tests: on the GPU if there is one, else on the CPU in Triton's interpreter."""

import pytest
import torch

GPU = torch.cuda.is_available()


def pytest_configure(config):
    config.addinivalue_line("markers", "gpu: real sizes, for an NVIDIA card; runs, and fails, wherever there is one")


def pytest_collection_modifyitems(items):
    if not GPU:
        for item in items:
            if "gpu" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="no NVIDIA card"))


def import_interpreted():
    """Import the kernels for the interpreter. Triton reads TRITON_INTERPRET when a function is decorated, and its own
    library may have been imported long before, by diffusers; so that is wrapped again here."""
    import triton
    from triton.runtime.interpreter import InterpretedFunction

    for module in (triton.language.standard, triton.language):
        for name, function in vars(module).items():
            if isinstance(function, triton.JITFunction):
                setattr(module, name, InterpretedFunction(function.fn))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        import lit_kernels.delta_rule.triton_backward
        import lit_kernels.delta_rule.triton_forward
        import lit_kernels.linear_attention.triton_dwconv  # noqa: F401  these import the others


@pytest.fixture(scope="session")
def interpreter():
    pytest.importorskip("triton")
    if not GPU:
        import_interpreted()
    torch.backends.cudnn.allow_tf32 = False  # the definitions are to be exact to fp32


@pytest.fixture
def device(interpreter, monkeypatch):
    """The device on which `lit_kernels` chooses Triton during this test."""
    if not GPU:
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    return "cuda" if GPU else "cpu"


@pytest.fixture
def poisoned(monkeypatch):
    """Fresh memory is NaN, so that an element nobody writes shows."""

    def poison(make):
        def made(*args, **kwargs):
            x = make(*args, **kwargs)
            return x.fill_(float("nan")) if x.is_floating_point() else x

        return made

    for owner, name in ((torch, "empty"), (torch, "empty_like"), (torch.Tensor, "new_empty")):
        monkeypatch.setattr(owner, name, poison(getattr(owner, name)))
