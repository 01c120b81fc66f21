"""The transformer's batches: everything is rendered, encoded and embedded once, then drawn on the device."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field, PositiveInt
from tqdm import tqdm

from lit.data import Sampling, StickerData, captions
from lit.data.compose import KINDS, Composer, check_shares
from lit.data.sampling import APART
from lit.models.autoencoder import StickerAutoencoder
from lit.models.text import TextEncoder
from lit.pixels import bytes_to_pixels, unit_to_pixels
from lit.training.batches.holding import pictures_on, style_numbers, weights_on
from lit.training.batches.other_names import other_names

COMPOSED_SIZES = (128, 256)  # pixels a side: each composed picture is kept in both
Share = Annotated[float, Field(ge=0, le=1)]


class LatentBatches:
    """Latents, words and styles of single stickers, sampled by concept, mixed with composed pictures.

    Holds, on `device`: the training split's latents for each size in use (fp16), the embeddings of every
    caption variant, and a pool of composed pictures with theirs.
    """

    @dataclass(frozen=True)
    class Arguments:
        text_dropout: Share = 0.1  # guidance dropout: the share of prompts replaced by ""
        style_dropout: Share = 0.1
        composite_pool: PositiveInt = 32768  # composed pictures kept a process, encoded once
        # How often each kind of composed picture comes, beside the others; without scenes if none is named.
        shares: dict[str, float] = field(default_factory=lambda: dict(KINDS))

        def __post_init__(self):
            check_shares(self.shares, "batches.shares")

    encoded_at_once = 256
    composed_at_once = 1024  # drawing is many small steps: on a GPU large batches cost little more than small ones

    def __init__(
        self,
        data: StickerData,
        autoencoder: StickerAutoencoder,
        text_encoder: TextEncoder,
        device: torch.device,
        arguments: Arguments,
        seed: int,
        styles: Sequence[str],
        sampling: Sampling,
        see: Callable[[torch.Tensor], torch.Tensor] | None = None,
        split: str = "train",
    ):
        """styles: the network's, by whose numbers styles are given; the one behind the last is none.  see: pixels
        (n, 4, 256, 256) to features (n, c, a, b) that go with them, kept in fp16; None for none.  split: the data's."""
        self.see, self.seen = see, None
        self.autoencoder, self.text_encoder, self.device = autoencoder, text_encoder, device
        self.arguments, self.seed = arguments, seed
        self.indices = data.subset(split)
        self.stickers = [data.stickers[i] for i in self.indices]
        self.images = pictures_on(device, data, self.indices)  # (n, 4, 256, 256) uint8
        self.weights = weights_on(device, data, self.indices, sampling)
        self.sampling, self.any_style = sampling, len(styles)
        self.numbers = style_numbers(styles, device)
        self.apart = torch.zeros(len(styles) + 1, dtype=torch.bool, device=device)
        self.apart[[number for number, style in enumerate(styles) if style in APART]] = True
        self.styles = self.numbers[torch.tensor([s.style_id for s in self.stickers], device=device)]
        synonyms = other_names(self.stickers, text_encoder)
        variants = [captions(s, synonyms[s.base_key]) for s in self.stickers]
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
        """n samples at `size` pixels: latents (n, c, size/8, size/8), words (n, 32, 384), mask, style ids (n,), and the
        features of each where something sees them.

        Randomness is torch's default generator on the device, so that a seeded step is a repeated step.
        """
        composed = round(n * composites)
        rows = torch.multinomial(self.weights, n - composed, replacement=True)
        variant = (torch.rand(len(rows), device=self.device) * self.caption_count[rows]).long()
        texts = self.caption_table[self.first_caption[rows] + variant]
        batch = [self._singles(size)[rows], self.words[texts], self.mask[texts], self.styles[rows]]
        batch += [self._features()[rows]] if self.see else []
        if composed:
            pool = self._composites()
            rows = torch.randint(self.arguments.composite_pool, (composed,), device=self.device)
            chosen = [pool[size][rows], pool["words"][rows], pool["mask"][rows], pool["styles"][rows]]
            chosen += [pool["features"][rows]] if self.see else []
            batch = [torch.cat(pair) for pair in zip(batch, chosen, strict=True)]
        latents, words, mask, styles, *features = batch
        drop = torch.rand(n, device=self.device) < self.arguments.text_dropout
        words = torch.where(drop[:, None, None], self.no_words, words)
        mask = torch.where(drop[:, None], self.no_mask, mask)
        drop = torch.rand(n, device=self.device) < self.arguments.style_dropout
        styles = torch.where(drop & ~self.apart[styles], self.any_style, styles)
        return latents.float(), words, mask, styles, *features

    def _singles(self, size):
        if size not in self.latents:
            chunks = self.images.split(self.encoded_at_once)
            self.latents[size] = torch.cat([self._encode(bytes_to_pixels(chunk), size) for chunk in chunks])
        return self.latents[size]

    def _features(self):
        if self.seen is None:
            chunks = self.images.split(self.encoded_at_once)
            self.seen = torch.cat([self._look(bytes_to_pixels(chunk)) for chunk in chunks])
        return self.seen

    def _composites(self):
        """The pool, made when first asked for: the same pictures at 256 and at 128 px."""
        if self.pool is None:
            every, shares = np.arange(len(self.stickers)), self.arguments.shares
            composer = Composer(self.images, self.stickers, every, self.sampling, shares)
            rng = np.random.default_rng(self.seed)
            latents, texts, styles, features = {size: [] for size in COMPOSED_SIZES}, [], [], []
            pool_size = self.arguments.composite_pool
            for start in tqdm(range(0, pool_size, self.composed_at_once), desc="composing", mininterval=5):
                pixels, compositions = composer.draw(min(self.composed_at_once, pool_size - start), rng)
                for size, chunk in itertools.product(latents, pixels.split(self.encoded_at_once)):
                    latents[size].append(self._encode(unit_to_pixels(chunk), size))
                if self.see:
                    features += [self._look(unit_to_pixels(chunk)) for chunk in pixels.split(self.encoded_at_once)]
                texts += [c.caption for c in compositions]
                styles += [c.style_id for c in compositions]
            words, mask = self._embed(texts)
            self.pool = {size: torch.cat(parts) for size, parts in latents.items()}
            self.pool |= {"features": torch.cat(features)} if self.see else {}
            numbers = self.numbers[torch.tensor(styles, device=self.device)]
            self.pool |= {"words": words, "mask": mask, "styles": numbers}
        return self.pool

    @torch.no_grad()
    def _encode(self, pixels, size):
        if pixels.shape[-1] != size:
            pixels = F.avg_pool2d(pixels, pixels.shape[-1] // size)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.autoencoder.encode(pixels).half()

    @torch.no_grad()
    def _look(self, pixels):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.see(pixels).half()

    def _embed(self, texts):
        words, mask = self.text_encoder.encode_batch(texts, batch_size=512)
        half = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        return words.to(self.device, half), mask.to(self.device)
