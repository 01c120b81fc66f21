"""One drawing, opened: the latents of every step, and for each the map from them to the picture's pixels.

    opened = OpenedDrawing.open(pipe, settings)          # draws it, keeps the latents
    view = opened.step(12)                               # or opened.trajectory(): from the first noise
    view.contributions(Region(96, 80, 128, 112)).parts   # input, words, biases: they add up to what is there
    view.receptive_field(Region.pixel(120, 96)).image    # which latents it read

Pixels are premultiplied RGBA in [0, 1] before clamping, so that parts add up. Work takes `on_progress(done, total)`
and `cancelled()`; what was cancelled raises Cancelled, except `modes`, which returns those found so far.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from PIL import Image

from lit.errors import InputError, Phrase
from lit.pipeline import LiTPipeline
from lit.sampling.conditioning import encode
from lit.sampling.solvers import predict_clean, times
from lit.scope.affine import Affine
from lit.scope.drawings.chain import CleanPicture, Decoded, Guided, Trajectory, scheduler_weights
from lit.scope.drawings.kept import Kept
from lit.scope.drawings.labels import InputLabel, WordLabel, word_labels
from lit.scope.drawings.over import Over, start_of
from lit.scope.drawings.regions import to_image
from lit.scope.drawings.view import View
from lit.scope.map import Cancel, Progress
from lit.scope.modes import Cancelled
from lit.scope.scope import PATHS, LinearScope
from lit.settings import GenerationSettings, Source, check_given

SQUARES = 16  # along a side of the picture, at most


@dataclass(frozen=True)
class Layer:
    """An output to choose. name: None for the picture, or a path for `step(layer=...)`.  label: in plain words."""

    name: str | None
    label: str


class OpenedDrawing:
    """A drawing with everything that its maps need; made by `open`. Safe to use from several threads, one at a time.

    settings: those of this one image.  source: what it is drawn over, or None.
    image: the finished picture, PIL RGBA.  steps: how many evaluations.
    timesteps: what the model was told, [0, 1000], one a step.  words: labels of the text's tokens, in the order
    of every list of words.  notice: what the user should know (a conversion), or "".  kept: its captures.
    """

    def __init__(
        self,
        pipe: LiTPipeline,
        settings: GenerationSettings,
        notice: str = "",
        source: Source | None = None,
        kept: Kept | None = None,
    ):
        self.pipe, self.settings, self.notice, self.source = pipe, settings, notice, source
        self.kept = Kept() if kept is None else kept
        self.image: Image.Image  # once it is drawn, by `open`
        self.latents: list[torch.Tensor] = []  # (1, channels, h, w) given to each evaluation, then the last
        self.solver = pipe.solver(settings)
        self.timesteps: list[float] = [t for t, _ in self.solver.evaluations]
        self.conditioning = encode(pipe.text_encoder, [settings], pipe.transformer)
        self.words: list[WordLabel] = word_labels(pipe.text_encoder, settings, self.conditioning.branches)
        self._noise = pipe.noise([settings])
        self._start = None if source is None else start_of(source, pipe.autoencoder, source.scale(settings))
        self._decoded = Decoded(pipe.autoencoder, settings.output_scale, self._start)
        self._clean: list[torch.Tensor] = []  # what the model saw at each evaluation
        self._previews: dict[int, Image.Image] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls,
        pipe: LiTPipeline,
        settings: GenerationSettings,
        *,
        source: Source | None = None,
        kept: Kept | None = None,
        on_progress: Progress = None,
        on_preview: Callable[[Image.Image], None] | None = None,
        cancelled: Cancel = None,
    ) -> "OpenedDrawing":
        """Draw the settings' first image (about 10 s with the embedded model on one core) and keep its latents.

        pipe: in bf16 or fp16 a float32 copy is used, and `notice` says so.  source: what they are drawn over, where
        they name it.  kept: where its captures stay.  on_preview(small picture of what the model sees) and then
        on_progress(step, steps) after each step.  Raises InputError for settings that this model cannot draw, and for
        a source that is missing or another than theirs; Cancelled when stopped.
        """
        notice = ""
        if pipe.transformer.dtype not in (torch.float32, torch.float64):
            notice = f"The model runs in {pipe.transformer.dtype}; what is shown was computed by a float32 copy of it."
            pipe = pipe.in_float32()
        settings = check_given(pipe.check(replace(settings, num_images_per_prompt=1)), source)
        opened = cls(pipe, settings, notice, source, kept)
        opened._draw(on_progress, on_preview, cancelled)
        return opened

    @property
    def steps(self) -> int:
        return len(self.timesteps)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture in pixels."""
        return (self.settings.width * self.settings.output_scale, self.settings.height * self.settings.output_scale)

    @property
    def square(self) -> int:
        """Side in pixels of the squares that the picture is asked by: what one token of the transformer draws, or
        several where there would be more than SQUARES along a side."""
        token = self.pipe.autoencoder.downscale * self.pipe.transformer.config.patch_size * self.settings.output_scale
        return token * math.ceil(max(self.size) / (token * SQUARES))

    @property
    def layers(self) -> list[Layer]:
        """Outputs that `step` can look at, from the picture inwards."""
        count = len(self.pipe.transformer.blocks)
        blocks = [Layer(f"guided.transformer.blocks.{i}", f"after block {i + 1} of {count}") for i in range(count)]
        return [Layer(None, "picture"), Layer("clean", "clean latents"), *reversed(blocks)]

    @property
    def paths(self) -> tuple[str, ...]:
        """Attention paths to choose."""
        return paths_of(self.pipe.transformer)

    def preview(self, step: int) -> Image.Image:
        """The picture that the model sees at this step (0 is the first), PIL RGBA of the picture's size."""
        self._check(step, "value", None)
        with self._lock:
            if step not in self._previews:
                with torch.inference_mode():
                    pixels = self._decoded(self._clean[step].to(self.pipe.autoencoder.dtype))
                self._previews[step] = to_image(pixels[0])
            return self._previews[step]

    def step(self, step: int, *, path: str = "value", layer: str | None = None) -> View:
        """The map from the latents given to evaluation `step` (0 .. steps - 1) to the clean picture seen in them.

        path: one of `paths`.  layer: a name from `layers`, None for the picture.  Views are remembered, so asking
        again is free.  Raises InputError for a step, path or layer that does not exist.
        """
        self._check(step, path, layer)
        with self._lock:
            key = (step, path, layer)
            view = self.kept.find(key)
            if view is None:
                if layer is None:
                    self.kept.before()
                    affine = self._scope(CleanPicture, path).at(
                        self.latents[step],
                        predict_clean=lambda output, x: predict_clean(self.solver, step, output, x),
                        **self.told(step),
                    )
                    view = View(affine, InputLabel(noise=False), self.words, self.size)
                else:
                    whole = self.step(step, path=path)
                    view = View(whole.map.to(layer), InputLabel(noise=False), self.words, self.size, layer)
                self.kept.add(key, view)
            return view

    def trajectory(self, *, path: str = "value") -> View:
        """The map from the first noise to the finished picture, through all steps. A picture that is drawn over is a
        part of its own, beside the noise that it is mixed with.

        Every answer is a sweep over the steps (about a second each with the embedded model on one core): give
        `on_progress` and `cancelled` to the view's methods.
        """
        self._check(0, path, None)
        with self._lock:
            key = ("trajectory", path)
            view = self.kept.find(key)
            if view is None:
                self.kept.before()
                decoder = self._scope(Decoded, path).at(self.latents[-1])
                weights = scheduler_weights(self.solver)
                over = None if self._start is None else Over(self._start, self.solver, self._noise)
                trajectory = Trajectory(self._noise, weights, partial(self.capture, path), decoder, over)
                view = self.kept.add(key, View(trajectory, InputLabel(noise=True), self.words, self.size))
            return view

    def capture(self, path: str, i: int) -> Affine:
        """The map of evaluation i alone: from its latents to the model's guided output. Raises as `step` does."""
        self.kept.before()
        return self._scope(Guided, path).at(self.latents[i], **self.told(i))

    def told(self, i: int) -> dict[str, torch.Tensor]:
        """What the model was told at evaluation i beside the latents, under its own names."""
        return times(self.solver, i) | self.conditioning.arguments()

    # In the small

    def _scope(self, kind, path) -> LinearScope:
        guided = Guided(self.pipe.transformer, self.settings.guidance_scale)
        clean = CleanPicture(guided, self._decoded, self._start)
        network = {Guided: guided, Decoded: self._decoded, CleanPicture: clean}[kind]
        return LinearScope(network.eval(), path)

    def _check(self, step, path, layer):
        if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < self.steps:
            raise InputError("step", step, Phrase("a whole number from 0 to {high}", high=self.steps - 1))
        if path not in self.paths:
            raise InputError("path", path, Phrase("one of {names}", names=", ".join(self.paths)))
        names = [one.name for one in self.layers]
        if layer not in names:
            raise InputError(
                "layer", layer, Phrase("one of {names}, or none", names=", ".join(name for name in names if name))
            )

    def _draw(self, on_progress, on_preview, cancelled):
        begun = self._noise
        if self._start is not None:
            begun = self._start.noised(begun, self.solver.objective, self.timesteps[0])
        latents, clean = [begun], []

        def keep(pipe, index, time, tensors):
            latents.append(tensors["latents"].clone())
            clean.append(tensors["predicted_clean"].clone())
            if on_preview is not None:
                on_preview(*run.preview())
            if on_progress is not None:
                on_progress(index + 1, self.steps)
            if cancelled is not None and cancelled():
                run.interrupt()
            return {}

        given = {} if self.source is None else self.source.arguments
        run = self.pipe.start(self.settings, **given, callback_on_step_end=keep)
        output = run.finish()
        if output.interrupted or not output.images:
            raise Cancelled
        self.image = output.images[0]
        with torch.inference_mode(False):
            self.latents, self._clean = [one.clone() for one in latents], clean


def paths_of(transformer) -> tuple[str, ...]:
    """Attention paths to choose: ("value", "query") where a mixer is linear, ("value",) for softmax."""
    return PATHS if any(block.attn.linear for block in transformer.blocks) else PATHS[:1]
