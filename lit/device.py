"""Where to draw and in which precision: decided by what the machine has, and by measuring it."""

import ctypes
import functools
import sys
import time

import torch

from lit.errors import InputError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
WORTHWHILE = 1.3  # bfloat16 costs accuracy: it has to be this much faster on a processor


def choose(
    device: str | torch.device | None = None, dtype: str | torch.dtype | None = None
) -> tuple[torch.device, torch.dtype]:
    """The device and dtype to draw with. What is given is kept, what is None is chosen.

    CUDA draws in bfloat16 where it is native, else in float32; Apple's MPS in float32; a processor in the
    faster of float32 and bfloat16, measured once a process.  Raises InputError for what is not there.
    """
    device = _device(device)
    if dtype is None:
        return device, best_dtype(device.type)
    if isinstance(dtype, str):
        dtype = DTYPES.get(dtype, dtype)
    if dtype not in DTYPES.values():
        raise InputError("dtype", str(dtype), f"one of {', '.join(DTYPES)}")
    return device, dtype


def dtype_name(dtype: torch.dtype) -> str:
    """torch.float32 -> "float32"."""
    return str(dtype).removeprefix("torch.")


def _device(device):
    if device is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
        if chosen.type == "meta":
            raise RuntimeError
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        there = ["cpu"] + ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
        raise InputError("device", str(device), f"this machine has {', '.join(there)}") from error
    return chosen


@functools.cache
def best_dtype(device_type: str) -> torch.dtype:
    """The dtype that "cuda", "mps" or "cpu" draws in here, as `choose` says; measured once a process."""
    if device_type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device_type == "cpu" and native_bfloat16() and bfloat16_speedup() >= WORTHWHILE:
        return torch.bfloat16
    return torch.float32


def native_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; without that PyTorch converts back and forth."""
    return torch.ops.mkldnn._is_mkldnn_bf16_supported() if torch.backends.mkldnn.is_available() else False


def bfloat16_speedup(repeats: int = 7) -> float:
    """How many times faster the transformer's widest product is in bfloat16 than in float32; about 50 ms.

    One thread, whose own seconds are counted, and the fastest run of each: other work on the machine must not
    decide, or the same seed would draw another image on a busy day.
    """
    seconds = {torch.float32: [], torch.bfloat16: []}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        operands = {dtype: (torch.ones(512, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)) for dtype in seconds}
        for _ in range(repeats + 1):
            for dtype, (x, weight) in operands.items():
                start = time.thread_time()
                torch.nn.functional.linear(x, weight)
                seconds[dtype].append(time.thread_time() - start)
    finally:
        torch.set_num_threads(threads)
    # The first run of each prepares; the clock may be too coarse for more than "no time at all".
    float32, bfloat16 = (max(min(runs[1:]), 1e-6) for runs in seconds.values())
    return float32 / bfloat16


def keep_freed_memory():
    """Tell glibc to keep memory that was freed for the next tensor; elsewhere this does nothing.

    By default each activation of a few MB goes back to the kernel and comes again page by page: some 20,000
    page faults in one guided step at 256 px, none with this, and a step about an eighth shorter on two cores.
    """
    m_trim_threshold, m_mmap_threshold = -1, -3  # malloc.h
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(m_mmap_threshold, 32 << 20)  # the largest that glibc documents
            mallopt(m_trim_threshold, 256 << 20)
