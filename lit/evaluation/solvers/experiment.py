"""The whole of it: record, fit, choose, test on what nothing was fitted to, see how far it carries, write tables."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import torch

from lit.data import StickerData
from lit.evaluation.solvers.caches import caches
from lit.evaluation.solvers.classical import Weights, nearest_calls, shifted_times
from lit.evaluation.solvers.compare import (
    Candidate,
    References,
    best_of_each,
    classical,
    euler,
    measure,
    verdict,
)
from lit.evaluation.solvers.fit import GRID, Gram, Trajectories, closed_loop, open_loop, record, search_calls
from lit.evaluation.solvers.halves import halves
from lit.evaluation.solvers.measures import latents_psnr
from lit.evaluation.solvers.pairs import Pairs, draw_settings
from lit.pipeline import LiTPipeline
from lit.sampling.objectives import TRAIN_TIMESTEPS
from lit.sampling.solvers.flow_fitted import Multistep
from lit.sampling.tables import Table

EVALUATIONS = (4, 6, 8, 10, 14, 20)
GUIDANCES = (2.0, 4.0, 7.0)
ASIDE = 4  # every fourth pair of the fit only chooses
CHOOSING = 4  # and every fourth chooses among the grids of times
UNSEEN_STYLES = 2  # of the test of other styles
TRANSFERRED = (4, 8)  # evaluations at which it is seen how far a fit carries
FITTED = "NLinear, closed loop"
LEARNED = ("Linear, open loop", "NLinear, open loop", FITTED)
FIT_SEED, TEST_SEED = 1_000_000, 2_000_000  # far from those that people and the evaluation take


@dataclass(frozen=True)
class Effort:
    """How much is drawn. fit, test: pairs.  fine: steps of the fine solution, a multiple of GRID.  evaluations: at
    which numbers of them solvers are compared.  side: pixels of a picture.  at_once: pictures in one forward."""

    fit: int = 192
    test: int = 256
    fine: int = 100
    evaluations: Sequence[int] = EVALUATIONS
    side: int = 256
    at_once: int = 256


class Fit:
    """Recorded pairs and what follows from them for any number of evaluations.

    searched: calls by number and by whether the fine solution's ways were forecast; None to search for them.
    """

    def __init__(self, pairs: Pairs, effort: Effort, searched: dict[bool, dict[int, list[int]]] | None = None):
        self.pairs, self.aside = pairs, torch.arange(len(pairs)) % ASIDE == 0
        self.recorded: Trajectories = record(pairs, effort.fine)
        self.grams = {
            true: [Gram.of(self.recorded.of(rows), true) for rows in (~self.aside, self.aside)]
            for true in (False, True)
        }
        choosing = torch.arange(len(pairs)) % CHOOSING == 0
        chosen = [one for one, choose in zip(pairs.settings, choosing, strict=True) if choose]
        self.chooser, self.chosen = Pairs(pairs.pipe, chosen, pairs.at_once), self.recorded.of(choosing).states[-1]
        counts = [count for count in effort.evaluations if count < GRID]
        if searched is None and counts:
            device = pairs.noise.device
            searched = {true: search_calls(seen, counts, device) for true, (seen, _) in self.grams.items()}
        self.searched = searched or {}

    def calls(self, count: int, true_ways: bool) -> Iterator[tuple[str, list[int]]]:
        """Three sets of calls: that searched, and those nearest to the grids of shift 1 and 2."""
        if count == GRID:
            yield "all of 20", list(range(GRID))
            return
        grid = shifted_times(GRID, 1.0)
        yield "searched", self.searched[true_ways][count]
        for shift in (1.0, 2.0):
            yield f"of 20, near shift {shift:g}", nearest_calls(grid, shifted_times(count, shift))

    def best_of_each(self, candidates: Iterator[Candidate]) -> list[Candidate]:
        return best_of_each(self.chooser, self.chosen, candidates)

    def open(self, count: int) -> Iterator[Candidate]:
        for words, calls in self.calls(count, true_ways=False):
            for name, linear in (("Linear, open loop", True), ("NLinear, open loop", False)):
                yield self._candidate(name, count, words, calls, open_loop(*self.grams[False], calls, linear))

    def closed(self, count: int) -> Candidate:
        found = []
        for words, calls in self.calls(count, true_ways=True):
            weights, missed = closed_loop(self.pairs, self.recorded, calls, self.aside)
            found.append((missed, self._candidate(FITTED, count, words, calls, weights)))
        return min(found, key=lambda one: one[0])[1]

    def _candidate(self, name, count, words, calls, weights: Weights) -> Candidate:
        times = [*(self.recorded.times[call] for call in calls), 0.0]
        return Candidate(name, count, words, Multistep(self.pairs.objective, times, weights))


def experiment(
    pipe: LiTPipeline, data: StickerData, effort: Effort, say: Callable[[str], None]
) -> tuple[dict, list[Table]]:
    """The report for JSON, as `lit.evaluation.solvers.report` makes a page of it, and the tables that were good enough.

    say: told of each part when it is done.
    """
    started = time.perf_counter()

    def done(part):
        say(f"{time.perf_counter() - started:6.1f} s  {part}")

    fit = Fit(_pairs(pipe, data, "train", effort), effort)
    done(f"{effort.fit} pairs recorded, calls searched")
    test = _pairs(pipe, data, "test", effort)
    references = References.of(test, effort.fine)
    done(f"references of {effort.test} other pairs drawn")
    euler_to_fine = latents_psnr(references.latents["euler"], references.latents["fine"])
    report = {
        "settings": asdict(effort)
        | {"guidances": GUIDANCES, "grid": GRID, "weights_sha256": pipe.weights_sha256}
        | {"device": pipe.transformer.device.type, "dtype": str(pipe.transformer.dtype).split(".")[-1]},
        "euler_to_fine": float(euler_to_fine.mean()),
        "counts": {},
    }
    tables, judged = [], {}
    for count in effort.evaluations:
        candidates = [*fit.best_of_each(classical(fit.pairs.objective, count)), *fit.best_of_each(fit.open(count))]
        rows = [measure(test, references, candidate) for candidate in (*candidates, fit.closed(count))]
        ours = rows[-1]
        rival = max((row for row in rows if row.candidate.name not in LEARNED), key=lambda row: row.psnr.mean())
        judged[count] = ours.candidate, rival.candidate
        table = _table(ours.candidate, pipe)
        styles = [one.style for one in test.settings]
        report["counts"][count] = {
            "rows": [row.summary(styles) for row in rows],
            "rival": rival.candidate.name,
            **verdict(ours.psnr, rival.psnr),
            "table": asdict(table) | {"sha256": table.sha256},
        }
        if report["counts"][count]["offered"]:
            tables.append(table)
        done(f"{count} evaluations")
    report["transfer"] = _transfer(fit, data, effort, {k: judged[k] for k in TRANSFERRED if k in judged})
    done("transfer")
    report["halves"] = halves(fit.pairs, test, references.latents["fine"])
    done("the unconditional half")
    report["caches"] = caches(test, effort.fine)
    done("caches")
    return report | {"seconds": time.perf_counter() - started}, tables


def only_caches(pipe: LiTPipeline, data: StickerData, effort: Effort) -> dict:
    """The report's "caches" alone, of the same pairs."""
    return caches(_pairs(pipe, data, "test", effort), effort.fine)


def _transfer(found: Fit, data, effort, judged) -> list[dict]:
    """How far a fit carries: rows of what was fitted and tested, and by how much it beats the best classical solver
    of the main table there."""
    pipe, fewer = found.pairs.pipe, replace(effort, test=max(1, effort.test // 4))

    def unseen(**changes):
        pairs = _pairs(pipe, data, "test", fewer, **changes)
        return pairs, euler(pairs, effort.fine)

    def fitted(**changes):
        fit = Fit(_pairs(pipe, data, "train", effort, **changes), effort, found.searched)
        return {count: fit.closed(count) for count in judged}

    at_four, known, new = fitted(guidances=(4.0,)), pipe.styles[:-UNSEEN_STYLES], pipe.styles[-UNSEEN_STYLES:]
    large = 2 * effort.side
    cases = [
        ("guidance 4, tested at 2", at_four, unseen(guidances=(2.0,))),
        ("guidance 4, tested at 7", at_four, unseen(guidances=(7.0,))),
        (f"{len(known)} styles, tested on {len(new)} others", fitted(styles=known), unseen(styles=new)),
        (
            f"{effort.side} px, tested at {large} px",
            {count: ours for count, (ours, _) in judged.items()},
            unseen(side=large),
        ),
    ]
    rows = []
    for what, ours, (pairs, fine) in cases:
        for count, (_, rival) in judged.items():
            psnrs = [latents_psnr(pairs.solve(one.solver), fine).cpu() for one in (ours[count], rival)]
            means = {name: float(psnr.mean()) for name, psnr in zip(("fitted", "rival"), psnrs, strict=True)}
            rows.append({"what": what, "evaluations": count, "against": rival.name, **means, **verdict(*psnrs)})
    return rows


def _pairs(pipe, data, split, effort, guidances=GUIDANCES, styles=None, side=None) -> Pairs:
    count, seed = (effort.fit, FIT_SEED) if split == "train" else (effort.test, TEST_SEED)
    side = side or effort.side
    settings = draw_settings(data, split, count, guidances, styles or pipe.styles, seed, side)
    return Pairs(pipe, settings, max(1, effort.at_once * effort.side**2 // side**2))


def _table(candidate: Candidate, pipe: LiTPipeline) -> Table:
    times = [evaluation.t / TRAIN_TIMESTEPS for evaluation in candidate.solver.evaluations]
    guidance = min(GUIDANCES), max(GUIDANCES)
    return Table(candidate.evaluations, [*times, 0.0], candidate.solver.weights, guidance, pipe.weights_sha256)
