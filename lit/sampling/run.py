"""A drawing under way: what of it changes while it is drawn, apart from the pipeline that draws it."""

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import ModelMixin
from diffusers.utils import BaseOutput
from PIL import Image

from lit.sampling.conditioning import Conditioning, encode, predict
from lit.sampling.pictures import Start, decode
from lit.sampling.solvers import Solver, predict_clean, times
from lit.settings import GenerationSettings, Source, batch_key

CALLING: ContextVar["Run | None"] = ContextVar("run whose callback is called", default=None)


@dataclass(frozen=True)
class Job:
    """One image to draw. conditioning, noise (1, channels, h, w): None where the settings' words and seed say them."""

    settings: GenerationSettings
    conditioning: Conditioning | None = None
    noise: torch.Tensor | None = None


@dataclass
class Drawing:
    """One image. settings: those that draw it alone, as far as settings can say it (see `LiTPipeline`).
    steps: evaluations made.  finished: all of them."""

    image: Image.Image | torch.Tensor
    settings: GenerationSettings
    steps: int
    finished: bool


@dataclass
class LiTPipelineOutput(BaseOutput):
    """images: PIL RGBA with straight alpha, or latents.  settings: one an image, drawing it alone, as far as settings
    can say it.  finished: one an image; false where an interruption came first.  interrupted: whether one came."""

    images: list
    settings: list[GenerationSettings]
    finished: list[bool]
    interrupted: bool


class Run:
    """Iterate over it once, for each Drawing as soon as it is drawn; nothing is drawn before.

    steps_done, steps_total: evaluations of the model, over all images.  interrupted: whether an end was asked for.
    predicted_clean: latents (images, channels, h, w) that the model sees in what is being drawn, or None.
    """

    def __init__(
        self,
        draw: Callable[["Run"], Iterator[Drawing]],
        preview: Callable[[torch.Tensor], list[Image.Image]],
        steps_total: int,
    ):
        self.steps_done, self.steps_total = 0, steps_total
        self.interrupted = False
        self.predicted_clean: torch.Tensor | None = None
        self._draw, self._preview = draw, preview

    def interrupt(self):
        """Stop within one step and keep what there is; from any thread, and also before it has begun."""
        self.interrupted = True

    def preview(self) -> list[Image.Image]:
        """Small pictures of what is being drawn, as `LiTPipeline.preview`; none before the first step and after
        the last image."""
        latents = self.predicted_clean
        return [] if latents is None else self._preview(latents)

    def __iter__(self) -> Iterator[Drawing]:
        draw, self._draw = self._draw, None
        if draw is None:
            raise RuntimeError("a run draws once; start another")
        try:
            yield from draw(self)
        finally:
            self.predicted_clean = None

    def finish(self) -> LiTPipelineOutput:
        """All of them, drawn now."""
        drawings = list(self)
        return LiTPipelineOutput(
            images=[drawing.image for drawing in drawings],
            settings=[drawing.settings for drawing in drawings],
            finished=[drawing.finished for drawing in drawings],
            interrupted=self.interrupted,
        )

    def call(self, callback: Callable, *arguments) -> dict:
        """What a callback returns, which may ask `LiTPipeline.interrupt` to end this run."""
        token = CALLING.set(self)
        try:
            return callback(*arguments) or {}
        finally:
            CALLING.reset(token)


@torch.inference_mode()
def denoise(
    run: Run,
    transformer: ModelMixin,
    solver: Solver,
    conditioning: Conditioning,
    latents: torch.Tensor,
    on_step_end: Callable[[int, torch.Tensor, dict[str, torch.Tensor]], dict],
    start: Start | None = None,
) -> tuple[torch.Tensor | None, int]:
    """From noise to latents (images, channels, h, w), and the evaluations made.

    on_step_end(index, time, tensors): after each, with `latents` and `predicted_clean`; may return other `latents`.
    start: the picture that is drawn over. It begins at x_t of it, with t the solver's first time, and after each step
    what of it stays is put back with the noise of that time (as in RePaint, arXiv 2201.09865), at the end with none.
    After an interruption the latents are the clean ones as far as they are known: None before the first step.
    """
    run.predicted_clean = None
    noise, objective = latents, solver.objective
    if start is not None:
        latents = start.noised(noise, objective, solver.evaluations[0].t)
    asked, outputs = [latents], []
    for index in range(len(solver.evaluations)):
        if run.interrupted:
            return run.predicted_clean, index
        told = times(solver, index)
        outputs.append(predict(transformer, asked[-1], told, conditioning))
        run.predicted_clean = predict_clean(solver, index, outputs[-1], asked[-1])
        asked.append(solver.step(index, outputs, asked))
        if start is not None:
            run.predicted_clean = start.keep(run.predicted_clean, noise, objective, 0.0)
            asked[-1] = start.keep(asked[-1], noise, objective, solver.evaluations[index].r)
        del outputs[: -solver.memory], asked[: -solver.memory]
        run.steps_done += 1
        tensors = {"latents": asked[-1], "predicted_clean": run.predicted_clean}
        asked[-1] = on_step_end(index, told["timestep"][0], tensors).get("latents", asked[-1])
    return asked[-1], len(solver.evaluations)


def batches(jobs: list[Job], at_once: int) -> list[list[Job]]:
    """Neighbours that can be drawn together, at most so many."""
    found = []
    for job in jobs:
        key = batch_key(job.settings)
        if not found or len(found[-1][1]) == at_once or found[-1][0] != key:
            found.append((key, []))
        found[-1][1].append(job)
    return [batch for _, batch in found]


def draw_batches(
    run: Run,
    pipe: Any,
    batched: Sequence[Sequence[Job]],
    source: Source | None,
    callback: Callable | None,
    output_type: str,
    draft: bool,
) -> Iterator[Drawing]:
    """Draw batches of jobs that share all but words, style and noise, as the LiTPipeline `pipe` does."""
    device = pipe.transformer.device
    start = None if source is None else Start.of(source, pipe.autoencoder, source.scale(batched[0][0].settings))
    quick = pipe.preview_decoder if draft else None
    with pipe.progress_bar(total=run.steps_total) as bar:

        def on_step_end(index, time, tensors):
            bar.update()
            return run.call(callback, pipe, index, time, tensors) if callback is not None else {}

        for batch in batched:
            if run.interrupted:
                return
            # 2. Encode
            conditioning = Conditioning.join(
                [job.conditioning or encode(pipe.text_encoder, [job.settings], pipe.transformer) for job in batch]
            )
            # 3. Timesteps
            solver = pipe.solver(batch[0].settings)
            # 4. Latents
            noise = [pipe.noise([job.settings]) if job.noise is None else job.noise.to(device) for job in batch]
            # 5. Loop
            told = (solver, conditioning, torch.cat(noise), on_step_end, start)
            latents, steps = denoise(run, pipe.answering(), *told)
            if latents is None:
                return
            # 6. Decode
            scale = 1 if draft else batch[0].settings.output_scale
            images = list(latents)
            if output_type == "pil":
                images = decode(pipe.autoencoder, latents, scale, quick)
                images = images if start is None else [start.finish(image) for image in images]
            for image, job in zip(images, batch, strict=True):
                yield Drawing(image, job.settings, steps, steps == len(solver.evaluations))
