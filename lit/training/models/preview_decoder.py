"""The preview decoder: from the autoencoder's own decoder."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from lit import checkpoint
from lit.data import StickerData
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.preview_decoder import PreviewDecoder
from lit.pixels import bytes_to_pixels, pixels_to_images, pixels_to_unit
from lit.sheets import rows_of, sheet
from lit.training import typed
from lit.training.batches.pictures import DecodedBatches
from lit.training.config import Stage, TrainingConfig
from lit.training.models.sources import Sources, load
from lit.training.objectives import OBJECTIVES

RENDERED = 256  # pixels a side


class PreviewDecoderModel:
    """Distilled on latents of the train split; how near it comes on the test split is written beside it."""

    network = PreviewDecoder
    objectives = ("decoding",)
    batches = DecodedBatches
    options = ("data", "autoencoder")
    learns = ("train",)
    teachable = False

    def __init__(self, config: TrainingConfig, sources: Sources, device: torch.device, process: int):
        self.config, self.sources, self.device = config, sources, device
        step = 4 * StickerAutoencoder.downscale  # some latents are blurred by four
        for stage in config.loop.stages:
            if RENDERED % stage.size or stage.size % step:
                raise InputError("stages.size", stage.size, f"a multiple of {step} that divides {RENDERED}")
        autoencoder = load(
            StickerAutoencoder, sources.autoencoder or checkpoint.EMBEDDED / "autoencoder", "autoencoder"
        )
        autoencoder = autoencoder.to(memory_format=torch.channels_last).requires_grad_(False)
        self.autoencoder = autoencoder.to(device)
        channels = autoencoder.config.latent_channels
        with typed.building(config.network, "network"):
            network = PreviewDecoder(**{"latent_channels": channels} | config.network)
        if network.config.latent_channels != channels:
            raise InputError(
                "network.latent_channels", network.config.latent_channels, f"{channels}, the autoencoder's"
            )
        objective = OBJECTIVES[config.objective.name](network, config.objective.arguments)
        self.objective = objective.to(device, memory_format=torch.channels_last)

    def open(self):
        self.data = StickerData.open(self.sources.data, RENDERED, sampling=self.config.data)

    def render(self):
        return self.data.images

    def feed(self):
        self.source = DecodedBatches(self.data, self.autoencoder, self.device, self.config.data)

    def draw(self, stage: Stage) -> tuple:
        return self.source.draw(stage.batch_size, stage.size)

    @torch.no_grad()
    def sheet(self, ema: PreviewDecoder, path: Path):
        """Held-out stickers as the autoencoder gives them back, and below them as this decoder does."""
        some = self.data.images[self.data.subset("test")[:16]]
        latents = self.autoencoder.encode(bytes_to_pixels(torch.from_numpy(some).to(self.device)))
        images = pixels_to_images(self.autoencoder.decode(latents)) + pixels_to_images(ema(latents))
        sheet(rows_of(images, 8)).save(path)

    def save(self, ema: PreviewDecoder, out: Path):
        ema.save_pretrained(out / "network")
        figures = held_out_figures(ema, self.autoencoder, self.data)
        (out / "held_out.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


@torch.no_grad()
def held_out_figures(network: PreviewDecoder, autoencoder: StickerAutoencoder, data: StickerData) -> dict[str, float]:
    """On the test split, beside the autoencoder's own decoder: PSNR in dB of the pictures on white, mean over pictures;
    mean absolute difference of alpha in [0, 1]."""
    test = torch.from_numpy(data.subset("test"))
    ratios, alphas = [], []
    for part in test.split(64):
        latents = autoencoder.encode(bytes_to_pixels(torch.from_numpy(data.images[part.numpy()]).to(network.device)))
        ours, theirs = (
            pixels_to_unit(pixels.float()).clamp(0, 1) for pixels in (network(latents), autoencoder.decode(latents))
        )
        on_white = ours[:, :3] - ours[:, 3:] - theirs[:, :3] + theirs[:, 3:]
        ratios.append(-10 * on_white.square().mean((1, 2, 3)).clamp_min(1e-10).log10())
        alphas.append((ours[:, 3] - theirs[:, 3]).abs().mean((1, 2)))
    return {"psnr": torch.cat(ratios).mean().item(), "alpha": torch.cat(alphas).mean().item()}
