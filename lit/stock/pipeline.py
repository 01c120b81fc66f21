"""A stock pipeline of diffusers, drawn with as ours is: settings in, a run out, which tells of every evaluation and can
be stopped after it."""

import copy
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import diffusers
import torch
import torch.nn.functional as F
import transformers
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image

from lit.device import dtype_name
from lit.errors import InputError, Phrase
from lit.pixels import pixels_to_images
from lit.sampling import registry
from lit.sampling.conditioning import noise_of
from lit.sampling.run import Drawing, Run
from lit.settings import GenerationSettings, Source
from lit.stock.facts import Facts, mounted_mixer
from lit.stock.limits import check
from lit.version import __version__

# Ours of the same rule by the names that settings have for them.
SCHEDULERS: dict[str, type] = {
    "ddim": DDIMScheduler,
    "dpm++": DPMSolverMultistepScheduler,
    "flow-euler": FlowMatchEulerDiscreteScheduler,
}
PREVIEW_LATENTS = 16  # a side: previews are decoded from at most about this many


class Interrupted(Exception):
    """Raised inside a pipeline's call to end it."""


class StockPipeline:
    """Draws by the call of a pipeline of diffusers, as it is: opaque pictures, no styles, one at a time.

    pipe: loaded, and where it draws.  facts: of its folder.  weights_sha256: of its weights' files.

    It keeps nothing of a drawing: each has a scheduler of its own, in which it is told of every step.
    """

    styles: tuple[str, ...] = ()

    def __init__(self, pipe: Any, facts: Facts, weights_sha256: str):
        family = facts.family
        assert family is not None  # a model of ours is drawn with by its own pipeline
        self.pipe, self.facts, self.family, self.weights_sha256 = pipe, facts, family, weights_sha256
        pipe.set_progress_bar_config(disable=True)

    @property
    def schedulers(self) -> tuple[str, ...]:
        return self.facts.schedulers

    @property
    def transformer(self) -> Any:
        return self.pipe.transformer

    @property
    def mixer(self) -> str:
        return mounted_mixer(self.facts.mount) if self.facts.mount else self.family.LABEL

    def passes(self, settings: GenerationSettings) -> int:
        return 1 if settings.guidance_scale == 1 else 2

    def set_progress_bar_config(self, **options: Any):
        self.pipe.set_progress_bar_config(**options)

    def usual(self) -> dict:
        return self.facts.usual()

    def unread(self, prompt: str) -> str:
        """Nothing: T5 and Gemma read 120 to 300 tokens, and a class is one."""
        return ""

    def provenance(self) -> dict:
        return {
            "weights_sha256": self.weights_sha256,
            "pipeline": self.facts.kind,
            "versions": {
                "lit": __version__,
                "torch": torch.__version__,
                "diffusers": diffusers.__version__,
                "transformers": transformers.__version__,
            },
            "device": self.pipe.transformer.device.type,
            "dtype": dtype_name(self.pipe.transformer.dtype),
        }

    def check(self, settings: GenerationSettings) -> GenerationSettings:
        return check(self.facts, settings)

    def start(
        self,
        settings: GenerationSettings | Sequence[GenerationSettings],
        *,
        image: Image.Image | None = None,
        mask: Image.Image | None = None,
        callback_on_step_end: Callable | None = None,
    ) -> Run:
        """As `LiTPipeline.start`. callback_on_step_end(self, step, timestep, tensors): with tensors `latents` and
        `predicted_clean`; what it returns is not looked at."""
        settings = [settings] if isinstance(settings, GenerationSettings) else list(settings)
        if Source.of(image, mask) is not None:
            raise InputError("image", Phrase("a picture"), "nothing: this model draws from words alone")
        images = [self.check(one).for_image(i) for one in settings for i in range(one.num_images_per_prompt)]
        total = sum(registry.evaluations(one.scheduler, one.num_inference_steps) for one in images)
        draw = functools.partial(self._draw, images=images, callback=callback_on_step_end)
        return Run(draw, self._preview, total)

    def _draw(self, run: Run, images: list[GenerationSettings], callback: Callable | None) -> Iterator[Drawing]:
        for settings in images:
            if run.interrupted:
                return
            of = registry.evaluations(settings.scheduler, settings.num_inference_steps)
            before = run.steps_done
            try:
                image = self._called(run, settings, callback, of).convert("RGBA")
            except Interrupted:
                if run.predicted_clean is None:
                    return
                (image,) = self._decoded(run.predicted_clean)
                yield Drawing(image, settings, run.steps_done - before, False)
                return
            yield Drawing(image, settings, run.steps_done - before, True)

    @torch.no_grad()
    def _called(self, run: Run, settings: GenerationSettings, callback: Callable | None, of: int) -> Image.Image:
        scheduler, done = self._scheduler(settings.scheduler), 0
        step = scheduler.step

        @functools.wraps(step)  # a pipeline looks at what it takes
        def told(output, time, sample, *args, **options):
            nonlocal done
            made = step(output, time, sample, *args, **options)
            clean = predicted_clean(scheduler, output, time, sample, self.family.FLOW)
            latents = made[0] if isinstance(made, tuple) else made.prev_sample
            run.predicted_clean = clean[:1]  # a second half is that of guidance, and the same
            run.steps_done, done = run.steps_done + 1, done + 1
            if callback is not None:
                tensors = {"latents": latents[:1], "predicted_clean": run.predicted_clean}
                run.call(callback, self, done - 1, time, tensors)
            if run.interrupted and done < of:
                raise Interrupted
            return made

        scheduler.step = told
        pipe = copy.copy(self.pipe)
        pipe.scheduler = scheduler
        asked = self.family.told(pipe, settings)
        if self.family.LATENTS:  # ours: the same at every precision, and with its variations
            asked["latents"] = noise_of([settings], self._latents_shape(settings), pipe.device).to(self._noise_dtype())
        generator = torch.Generator().manual_seed(settings.seed)
        run.predicted_clean = None
        if run.interrupted:
            raise Interrupted
        made = pipe(
            **asked,
            guidance_scale=settings.guidance_scale,
            num_inference_steps=settings.num_inference_steps,
            generator=generator,
        )
        return made.images[0]

    def _scheduler(self, name: str) -> Any:
        """A fresh one of this name, with what the pipeline's own is told, as far as it takes that."""
        config = dict(self.pipe.scheduler.config)
        if isinstance(self.pipe.scheduler, SCHEDULERS[name]):
            return SCHEDULERS[name].from_config(config)
        if name == "dpm++":
            # A variance that is learned has been taken off by the pipeline.
            flow = {
                "prediction_type": "flow_prediction",
                "use_flow_sigmas": True,
                "flow_shift": config.get("shift", 1.0),
            }
            return DPMSolverMultistepScheduler.from_config(
                config | {"variance_type": None} | (flow if self.family.FLOW else {})
            )
        told = {"shift": config.get("flow_shift", 1.0)} if self.family.FLOW else {}
        return SCHEDULERS[name].from_config(config | told)

    def _latents_shape(self, settings: GenerationSettings) -> tuple[int, int, int]:
        config = self.pipe.transformer.config
        shrunk = self.facts.sizes[1] // config["patch_size"]
        return config["in_channels"], settings.height // shrunk, settings.width // shrunk

    def _noise_dtype(self) -> torch.dtype:
        """SANA's pipeline goes its way in float32 whatever the network is in."""
        return torch.float32 if self.family.FLOW else self.pipe.transformer.dtype

    @torch.no_grad()
    def _preview(self, latents: torch.Tensor) -> list[Image.Image]:
        shrink = max(1, min(latents.shape[-2:]) // PREVIEW_LATENTS)
        return self._decoded(F.avg_pool2d(latents.float(), shrink))

    @torch.no_grad()
    def _decoded(self, latents: torch.Tensor) -> list[Image.Image]:
        """PIL RGBA, opaque, of clean latents (images, channels, h, w)."""
        vae = self.pipe.vae
        scaled = latents.to(vae.device, vae.dtype) / vae.config.scaling_factor
        pixels = vae.decode(scaled, return_dict=False)[0].float()
        return pixels_to_images(torch.cat([pixels, torch.ones_like(pixels[:, :1])], 1))


def predicted_clean(scheduler: Any, output: torch.Tensor, time: Any, sample: torch.Tensor, flow: bool) -> torch.Tensor:
    """The clean latents x_0 in what a network says of x_t, both (images, channels, h, w):

    noise eps:      x_0 = (x_t - sqrt(1 - a_t) eps) / sqrt(a_t)
    velocity v:     x_0 = x_t - s_t v,    with s_t = t / 1000
    """
    if flow:
        return sample - float(time) / scheduler.config.num_train_timesteps * output
    kept = scheduler.alphas_cumprod[int(time)].to(sample.device, sample.dtype)
    return (sample - (1 - kept).sqrt() * output) / kept.sqrt()
