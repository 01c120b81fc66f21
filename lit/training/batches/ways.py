"""Batches of a flow map: latents and words as any transformer's, beside stretches of its teacher's own ways."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from pydantic import PositiveInt
from tqdm import tqdm

from lit.training.batches.latents import LatentBatches, Share
from lit.training.guided import SHIFT, GuidedFlow, draw_scales, draw_stretches, place_at, shifted, wide


class Fresh(NamedTuple):
    """latents (n, c, h, w), words (n, 32, width), mask (n, 32), style ids (n,), guidance scale (n,)."""

    latents: torch.Tensor
    words: torch.Tensor
    mask: torch.Tensor
    style_ids: torch.Tensor
    scale: torch.Tensor


class Stretches(NamedTuple):
    """Of a way from noise to picture: latents x (n, c, h, w) at t (n,), the mean velocity from there down to r (n,) in
    [0, 1], and what the way was drawn with, as of `Fresh`."""

    x: torch.Tensor
    t: torch.Tensor
    r: torch.Tensor
    velocity: torch.Tensor
    words: torch.Tensor
    mask: torch.Tensor
    style_ids: torch.Tensor
    scale: torch.Tensor


class GuidedBatches(LatentBatches):
    """Each picture with a guidance scale."""

    @dataclass(frozen=True)
    class Arguments(LatentBatches.Arguments):
        null: Share = 0.05  # prompts replaced by "" without a style: what classic guidance moves away from

    def __init__(self, *others, limits: tuple[float, float]):
        """others: as of `LatentBatches`.  limits: of the guidance scale."""
        super().__init__(*others)
        self.limits = limits

    def fresh(self, n: int, size: int, composites: float) -> Fresh:
        latents, words, mask, style_ids = super().draw(n, size, composites)
        null = torch.rand(n, device=self.device) < self.arguments.null
        words = torch.where(null[:, None, None], self.no_words, words)
        mask = torch.where(null[:, None], self.no_mask, mask)
        style_ids = torch.where(null, self.any_style, style_ids)
        return Fresh(latents, words, mask, style_ids, draw_scales(n, self.limits, self.device))

    draw = fresh


class WayBatches(GuidedBatches):
    """Holds besides a pool of the teacher's ways, each at a guidance scale of its own."""

    @dataclass(frozen=True)
    class Arguments(GuidedBatches.Arguments):
        ways: PositiveInt = 24576  # kept a process, recorded once
        way_steps: PositiveInt = 20  # Euler's, at times shifted by SHIFT
        way_share: Share = 0.45  # of a batch
        last_share: Share = 0.0  # of these, the last step of a drawing in one or in two

    recorded_at_once = 1024

    def __init__(self, *others, flow: GuidedFlow, limits: tuple[float, float]):
        super().__init__(*others, limits=limits)
        self.flow = flow
        self.times = shifted(torch.linspace(0, 1, self.arguments.way_steps + 1), SHIFT).to(self.device)
        self.ways: dict[int, tuple] = {}

    def draw(self, n: int, size: int, composites: float) -> tuple[Fresh, Stretches]:
        """n samples in all."""
        along = round(n * self.arguments.way_share)
        return self.fresh(n - along, size, composites), self._stretches(along, size, composites)

    def _stretches(self, n, size, composites):
        """Euler's way is a chain of straight lines: between the recorded places it is known exactly."""
        if size not in self.ways:
            self.ways[size] = self._record(size, composites)
        places, told = self.ways[size]
        rows = torch.randint(len(places), (n,), device=self.device)
        # Nearer to each other than a usual step the recorded numbers, of 11 bits, have too few left to differ in.
        t, r = draw_stretches(n, 1 / self.arguments.way_steps, self.device, self.arguments.last_share)
        x, end = (place_at(places, self.times, rows, time) for time in (t, r))
        return Stretches(x, t, r, (x - end) / wide(t - r), *(part[rows] for part in told))

    def _record(self, size, composites):
        """(ways, times, c, h, w) fp16 and the words, mask, style ids and scale of each."""
        count, at_once, recorded = self.arguments.ways, self.recorded_at_once, []
        for start in tqdm(range(0, count, at_once), desc="recording ways", mininterval=5):
            fresh = self.fresh(min(at_once, count - start), size, composites)
            noise = torch.randn_like(fresh.latents)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                recorded.append((self.flow.way(noise, *fresh[1:], self.times.tolist()), *fresh[1:]))
        places, *told = (torch.cat(parts) for parts in zip(*recorded, strict=True))
        return places, told
