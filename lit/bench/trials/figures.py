"""What is said of a row."""

import statistics
from collections.abc import Callable, Sequence

# Of what `Workshop.judged` returns.
FIGURES: dict[str, Callable[[dict], float | None]] = {
    "concept top-1, %": lambda one: 100 * one["train"]["top1"],
    "of held-out pairs, %": lambda one: 100 * one["held_out"]["top1"],
    "Fréchet distance": lambda one: one["frechet"],
}


def cell(values: Sequence[float | None]) -> str:
    """The mean, and each seed's."""
    known = [value for value in values if value is not None]
    if not known:
        return "n/a"
    each = f" ({' / '.join(f'{value:.1f}' for value in known)})" if len(known) > 1 else ""
    return f"{statistics.mean(known):.1f}{each}"
