"""The autoencoder: from pictures alone."""

from __future__ import annotations

from pathlib import Path

import torch

from lit.data import StickerData
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.pixels import bytes_to_pixels, pixels_to_images
from lit.sheets import rows_of, sheet
from lit.training import typed
from lit.training.batches.pictures import Pictures, PixelBatches
from lit.training.config import Stage, TrainingConfig
from lit.training.models.sources import Sources
from lit.training.objectives import OBJECTIVES

RENDERED = 256  # pixels a side, and twice that for the second head


class AutoencoderModel:
    """Trained on stickers at 256 px and sharp ones at 512 px; what its latents are normalised by is measured at the
    end, on the training split."""

    network = StickerAutoencoder
    objectives = ("reconstruction",)
    batches = PixelBatches
    options = ("data", "large")
    learns = ("train",)
    teachable = False

    def __init__(self, config: TrainingConfig, sources: Sources, device: torch.device, process: int):
        self.config, self.sources, self.device = config, sources, device
        step = 2 * StickerAutoencoder.downscale  # a quarter of the batch is decoded from half the latents
        for stage in config.loop.stages:
            if RENDERED % stage.size or stage.size % step:
                raise InputError("stages.size", stage.size, f"a multiple of {step} that divides {RENDERED}")
        with typed.building(config.network, "network"):
            network = StickerAutoencoder(**config.network)
        objective = OBJECTIVES[config.objective.name](network, config.objective.arguments)
        self.objective = objective.to(device, memory_format=torch.channels_last)

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
        normalise_latents(ema, self.source.pictures)
        ema.save_pretrained(out / "network")


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
