"""How an operator runs: the one place that chooses, for all operators alike, and for each of them a switch of its own.

On NVIDIA cards, for heads of up to 256: Triton kernels behind `torch.library` custom operators, so that
torch.compile(fullgraph=True), torch.export and CUDA graphs pass through. Elsewhere, and for wider heads: the definition
in plain torch, which those see through anyway.
TRITON_INTERPRET=1 runs the kernels on a CPU, slowly, for tests. Where Triton fails half-way (no compiler, a card too
small), the operator that met it warns once and is plain torch from then on; the others go on.
"""

import importlib
import os
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

MAX_HEAD_DIM = 256  # beyond it a state no longer fits the registers and shared memory of one multiprocessor
DTYPES = (torch.bfloat16, torch.float16, torch.float32)  # no tensor core multiplies float64


class Dispatch:
    """An operator's choice between its Triton kernels and plain torch.

    operator: its name, for the warning. owner: `__name__` of the module that registers it. modules: those beside that
    one that import Triton; they are imported when first wanted, since not every machine has Triton.
    """

    def __init__(self, operator: str, owner: str, *modules: str):
        self.operator, self.package, self.modules = operator, owner.rpartition(".")[0], modules
        self.failed = False  # in this process
        self.kernels: dict[str, ModuleType] = {}  # the modules, once they are imported

    def chooses_triton(self, *operands: Tensor) -> bool:
        """Whether the kernels run for these operands: by the device and dtype of the first, and where no head, the last
        dimension of each, is wider than they hold."""
        x, *_ = operands
        if any(one.shape[-1] > MAX_HEAD_DIM for one in operands):
            return False
        if x.device.type == "cuda":
            possible = torch.version.hip is None
        else:
            possible = x.device.type == "cpu" and os.environ.get("TRITON_INTERPRET") == "1"
        return possible and x.dtype in DTYPES and self.works()

    @torch.compiler.assume_constant_result
    def works(self) -> bool:
        """Whether the kernels import here, and none of them has failed."""
        if not self.failed and not self.kernels:
            try:
                self.kernels = {name: importlib.import_module(f"{self.package}.{name}") for name in self.modules}
            except Exception as error:
                self._give_up(error)
        return not self.failed

    def run(self, module: str, function: str, fallback: Callable, *args) -> Any:
        """`function` of one of the modules, called with args; where it fails, or one has before, fallback(*args)."""
        if self.works():
            try:
                with torch.cuda.device_of(args[0]):  # Triton launches on the current device
                    return getattr(self.kernels[module], function)(*args)
            except torch.OutOfMemoryError:
                raise  # plain torch needs more memory, not less
            except Exception as error:
                self._give_up(error)
        return fallback(*args)

    def _give_up(self, error: Exception):
        self.failed = True
        message = str(error).strip() or "no message"
        warnings.warn(
            f"Triton kernels of {self.operator} are off for this process, plain torch computes instead, slower: "
            f"{type(error).__name__}: {message.splitlines()[0]}",
            RuntimeWarning,
            stacklevel=3,
        )


def will_differentiate(*tensors: Tensor) -> bool:
    """Whether autograd will want a backward pass of what is made of these."""
    return torch.is_grad_enabled() and any(x.requires_grad for x in tensors)
