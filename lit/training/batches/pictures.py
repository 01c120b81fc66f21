"""The autoencoder's batches."""

import numpy as np
import torch
import torch.nn.functional as F

from lit.data import StickerData, concept_weights
from lit.pixels import bytes_to_pixels, over, pixels_to_unit, unit_to_pixels
from lit.training.typed import NoArguments


class PixelBatches:
    """Pictures for the autoencoder: whole stickers, four small ones on a canvas, some on a full background,
    moved by a few pixels; and sharp ones at twice the size for the second head."""

    Arguments = NoArguments

    def __init__(self, data: StickerData, large: StickerData, device: torch.device):
        train = data.subset("train")
        self.images = torch.from_numpy(data.images[train]).to(device)
        weights = concept_weights([data.stickers[i] for i in train], np.arange(len(train)))
        self.weights = torch.from_numpy(weights).float().to(device)
        # WebP pictures are no larger than 256 px: as targets at twice the size they would teach blur.
        sharp = [i for i in large.subset("train") if large.stickers[i].format == "svg"]
        self.large = torch.from_numpy(large.images[np.asarray(sharp)]).to(device)
        self.device = device

    def draw(self, n: int, size: int):
        """(pixels (n, 4, size, size), large (n / 8, 4, 2 size, 2 size)), premultiplied, in [-1, 1]."""
        whole, tiled = n - n // 4, n // 4
        rows = torch.multinomial(self.weights, whole + 4 * tiled, replacement=True)
        pixels = bytes_to_pixels(self.images[rows])
        small = F.avg_pool2d(pixels[whole:], 2).view(tiled, 2, 2, 4, 128, 128)
        small = small.permute(0, 3, 1, 4, 2, 5).reshape(tiled, 4, 256, 256)
        pixels = self._on_background(torch.cat([pixels[:whole], small]))
        dy, dx = torch.randint(-8, 9, (2,)).tolist()
        pixels = pixels.roll((dy, dx), (2, 3))
        if size != pixels.shape[-1]:
            pixels = F.avg_pool2d(pixels, pixels.shape[-1] // size)
        rows = torch.randint(len(self.large), (max(1, n // 8),), device=self.device)
        large = bytes_to_pixels(self.large[rows])
        if large.shape[-1] != 2 * size:
            large = F.avg_pool2d(large, large.shape[-1] // (2 * size))
        return pixels, self._on_background(large)

    def _on_background(self, pixels, share=0.2):
        """A plain opaque colour behind `share` of the pictures."""
        colour = torch.rand(len(pixels), 3, 1, 1, device=self.device)
        opaque = torch.cat([colour, torch.ones_like(colour[:, :1])], dim=1)  # (n, 4, 1, 1)
        filled = unit_to_pixels(over(pixels_to_unit(pixels), opaque))
        chosen = torch.rand(len(pixels), 1, 1, 1, device=self.device) < share
        return torch.where(chosen, filled, pixels)
