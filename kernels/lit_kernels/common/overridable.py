"""Operators that tensors may take over, as they may take over torch's own functions."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from torch.overrides import handle_torch_function, has_torch_function

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def overridable(operator: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """An operator that asks `__torch_function__` of its arguments first, torch's protocol for tensors that are more
    than numbers (https://docs.pytorch.org/docs/stable/notes/extending.html). They see the operator as one function.
    """

    @wraps(operator)
    def ask(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        relevant = (*args, *kwargs.values())
        if has_torch_function(relevant):
            return handle_torch_function(ask, relevant, *args, **kwargs)
        return operator(*args, **kwargs)

    return ask
