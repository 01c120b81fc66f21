"""Batches of pictures: the autoencoder's, and those of the decoder that is distilled from it."""

import torch
import torch.nn.functional as F

from lit.data import Sampling, StickerData
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.pixels import bytes_to_pixels, over, pixels_to_unit, unit_to_pixels
from lit.training.batches.holding import pictures_on, weights_on
from lit.training.typed import NoArguments


class Pictures:
    """Pictures of the train split: whole stickers, four small ones on a canvas, some on a full background, moved by a
    few pixels."""

    def __init__(self, data: StickerData, device: torch.device, sampling: Sampling):
        train = data.subset("train")
        self.images = pictures_on(device, data, train)
        self.weights = weights_on(device, data, train, sampling)
        self.device = device

    def draw(self, n: int, size: int) -> torch.Tensor:
        """Pixels (n, 4, size, size), premultiplied, in [-1, 1]."""
        whole, tiled = n - n // 4, n // 4
        rows = torch.multinomial(self.weights, whole + 4 * tiled, replacement=True)
        pixels = bytes_to_pixels(self.images[rows])
        small = F.avg_pool2d(pixels[whole:], 2).view(tiled, 2, 2, 4, 128, 128)
        small = small.permute(0, 3, 1, 4, 2, 5).reshape(tiled, 4, 256, 256)
        pixels = on_background(torch.cat([pixels[:whole], small]))
        dy, dx = torch.randint(-8, 9, (2,)).tolist()
        pixels = pixels.roll((dy, dx), (2, 3))
        return pixels if size == pixels.shape[-1] else F.avg_pool2d(pixels, pixels.shape[-1] // size)


class PixelBatches:
    """Pictures for the autoencoder, and sharp ones at twice the size for its second head."""

    Arguments = NoArguments

    def __init__(self, data: StickerData, large: StickerData, device: torch.device, sampling: Sampling):
        self.pictures = Pictures(data, device, sampling)
        # WebP pictures are no larger than 256 px: as targets at twice the size they would teach blur.
        train = large.subset("train")
        sharp = [large.stickers[i].format == "svg" for i in train]
        if not any(sharp):
            raise InputError("--large", "no SVG", "some, which alone are sharp at twice the size")
        self.large = pictures_on(device, large, train[sharp])

    def draw(self, n: int, size: int):
        """(pixels (n, 4, size, size), large (n / 8, 4, 2 size, 2 size)), premultiplied, in [-1, 1]."""
        pixels = self.pictures.draw(n, size)
        rows = torch.randint(len(self.large), (max(1, n // 8),), device=self.large.device)
        large = bytes_to_pixels(self.large[rows])
        if large.shape[-1] != 2 * size:
            large = F.avg_pool2d(large, large.shape[-1] // (2 * size))
        return pixels, on_background(large)


class DecodedBatches:
    """Latents, and the pixels that an autoencoder decodes them to.

    Latents as a drawing has them on its way: of pictures, a quarter of them blurred (what the model sees of a picture
    that is still noise is an average of many), all with some noise.
    """

    Arguments = NoArguments

    def __init__(self, data: StickerData, autoencoder: StickerAutoencoder, device: torch.device, sampling: Sampling):
        self.pictures, self.autoencoder = Pictures(data, device, sampling), autoencoder

    @torch.no_grad()
    def draw(self, n: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents (n, channels, size / 8, size / 8) and pixels (n, 4, size, size)."""
        pixels = self.pictures.draw(n, size).contiguous(memory_format=torch.channels_last)
        with torch.autocast(pixels.device.type, torch.bfloat16, enabled=pixels.device.type == "cuda"):
            latents = self.autoencoder.encode(pixels).float()
            blurred = F.interpolate(F.avg_pool2d(latents[: n // 4], 4), latents.shape[-2:], mode="bilinear")
            amount = torch.rand(n // 4, 1, 1, 1, device=latents.device)
            latents = torch.cat([torch.lerp(latents[: n // 4], blurred, amount), latents[n // 4 :]])
            latents += 0.2 * torch.rand(n, 1, 1, 1, device=latents.device) * torch.randn_like(latents)
            return latents, self.autoencoder.decode(latents)


def on_background(pixels: torch.Tensor, share: float = 0.2) -> torch.Tensor:
    """A plain opaque colour behind `share` of the pictures."""
    colour = torch.rand(len(pixels), 3, 1, 1, device=pixels.device)
    opaque = torch.cat([colour, torch.ones_like(colour[:, :1])], dim=1)  # (n, 4, 1, 1)
    filled = unit_to_pixels(over(pixels_to_unit(pixels), opaque))
    chosen = torch.rand(len(pixels), 1, 1, 1, device=pixels.device) < share
    return torch.where(chosen, filled, pixels)
