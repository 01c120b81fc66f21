"""How much of the time a GPU computes, as the driver's own nvidia-smi samples it once a second."""

import contextlib
import subprocess
import threading
import weakref
from collections.abc import Sequence

import torch


def sampler(device: torch.device) -> list[str] | None:
    """The command that prints a percentage a second, each on a line of its own; None where there is no such GPU."""
    if device.type != "cuda":
        return None
    name = f"GPU-{torch.cuda.get_device_properties(device).uuid}"  # whatever CUDA_VISIBLE_DEVICES makes of its number
    return ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "--loop=1", f"--id={name}"]


class Meter:
    """Runs a sampler beside the training until it is closed or forgotten. None, and one that is not there, measures
    nothing."""

    def __init__(self, command: Sequence[str] | None):
        self._samples: list[float] = []
        self.close = lambda: None
        if command:
            with contextlib.suppress(OSError):
                process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                self.close = weakref.finalize(self, process.terminate)
                threading.Thread(target=_read, args=(process, self._samples), daemon=True).start()

    def take(self) -> float | None:
        """The mean share since the last time, in [0, 1]; None where nothing was measured."""
        taken = [self._samples.pop(0) for _ in range(len(self._samples))]
        return sum(taken) / len(taken) if taken else None


def _read(process, samples):
    for line in process.stdout:
        with contextlib.suppress(ValueError):  # a card that does not tell
            samples.append(int(line) / 100)
    process.wait()
