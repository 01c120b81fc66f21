"""Verify: a picture drawn again from what its file says, and compared with it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lit.errors import LiTError, Phrase
from lit.sampling import tables
from lit.settings import GenerationSettings, Source, read_png, read_source
from lit.studio.languages import t
from lit.studio.work.desk import Stopped, Task

if TYPE_CHECKING:
    from lit.stock.draws import Draws

DIGITS = 10  # shown of a hash
WORDS = ("typed", "template")  # where the words are from, which decides nothing


def verify(
    task: Task,
    drawn_by: "Callable[[dict], tuple[Draws, dict]]",
    file: Path,
    kept: Callable[[GenerationSettings], Source | None] = lambda settings: None,
) -> dict:
    """Draw the picture of a file again: {"identical", "psnr" in dB or None where identical, "differs": [sentence]}.

    drawn_by(recorded): the model that drew it, and what its pictures say of its name, as `Models.drew_with`.
    A picture that was stopped is stopped at the same step. What it was drawn over is in the file, or else `kept`.
    Raises LiTError for a file without settings or of another size, for a model that is not on the list, and where the
    picture is missing that it was drawn over; Stopped if the task is to end.
    """
    settings, recorded = read_png(file)
    source = read_source(file, settings) or kept(settings)
    task.step(0, 0, t("Getting the model ready"))
    pipeline, named = drawn_by(recorded)
    image = _drawn(task, pipeline, settings, source, recorded.get("stopped_after"))
    try:
        with Image.open(file, formats=["PNG"]) as opened:
            before = np.asarray(opened.convert("RGBA"))
    except Exception as error:  # whatever a damaged file raises in Pillow
        raise LiTError(Phrase("The picture cannot be read ({why})", why=error)) from error
    after = np.asarray(image.convert("RGBA"))
    table = tables.provenance(settings.scheduler, settings.num_inference_steps)
    now = pipeline.provenance() | table | named
    found = differences(recorded, now)
    if before.shape != after.shape:
        sizes = [f"{array.shape[1]} x {array.shape[0]}" for array in (before, after)]
        return {"identical": False, "psnr": None, "differs": [*_difference(t("size"), *sizes), *found]}
    return {"identical": bool((before == after).all()), "psnr": psnr(before, after), "differs": found}


def differences(then: dict, now: dict) -> list[str]:
    """Sentences of what beside the settings is not as it was, of two provenances."""
    said = []
    versions = [told if isinstance(told := found.get("versions"), dict) else {} for found in (then, now)]
    for name in sorted({*versions[0], *versions[1]}):
        said += _difference(t("version of {program}", program=name), *(found.get(name) for found in versions))
    names = sorted({*then, *now} - {"versions", "stopped_after", *WORDS})
    for name in names:
        said += _difference(
            t("weights") if name == "weights_sha256" else name.replace("_", " "), then.get(name), now.get(name)
        )
    return said


def psnr(before: np.ndarray, after: np.ndarray) -> float | None:
    """dB between two pictures (height, width, 4) of bytes, colours weighted by their opacity; None for none apart."""
    shown = []
    for picture in (before, after):
        unit = picture.astype(np.float64) / 255
        shown.append(np.concatenate([unit[..., :3] * unit[..., 3:], unit[..., 3:]], axis=-1))
    error = np.square(shown[0] - shown[1]).mean()
    return float(-10 * np.log10(error)) if error > 0 else None


def _drawn(task: Task, pipeline, settings: GenerationSettings, source: Source | None, stopped_after) -> Image.Image:
    steps = 0

    def step_end(_, step, timestep, tensors):
        nonlocal steps
        steps += 1
        task.step(steps, run.steps_total, t("Drawing it again: step {step} of {all}", step=steps, all=run.steps_total))
        if task.to_end or steps == stopped_after:
            run.interrupt()
        return tensors

    image, mask = (source.image, source.mask) if source else (None, None)
    run = pipeline.start(settings, image=image, mask=mask, callback_on_step_end=step_end)
    drawing = next(iter(run))
    if task.to_end:
        raise Stopped
    return drawing.image


def _difference(name, then, now):
    if then == now:
        return []
    return [t("{name}: {then} then, {now} now", name=name, then=_short(then), now=_short(now))]


def _short(value):
    if value is None:
        return t("not said")
    text = " ".join(str(value).split())
    text = text.encode("utf-8", "backslashreplace").decode()
    return text[:DIGITS] if len(text) >= 40 else text
