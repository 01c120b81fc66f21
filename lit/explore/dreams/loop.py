"""The loop itself: a picture's latents are mixed with noise and drawn again, frame by frame.

    x' = D((1 - s) x + s n)        for a flow; s the strength, n the noise, D the way from there in few steps

With the same noise in each turn this is a map, which always does the same with the same picture; with fresh noise it is
a chain of chances. Frames are kept as latents in float16, and what is kept is what the next turn begins with: a loop
that was stopped goes on as if it had not been.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lit.errors import CheckpointError, InputError, Phrase
from lit.explore.dreams.rest import SEEN, Settled, settled
from lit.explore.dreams.turn import Turn, begun
from lit.paths import give_usual_rights
from lit.reading.blend import Part, blended
from lit.sampling.conditioning import Conditioning, encode
from lit.sampling.pictures import Start
from lit.sampling.registry import check_starting
from lit.sampling.run import Run, denoise
from lit.scope.drawings.labels import word_labels
from lit.settings import SEEDS, GenerationSettings, Source

WORDS = ("held", "drifting", "none")
CHUNK = 64  # frames a file
STEPS_BETWEEN = 8  # blends on the way from one prompt to the next
APART = 1 << 20  # seeds between the fresh noise of two loops
STEPS = 4  # of a frame


@dataclass(frozen=True)
class Dream:
    """settings: of each frame; their seed is the fixed noise's, and the first picture's of loop 0, the next one's of
    loop 1, and so on.  strength: how much of a frame is noise, above 0 and below 1.  fresh: other noise in each frame.
    words: "held" throughout; "drifting" through `prompts` and round again, `turns` frames from each to the next; or
    "none" after the first picture.
    """

    settings: GenerationSettings
    strength: float = 0.5
    fresh: bool = False
    words: str = "held"
    prompts: tuple[str, ...] = ()
    turns: int = 40

    def check(self) -> None:
        """Raises InputError for values that do not fit."""
        if isinstance(self.strength, bool) or not 0 < self.strength < 1:
            would_do = "a number above 0 and below 1: at 0 nothing moves, at 1 all is new"
            raise InputError("strength", self.strength, would_do)
        if self.words not in WORDS:
            raise InputError("words", self.words, Phrase("one of {names}", names=", ".join(WORDS)))
        if self.words == "drifting" and not self.prompts:
            raise InputError("prompts", self.prompts, "one more at least, to drift to")
        if self.turns < 1:
            raise InputError("turns", self.turns, "a whole number from 1")
        check_starting(self.settings.scheduler)

    @property
    def may_rest(self) -> bool:
        """Whether it is one map throughout, which may come to a fixed point or a cycle: nothing drifts."""
        return not self.fresh and self.words != "drifting"

    def prompt(self, frame: int) -> str:
        """The words of a frame, counted from 0."""
        if self.words == "none":
            return ""
        if self.words == "held":
            return self.settings.prompt
        stops = (self.settings.prompt, *self.prompts)
        stop, turn = divmod(frame, self.turns)
        share = (turn * STEPS_BETWEEN // self.turns) / STEPS_BETWEEN
        here, there = stops[stop % len(stops)], stops[(stop + 1) % len(stops)]
        return blended((Part(here, 1 - share), Part(there, share)))


class Dreamer:
    """A dream's map by one pipeline. run: `run.interrupt()` from any thread ends a turn within one evaluation."""

    def __init__(self, pipe: Any, dream: Dream, between: Callable[[bool], None] = lambda more: None):
        """between: called after each evaluation, with whether the frame needs another; may raise.

        Raises InputError for what cannot be dreamt, or drawn by this model.
        """
        dream.check()
        settings = replace(pipe.check(dream.settings), num_images_per_prompt=1)
        self.pipe, self.dream = pipe, replace(dream, settings=settings)
        self.solver = pipe.solver(replace(settings, strength=dream.strength))
        self.run = Run(lambda _: iter(()), pipe.preview, 0)
        self._between = between
        self._noise = pipe.noise([settings])
        self._told: tuple[str, Conditioning] | None = None

    def first(self, loop: int = 0, image: Image.Image | None = None) -> Tensor:
        """Latents float16 (channels, h, w) that a loop begins with: of an image, or of one drawn from the words."""
        if image is not None:
            return Start.of(Source(image.convert("RGBA")), self.pipe.autoencoder).clean[0].half().cpu()
        settings = replace(self.dream.settings, seed=(self.dream.settings.seed + loop) % (SEEDS[1] + 1))
        told = {"output_type": "latent", "callback_on_step_end": lambda *_: self._between(True)}
        (latents,) = self.pipe.generate(settings, **told).images
        return latents.half().cpu()

    def turn(self, latents: Tensor, frame: int, loop: int = 0) -> Tensor | None:
        """The next frame after this one (channels, h, w), float16; None where it was interrupted."""
        told = (self.run, self.pipe.answering(), self.solver, self._conditioning(frame))

        def step_end(index, time, tensors):
            self._between(index + 1 < len(self.solver.evaluations))
            return {}

        mixed = begun(self.solver, latents, self._noise_of(frame, loop))
        found, steps = denoise(*told, mixed, step_end)
        if found is None or steps < len(self.solver.evaluations):
            return None
        return found[0].half().cpu()

    def as_map(self, frame: int = 0) -> Turn:
        """What a turn with fixed noise does, with the words of a frame, in float32."""
        network = self.pipe.in_float32().transformer
        settings = replace(self.dream.settings, prompt=self.dream.prompt(frame))
        with torch.no_grad():
            conditioning = encode(self.pipe.text_encoder, [settings], network)
        labels = word_labels(self.pipe.text_encoder, settings, conditioning.branches)
        return Turn(network, conditioning, self.solver, self._noise, labels)

    def _noise_of(self, frame, loop):
        if not self.dream.fresh:
            return self._noise
        seed = (self.dream.settings.seed + 1 + APART * loop + frame) % (SEEDS[1] + 1)
        return self.pipe.noise([replace(self.dream.settings, seed=seed)])

    @torch.no_grad()
    def _conditioning(self, frame):
        prompt = self.dream.prompt(frame)
        if self._told is None or self._told[0] != prompt:
            settings = replace(self.dream.settings, prompt=prompt)
            self._told = prompt, encode(self.pipe.text_encoder, [settings], self.pipe.transformer)
        return self._told[1]


class Frames:
    """The frames of a dream's loops in a folder: 64 a file, which is written whole."""

    def __init__(self, folder: Path, dream: Dream, weights: str, image: str = ""):
        """weights, image: SHA-256 of the network's, and of the picture that it begins with. Raises InputError for a
        folder that holds another dream."""
        self.folder = folder
        told = {"dream": asdict(dream), "weights_sha256": weights, "image_sha256": image}
        file, text = folder / "dream.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n"
        if file.exists() and file.read_text("utf-8") != text:
            raise InputError("out", str(folder), "a folder of the same dream, or an empty one")
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def of(self, loop: int) -> Tensor:
        """All frames of a loop so far, float16 (frames, channels, h, w); (0,) where there are none. Raises
        CheckpointError for a damaged file."""
        try:
            parts = [load_file(file)["latents"] for file in sorted(self._loop(loop).glob("*.safetensors"))]
        except (SafetensorError, KeyError) as error:
            raise CheckpointError(f"{self._loop(loop)}: frames that cannot be read ({error})") from error
        return torch.cat(parts) if parts else torch.empty(0)

    def write(self, loop: int, frames: Sequence[Tensor], chunk: int) -> None:
        """Put down one file, frames from chunk x 64 on, in place of what was there of them."""
        folder = self._loop(loop)
        folder.mkdir(exist_ok=True)
        file = folder / f"{chunk:05}.safetensors"
        save_file({"latents": torch.stack(list(frames))}, file.with_suffix(".partial"))
        give_usual_rights(file.with_suffix(".partial"))
        file.with_suffix(".partial").replace(file)

    def _loop(self, loop):
        return self.folder / f"loop-{loop:03}"


def rests(dream: Dream, frames: Sequence[Tensor]) -> Settled | None:
    """Where a loop with these frames, or of which these are the last, has come to; None where it goes on."""
    return settled(torch.stack(list(frames))) if dream.may_rest and len(frames) else None


def wander(
    dreamer: Dreamer,
    frames: Frames,
    loop: int,
    count: int,
    image: Image.Image | None = None,
    tell: Callable[[Tensor, int], None] = lambda latents, number: None,
) -> int:
    """Dream a loop on until it has so many frames, the first included, or has come to rest; how many it has then.

    tell: called with each new frame and its number. After `dreamer.run.interrupt()` what there is is kept.
    """
    known = frames.of(loop)
    number = len(known)
    chunk = list(known[number // CHUNK * CHUNK :])
    recent = deque(known[-SEEN:], maxlen=SEEN)
    while number < count and not dreamer.run.interrupted and not rests(dreamer.dream, recent):
        latents = dreamer.turn(recent[-1], number - 1, loop) if recent else dreamer.first(loop, image)
        if latents is None:
            break
        chunk.append(latents)
        recent.append(latents)
        number += 1
        tell(latents, number - 1)
        if number % CHUNK == 0:
            frames.write(loop, chunk, number // CHUNK - 1)
            chunk = []
    if chunk:
        frames.write(loop, chunk, number // CHUNK)
    return number
