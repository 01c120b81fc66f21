"""What a layer of each mixer takes as the tokens grow, beside LiT's in the same run."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch

from lit.bench.mixers.network import CONTENDERS, Size, mixers_of
from lit.bench.timing import median_ratio, seconds

TOKENS = (256, 1024, 4096, 16384, 65536)
QUADRATIC_UP_TO = 4096  # tokens on a processor: past them softmax takes minutes
FROM = 1024  # tokens, from which on the growth is that of the mixing and not of what surrounds it


def measure(
    mixers: Sequence[str], device: torch.device, size: Size, tokens: Sequence[int] = TOKENS, repeats: int = 5
) -> Iterator[dict]:
    """A row a number of tokens, of a square grid as far as it goes: {"tokens", "backward", "seconds": {mixer: median},
    "ratios": {mixer: to "lit", turn by turn}, "memory": {mixer: bytes at most, on a card}}."""
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    layers = {name: mixers_of(name, size)[-1].to(device, dtype).eval() for name in dict.fromkeys(["lit", *mixers])}
    for count, backward in itertools.product(tokens, (False, True)):
        rows = 2 ** (int(math.log2(count)) // 2)
        grid, x = (rows, count // rows), torch.randn(1, count, size.width, device=device, dtype=dtype)
        calls: dict[str, Callable[[], object]] = {
            name: partial(_call, layer, x, grid, backward)
            for name, layer in layers.items()
            if device.type == "cuda" or CONTENDERS[name].mixer != "softmax" or count <= QUADRATIC_UP_TO
        }
        taken = seconds(calls, repeats)
        yield {
            "tokens": count,
            "backward": backward,
            "seconds": {name: sorted(times)[len(times) // 2] for name, times in taken.items()},
            "ratios": {name: median_ratio(times, taken["lit"]) for name, times in taken.items()},
            "memory": {name: _peak(call) for name, call in calls.items()} if device.type == "cuda" else {},
        }


def growth(rows: Sequence[dict], mixer: str, backward: bool) -> float | None:
    """p of seconds ~ tokens^p by least squares of the logarithms, from `FROM` tokens on; None of fewer than two."""
    points = [
        (math.log(row["tokens"]), math.log(row["seconds"][mixer]))
        for row in rows
        if row["backward"] == backward and row["tokens"] >= FROM and mixer in row["seconds"]
    ]
    if len(points) < 2:
        return None
    x, y = (torch.tensor(values, dtype=torch.float64) for values in zip(*points, strict=True))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / x.square().sum()).item()


def _call(layer, x, grid, backward):
    if backward:
        x = x.detach().requires_grad_()
        layer(x, grid).sum().backward()
    else:
        with torch.inference_mode():
            layer(x, grid)
    if x.is_cuda:
        torch.cuda.synchronize()


def _peak(call) -> int:
    torch.cuda.reset_peak_memory_stats()
    call()
    return torch.cuda.max_memory_allocated()
