"""What a training step needs, found on the meta device: nothing is loaded and nothing computed."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lit.device import best_dtype

MEASURED = 0.3  # seconds
LEARNED = 20  # bytes a weight that learns: itself, its gradient, Adam's two, its average, in float32
KEPT = 4  # bytes of any other


@dataclass(frozen=True)
class Costs:
    """width: of the widest product.  teacher, learned: parameters.  forward: floating-point operations of a picture's
    way through the teacher.  step: of that, and of its way through the student and back.  activations: bytes kept for
    the way back."""

    width: int
    teacher: int
    learned: int
    forward: int
    step: int
    activations: int

    def memory(self, batch: int, half: bool = False) -> int:
        """Bytes of a run, without what encodes pictures and words. half: with activations in half precision."""
        return KEPT * self.teacher + LEARNED * self.learned + batch * self.activations // (1 + half)


def count(network: nn.Module, example: Sequence[torch.Tensor], learns: bool = True) -> tuple[int, int]:
    """(floating-point operations, bytes kept for the way back) of a network on the meta device, there and, where it
    learns, back."""
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes()
        return tensor

    weights = {one.untyped_storage()._cdata for one in (*network.parameters(), *network.buffers())}
    counter = FlopCounterMode(display=False, custom_mapping={torch.ops.aten.convolution_backward: _convolution_back})
    with counter, torch.set_grad_enabled(learns), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        made = network(*example, return_dict=False)[0]
        if learns:
            made.sum().backward()
    return counter.get_total_flops(), sum(size for place, size in kept.items() if place not in weights)


def _convolution_back(made, given, weight, *_, out_val=None, **__) -> int:
    """Twice the way there; torch counts groups as if every channel met every other."""
    return 4 * made.shape[0] * math.prod(made.shape[2:]) * math.prod(weight.shape)


_convolution_back._get_raw = True  # tensors, not their shapes


def rate(width: int) -> float:
    """Floating-point operations a second of this machine in a product of a transformer's width, measured."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows = 4096 if device.type == "cuda" else 512
    x, weight = (torch.ones(rows, width, dtype=best_dtype(device.type), device=device) for rows in (rows, 4 * width))
    best, end = float("inf"), time.monotonic() + MEASURED
    while time.monotonic() < end:
        started = time.perf_counter()
        torch.nn.functional.linear(x, weight)
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return 2 * rows * 4 * width * width / best


def free_memory() -> int | None:
    """Bytes that a run may take where it will run, None where the system does not say."""
    if torch.cuda.is_available():
        return torch.cuda.mem_get_info()[0]
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
