"""The rows of one table: what there is to train, what is there already, whose turn it is."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lit import checkpoint
from lit.bench.trials.rows import SHIPPED, Row
from lit.errors import InputError

BESIDES = 1.5  # minutes of a row that are no training: compiling, judging


@dataclass(frozen=True)
class Trials:
    """A table, and under which conditions its rows are made.

    out: folder of networks, and in rows/ of what is known of each.  rows, teachers: by name; of the teachers `SHIPPED`
    is judged as it is, others are trained for `teacher_minutes`.  prompts: (words, style), drawn by every row from the
    same noise.  asked: names of those that are wanted, empty for all.  minutes: of training, compilation not counted.
    within: minutes from `began` on (time.time()) in which a row has to end.  smoke: tiny networks and three steps.
    """

    out: Path
    rows: Mapping[str, Row]
    teachers: Mapping[str, Row]
    prompts: Sequence[tuple[str, str]]
    data: Sequence[Path] = ()
    asked: Sequence[str] = ()
    seeds: int = 2
    minutes: float = 2.0
    teacher_minutes: float = 6.5
    within: float | None = None
    began: float = field(default_factory=time.time)
    smoke: bool = False

    def __getitem__(self, name: str) -> Row:
        return {**self.teachers, **self.rows}[name]

    def jobs(self) -> list[tuple[str, int]]:
        """(name, seed) of all that is to be there, seed by seed: a teacher that is trained comes first, and who learns
        from it last."""
        asked = list(self.asked) or [*self.teachers, *self.rows]
        trained = [name for name in self.teachers if name != SHIPPED]
        first = [name for name in trained if name in asked or any(self[row].teacher == name for row in asked)]

        def late(name):
            return self[name].teacher in trained

        others = [name for name in asked if name not in first]
        jobs = [(name, seed) for seed in range(self.seeds) for name in [*first, *others]]
        jobs = [(name, seed) for name, seed in jobs if seed == 0 or name not in self.teachers]
        return sorted(jobs, key=lambda job: late(job[0]))

    def left(self) -> list[str]:
        """Those that have no record yet."""
        return [f"{name}-{seed}" for name, seed in self.jobs() if not self.record_file(name, seed).exists()]

    def minutes_of(self, name: str) -> float:
        """Of training."""
        return 0.0 if name == SHIPPED else self.teacher_minutes if name in self.teachers else self.minutes

    def check_within(self):
        """Raise InputError where a row that is not there would never be begun."""
        lacking = [name for name, seed in self.jobs() if not self.record_file(name, seed).exists()]
        need = max((self.minutes_of(name) + BESIDES for name in lacking), default=0.0)
        if self.within and need > self.within:
            raise InputError("--within", self.within, f"{need:g} at least, which a row takes, or fewer minutes a row")

    def record_file(self, name: str, seed: int) -> Path:
        return self.out / "rows" / f"{name}-{seed}.json"

    def strip_file(self, name: str, seed: int) -> Path:
        """Of its drawings of the prompts."""
        return self.record_file(name, seed).with_suffix(".png")

    def records(self) -> dict[str, list[dict]]:
        """What is known, by row, in the table's order."""
        found = {}
        for name in [*self.teachers, *self.rows]:
            files = sorted((self.out / "rows").glob(f"{name}-[0-9]*.json"))
            if files:
                found[name] = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return found

    def teacher_folder(self, name: str) -> Path:
        """Where a teacher's network lies."""
        if name != SHIPPED:
            return self.out / f"{name}-0" / "network"
        return self.out / "teacher-tiny" if self.smoke else checkpoint.EMBEDDED / "teacher"

    def claim(self, name: str, seed: int) -> bool:
        """Whether the row is this process' to make: it is not there, and nobody makes it."""
        if self.record_file(name, seed).exists():
            return False
        try:
            self.claim_file(name, seed).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def claim_file(self, name: str, seed: int) -> Path:
        return self.record_file(name, seed).with_suffix(".claim")

    def begin(self):
        """Make the folder, and forget claims of processes that were ended."""
        (self.out / "rows").mkdir(parents=True, exist_ok=True)
        for claim in (self.out / "rows").glob("*.claim"):
            claim.unlink()


def few_file(out: Path) -> Path:
    """Where a smoke run's stickers lie."""
    return out / "few.parquet"
