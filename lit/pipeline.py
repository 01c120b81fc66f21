"""Words to pictures, in diffusers' manner: the pipeline that the page, the command line and the API share."""

import copy
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import torch
import torch.nn.functional as F
from diffusers import DiffusionPipeline
from PIL import Image

from lit import checkpoint, runtimes
from lit.device import choose, dtype_name, keep_freed_memory
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.preview_decoder import PreviewDecoder
from lit.models.storage import check_format
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel
from lit.sampling import registry, tables
from lit.sampling.conditioning import branches, encode_words, noise_of
from lit.sampling.inputs import PromptEmbeds, put_noise_into
from lit.sampling.objectives import OBJECTIVES
from lit.sampling.pictures import decode
from lit.sampling.run import CALLING, Job, LiTPipelineOutput, Run, batches, draw_batches
from lit.sampling.solvers import Solver, make_solver
from lit.settings import GenerationSettings, Source, check_given, random_seed, strength_of
from lit.styles import offered
from lit.version import __version__

IMAGES_AT_ONCE = 8  # on an accelerator
PREVIEW_LATENTS = 16  # a side: previews are decoded from at most about this many, twice as many by a decoder for it
RUNS = threading.Lock()  # of every pipeline's set of runs: one may start while another thread interrupts


class LiTPipeline(DiffusionPipeline):
    """Draws stickers with transparent background from words.

    `pipe(prompt, ...)` and `generate` return when all is drawn; `start` returns a Run that draws as it is iterated
    over, shows previews and can be stopped. What is under way lives in the run, so that several may draw at a time.

    On a processor images are drawn one at a time, so that image k is the same to the bit alone, among others
    and beside other prompts; on an accelerator several are drawn together, equal up to rounding. The noise of each
    comes from a generator of its own on the CPU (seed + k). The text encoder stays where it is and in float32
    whatever `.to()` is told.
    """

    model_cpu_offload_seq = "transformer->autoencoder"
    _optional_components = ["scheduler", "preview_decoder"]
    _callback_tensor_inputs = ["latents", "predicted_clean"]

    def __init__(
        self,
        transformer: LiTTransformer2DModel,
        autoencoder: StickerAutoencoder,
        scheduler=None,
        text_encoder: TextEncoder | None = None,
        preview_decoder: PreviewDecoder | None = None,
    ):
        """scheduler: its config gives shift or betas; None for the defaults of the model's prediction type.
        text_encoder: None for the packaged MiniLM.  preview_decoder: None where the autoencoder's own decodes previews
        and drafts, too."""
        super().__init__()
        scheduler = scheduler or OBJECTIVES[transformer.config["prediction_type"]]({}).scheduler()
        self.register_modules(
            transformer=transformer, autoencoder=autoencoder, scheduler=scheduler, preview_decoder=preview_decoder
        )
        # Not a registered component: it comes from its package, is not saved, and keeps its precision.
        self.text_encoder = text_encoder or TextEncoder.from_pretrained()
        checkpoint.check_widths(transformer, autoencoder, self.text_encoder, preview_decoder)
        self._hash = checkpoint.WeightsHash()
        self._network = None  # what another runtime than torch answers with
        self._runs: weakref.WeakSet[Run] = weakref.WeakSet()  # for `interrupt` alone

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path | None = None,
        *,
        device: str | torch.device | None = None,
        torch_dtype: str | torch.dtype | None = None,
        text_encoder: TextEncoder | None = None,
        runtime: str = "torch",
    ) -> "LiTPipeline":
        """Load the embedded model, a folder as `save_pretrained` writes it, or a name on the hub.

        device, torch_dtype: None for what suits this machine, measured (`lit.device.choose`).
        runtime: what computes the transformer's answers, one of `lit.runtimes.RUNTIMES`.
        Raises CheckpointError for what is missing, damaged or of another kind, InputError for a name on the hub, a
        device or a dtype that is not there.
        """
        device, dtype = choose(device, torch_dtype)
        folder = checkpoint.locate(pretrained_model_name_or_path)
        with checkpoint.quiet():
            parts, sha256 = checkpoint.load(folder)
            pipe = cls(**parts, text_encoder=text_encoder)
            pipe.register_to_config(_name_or_path=str(folder))
            pipe.to(device, dtype)
        if device.type == "cpu":
            keep_freed_memory()
            # A quarter faster to decode on a processor, where convolutions like channels last.
            for decoder in (pipe.autoencoder, pipe.preview_decoder):
                if decoder is not None:
                    decoder.to(memory_format=torch.channels_last)
        pipe._hash.note(sha256, [pipe.transformer, pipe.autoencoder])
        pipe._network = runtimes.make(runtime, pipe.transformer)
        return pipe

    def save_pretrained(self, save_directory: str | Path, max_shard_size: int | str | None = None, **kwargs):
        """As in diffusers, with the weights' SHA-256 in model_index.json, which loading then checks.

        max_shard_size: such as "100MB", for weights in several files.  Raises InputError for `safe_serialization`
        false, a `variant`, and a directory that is a file: what they write could not be loaded.
        """
        ways = ("safe_serialization", "variant", "use_flashpack")
        check_format(**{name: kwargs.pop(name) for name in ways if name in kwargs})
        if Path(save_directory).is_file():
            raise InputError("save_directory", str(save_directory), "a folder, which this file is not")
        super().save_pretrained(save_directory, max_shard_size=max_shard_size, **kwargs)
        checkpoint.record_sha256(Path(save_directory))

    def to(self, *args, **kwargs):
        """As in diffusers, without its warning about modules to be kept in float32: there are none."""
        with checkpoint.quiet():
            return super().to(*args, **kwargs)

    def with_networks(self, transformer, autoencoder) -> "LiTPipeline":
        """A pipeline of these networks, which shares the scheduler and the text encoder; it shows no progress."""
        twin = LiTPipeline(transformer, autoencoder, self.scheduler, self.text_encoder)
        twin.set_progress_bar_config(disable=True)
        return twin

    def in_float32(self) -> "LiTPipeline":
        """The pipeline itself where it is in float32 or float64, else one of converted copies of its networks."""
        if self.transformer.dtype in (torch.float32, torch.float64):
            return self
        return self.with_networks(*(copy.deepcopy(part).float() for part in (self.transformer, self.autoencoder)))

    @property
    def styles(self) -> tuple[str, ...]:
        return tuple(self.transformer.config.styles)

    @property
    def schedulers(self) -> tuple[str, ...]:
        """Names of the schedulers that this model can be drawn with, the default first."""
        names = registry.names(self.transformer.config.prediction_type)
        fitted = tables.NAME in names and tables.fitted_to(self.weights_sha256)
        return names if fitted else registry.of_any_network(self.transformer.config.prediction_type)

    def usual(self) -> dict:
        usual = registry.usual(self.schedulers[0], self.transformer.config.get("guidance_range"))
        return usual | {"output_scale": self.autoencoder.config.get("usual_scale", 1)}

    @property
    def mixer(self) -> str:
        return self.transformer.config.token_mixer

    def passes(self, settings: GenerationSettings) -> int:
        return branches(settings, self.transformer)

    def unread(self, prompt: str) -> str:
        return self.text_encoder.truncated(prompt)

    @property
    def weights_sha256(self) -> str:
        """SHA-256 over the bytes of the transformer's weight files and then the autoencoder's (as `cat` and
        `sha256sum` give it); over the tensors where they are not those of the files that were loaded."""
        return self._hash.of([self.transformer, self.autoencoder])

    def provenance(self) -> dict:
        """What beside the settings decides an image's bytes."""
        network = self.answering()
        runtime = {} if network is self.transformer else {"runtime": network.name}
        return {
            "weights_sha256": self.weights_sha256,
            "versions": {"lit": __version__, "torch": torch.__version__, "diffusers": diffusers.__version__},
            "device": self.transformer.device.type,
            "dtype": dtype_name(self.transformer.dtype),
        } | runtime

    def interrupt(self):
        """Stop drawing within one step and keep what there is; from any thread. In a callback that is the run which
        called it, elsewhere all runs of this pipeline; who has started a run stops it alone by `run.interrupt()`."""
        with RUNS:
            runs = set(self._runs)
        for run in runs & {CALLING.get()} or runs:
            run.interrupt()

    def __call__(
        self,
        prompt: str | Sequence[str] | None = None,
        *,
        style: str | None = None,
        negative_prompt: str = "",
        num_inference_steps: int | None = None,
        guidance_scale: float = 4.0,
        height: int = 256,
        width: int = 256,
        seed: int | None = None,
        num_images_per_prompt: int = 1,
        scheduler: str | None = None,
        output_scale: int = 1,
        variation_strength: float = 0.0,
        variation_seed: int = 0,
        image: Image.Image | None = None,
        mask: Image.Image | None = None,
        strength: float | None = None,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
        latents: torch.Tensor | None = None,
        prompt_embeds: torch.Tensor | None = None,
        prompt_attention_mask: torch.Tensor | None = None,
        negative_prompt_embeds: torch.Tensor | None = None,
        negative_prompt_attention_mask: torch.Tensor | None = None,
        callback_on_step_end: Callable | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
    ):
        """Draw. Images come prompt by prompt; image i of each prompt has seed + i.

        prompt: words, or a list of them.  style: one of `styles`; None takes one named at the prompt's end
        behind a comma, or none.  num_inference_steps: None for the scheduler's own.  guidance_scale: 1 for none.
        height, width: pixels, multiples of 16.
        seed: None for a random one.  scheduler: one of `schedulers`, None for the first.
        output_scale: 2 draws at twice the size from the same latents.
        variation_strength: how much of the noise is the variation seed's, in [0, 1].
        image, mask: as in `start`.  strength: how much of the image is drawn anew; None for 0.75, with a mask for 1.

        In place of a seed, generator: one for all images, or a list of one an image; or latents: the noise itself,
        (images, channels, height / 8, width / 8). In place of words, what `encode_prompt` makes of them, each
        embeddings with its mask. The settings that come back say what settings can say: no words for embeddings, and
        the seed None unless it draws the same noise, as that of a CPU generator which nobody has drawn from does.

        callback_on_step_end(pipe, step, timestep, tensors): after each step, with tensors `latents` and
        `predicted_clean`; returns a dict that may replace `latents`, and may call `pipe.interrupt()`.
        output_type: "pil" or "latent".
        Returns LiTPipelineOutput, or a tuple with the images.  Raises InputError naming the first bad value.
        """
        # 1. Check
        embeds = PromptEmbeds.checked(
            prompt,
            negative_prompt,
            prompt_embeds,
            prompt_attention_mask,
            negative_prompt_embeds,
            negative_prompt_attention_mask,
            self.transformer.config.caption_channels,
        )
        if embeds is not None:
            prompt = ["prompt_embeds"] * len(embeds.embeds)  # to be checked with the rest, and then forgotten
        assert prompt is not None  # where there are no embeddings
        source = Source.of(image, mask)
        if scheduler is None:  # the first of `schedulers`, of which that needs no look at the weights
            scheduler = registry.names(self.transformer.config.prediction_type)[0]
        steps = registry.find(scheduler).steps if num_inference_steps is None else num_inference_steps
        settings = [
            GenerationSettings(
                prompt=words,
                style=style,
                negative_prompt=negative_prompt,
                num_inference_steps=steps,
                guidance_scale=guidance_scale,
                height=height,
                width=width,
                seed=random_seed() if seed is None else seed,
                num_images_per_prompt=num_images_per_prompt,
                scheduler=scheduler,
                output_scale=output_scale,
                variation_strength=variation_strength,
                variation_seed=variation_seed,
                strength=strength_of(strength, source),
            )
            for words in ([prompt] if isinstance(prompt, str) else prompt)
        ]
        jobs = self._checked(settings, source)
        if embeds is not None:
            jobs = embeds.put_into(jobs, self.text_encoder, self.transformer)
        if jobs:
            jobs = put_noise_into(jobs, self._latents_shape(jobs[0].settings), seed, latents, generator)
        output = self._start(jobs, source, callback_on_step_end, output_type).finish()
        return output if return_dict else (output.images,)

    def generate(
        self,
        settings: GenerationSettings | Sequence[GenerationSettings],
        *,
        image: Image.Image | None = None,
        mask: Image.Image | None = None,
        callback_on_step_end: Callable | None = None,
        output_type: str = "pil",
    ) -> LiTPipelineOutput:
        """Draw what the settings say, all images of the first, then of the next; arguments as in `start`."""
        told = {"callback_on_step_end": callback_on_step_end, "output_type": output_type}
        return self.start(settings, image=image, mask=mask, **told).finish()

    def start(
        self,
        settings: GenerationSettings | Sequence[GenerationSettings],
        *,
        image: Image.Image | None = None,
        mask: Image.Image | None = None,
        callback_on_step_end: Callable | None = None,
        output_type: str = "pil",
        images_at_once: int | None = None,
        draft: bool = False,
    ) -> Run:
        """`generate` under way: iterate over it for each Drawing as soon as it is drawn, stop it, look at previews.

        image: what is drawn over, RGBA of the settings' size; their strength says how much of it is left, and their
        SHA-256 becomes its own.  mask: white where it is drawn anew; what is black stays to the byte.
        images_at_once: drawn together, at most; None for one on a processor and 8 on an accelerator.
        draft: decoded as previews are, and never enlarged: sooner, and not quite the picture that the settings draw.
        It is to be looked at, not kept.
        Raises InputError now, before anything is drawn.
        """
        # 1. Check
        settings = [settings] if isinstance(settings, GenerationSettings) else list(settings)
        source = Source.of(image, mask)
        jobs = self._checked(settings, source)
        return self._start(jobs, source, callback_on_step_end, output_type, images_at_once, draft)

    def encode_prompt(
        self, prompt: str | Sequence[str], negative_prompt: str | Sequence[str] = ""
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """prompt_embeds float32 (prompts, tokens, width) and prompt_attention_mask bool (prompts, tokens), and the
        same two of the negative prompt, as `pipe(...)` takes them. A style is no part of it: it stays an argument."""
        prompts = [prompt] if isinstance(prompt, str) else list(prompt)
        negative = [negative_prompt] * len(prompts) if isinstance(negative_prompt, str) else list(negative_prompt)
        if len(negative) != len(prompts):
            raise InputError("negative_prompt", f"{len(negative)} of them", f"one, or {len(prompts)} as of the prompt")
        return *encode_words(self.text_encoder, prompts), *encode_words(self.text_encoder, negative)

    @torch.inference_mode()
    def preview(self, latents: torch.Tensor) -> list[Image.Image]:
        """Small pictures of clean latents (images, channels, h, w): 256 px at most by the preview decoder, for a sixth
        of a decode; 128 px for 256 where there is none, for a quarter."""
        side = PREVIEW_LATENTS if self.preview_decoder is None else 2 * PREVIEW_LATENTS
        shrink = max(1, min(latents.shape[-2:]) // side)
        return decode(self.autoencoder, F.avg_pool2d(latents.float(), shrink), quick=self.preview_decoder)

    def solver(self, settings: GenerationSettings) -> Solver:
        """The way from noise to latents that these settings ask for."""
        prediction, config = self.transformer.config.prediction_type, dict(self.scheduler.config)
        steps, start = settings.num_inference_steps, settings.strength
        return make_solver(settings.scheduler, prediction, config, steps, start)

    def noise(self, settings: Sequence[GenerationSettings]) -> torch.Tensor:
        """The noise float32 (images, channels, h, w) of images that share their size, on the transformer's device."""
        return noise_of(settings, self._latents_shape(settings[0]), self.transformer.device)

    def check(self, settings: GenerationSettings) -> GenerationSettings:
        """The settings with the style that their prompt may name; raises InputError for what cannot be drawn."""
        multiple = self.autoencoder.downscale * self.transformer.config.patch_size
        resolved = settings.resolved(self.styles)
        # Whether a fitted solver is this network's takes a look at every weight: only where one is asked for.
        plain = registry.of_any_network(self.transformer.config.prediction_type)
        return resolved.validate(
            # What nobody chooses any more may stand in a picture's file; it is drawn, and not named where one is wrong.
            styles=(resolved.style,) if resolved.style in self.styles else offered(self.styles),
            multiple=multiple,
            schedulers=plain if resolved.scheduler in plain else self.schedulers,
            guidance=self.transformer.config.get("guidance_range"),
        )

    def answering(self) -> Any:
        """What is asked for velocities: the transformer, or another runtime's network as long as it stands for it."""
        other = self._network
        fits = other is not None and other.transformer is self.transformer and other.device.type == "cpu"
        return other if fits else self.transformer

    # In the small

    def _checked(self, settings, source):
        checked = [check_given(self.check(one), source) for one in settings]
        return [Job(one.for_image(i)) for one in checked for i in range(one.num_images_per_prompt)]

    def _latents_shape(self, settings):
        side = self.autoencoder.downscale
        return self.transformer.config.in_channels, settings.height // side, settings.width // side

    def _start(self, jobs, source, callback, output_type, images_at_once=None, draft=False):
        if output_type not in ("pil", "latent"):
            raise InputError("output_type", output_type, "pil or latent")
        if images_at_once is None:
            images_at_once = 1 if self.transformer.device.type == "cpu" else IMAGES_AT_ONCE
        batched = batches(jobs, images_at_once)
        firsts = [batch[0].settings for batch in batched]
        total = sum(registry.evaluations(one.scheduler, one.num_inference_steps) for one in firsts)
        told = {"source": source, "callback": callback, "output_type": output_type, "draft": draft}
        draw = partial(draw_batches, pipe=self, batched=batched, **told)
        run = Run(draw, self.preview, total)
        with RUNS:
            self._runs.add(run)
        return run
