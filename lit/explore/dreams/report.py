"""A dream in sentences, figures and one picture."""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from lit.explore.dreams.loop import Dreamer, rests
from lit.explore.dreams.reading import FEWEST, LOOPS, Reading, read
from lit.explore.dreams.spectrum import why_it_stays
from lit.sheets import sheet

SHOWN = 12  # frames of the first loop in the picture, evenly spread
SIDE = 128


def report(dreamer: Dreamer, loops: Sequence[Tensor]) -> tuple[dict, Reading | None]:
    """Figures as JSON has them, with the sentences that say them; and the reading, None where every loop ends in one
    place or in a short cycle, or so many do that the frames are too few: then there is no wandering to read.

    Raises InputError for frames too few to be read of loops that all go on.
    """
    ends = [rests(dreamer.dream, list(loop)) for loop in loops]
    found: dict[str, Any] = {"settled": [None if one is None else [one.period, one.since] for one in ends]}
    said = []
    for number, end in enumerate(ends):
        if end is not None:
            what = "falls into one fixed point" if end.period == 1 else f"falls into a cycle of {end.period} frames"
            said.append(f"Loop {number} {what}, from frame {end.since} on.")
    fixed = next((i for i, end in enumerate(ends) if end is not None and end.period == 1), None)
    if fixed is not None:
        near, parts = why_it_stays(dreamer.as_map(len(loops[fixed])), loops[fixed][-1])
        found["eigenvalues"] = [[value.real, value.imag] for value in near.eigenvalues.tolist()]
        found["eigenvalue errors"], found["away"] = near.errors.tolist(), near.away
        sizes = [f"{size:.3f}" for size in near.eigenvalues.abs().tolist()]
        fate = "dies away" if near.eigenvalues[0].abs() < 1 else "grows, so that it may leave again"
        said.append(
            f"Where loop {fixed} rests the map's largest eigenvalues are {', '.join(sizes)} in size: a small change"
            f" {fate}."
        )
        words = [[label.spoken, share] for label, share in parts.words]
        found["parts"] = {"frame": parts.frame, "noise": parts.noise, "words": words, "biases": parts.biases}
        told = ", ".join(f"{word} {share:.1%}" for word, share in words)
        said.append(
            f"What the picture there is made of, by LinearScope: {parts.frame:.1%} of it is carried over from the frame"
            f" before, {parts.noise:.1%} comes from the noise, {parts.biases:.1%} from biases, and of the words {told}."
        )
    if all(ends):
        said.append("No loop wanders, so there is nothing to read in symbols.")
        return found | {"sentences": said}, None
    if any(ends) and (len(loops) < LOOPS or sum(map(len, loops)) < FEWEST):
        said.append(f"The frames before that are too few to read in symbols: {FEWEST} in {LOOPS} loops are needed.")
        return found | {"sentences": said}, None
    reading = read(loops)
    found |= reading.scores | {"better": reading.better}
    bits = reading.scores["bits"]
    said.append("Bits to tell a held-out loop's next cell: " + ", ".join(f"{k} {v:.2f}" for k, v in bits.items()) + ".")
    said += [
        f"{n} frame{'s' if n != '1' else ''} ahead: error {one['almost-linear RNN']:.3f}, of staying {one['stay']:.3f}."
        for n, one in reading.scores["ahead"].items()
    ]
    said.append(f"Symbols of two seeds agree by {reading.scores['agreement']:.2f} (adjusted Rand index).")
    winner = (
        "the almost-linear RNN" if reading.better == "alrnn" else "k-means with a chain, which the RNN does not beat"
    )
    said.append(f"The graph is that of {winner}.")
    graph = reading.graph
    found["graph"] = {
        "symbols": graph.symbols,
        "visits": graph.visits.tolist(),
        "probabilities": graph.probabilities.tolist(),
        "dwell": graph.dwell.tolist(),
        "medoids": reading.medoids,
    }
    return found | {"sentences": said}, reading


def strip(pipe: Any, loops: Sequence[Tensor], reading: Reading | None) -> Image.Image:
    """Frames of the first loop, evenly spread; below them the medoid of each symbol."""
    first = loops[0]
    rows = [first[torch.linspace(0, len(first) - 1, min(SHOWN, len(first))).long()]]
    if reading is not None:
        rows.append(torch.stack([loops[loop][frame] for loop, frame in reading.medoids]))
    pictures = [[one.resize((SIDE, SIDE), Image.Resampling.LANCZOS) for one in pipe.preview(row)] for row in rows]
    return sheet(pictures, (SIDE, SIDE))
