"""One turn of a loop with fixed noise, in float32: a map that autograd follows and LinearScope takes apart."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lit.sampling.conditioning import Conditioning, predict
from lit.sampling.solvers import Solver, times
from lit.scope import LinearScope
from lit.scope.drawings.chain import Guided, Trajectory, scheduler_weights
from lit.scope.drawings.labels import WordLabel


def begun(solver: Solver, latents: Tensor, noise: Tensor) -> Tensor:
    """What a turn's first evaluation is given: a frame's latents (channels, h, w) mixed with noise (1, channels, h,
    w)."""
    alpha, sigma = _levels(solver)
    return alpha * latents.to(noise)[None] + sigma * noise


def _levels(solver):
    """Shares of the frame and of the noise in that."""
    return solver.objective.levels(solver.evaluations[0].t)


@dataclass(frozen=True)
class Parts:
    """What a turn makes the next frame of, each as its share of the frame that it came from, measured along that one:
    <part, x> / <x, x>. They add up to `value`, which is 1 where the loop rests; below 0 a part takes away.

    frame: what is carried over from the frame before.  noise: the fixed one.  words: each token that is no padding,
    in the text's order, the style's last.  biases: all of them, of all evaluations.
    """

    value: float
    frame: float
    noise: float
    words: tuple[tuple[WordLabel, float], ...]
    biases: float


class Turn:
    """Latents (channels, h, w) to the next frame's.

    network: the transformer in float32.  conditioning: of one image.  solver: of the turn's steps.
    noise: (1, channels, h, w).  labels: of the words, in the order of the map's tokens.
    """

    def __init__(
        self, network: nn.Module, conditioning: Conditioning, solver: Solver, noise: Tensor, labels: list[WordLabel]
    ):
        self.network, self.conditioning, self.solver, self.labels = network, conditioning, solver, labels
        self.noise = noise.float()

    def __call__(self, latents: Tensor) -> Tensor:
        return self.path(latents)[-1][0]

    def path(self, latents: Tensor) -> list[Tensor]:
        """What each evaluation is given, (1, channels, h, w), and what comes out at the end."""
        given, outputs = [begun(self.solver, latents, self.noise)], []
        for i in range(len(self.solver.evaluations)):
            outputs.append(predict(self.network, given[-1], times(self.solver, i), self.conditioning))
            given.append(self.solver.step(i, outputs, given))
        return given

    def affine(self, latents: Tensor) -> Trajectory:
        """The turn at these latents as LinearScope's affine map, from what its first evaluation is given."""
        with torch.no_grad():
            given = self.path(latents)
        scope = LinearScope(Guided(self.network, self.conditioning.guidance_scale).eval())
        told = self.conditioning.arguments()
        latent_space = LinearScope(nn.Identity()).at(given[-1])  # no decoder: a frame is latents
        return Trajectory(
            given[0],
            scheduler_weights(self.solver),
            lambda i: scope.at(given[i], **times(self.solver, i), **told),
            latent_space,
        )

    def parts(self, latents: Tensor, tell: Callable[[], None] = lambda: None) -> Parts:
        """What the next frame is made of, exactly, by one way back through LinearScope's map. tell: called after each
        evaluation."""
        frame, affine = latents[None].to(self.noise), self.affine(latents)
        size = float(frame.double().square().sum())
        with affine.watched(lambda done, of: tell(), None):
            found = affine.contributions(frame / size)
        row, (alpha, sigma) = found.row.double(), _levels(self.solver)
        told = zip(self.labels, found.words, strict=True)
        return Parts(
            found.value,
            alpha * float((row * frame).sum()),
            sigma * float((row * self.noise).sum()),
            tuple((label, share) for label, share in told if not label.empty),
            sum(found.biases.values()),
        )
