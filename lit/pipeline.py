"""Words to pictures, in diffusers' manner: the pipeline that the page, the command line and the API share."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import diffusers
import torch
import torch.nn.functional as F
from diffusers import DiffusionPipeline
from diffusers.utils import BaseOutput
from PIL import Image

from lit import checkpoint
from lit.device import choose, dtype_name, keep_freed_memory
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel
from lit.pixels import pixels_to_images
from lit.sampling.schedules import MAKERS, Schedule
from lit.settings import SEEDS, VERSION, GenerationSettings

PREVIEW_LATENTS = 16  # a side: previews are decoded from at most about this many


@dataclass
class Drawing:
    """One image. settings: those that draw it alone.  steps: evaluations made.  finished: all of them."""

    image: Image.Image | torch.Tensor
    settings: GenerationSettings
    steps: int
    finished: bool


@dataclass
class LiTPipelineOutput(BaseOutput):
    """images: PIL RGBA with straight alpha, or latents.  settings: one an image, drawing it alone.
    finished: one an image; false where an interruption came first.  interrupted: whether one came."""

    images: list
    settings: list[GenerationSettings]
    finished: list[bool]
    interrupted: bool


class LiTPipeline(DiffusionPipeline):
    """Draws stickers with transparent background from words.

    On a processor images are drawn one at a time, so that image k is the same to the bit alone, among others
    and beside other prompts; on an accelerator up to `images_at_once` are drawn together, equal up to
    rounding. The noise of each comes from a generator of its own on the CPU (seed + k). The text encoder stays
    where it is and in float32 whatever `.to()` is told.
    """

    images_at_once = 8
    model_cpu_offload_seq = "transformer->autoencoder"
    _optional_components = ["scheduler"]
    _callback_tensor_inputs = ["latents", "predicted_clean"]

    def __init__(
        self,
        transformer: LiTTransformer2DModel,
        autoencoder: StickerAutoencoder,
        scheduler=None,
        text_encoder: TextEncoder | None = None,
    ):
        """scheduler: its config gives shift or betas; None for the defaults of the model's prediction type.
        text_encoder: None for the packaged MiniLM."""
        super().__init__()
        if scheduler is None:
            makers = MAKERS[transformer.config.prediction_type]
            scheduler = next(iter(makers.values()))({})
        self.register_modules(transformer=transformer, autoencoder=autoencoder, scheduler=scheduler)
        # Not a registered component: it comes from its package, is not saved, and keeps its precision.
        self.text_encoder = text_encoder or TextEncoder.from_pretrained()
        checkpoint.check_widths(transformer, autoencoder, self.text_encoder)
        self._interrupt = False
        self._weights_sha256 = None
        self._weights_folder = None
        self.predicted_clean = None  # latents (batch, channels, h, w) of what is being drawn, or None
        self.steps_done = self.steps_total = 0  # evaluations of the model, over all images of a call

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path | None = None,
        *,
        device: str | torch.device | None = None,
        torch_dtype: str | torch.dtype | None = None,
        text_encoder: TextEncoder | None = None,
    ) -> "LiTPipeline":
        """Load the embedded model, a folder as `save_pretrained` writes it, or a name on the hub.

        device, torch_dtype: None for what suits this machine, measured (`lit.device.choose`).
        Raises CheckpointError for what is missing, damaged or of another kind, InputError for a device or
        dtype that is not there.
        """
        device, dtype = choose(device, torch_dtype)
        folder = checkpoint.locate(pretrained_model_name_or_path)
        with checkpoint.quiet():
            parts = checkpoint.load(folder)
            pipe = cls(**parts, text_encoder=text_encoder)
            pipe._weights_folder = folder
            pipe.register_to_config(_name_or_path=str(folder))
            pipe.to(device, dtype)
        if device.type == "cpu":
            keep_freed_memory()
            # A quarter faster to decode on a processor, where convolutions like channels last.
            pipe.autoencoder.to(memory_format=torch.channels_last)
        return pipe

    def save_pretrained(self, save_directory: str | Path, **kwargs):
        """As in diffusers, with the weights' SHA-256 in model_index.json, which loading then checks."""
        super().save_pretrained(save_directory, **kwargs)
        checkpoint.record_sha256(Path(save_directory))

    def to(self, *args, **kwargs):
        """As in diffusers, without its warning about modules to be kept in float32: there are none."""
        with checkpoint.quiet():
            return super().to(*args, **kwargs)

    @property
    def styles(self) -> tuple[str, ...]:
        return tuple(self.transformer.config.styles)

    @property
    def schedulers(self) -> tuple[str, ...]:
        """Names of the schedulers that this model can be drawn with, the default first."""
        return tuple(MAKERS[self.transformer.config.prediction_type])

    @property
    def weights_sha256(self) -> str:
        """SHA-256 over the bytes of the transformer's weight file and then the autoencoder's (as `cat` and
        `sha256sum` give it); over the tensors of a pipeline made in code. Computed once."""
        if self._weights_sha256 is None:
            if self._weights_folder:
                self._weights_sha256 = checkpoint.files_sha256(self._weights_folder)
            else:
                digest = hashlib.sha256()
                for module in (self.transformer, self.autoencoder):
                    for name, tensor in module.state_dict().items():
                        digest.update(name.encode())
                        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
                self._weights_sha256 = digest.hexdigest()
        return self._weights_sha256

    def provenance(self) -> dict:
        """What beside the settings decides an image's bytes."""
        return {
            "weights_sha256": self.weights_sha256,
            "versions": {"lit": VERSION, "torch": torch.__version__, "diffusers": diffusers.__version__},
            "device": self.transformer.device.type,
            "dtype": dtype_name(self.transformer.dtype),
        }

    def interrupt(self):
        """Stop the drawing under way within one step and keep what there is; from any thread."""
        self._interrupt = True

    def __call__(
        self,
        prompt: str | Sequence[str],
        *,
        style: str | None = None,
        negative_prompt: str = "",
        num_inference_steps: int = 20,
        guidance_scale: float = 4.0,
        height: int = 256,
        width: int = 256,
        seed: int | None = None,
        num_images_per_prompt: int = 1,
        scheduler: str | None = None,
        output_scale: int = 1,
        callback_on_step_end: Callable | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
    ):
        """Draw. Images come prompt by prompt; image i of each prompt has seed + i.

        prompt: words, or a list of them.  style: one of `styles`; None takes one named at the prompt's end
        behind a comma, or none.  guidance_scale: 1 for none.  height, width: pixels, multiples of 16.
        seed: None for a random one.  scheduler: one of `schedulers`, None for the first.
        output_scale: 2 draws at twice the size from the same latents.
        callback_on_step_end(pipe, step, timestep, tensors): after each step, with tensors `latents` and
        `predicted_clean`; returns a dict that may replace `latents`.  output_type: "pil" or "latent".
        Returns LiTPipelineOutput, or a tuple with the images.  Raises InputError naming the first bad value.
        """
        prompts = [prompt] if isinstance(prompt, str) else list(prompt)
        settings = [
            GenerationSettings(
                prompt=words,
                style=style,
                negative_prompt=negative_prompt,
                num_inference_steps=num_inference_steps,
                guidance_scale=guidance_scale,
                height=height,
                width=width,
                seed=random_seed() if seed is None else seed,
                num_images_per_prompt=num_images_per_prompt,
                scheduler=self.schedulers[0] if scheduler is None else scheduler,
                output_scale=output_scale,
            )
            for words in prompts
        ]
        output = self.generate(settings, callback_on_step_end=callback_on_step_end, output_type=output_type)
        return output if return_dict else (output.images,)

    def generate(
        self,
        settings: GenerationSettings | Sequence[GenerationSettings],
        *,
        callback_on_step_end: Callable | None = None,
        output_type: str = "pil",
    ) -> LiTPipelineOutput:
        """Draw what the settings say, all images of the first, then of the next."""
        drawings = list(self.stream(settings, callback_on_step_end=callback_on_step_end, output_type=output_type))
        return LiTPipelineOutput(
            images=[drawing.image for drawing in drawings],
            settings=[drawing.settings for drawing in drawings],
            finished=[drawing.finished for drawing in drawings],
            interrupted=self._interrupt,
        )

    def stream(
        self,
        settings: GenerationSettings | Sequence[GenerationSettings],
        *,
        callback_on_step_end: Callable | None = None,
        output_type: str = "pil",
    ) -> Iterator[Drawing]:
        """`generate`, handing over each image as soon as it is drawn."""
        # 1. Check
        settings = [settings] if isinstance(settings, GenerationSettings) else list(settings)
        if output_type not in ("pil", "latent"):
            raise InputError("output_type", output_type, "pil or latent")
        jobs = []
        for one in settings:
            resolved = one.resolved(self.styles)
            multiple = self.autoencoder.downscale * self.transformer.config.patch_size
            resolved.validate(styles=self.styles, multiple=multiple, schedulers=self.schedulers)
            jobs += [resolved.for_image(i) for i in range(one.num_images_per_prompt)]
        return self._stream(jobs, callback_on_step_end, output_type)

    def _stream(self, jobs, callback, output_type):
        self._interrupt = False
        chunks = self._chunks(jobs)
        self.steps_done, self.steps_total = 0, sum(len(self._schedule(chunk[0])) for chunk in chunks)
        try:
            with self.progress_bar(total=self.steps_total) as bar:
                for chunk in chunks:
                    latents, steps, finished = self._denoise(chunk, callback, bar)
                    if steps:
                        images = self._decode(latents, chunk[0].output_scale, output_type)
                        for image, job in zip(images, chunk, strict=True):
                            yield Drawing(image, job, steps, finished)
                    if self._interrupt:
                        return
        finally:
            self.predicted_clean = None

    def _chunks(self, jobs):
        """Jobs that are drawn together: one at a time on a processor, else neighbours that differ in words,
        style and seed alone."""
        chunks = []
        for job in jobs:
            shared = replace(job, prompt="", style=None, negative_prompt="", seed=0)
            alone = self.transformer.device.type == "cpu" or not chunks
            full = alone or len(chunks[-1][1]) == self.images_at_once
            if full or chunks[-1][0] != shared:
                chunks.append((shared, []))
            chunks[-1][1].append(job)
        return [chunk for _, chunk in chunks]

    def _schedule(self, job):
        prediction, device = self.transformer.config.prediction_type, self.transformer.device
        config = dict(self.scheduler.config)
        return Schedule.make(prediction, job.scheduler, config, job.num_inference_steps, device)

    @torch.inference_mode()
    def _denoise(self, jobs, callback, bar):
        """Draw jobs that share all but words, style and seed.

        Returns latents (batch, channels, h, w), the evaluations made, and whether they were all. After an
        interruption the latents are the clean ones as far as they are known.
        """
        # 2. Encode
        condition = self._encode(jobs)
        # 3. Timesteps
        schedule = self._schedule(jobs[0])
        # 4. Latents
        latents = self._noise(jobs)
        # 5. Loop
        self.predicted_clean = None
        for index, time in enumerate(schedule.times):
            if self._interrupt:
                return self.predicted_clean, index, False
            output = self._predict(latents, time, condition, jobs[0].guidance_scale)
            self.predicted_clean = schedule.predict_clean(index, output, latents)
            latents = schedule.step(index, output, latents)
            self.steps_done += 1
            bar.update()
            if callback is not None:
                tensors = {"latents": latents, "predicted_clean": self.predicted_clean}
                latents = (callback(self, index, time, tensors) or {}).get("latents", latents)
        return latents, len(schedule), True

    def _encode(self, jobs):
        """Words, their mask and style ids (rows, ...): with guidance the negative branch comes first."""
        guided = jobs[0].guidance_scale != 1
        none = len(self.styles)
        prompts = [job.negative_prompt for job in jobs] * guided + [job.prompt for job in jobs]
        ids = [none] * len(jobs) * guided + [
            none if job.style is None else self.styles.index(job.style) for job in jobs
        ]
        device = self.transformer.device
        words, mask = self.text_encoder(prompts)
        return words.to(device, self.transformer.dtype), mask.to(device), torch.tensor(ids, device=device)

    def _noise(self, jobs):
        """Noise float32 (jobs, channels, h, w), each from its own generator on the CPU."""
        side = self.autoencoder.downscale
        shape = (self.transformer.config.in_channels, jobs[0].height // side, jobs[0].width // side)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(job.seed)) for job in jobs]
        return torch.stack(noise).to(self.transformer.device)

    def _predict(self, latents, time, condition, guidance_scale):
        """Velocity or noise float32, guided: negative + scale (positive - negative), both in one batch."""
        words, mask, style_ids = condition
        rows = latents.repeat(len(words) // len(latents), 1, 1, 1)  # (branches * batch, channels, h, w)
        output = self.transformer(
            rows.to(self.transformer.dtype),
            time.to(latents.device).expand(len(rows)),
            encoder_hidden_states=words,
            encoder_attention_mask=mask,
            style_ids=style_ids,
            return_dict=False,
        )[0].float()
        output = output[:, : latents.shape[1]]  # without the variance that an epsilon model predicts too
        if len(rows) == len(latents):
            return output
        negative, positive = output.chunk(2)
        return negative + guidance_scale * (positive - negative)

    # 6. Decode
    @torch.inference_mode()
    def _decode(self, latents, scale, output_type):
        if output_type == "latent":
            return list(latents)
        latents = latents.to(self.autoencoder.device, self.autoencoder.dtype)
        # One at a time: an image's bytes must not depend on its neighbours, and a large batch needs memory.
        return [pixels_to_images(self.autoencoder.decode(one[None], scale))[0] for one in latents]

    @torch.inference_mode()
    def preview(self, latents: torch.Tensor | None = None) -> list[Image.Image]:
        """Small pictures of what is being drawn (128 px for 256), for a callback: a quarter of a decode.

        latents (batch, channels, h, w): None for the clean ones predicted at the last step, if there was one.
        """
        latents = self.predicted_clean if latents is None else latents
        if latents is None:
            return []
        shrink = max(1, min(latents.shape[-2:]) // PREVIEW_LATENTS)
        return self._decode(F.avg_pool2d(latents.float(), shrink), 1, "pil")


def random_seed() -> int:
    return secrets.randbelow(SEEDS[1] + 1)
