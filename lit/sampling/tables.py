"""The fitted solver's tables of weights: files beside it, which are what their own hash says. Imports no torch.

`python -m lit solvers` writes them. Only numbers of steps at which the fitted solver was measured to be better than
every other have one here (docs/solvers.md), so the folder may be empty: then nobody is offered that solver.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lit.errors import CheckpointError, InputError, Phrase

NAME = "flow-fitted"  # of the solver
FOLDER = Path(__file__).parent / "solvers" / "tables"
VERSION = 1


@dataclass(frozen=True)
class Table:
    """x(t_J+1) = x(t_J) - sum over j <= J of b_J,j v_j, for one number of steps.

    times: t_0 = 1 > ... > t_steps = 0.  weights: b_J,0 ... b_J,J in row J, whose sum is t_J - t_J+1.
    guidance: the least and the greatest scale that it was fitted at.  weights_sha256: of the network it was fitted to.
    """

    steps: int
    times: Sequence[float]
    weights: Sequence[Sequence[float]]
    guidance: tuple[float, float]
    weights_sha256: str
    version: int = VERSION

    @property
    def sha256(self) -> str:
        """Of all of it, as JSON with sorted names and no spaces."""
        content = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()


def place(steps: int, folder: Path | None = None) -> Path:
    return (folder or FOLDER) / f"fitted-{steps}.json"


def known() -> tuple[int, ...]:
    """The numbers of steps that have a table, the least first."""
    return tuple(sorted(int(file.stem.removeprefix("fitted-")) for file in FOLDER.glob("fitted-*.json")))


def write(table: Table, folder: Path) -> Path:
    """The table as a file of this folder."""
    file = place(table.steps, folder)
    record = {"sha256": table.sha256} | asdict(table)
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return file


def load(steps: int) -> Table:
    """Raises InputError where there is none for so many steps, CheckpointError for a file that is damaged, changed or
    of another version."""
    if steps not in known():
        there = ", ".join(map(str, known()))
        raise InputError(
            "num_inference_steps", steps, Phrase("one of {names} for {scheduler}", names=there, scheduler=NAME)
        )
    file = place(steps)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        recorded = record.pop("sha256")
        if record.get("version") != VERSION:
            raise CheckpointError(f"{file}: version {record.get('version')}; this program reads version {VERSION}")
        table = Table(**record)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{file}: damaged ({error}); install it again") from error
    if table.sha256 != recorded or table.steps != steps:
        raise CheckpointError(
            f"{file}: its content has the SHA-256 {table.sha256[:12]}... and not {str(recorded)[:12]}..., as it says;"
            " install it again"
        )
    return table


def evaluations(steps: int) -> int:
    """How often the network is asked: once a step, for the numbers of steps that have a table."""
    return load(steps).steps


def fitted_to(weights_sha256: str) -> bool:
    """Whether the tables are those of the network with this hash."""
    return any(load(steps).weights_sha256 == weights_sha256 for steps in known())


def provenance(scheduler: str, steps: int) -> dict:
    """Which table drew a picture, for its provenance: {} for all other solvers."""
    return {"solver_table": load(steps).sha256} if scheduler == NAME else {}


def check(scheduler: str, steps: int, recorded: dict) -> None:
    """Raise InputError where a picture's provenance tells of another table than there is here."""
    told = provenance(scheduler, steps).get("solver_table")
    if told is not None and recorded.get("solver_table") != told:
        expected = Phrase(
            "{told}, the table for {steps} steps here; another version of LiT Studio may have that one",
            told=told,
            steps=steps,
        )
        raise InputError("solver table of the picture", recorded.get("solver_table"), expected)
