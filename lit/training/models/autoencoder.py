"""The autoencoder: from pictures alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from lit.data import StickerData
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.pixels import bytes_to_pixels, pixels_to_images, pixels_to_unit
from lit.sheets import rows_of, sheet
from lit.training import typed
from lit.training.batches.pictures import Pictures, PixelBatches
from lit.training.config import Stage, TrainingConfig
from lit.training.models.sources import Sources, check_made_with, load
from lit.training.objectives import OBJECTIVES

RENDERED = 256  # pixels a side, and twice that for the second head


class AutoencoderModel:
    """Trained on stickers at 256 px and sharp ones at 512 px; what its latents are normalised by is measured at the
    end, on the training split, unless the encoder stayed as it was. `sources.init`: weights to go on from. How near
    it comes on the test split is written beside it."""

    network = StickerAutoencoder
    objectives = ("reconstruction",)
    batches = PixelBatches
    options = ("data", "large", "init")
    learns = ("train",)
    teachable = False

    def __init__(self, config: TrainingConfig, sources: Sources, device: torch.device, process: int):
        self.config, self.sources, self.device = config, sources, device
        step = 2 * StickerAutoencoder.downscale  # a quarter of the batch is decoded from half the latents
        for stage in config.loop.stages:
            if RENDERED % stage.size or stage.size % step:
                raise InputError("stages.size", stage.size, f"a multiple of {step} that divides {RENDERED}")
        self.decoder_only = config.objective.arguments.decoder_only
        network = self._start(config)
        objective = OBJECTIVES[config.objective.name](network, config.objective.arguments)
        self.objective = objective.to(device, memory_format=torch.channels_last)

    def _start(self, config):
        if self.sources.init is None:
            if self.decoder_only:
                raise InputError("--init", None, "the folder of the autoencoder whose decoder is to go on")
            with typed.building(config.network, "network"):
                return StickerAutoencoder(**config.network)
        network = load(StickerAutoencoder, self.sources.init, "init").train().requires_grad_(True)
        check_made_with(network, config.network)
        return network

    def open(self):
        self.data = StickerData.open(self.sources.data, RENDERED, sampling=self.config.data)
        self.large = StickerData.open(self.sources.large or self.sources.data, 2 * RENDERED, sampling=self.config.data)

    def render(self):
        return self.data.images, self.large.images

    def feed(self):
        self.source = PixelBatches(self.data, self.large, self.device, self.config.data)
        some = self.data.images[self.data.subset("test")[:16]]
        self.held_out = bytes_to_pixels(torch.from_numpy(some).to(self.device))

    def draw(self, stage: Stage) -> tuple:
        return self.source.draw(stage.batch_size, stage.size)

    @torch.no_grad()
    def sheet(self, ema: StickerAutoencoder, path: Path):
        """Held-out stickers, and what comes back of them."""
        images = pixels_to_images(self.held_out) + pixels_to_images(ema.decode(ema.encode(self.held_out)))
        sheet(rows_of(images, 8)).save(path)

    def save(self, ema: StickerAutoencoder, out: Path):
        if not self.decoder_only:
            normalise_latents(ema, self.source.pictures)
        ema.save_pretrained(out / "network")
        figures, worst = held_out_figures(ema, self.data, self.large)
        (out / "held_out.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        sheet([row for pair in zip(*(rows_of(images, 8) for images in worst), strict=True) for row in pair]).save(
            out / "worst.png"
        )


@torch.no_grad()
def held_out_figures(network: StickerAutoencoder, data: StickerData, large: StickerData) -> tuple[dict, tuple]:
    """On the test split: PSNR in dB of the pictures on white, from the pooled error, of each style and of "all"; at the
    pictures' size ("same") and of the head that draws at twice it ("double", against vectors drawn at that size).
    "alpha": mean absolute difference of alpha in [0, 1]. Besides, the 16 pictures that came back worst, as images:
    (themselves, what came back)."""
    figures, worst = {}, ([], [])
    for name, source, scale in (("same", data, 1), ("double", large, 2)):
        rows = source.subset("test")
        if scale == 2:
            rows = np.array([i for i in rows if source.stickers[i].format == "svg"], dtype=np.int64)
        squares, alphas = torch.zeros(len(rows), dtype=torch.float64), torch.zeros(len(rows), dtype=torch.float64)
        for start in range(0, len(rows), 32):
            part = slice(start, start + 32)
            drawn, real = (_unit(pixels) for pixels in _round_trip(network, source, rows[part], scale))
            on_white = drawn[:, :3] - drawn[:, 3:] - real[:, :3] + real[:, 3:]
            squares[part] = on_white.double().square().mean((1, 2, 3)).cpu()
            alphas[part] = (drawn[:, 3] - real[:, 3]).abs().double().mean((1, 2)).cpu()
        styles = np.array([source.stickers[i].style for i in rows])
        pooled = {style: squares[torch.from_numpy(styles == style)] for style in sorted(set(styles.tolist()))}
        figures[name] = {style: _decibels(part) for style, part in ({"all": squares} | pooled).items() if len(part)}
        if scale == 1:
            figures["alpha"] = alphas.mean().item()
            chosen = rows[squares.argsort(descending=True)[:16].numpy()]
            worst = tuple(pixels_to_images(one) for one in reversed(_round_trip(network, source, chosen, 1)))
    return figures, worst


def _round_trip(network, source, rows, scale):
    """(pixels that come back, pixels) of these rows."""
    real = bytes_to_pixels(torch.from_numpy(source.images[rows]).to(network.device))
    return network(real if scale == 1 else F.avg_pool2d(real, 2), scale), real


def _unit(pixels):
    return pixels_to_unit(pixels.float()).clamp(0, 1)


def _decibels(squares):
    return -10 * squares.mean().clamp_min(1e-10).log10().item()


@torch.no_grad()
def normalise_latents(network: StickerAutoencoder, pictures: Pictures, count: int = 4096):
    """Measure each latent channel's mean and deviation over `count` training pictures (of a small set each
    sixteen times at most); write them to the config."""
    rows = torch.multinomial(pictures.weights, min(count, 16 * len(pictures.weights)), replacement=True)
    parts = [network.squashed(bytes_to_pixels(pictures.images[chunk])) for chunk in rows.split(64)]
    latents = torch.cat(parts).transpose(0, 1).flatten(1).double()
    mean, std = latents.mean(1), latents.std(1)
    network.register_to_config(
        latents_mean=[round(v, 5) for v in mean.tolist()], latents_std=[round(v, 5) for v in std.tolist()]
    )
    network.mean.copy_(mean.view(1, -1, 1, 1))
    network.std.copy_(std.view(1, -1, 1, 1))
