"""The almost-linear RNN as one would use it: fit it to a series, let it run, read its symbols."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lit.errors import CheckpointError, InputError, Phrase
from lit.explore.dynamics import points, scores
from lit.explore.dynamics.model import Networks
from lit.explore.dynamics.symbols import Graph
from lit.explore.dynamics.training import Recipe, Score, Training
from lit.paths import give_usual_rights

SAVED_EVERY = 20  # epochs
RARE = 1e-9  # of a column's spread: one that stands still is not divided by it
KEPT_BACK = 0.2  # of a series without another one for validation: its end

Told = Callable[[Training], None]


class ALRNN:
    """Networks of one recipe from several seeds, trained in one loop.

    After `fit`: networks, those of each seed's best epoch on the validation series.  scores: theirs there (seeds,),
    less is better.  at: those epochs.  best: the place of the least score, whose network the methods take where they
    are told no other `which`.  mean, scale: of the series, by which it is standardised; series come and go in its own
    units.
    """

    networks: Networks
    mean: Tensor
    scale: Tensor
    scores: Tensor
    at: Tensor

    def __init__(self, recipe: Recipe | None = None, seeds: Sequence[int] = tuple(range(16))):
        self.recipe, self.seeds = recipe or Recipe(), tuple(seeds)
        if not self.seeds:
            raise InputError("seeds", self.seeds, "one at least")

    def fit(
        self,
        series: Tensor | Sequence[Tensor],
        validation: Tensor | None = None,
        score: Score = scores.by_places,
        state: Path | None = None,
        tell: Told | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> "ALRNN":
        """Train on a series (length, N), or on several of one system.

        validation: another series of the same, which the epochs are chosen by; None for the last fifth of the last one.
        score: by which they are chosen.  state: a file to go on from where it is there, and to go on from later.
        tell: called after each epoch.  stop: asked after each; what was best so far is kept.
        Raises InputError for a series that is not finite or no longer than a window.
        """
        parts = [series] if isinstance(series, Tensor) else list(series)
        parts = [checked("series", part, parts[0].shape[-1]) for part in parts]
        if validation is None:
            kept = int(len(parts[-1]) * (1 - KEPT_BACK))
            parts[-1], validation = parts[-1][:kept], parts[-1][kept:]
        validation = checked("validation", validation, parts[0].shape[1])
        whole = torch.cat(parts)
        self.mean, spread = whole.mean(0), whole.std(0)
        self.scale = spread.where(spread > RARE * (1 + self.mean.abs()), torch.ones_like(spread))
        inner = [self._inner(part) for part in parts]
        training = Training(self.recipe, inner, self._inner(validation), self.seeds, score)
        if state is not None:
            training.resume(state)
        while not training.done and not stop():
            training.one_epoch()
            if state is not None and (training.epoch % SAVED_EVERY == 0 or training.done or stop()):
                training.save(state)
            if tell is not None:
                tell(training)
        self.networks, self.scores, self.at = training.kept, training.scores, training.at
        return self

    @property
    def best(self) -> int:
        return int(self.scores.argmin())

    def network(self, which: int | None = None) -> Networks:
        """One seed's network, of networks still; the best one's for None."""
        return self.networks[self.best if which is None else which]

    def free_run(self, start: Tensor, length: int, dropped: int = 0, which: int | None = None) -> Tensor:
        """A series (length, N) that begins at one observation (N,), without its first `dropped` steps."""
        x = self._states(start, length, dropped, which)[..., : self.networks.observed]
        return x.to(self.mean.dtype) * self.scale + self.mean

    def free_symbols(self, start: Tensor, length: int, dropped: int = 0, which: int | None = None) -> Tensor:
        """The symbols of such a run, int64 (length,)."""
        return self.networks.regions(self._states(start, length, dropped, which))

    @torch.inference_mode()
    def symbols(self, series: Tensor, which: int | None = None) -> Tensor:
        """The region that the network is in while it follows a series (length, N), int64 (length,): every tau steps
        what it observes is put right, as in training."""
        x, network = self._inner(checked("series", series, len(self.mean))), self.network(which)
        z, found = network.begun(x[None, None, 0]), []
        for first in range(0, len(x), self.recipe.forcing):
            if first:
                z[..., : network.observed] = x[first]
            states = network.run(z, self.recipe.forcing + 1)
            found.append(network.regions(states[:-1, 0, 0]))
            z = states[-1].clone()
        return torch.cat(found)[: len(x)]

    def graph(self, series: Tensor, which: int | None = None) -> Graph:
        """What follows what among the symbols of a series."""
        return Graph.of(self.symbols(series, which))

    def fixed_points(self, which: int | None = None) -> list[points.Cycle]:
        """The fixed points of all regions, real ones first; `observed` says where they lie."""
        return points.fixed_points(self.network(which))

    def cycles(self, length: int, which: int | None = None) -> list[points.Cycle]:
        """Real cycles of that many steps, found by a search that may miss some."""
        return points.cycles(self.network(which), length)

    def observed(self, cycle: points.Cycle) -> Tensor:
        """Where a cycle lies, (k, N), in the series' units."""
        return cycle.states[:, : self.networks.observed] * self.scale.double() + self.mean.double()

    @staticmethod
    def joined(models: Sequence["ALRNN"]) -> "ALRNN":
        """Fits of one recipe to one series, from different seeds, as if they had been one."""
        one = ALRNN(models[0].recipe, [seed for model in models for seed in model.seeds])
        one.networks = Networks.joined([model.networks for model in models])
        one.mean, one.scale = models[0].mean, models[0].scale
        one.scores, one.at = (torch.cat([getattr(model, name) for model in models]) for name in ("scores", "at"))
        return one

    def save(self, file: Path) -> None:
        """As safetensors; the recipe stands in its header."""
        tensors = {name: tensor.contiguous() for name, tensor in self.networks.tensors()}
        tensors |= {"mean": self.mean, "scale": self.scale, "scores": self.scores, "at": self.at}
        save_file(tensors, file, {"recipe": json.dumps(asdict(self.recipe)), "seeds": json.dumps(self.seeds)})
        give_usual_rights(file)

    @staticmethod
    def load(file: Path) -> "ALRNN":
        """What `save` wrote. Raises CheckpointError for anything else."""
        try:
            with safe_open(file, "pt") as opened:
                told = opened.metadata()
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (it is no dict)
            recipe = json.loads(told["recipe"])
            model = ALRNN(Recipe(**recipe | {"rates": tuple(recipe["rates"])}), json.loads(told["seeds"]))
            model.networks = Networks(*(tensors[name] for name in ("a", "w", "h", "start")), relu=model.recipe.relu)
            model.mean, model.scale, model.scores, model.at = (tensors[n] for n in ("mean", "scale", "scores", "at"))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{file}: not an almost-linear RNN that this version wrote ({error})") from error
        return model

    def _inner(self, series):
        return ((series - self.mean) / self.scale).float()

    def _states(self, start, length, dropped, which):
        x = self._inner(checked("start", start[None], len(self.mean)))[0]
        return scores.free_runs(self.network(which), x, length, dropped)[:, 0]


def checked(name: str, series: Tensor, columns: int | None = None) -> Tensor:
    """The series if it can be learnt from. Raises InputError for another shape and for what is not finite."""
    if series.ndim != 2 or (columns is not None and series.shape[1] != columns):
        shape = "(length, columns)" if columns is None else Phrase("(length, {n})", n=columns)
        raise InputError(name, tuple(series.shape), Phrase("points of the shape {shape}", shape=shape))
    if not series.isfinite().all():
        bad = int((~series.isfinite()).any(1).nonzero()[0])
        raise InputError(name, Phrase("a point that is not finite at {place}", place=bad), "numbers alone")
    return series


def level(curve: dict[int, float], share: float = 0.1) -> int:
    """The number P of units with a ReLU at which a curve of scores over P levels off: the least whose score is within
    that share of what the best P gains over the worst that is finite: runs that leave all bounds tell no scale."""
    finite = [score for score in curve.values() if math.isfinite(score)]
    best, worst = min(finite, default=math.inf), max(finite, default=math.inf)
    if math.isinf(best):
        return min(curve)
    return min(relu for relu, score in curve.items() if score <= best + share * (worst - best))
