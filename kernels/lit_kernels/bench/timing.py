"""How the bench measures: fresh inputs rotated past the L2, one CUDA graph over all of them, the median of replays."""

import math
import statistics
import time
from collections.abc import Callable

import torch


def input_sets(make: Callable[[], list[torch.Tensor]]) -> list[list[torch.Tensor]]:
    """As many draws of `make` as pass the L2 cache twice over, at least two."""
    first = make()
    if not first[0].is_cuda:
        return [first]
    size = sum(x.numel() * x.element_size() for x in first)
    cache = torch.cuda.get_device_properties(first[0].device).L2_cache_size
    return [first] + [make() for _ in range(min(15, max(1, math.ceil(2 * cache / size))))]


def prepare(function: Callable, sets: list[list[torch.Tensor]]) -> Callable[[], float]:
    """What runs function(*inputs) once for each of the sets and returns the milliseconds of all. The function returns a
    tensor or several; every element of those must be written. On a CPU, whose figures are for nobody, it runs here and
    once."""
    if not sets[0][0].is_cuda:
        start = time.perf_counter()
        _check_written(function(*sets[0]))
        elapsed = 1e3 * (time.perf_counter() - start)
        return lambda: elapsed
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for inputs in (*sets, sets[0]):  # tuning, compilation and lazy handles stay out of the capture
            function(*inputs)
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = [function(*inputs) for inputs in sets]
    # An operator's output can be one of several views, which autograd lets nobody write to.
    outputs = [[x.detach() for x in _tensors(output)] for output in outputs]
    for output in outputs:
        for x in output:
            x.fill_(float("nan"))
    _replay(graph)
    for output in outputs:
        _check_written(output)

    def run(kept=(function, sets)) -> float:  # the graph reads their memory
        return _replay(graph)

    return run


def in_turn(runs: list[Callable[[], float]], seconds: float = 0.3) -> list[float]:
    """The median of each of the runs, which take turns: a clock that falls as the card warms up falls for all."""
    once = sum(run() for run in runs)
    rounds = [[run() for run in runs] for _ in range(min(50, max(5, round(1e3 * seconds / once))))]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def milliseconds(function: Callable, sets: list[list[torch.Tensor]], seconds: float = 0.3) -> float:
    """The time of function(*inputs), see `prepare`."""
    return in_turn([prepare(function, sets)], seconds)[0] / len(sets)


def bandwidth(device: torch.device, function: Callable = torch.clone) -> float:
    """Bytes a second, read and written, of a function that reads a large tensor once and writes one like it."""
    source = torch.randn(2**28 if device.type == "cuda" else 2**18, device=device)
    return 2 * source.nbytes / (1e-3 * milliseconds(function, [[source]], seconds=1.0))


def _replay(graph) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    graph.replay()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def _tensors(output):
    return (output,) if isinstance(output, torch.Tensor) else output


def _check_written(output):
    for x in _tensors(output):
        if x.is_floating_point() and not x.isfinite().all():
            raise RuntimeError("an output has elements that were not written, or not finite ones")
