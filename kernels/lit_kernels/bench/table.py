"""The table of an operator: each row beside its floor and its peers, timed only once it agrees with float64.

The floor of a row is the bytes that it must move (each input read once, each output written once) over the bandwidth
of torch.clone, measured in the same run: the floor that the bars count in. A kernel can be faster than that copy, so
the last column counts in the bandwidth of one elementwise kernel, nearer to what the memory gives.
"""

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from . import timing

BOUNDS = 3e-3, 6e-3  # relative errors of output and gradients, bf16 against float64, where no row says otherwise


class Column(NamedTuple):
    """What a column times: function(*row.draw(device, dtype, layout)), which returns a tensor or several."""

    function: Callable
    layout: Hashable


class Row(Protocol):
    """An operator at one size. `kind`: rows alike in it are compared with float64 once. `goal`: times the floor.
    `bounds`: of the relative errors to float64, of the output and of gradients."""

    name: str
    kind: Hashable
    goal: float | None
    bounds: tuple[float, float]

    def floor_bytes(self, itemsize: int) -> int: ...

    def draw(self, device: torch.device, dtype: torch.dtype, layout: Hashable) -> list[Tensor]: ...

    def columns(self, dry: bool, with_peers: bool) -> dict[str, Column | None]:
        """ "ours" first; None where a peer has no such operator."""
        ...

    def errors(self, device: torch.device, dtype: torch.dtype) -> dict[str, float]:
        """The relative error to float64 of the output, which comes first, and of every gradient."""
        ...


def check(row: Row, device, dtype) -> tuple[float, float]:
    """The largest relative errors (output, gradients) against float64; raises where they pass the bounds."""
    errors = row.errors(device, dtype)
    output, *gradients = errors.values()
    if not (output < row.bounds[0] and max(gradients) < row.bounds[1]):
        raise SystemExit(f"{row.name} is wrong, nothing was timed: {errors}")
    return output, max(gradients)


def time_row(row: Row, device, dtype, speeds, dry, with_peers) -> dict[str, str]:
    """The row's cells: floor in us, ours and each peer as us (times the floor)."""
    torch.compiler.reset()  # a shape of its own for each row, so that the peer compiles all of them as static
    floor, lower = (1e6 * row.floor_bytes(dtype.itemsize) / speed for speed in speeds)
    cells = {"case": row.name, "floor, us": f"{floor:.1f}"}
    sets = {}
    for name, column in row.columns(dry, with_peers).items():
        if column is None:
            cells[name] = ""
            continue
        try:
            if column.layout not in sets:
                sets[column.layout] = timing.input_sets(lambda column=column: row.draw(device, dtype, column.layout))
            time = 1e3 * timing.milliseconds(column.function, sets[column.layout])
        except Exception as error:  # a peer that fails is a result; ours is not
            if name == "ours":
                raise
            print(f"  {name}: {type(error).__name__}: {error}", file=sys.stderr)
            cells[name] = "fails"
            continue
        cells[name] = f"{time:.1f} ({time / floor:.2f})"
        if name == "ours":
            met = "" if row.goal is None else f"{row.goal} {'met' if time / floor <= row.goal else 'missed'}"
            cells["bar"] = met
            against_elementwise = f"{time / lower:.2f}"
    return cells | {"ours / elementwise floor": against_elementwise}


def markdown(rows: Sequence[dict]) -> str:
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([row.get(name, "") for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def operators(operator_rows: Sequence[Sequence[Row]], device, dtype, dry, with_peers) -> str:
    """A table for each operator's rows, below the bandwidths that their floors count in."""
    speeds = timing.bandwidth(device, torch.clone), timing.bandwidth(device, torch.neg)
    parts = [
        f"torch.clone: {speeds[0] / 1e12:.2f} TB/s, an elementwise kernel: {speeds[1] / 1e12:.2f} TB/s. "
        f"Operators, {str(dtype)[6:]}, microseconds and (times the floor)."
    ]
    checked = {}
    for rows in operator_rows:
        lines = []
        for row in rows:
            if row.kind not in checked:
                checked[row.kind] = check(row, device, dtype)
            lines.append(time_row(row, device, dtype, speeds, dry, with_peers))
            print("  ".join(f"{name} {cell}" for name, cell in lines[-1].items()), flush=True)
        parts.append(markdown(lines))
    errors = [max(column) for column in zip(*checked.values(), strict=True)]
    parts.append(f"Largest relative error to float64: outputs {errors[0]:.1e}, gradients {errors[1]:.1e}.")
    return "\n\n".join(parts)
