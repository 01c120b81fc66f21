"""How well the autoencoder gives pictures back."""

import torch

from lit.data import StickerData
from lit.models.autoencoder import StickerAutoencoder
from lit.training.batches import to_pixels


@torch.no_grad()
def reconstruction_scores(network: StickerAutoencoder, data: StickerData, limit: int | None = None) -> dict[str, float]:
    """Over the test split: PSNR on white in dB (mean over pictures, peak 1), the same from the pooled error,
    and the mean absolute error of alpha in [0, 1]. limit: only the first so many pictures."""
    psnrs, errors, alphas = [], [], []
    for rows in torch.from_numpy(data.subset("test")[:limit]).split(16):
        pixels = to_pixels(torch.from_numpy(data.images[rows.numpy()])).to(network.device, network.dtype)
        target, drawn = (x.float().clamp(-1, 1) / 2 + 0.5 for x in (pixels, network(pixels)))
        white_error = (drawn[:, :3] - drawn[:, 3:]) - (target[:, :3] - target[:, 3:])  # premultiplied over white
        squared = white_error.square().flatten(1).mean(1)
        psnrs.append(-10 * squared.clamp_min(1e-10).log10())
        errors.append(squared)
        alphas.append((drawn[:, 3] - target[:, 3]).abs().flatten(1).mean(1))
    return {
        "psnr": torch.cat(psnrs).mean().item(),
        "psnr_pooled": -10 * torch.cat(errors).mean().log10().item(),
        "alpha_error": torch.cat(alphas).mean().item(),
    }
