"""Drawing what is to be judged: many pictures, as fast as the device allows."""

import time
from dataclasses import dataclass

import torch
from tqdm import tqdm

from lit.pipeline import LiTPipeline
from lit.pixels import pixels_to_bytes
from lit.settings import SETTINGS, GenerationSettings


@dataclass
class Painter:
    """Draws many pictures, each from its own seed and in its own style, on an accelerator in large batches.

    pipe: a LiTPipeline.  steps, guidance: as in GenerationSettings.  scheduler: one of the pipeline's, None for its
    first.  model: what people call it.  side: in pixels, None for what the network was trained for.  images, seconds:
    drawn so far, and how long that took.
    Raises InputError for what the pipeline cannot draw.
    """

    pipe: LiTPipeline
    steps: int
    guidance: float
    batch_size: int
    scheduler: str | None = None
    model: str = "embedded"
    side: int | None = None
    images: int = 0
    seconds: float = 0.0

    def __post_init__(self):
        self.scheduler = self.scheduler or self.pipe.schedulers[0]
        self.pipe.check(self._settings("a cat", None, 0))

    def _settings(self, prompt, style, seed):
        side = self.side or self.pipe.transformer.config.sample_size * self.pipe.autoencoder.downscale
        return GenerationSettings(
            prompt=prompt,
            style=style if style in self.pipe.styles else None,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            height=side,
            width=side,
            seed=seed % (SETTINGS["seed"].high + 1),
            scheduler=self.scheduler,
            output_scale=1,
        )

    def draw(self, prompts: list[str], styles: list[str | None], seed: int, what: str) -> torch.Tensor:
        """uint8 (N, 4, S, S) premultiplied RGBA on the CPU; picture i has the seed `seed + i`.

        styles: names, None for no style; one that the model does not know is drawn as none.  what: the progress bar's
        words.
        """
        start, coder = time.perf_counter(), self.pipe.autoencoder
        settings = [
            self._settings(prompt, style, seed + i)
            for i, (prompt, style) in enumerate(zip(prompts, styles, strict=True))
        ]
        at_once = None if self.pipe.transformer.device.type == "cpu" else self.batch_size
        run = self.pipe.start(settings, output_type="latent", images_at_once=at_once)
        bar = tqdm(run, total=len(prompts), desc=f"Drawing {what}", unit="img")
        latents = torch.stack([drawing.image for drawing in bar]).to(coder.dtype)
        with torch.no_grad():
            pictures = torch.cat([pixels_to_bytes(coder.decode(part)) for part in latents.split(self.batch_size)])
        self.images += len(prompts)
        self.seconds += time.perf_counter() - start
        return pictures
