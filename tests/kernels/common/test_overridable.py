"""Operators that tensors of one's own may take over, and that compilers still see through."""

import pytest
import torch

from lit_kernels import linear_attention, linear_attention_dwconv
from lit_kernels.linear_attention import reference

QKV = [torch.randn(1, 2, 12, 4, generator=torch.Generator().manual_seed(i)) for i in range(3)]
CONVOLUTION = (torch.randn(4, 1, 5, 5), torch.randn(4))
CALLS = {
    linear_attention: (reference.linear_attention, (*QKV,)),
    linear_attention_dwconv: (reference.linear_attention_dwconv, (*QKV, *CONVOLUTION, (3, 4))),
}


class Noted(torch.Tensor):
    """Writes down which functions it meets."""

    seen: list = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.seen.append(func)
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize("operator", CALLS, ids=lambda operator: operator.__name__)
@pytest.mark.parametrize("which", ["q", "v", "by name"])
def test_a_tensor_is_asked_first_and_sees_one_function(operator, which):
    definition, args = CALLS[operator]
    expected, kwargs = definition(*args), {}
    if which == "by name":
        kwargs = dict(zip("kv", (args[1], args[2].as_subclass(Noted)), strict=True))
        rest = dict(zip(("weight", "bias", "grid"), args[3:], strict=False))
        args, kwargs = args[:1], kwargs | rest
    else:
        place = "qkv".index(which)
        args = (*args[:place], args[place].as_subclass(Noted), *args[place + 1 :])
    Noted.seen.clear()
    out = operator(*args, **kwargs)
    assert Noted.seen[0] is operator and isinstance(out, Noted)
    torch.testing.assert_close(out.as_subclass(torch.Tensor), expected)


@pytest.mark.parametrize("operator", CALLS, ids=lambda operator: operator.__name__)
def test_compile_export_and_modes_see_through(operator):
    definition, args = CALLS[operator]
    expected = definition(*args)

    class Network(torch.nn.Module):
        def forward(self, *args):
            return operator(*args)

    compiled = torch.compile(Network(), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(*args), expected)
    torch.testing.assert_close(torch.export.export(Network(), args).module()(*args), expected)
    with torch.device("cpu"):  # a mode, which is asked in place of the tensors
        torch.testing.assert_close(operator(*args), expected)
