"""Several jobs drawn together by one pipeline, each of which can be stopped alone."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import Image

from lit.errors import LiTError
from lit.pipeline import IMAGES_AT_ONCE, LiTPipeline
from lit.sampling import registry
from lit.sampling.pictures import decode
from lit.sampling.run import Run
from lit.serve.replicas.events import Drew, Ended, Errand, Event, Sketched, Stepped
from lit.settings import GenerationSettings
from lit.studio.work.estimate import resident_memory
from lit.studio.work.inhand import Previews


class _Picture(NamedTuple):
    job: str
    settings: GenerationSettings


class Together:
    """Draws errands that share what `batch_key` says; `tell` gets each Event as soon as there is one.

    at_once: pictures in one evaluation, at most; None for what the pipeline takes: one on a processor, where the
    bytes of a picture would depend on its neighbours, and 8 on an accelerator.
    previews: when they are due; one for all that a pipeline draws, so that they take their share of its time and no
    more.  often: seconds between two steps that are told of a job, at least; the one it ends or stops with is told in
    any case.
    """

    def __init__(
        self,
        pipe: LiTPipeline,
        errands: Sequence[Errand],
        tell: Callable[[Event], None],
        at_once: int | None = None,
        previews: Previews | None = None,
        often: float = 0.0,
    ):
        self._pipe, self._errands, self._tell = pipe, errands, tell
        self._previews, self._often = previews or Previews(), often
        on_processor = pipe.transformer.device.type == "cpu"
        self._at_once = at_once or (1 if on_processor else IMAGES_AT_ONCE)
        self._stopped: set[str] = set()
        self._run: Run | None = None
        self._steps, self._done = Counter[str](), Counter[str]()

    def stop(self, job: str | None = None):
        """End one job within a step, or all of them; from any thread. What is drawn of it by then is told."""
        self._stopped |= {errand.job for errand in self._errands} if job is None else {job}

    def draw(self):
        """Draw them. Errors that are one job's own are told, all others are raised."""
        fit = list(filter(self._fits, self._errands))
        sources = {errand.job: errand.source for errand in fit}
        pictures = [_Picture(errand.job, settings) for errand in fit for settings in errand.pictures]
        groups = [pictures[at : at + self._at_once] for at in range(0, len(pictures), self._at_once)]
        for group in groups:
            for job in {picture.job for picture in group}:
                one = group[0].settings
                self._steps[job] += registry.evaluations(one.scheduler, one.num_inference_steps)
        for index, group in enumerate(groups):
            self._draw_group([one for one in group if one.job not in self._stopped], sources)
            later = {picture.job for rest in groups[index + 1 :] for picture in rest}
            for job in dict.fromkeys(picture.job for picture in group):
                if job not in later:
                    self._tell(Ended(job))

    def _fits(self, errand):
        try:
            for settings in errand.pictures:
                self._pipe.check(settings)
            return True
        except LiTError as error:
            self._tell(Ended(errand.job, error))
            return False

    def _draw_group(self, group, sources):
        if not group:
            return
        told: set[str] = set()  # jobs of which the unfinished picture has been told
        said = -math.inf
        jobs = list(dict.fromkeys(picture.job for picture in group))

        def step_end(pipe, step, timestep, tensors):
            nonlocal said
            now, memory, stopped = time.monotonic(), resident_memory(), set(self._stopped)
            due = now - said >= self._often
            said = now if due else said
            for job in jobs:
                self._done[job] += 1
                if job not in told and (due or job in stopped or self._done[job] == self._steps[job]):
                    self._tell(Stepped(job, self._done[job], self._steps[job], memory))
            if stopped.issuperset(jobs):
                run.interrupt()
                return tensors
            for at, picture in enumerate(group):
                # The others go on, so what there is of it is decoded here, as an interruption would.
                if picture.job in stopped and picture.job not in told:
                    clean = tensors["predicted_clean"][at : at + 1]
                    (image,) = decode(pipe.autoencoder, clean, picture.settings.output_scale)
                    self._tell(Drew(picture.job, image, run_settings[at], pipe.provenance(), step + 1))
            told.update(stopped)
            if (files := self._previews.take(run.preview)) is not None:
                for job in jobs:
                    mine = tuple(file for file, picture in zip(files, group) if picture.job == job)
                    if job not in told:
                        self._tell(Sketched(job, mine))
            return tensors

        pipe, source = self._pipe, sources[group[0].job]
        over = {} if source is None else source.arguments
        run_settings = [pipe.check(picture.settings) for picture in group]
        asked = [picture.settings for picture in group]
        run = pipe.start(asked, callback_on_step_end=step_end, images_at_once=len(group), **over)
        provenance = None  # of all of them: looking at every weight takes as long as a picture's share of a large batch
        for picture, drawing in zip(group, run):
            if picture.job not in told:
                assert isinstance(drawing.image, Image.Image)  # no latents were asked for
                provenance = provenance or pipe.provenance()
                stopped_after = None if drawing.finished else drawing.steps
                self._tell(Drew(picture.job, drawing.image, drawing.settings, provenance, stopped_after))
