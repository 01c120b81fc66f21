"""What a flow map is distilled from: the velocity of a frozen flow under classifier-free guidance, and its ways."""

import itertools
import math

import torch
from torch import nn

USUAL = 4.0  # the scale that most pictures are drawn with
SHIFT = 2.0  # of the times that few steps are taken at: more of them where the objects' number and places are settled


class GuidedFlow(nn.Module):
    """v_w(x, t) = v(x, t; nothing) + w (v(x, t; words) - v(x, t; nothing)) (arXiv 2207.12598), of a frozen teacher.

    teacher: a flow, asked in two branches, or a flow map, which has guidance built in.
    words, mask: (1, 32, width) and (1, 32), those of the empty prompt, with which goes no style.
    """

    def __init__(self, teacher: nn.Module, words: torch.Tensor, mask: torch.Tensor):
        super().__init__()
        self.teacher = teacher.eval().requires_grad_(False)
        self.register_buffer("no_words", words, persistent=False)
        self.register_buffer("no_mask", mask, persistent=False)

    @torch.no_grad()
    def forward(self, x, t, words, mask, style_ids, scale) -> torch.Tensor:
        """x: (batch, channels, h, w) at times t (batch,) in [0, 1], scale: (batch,) -> as x, in float32."""
        if self.teacher.config.prediction_type == "flow-map":
            told = (x, 1000 * t, words, mask, style_ids)
            return self.teacher(*told, guidance=scale, return_dict=False)[0].float()
        n, none = len(x), len(self.teacher.config.styles)
        both = self.teacher(
            torch.cat([x, x]),
            1000 * torch.cat([t, t]),
            torch.cat([self.no_words.to(words.dtype).expand(n, -1, -1), words]),
            torch.cat([self.no_mask.expand(n, -1), mask]),
            torch.cat([torch.full_like(style_ids, none), style_ids]),
            return_dict=False,
        )[0].float()
        negative, positive = both.chunk(2)
        return negative + wide(scale) * (positive - negative)

    @torch.no_grad()
    def way(self, noise, words, mask, style_ids, scale, times: list[float]) -> torch.Tensor:
        """Euler's way from noise (batch, ...) to picture: latents at the times, which rise from 0 to 1, fp16
        (batch, times, ...)."""
        x, places = noise, [noise.half()]
        for r, t in reversed(list(itertools.pairwise(times))):
            x = x - (t - r) * self(x, torch.full_like(scale, t), words, mask, style_ids, scale)
            places.append(x.half())
        return torch.stack(places[::-1], dim=1)

    def train(self, mode: bool = True):
        """The teacher stays as it is."""
        return super().train(False)


def place_at(places: torch.Tensor, times: torch.Tensor, rows: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Where ways are at a time of each: between two recorded places on the straight line, in float32.

    places: (ways, times, ...).  times: (times,), rising.  rows, time: (n,) -> (n, ...)."""
    above = torch.searchsorted(times, time).clamp(1, len(times) - 1)
    share = wide((time - times[above - 1]) / (times[above] - times[above - 1]))
    return torch.lerp(places[rows, above - 1].float(), places[rows, above].float(), share)


def wide(values: torch.Tensor) -> torch.Tensor:
    """(batch,) -> (batch, 1, 1, 1)."""
    return values.view(-1, 1, 1, 1)


def shifted(time, shift):
    """A time in [0, 1], as the scheduler of this shift has it in place of an equally spaced one (arXiv 2403.03206)."""
    return shift * time / (1 + (shift - 1) * time)


def draw_scales(n: int, limits: tuple[float, float], device) -> torch.Tensor:
    """Guidance scales (n,): 30% the usual one, 10% the least, the others with a uniform logarithm."""
    low, high = (math.log(limit) for limit in limits)
    scales = torch.exp(low + (high - low) * torch.rand(n, device=device))
    chance = torch.rand(n, device=device)
    scales = torch.where(chance < 0.3, min(max(USUAL, limits[0]), limits[1]), scales)
    return torch.where(chance > 0.9, limits[0], scales)


def draw_stretches(n: int, least: float, device, last: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Stretches of time from t down to r, both (n,) in [0, 1] and at least `least` apart.

    last: the share that is the last step of a drawing in one or in two, at shifted times. Of the others, a quarter is
    whole or ends in the picture, half of these starts from noise; three eighths are steps of a drawing in 1, 2, 4 or 8,
    half of them at equal times and half at times shifted by SHIFT; the rest are any, noise and picture at whose ends
    the flow bends least drawn less often.
    """
    kinds = torch.rand(n, device=device)
    first = torch.sigmoid(0.4 + torch.randn(n, device=device))
    second = torch.sigmoid(-1.2 + torch.randn(n, device=device))
    t, r = torch.maximum(first, second), torch.minimum(first, second)
    steps = 2 ** torch.randint(4, (n,), device=device)
    place = (torch.rand(n, device=device) * steps).floor()
    grid = kinds < 0.625
    shift = torch.where(torch.rand(n, device=device) < 0.5, SHIFT, 1.0)
    t = torch.where(grid, shifted((place + 1) / steps, shift), t)
    r = torch.where(grid, shifted(place / steps, shift), r)
    r = torch.where(kinds < 0.25, 0.0, r)
    t = torch.where(kinds < 0.125, 1.0, torch.where((kinds >= 0.125) & (kinds < 0.25), first, t))
    ending = torch.rand(n, device=device)
    t = torch.where(ending < last, shifted(torch.where(ending < last / 2, 1.0, 0.5), SHIFT), t)
    r = torch.where(ending < last, 0.0, r)
    t = t.clamp_min(least)
    return t, torch.minimum(r, t - least)
