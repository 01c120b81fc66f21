"""How time is taken: warm, in turns, the median."""

import statistics
import time
from collections.abc import Callable, Mapping


def seconds(calls: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each call by its name, `repeats` of each, after one that does not count.

    They are called in turns, so that whatever else the machine does meanwhile is shared between them, and a ratio taken
    turn by turn means something.
    """
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return taken


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times as long as `theirs` `ours` take, turn by turn."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def milliseconds(times: list[float]) -> str:
    """Their median, for a table: three digits, whole ones from 100 on."""
    taken = 1000 * statistics.median(times)
    return f"{taken:.3g}" if taken < 100 else f"{taken:.0f}"
