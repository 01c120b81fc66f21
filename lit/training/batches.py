"""Where batches come from: everything is rendered, encoded and embedded once, then drawn on the device."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from lit.data import StickerData, captions, concept_weights
from lit.data.compose import Composer
from lit.models.autoencoder import StickerAutoencoder
from lit.models.text import TextEncoder
from lit.pixels import bytes_to_pixels, over, pixels_to_unit, unit_to_pixels
from lit.styles import STYLES


class LatentBatches:
    """Latents, words and styles of single stickers, sampled by concept, mixed with composed pictures.

    Holds, on `device`: the training split's latents for each size in use (fp16), the embeddings of every
    caption variant, and a pool of `pool_size` composed pictures with theirs.
    """

    encoded_at_once = 256
    composed_at_once = 1024  # drawing is many small steps: on a GPU large batches cost little more than small ones

    def __init__(
        self,
        data: StickerData,
        autoencoder: StickerAutoencoder,
        text_encoder: TextEncoder,
        device: torch.device,
        pool_size: int,
        seed: int,
        text_dropout: float,
        style_dropout: float,
    ):
        self.autoencoder, self.text_encoder, self.device = autoencoder, text_encoder, device
        self.pool_size, self.seed = pool_size, seed
        self.text_dropout, self.style_dropout = text_dropout, style_dropout
        self.indices = data.subset("train")
        self.stickers = [data.stickers[i] for i in self.indices]
        self.images = torch.from_numpy(data.images[self.indices]).to(device)  # (n, 4, 256, 256) uint8
        weights = concept_weights(self.stickers, np.arange(len(self.stickers)))
        self.weights = torch.from_numpy(weights).float().to(device)
        self.styles = torch.tensor([s.style_id for s in self.stickers], device=device)
        variants = [captions(s) for s in self.stickers]
        texts = sorted({text for group in variants for text in group})
        place = {text: i for i, text in enumerate(texts)}
        self.first_caption = torch.zeros(len(variants), dtype=torch.long, device=device)
        self.caption_count = torch.tensor([len(group) for group in variants], device=device)
        self.first_caption[1:] = self.caption_count.cumsum(0)[:-1]
        self.caption_table = torch.tensor([place[t] for group in variants for t in group], device=device)
        self.words, self.mask = self._embed(texts)
        self.no_words, self.no_mask = self._embed([""])
        self.latents: dict[int, torch.Tensor] = {}
        self.pool: dict | None = None

    def draw(self, n: int, size: int, composites: float):
        """n samples at `size` pixels: latents (n, c, size/8, size/8), words (n, 32, 384), mask, style ids (n,).

        Randomness is torch's default generator on the device, so that a seeded step is a repeated step.
        """
        composed = round(n * composites)
        rows = torch.multinomial(self.weights, n - composed, replacement=True)
        variant = (torch.rand(len(rows), device=self.device) * self.caption_count[rows]).long()
        texts = self.caption_table[self.first_caption[rows] + variant]
        batch = [self._singles(size)[rows], self.words[texts], self.mask[texts], self.styles[rows]]
        if composed:
            pool = self._composites()
            rows = torch.randint(self.pool_size, (composed,), device=self.device)
            chosen = [pool[size][rows], pool["words"][rows], pool["mask"][rows], pool["styles"][rows]]
            batch = [torch.cat(pair) for pair in zip(batch, chosen, strict=True)]
        latents, words, mask, styles = batch
        drop = torch.rand(n, device=self.device) < self.text_dropout
        words = torch.where(drop[:, None, None], self.no_words, words)
        mask = torch.where(drop[:, None], self.no_mask, mask)
        drop = torch.rand(n, device=self.device) < self.style_dropout
        return latents.float(), words, mask, torch.where(drop, len(STYLES), styles)

    def _singles(self, size):
        if size not in self.latents:
            chunks = self.images.split(self.encoded_at_once)
            self.latents[size] = torch.cat([self._encode(bytes_to_pixels(chunk), size) for chunk in chunks])
        return self.latents[size]

    def _composites(self):
        """The pool, made when first asked for: the same pictures at 256 and at 128 px."""
        if self.pool is None:
            composer = Composer(self.images, self.stickers, np.arange(len(self.stickers)))
            rng = np.random.default_rng(self.seed)
            latents, texts, styles = {128: [], 256: []}, [], []
            for start in tqdm(range(0, self.pool_size, self.composed_at_once), desc="composing", mininterval=5):
                pixels, compositions = composer.draw(min(self.composed_at_once, self.pool_size - start), rng)
                for size, chunk in itertools.product(latents, pixels.split(self.encoded_at_once)):
                    latents[size].append(self._encode(unit_to_pixels(chunk), size))
                texts += [c.caption for c in compositions]
                styles += [c.style_id for c in compositions]
            words, mask = self._embed(texts)
            self.pool = {size: torch.cat(parts) for size, parts in latents.items()}
            self.pool |= {"words": words, "mask": mask, "styles": torch.tensor(styles, device=self.device)}
        return self.pool

    @torch.no_grad()
    def _encode(self, pixels, size):
        if pixels.shape[-1] != size:
            pixels = F.avg_pool2d(pixels, pixels.shape[-1] // size)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.autoencoder.encode(pixels).half()

    def _embed(self, texts):
        words, mask = self.text_encoder.encode_batch(texts, batch_size=512)
        half = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        return words.to(self.device, half), mask.to(self.device)


class PixelBatches:
    """Pictures for the autoencoder: whole stickers, four small ones on a canvas, some on a full background,
    moved by a few pixels; and sharp ones at twice the size for the second head."""

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
