"""Training by identity forcing: every tau steps what is observed takes the place of what was predicted.

Windows of the series are drawn with replacement. The loss is the mean squared error of every step's output, taken
before it is replaced; no gradient passes through what was. RAdam, at a rate that falls exponentially from epoch to
epoch.

All networks go through one loop over the steps of the window, whose gradient is written out: autograd would keep and
walk a graph of some thousand small tensors, which takes three times as long.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lit.errors import InputError, Phrase
from lit.explore.dynamics.model import Networks, check_units
from lit.paths import give_usual_rights

BATCHES = 50  # an epoch
Score = Callable[[Networks, Tensor], Tensor]  # networks, validation (length, N) -> (seeds,), less is better


@dataclass(frozen=True)
class Recipe:
    """units: M.  relu: P.  forcing: tau, steps.  window: steps.  batch: windows.  epochs: of 50 batches.  rates: of
    learning, at the first and at the last epoch.  look: epochs between two looks at the validation series."""

    units: int = 20
    relu: int = 2
    forcing: int = 16
    window: int = 200
    batch: int = 16
    epochs: int = 2000
    rates: tuple[float, float] = (1e-3, 1e-5)
    look: int = 20

    def check(self, observed: int):
        """Raises InputError for values that do not fit."""
        check_units(self.units, self.relu, observed)
        for name in ("forcing", "window", "batch", "epochs", "look"):
            if getattr(self, name) < 1:
                raise InputError(name, getattr(self, name), "a whole number from 1")


class Scan:
    """The loop over a window, forwards and backwards, with its memory: states as `Networks.stacked` has them."""

    def __init__(self, networks: Networks, window: int, batch: int, forcing: int):
        units, observed, linear = networks.units, networks.observed, networks.linear
        self._forced = frozenset(range(forcing, window, forcing))
        self._both = max(0, observed - linear)  # observed units that have a ReLU
        self._states = torch.zeros(window + 1, len(networks), units + networks.relu, batch)
        self._slopes = torch.zeros_like(self._states)
        # Views are made once: in the loop they would cost as much as what is computed.
        self._steps, self._back = self._states.unbind(), self._slopes.unbind()
        self._below, self._back_below = (part[:, :, units:].unbind() for part in (self._states, self._slopes))
        self._seen, self._back_seen = (part[:, :, :observed].unbind() for part in (self._states, self._slopes))

    @torch.no_grad()
    def __call__(self, networks: Networks, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of each network (seeds,), and the gradient of their sum by the weights' names.

        x: windows (window + 1, seeds, N, batch).
        """
        matrices, h = networks.stacked()
        first = networks.begun(x[0].mT).mT
        self._steps[0].copy_(torch.cat([first, first[:, networks.linear :]], 1))
        errors = self._forwards(matrices, h, x)
        loss = errors.square().mean((0, 2, 3))
        self._backwards(matrices.mT.contiguous(), errors.mul_(2 * len(networks) / errors.numel()).unbind())
        return loss, self._gradients(networks, x[0])

    def _forwards(self, matrices, h, x):
        """Fill the memory; the errors of all outputs (window, seeds, N, batch)."""
        h, outputs, observed = h[..., None].expand_as(self._steps[0]), {}, x.shape[2]
        for t, below in enumerate(self._below[:-1]):
            if t in self._forced:
                outputs[t] = self._seen[t].clone()
                self._seen[t].copy_(x[t])
                if self._both:
                    below[:, : self._both].copy_(x[t, :, -self._both :])
            if below.shape[1]:
                below.clamp_(max=0)
            torch.baddbmm(h, matrices, self._steps[t], out=self._steps[t + 1])
        errors = self._states[1:, :, :observed] - x[1:]
        for t, output in outputs.items():
            torch.sub(output, x[t], out=errors[t - 1])
        return errors

    def _backwards(self, matrices, errors):
        negative = (self._states[:, :, self._states.shape[2] - self._below[0].shape[1] :] < 0).float().unbind()
        self._back[-1].zero_()
        self._back_seen[-1].copy_(errors[-1])
        for t in range(len(errors) - 1, -1, -1):
            torch.bmm(matrices, self._back[t + 1], out=self._back[t])
            if t in self._forced:
                self._back_seen[t].copy_(errors[t - 1])
                if self._both:
                    self._back_below[t][:, : self._both].zero_()
            elif t:
                self._back_seen[t].add_(errors[t - 1])
            if negative[t].shape[1]:
                self._back_below[t].mul_(negative[t])

    def _gradients(self, networks, x):
        units, linear = networks.units, networks.linear
        slopes, inputs = (part.permute(1, 2, 0, 3).flatten(2) for part in (self._slopes[1:], self._states[:-1]))
        matrices, h = slopes @ inputs.mT, slopes.sum(-1)
        for part in (matrices, h):  # the last rows are those of the units with a ReLU again
            part[:, linear:units] += part[:, units:]
        w = matrices[:, :units, :units].clone()
        w[..., linear:] -= matrices[:, :units, units:]
        start = self._slopes[0].clone()
        start[:, linear:units] += start[:, units:]
        return {
            "a": matrices.diagonal(dim1=-2, dim2=-1)[:, :units].clone(),
            "w": w,
            "h": h[:, :units].clone(),
            "start": start[:, networks.observed : units] @ x.mT,
        }


class Training:
    """Networks in training, epoch by epoch; what is kept of each is the epoch that did best on another series.

    kept: networks.  scores: theirs on the validation series (seeds,).  at: their epochs (seeds,).
    losses: of the last epoch (seeds,).  epoch: the number of those done.
    """

    def __init__(self, recipe: Recipe, parts: Sequence[Tensor], validation: Tensor, seeds: Sequence[int], score: Score):
        """parts: series (length, N), none of which a window leaves.  validation: (length, N). All standardised.
        Raises InputError for one that is no longer than a window."""
        series = torch.cat(list(parts))
        recipe.check(series.shape[1])
        for name, given in (*(("series", part) for part in parts), ("validation", validation)):
            if len(given) <= recipe.window:
                got = Phrase("{n} points", n=len(given))
                raise InputError(name, got, Phrase("more than a window of {n}", n=recipe.window))
        ends = torch.tensor([len(part) for part in parts]).cumsum(0).tolist()
        self._first = torch.cat([torch.arange(end - len(part), end - recipe.window) for part, end in zip(parts, ends)])
        self.recipe, self.seeds = recipe, tuple(seeds)
        self._series, self._validation, self._score = series, validation, score
        self.networks = Networks.drawn(self.seeds, recipe.units, recipe.relu, series.shape[1])
        self.kept = Networks.drawn(self.seeds, recipe.units, recipe.relu, series.shape[1])
        self.scores = torch.full((len(self.seeds),), torch.inf)
        self.at = torch.zeros(len(self.seeds), dtype=torch.long)
        self.losses, self.epoch = torch.full((len(self.seeds),), torch.nan), 0
        self._optimiser = torch.optim.RAdam([part for _, part in self.networks.tensors()], lr=recipe.rates[0])
        self._scan = Scan(self.networks, recipe.window, recipe.batch, recipe.forcing)

    @property
    def done(self) -> bool:
        return self.epoch >= self.recipe.epochs

    def one_epoch(self):
        """Train for one epoch, and look at the validation series where it is time to."""
        first, last = self.recipe.rates
        for group in self._optimiser.param_groups:
            group["lr"] = first * (last / first) ** (self.epoch / max(1, self.recipe.epochs - 1))
        losses = []
        for starts in self._starts():
            loss, gradients = self._scan(self.networks, self._windows(starts))
            for name, part in self.networks.tensors():
                part.grad = gradients[name]
            self._optimiser.step()
            losses.append(loss)
        self.losses, self.epoch = torch.stack(losses).mean(0), self.epoch + 1
        if self.epoch % self.recipe.look == 0 or self.done:
            self._look()

    def _starts(self):
        """Where windows begin, (50, seeds, batch): each seed's from a generator of its own and of the epoch, so that
        a network is the same alone or among others, and after a pause."""
        size = BATCHES, self.recipe.batch
        generators = [torch.Generator().manual_seed((seed << 20) + self.epoch + 1) for seed in self.seeds]
        drawn = [torch.randint(len(self._first), size, generator=one) for one in generators]
        return self._first[torch.stack(drawn, 1)]

    def _windows(self, starts):
        return self._series.unfold(0, self.recipe.window + 1, 1)[starts].permute(3, 0, 2, 1).contiguous()

    def _look(self):
        scores = self._score(self.networks, self._validation)
        better = scores < self.scores
        self.scores, self.at = scores.where(better, self.scores), self.at.where(~better, torch.tensor(self.epoch))
        for (_, kept), (_, now) in zip(self.kept.tensors(), self.networks.tensors()):
            kept[better] = now[better]

    def save(self, file: Path):
        """Everything that it takes to go on, as safetensors; the file is replaced whole."""
        tensors = {
            f"{which}.{name}": part for which in ("networks", "kept") for name, part in getattr(self, which).tensors()
        }
        for number, state in enumerate(self._optimiser.state.values()):
            tensors |= {f"optimiser.{number}.{name}": value for name, value in state.items()}
        tensors |= {"scores": self.scores, "at": self.at, "losses": self.losses}
        partial = file.with_suffix(".partial")
        save_file(tensors, partial, {"recipe": repr(self.recipe), "seeds": repr(self.seeds), "epoch": str(self.epoch)})
        give_usual_rights(partial)
        partial.replace(file)

    def resume(self, file: Path) -> bool:
        """Go on where that file was written; false where there is none. Raises InputError for one of another recipe."""
        if not file.exists():
            return False
        try:
            with safe_open(file, "pt") as opened:
                told, tensors = opened.metadata() or {}, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise InputError("state", file.name, "a file of a training, which this is not; remove it") from error
        if (told.get("recipe"), told.get("seeds")) != (repr(self.recipe), repr(self.seeds)):
            raise InputError("state", file.name, "one of the same recipe and seeds; choose another folder")
        for which in ("networks", "kept"):
            for name, part in getattr(self, which).tensors():
                part.copy_(tensors[f"{which}.{name}"])
        for number, (_, part) in enumerate(self.networks.tensors()):
            begin = f"optimiser.{number}."
            state = {name.removeprefix(begin): value for name, value in tensors.items() if name.startswith(begin)}
            if state:
                self._optimiser.state[part] = state
        self.scores, self.at, self.losses = tensors["scores"], tensors["at"], tensors["losses"]
        self.epoch = int(told["epoch"])
        return True
