"""What of a drawing is the picture that it is drawn over: mixed in by sums of fixed shares, so the map stays affine."""

from dataclasses import replace

import torch
from torch import nn

from lit.pixels import images_to_unit
from lit.sampling.pictures import Start
from lit.sampling.solvers import Solver
from lit.scope.tape import Origin
from lit.settings import Source

GIVEN = Origin("given")  # the modules below stand under this name, whose constants are the picture's part


def start_of(source: Source, autoencoder: nn.Module, scale: int) -> Start:
    """`Start.of` on one device, in tensors that autograd takes, also while somebody draws."""
    start = Start.of(source, autoencoder, scale)
    with torch.inference_mode(False):
        anew = None if start.anew is None else start.anew.to(start.clean.device).clone()
        return replace(start, clean=start.clean.clone(), anew=anew)


class GivenLatents(nn.Module):
    """Clean latents with the picture's own where it stays: `Start.keep` at the end of the way."""

    def __init__(self, start: Start):
        super().__init__()
        self.register_buffer("anew", start.anew)
        self.register_buffer("clean", start.clean)

    def forward(self, latents):
        return torch.where(self.anew, latents, self.clean)


class GivenPixels(nn.Module):
    """Pixels in [0, 1] with the picture's own where it stays, softly at the edge: `Start.finish` before rounding."""

    def __init__(self, start: Start):
        super().__init__()
        assert start.share is not None  # of a mask
        rest = (1 - start.share) * images_to_unit([start.source.image])
        self.register_buffer("share", start.share.to(start.clean.device))
        self.register_buffer("rest", rest.to(start.clean.device))

    def forward(self, unit):
        return unit * self.share + self.rest


class Over:
    """The picture c on the way of a solver whose latents x_0 ... x_N have the levels alpha_i and sigma_i:

        x_i = M (w_i0 (alpha_0 c + sigma_0 n) + sum_j w_ij+1 o_j) + (1 - M) (alpha_i c + sigma_i n)

    with M what is drawn anew (`Start.anew`): solvers work number by number, so what stays never meets what is drawn.

    clean: c (1, channels, h, w).  nothing: c of no picture.
    """

    def __init__(self, start: Start, solver: Solver, like: torch.Tensor):
        times = [solver.evaluations[0].t, *(r for _, r in solver.evaluations)]
        self.clean, self.nothing = start.clean.to(like), torch.zeros_like(like)
        self._anew = start.anew
        self._levels = [solver.objective.levels(time) for time in times]

    def noised(self, i: int, noise: torch.Tensor, clean: torch.Tensor) -> torch.Tensor:
        """alpha_i c + sigma_i n."""
        alpha, sigma = self._levels[i]
        return alpha * clean + sigma * noise

    def kept(self, i: int, latents: torch.Tensor, noise: torch.Tensor, clean: torch.Tensor) -> torch.Tensor:
        """M x + (1 - M) (alpha_i c + sigma_i n)."""
        return latents if self._anew is None else torch.where(self._anew, latents, self.noised(i, noise, clean))

    def back(self, i: int, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """`kept` transposed: what of a gradient goes to the latents, to the noise and to the picture."""
        if self._anew is None:
            nothing = torch.zeros_like(gradient)
            return gradient, nothing, nothing
        stays = torch.where(self._anew, 0, gradient)
        return gradient - stays, *self.begun(i, stays)

    def begun(self, i: int, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`noised` transposed: what goes to the noise and to the picture."""
        alpha, sigma = self._levels[i]
        return sigma * gradient, alpha * gradient
