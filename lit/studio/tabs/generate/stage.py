"""What the stage says of a drawing under way, and of how it ended."""

from lit.errors import LiTError, Phrase
from lit.sampling import registry
from lit.studio.languages import plural, t
from lit.studio.words import seconds, told
from lit.studio.work.jobs import Job
from lit.studio.work.worker import View


def progress(view: View) -> dict:
    """A job that waits or is drawn, for the page. share: how much of it is done, 0 to 1, None where nothing is known.
    wanted: pictures.  layout, labels: how they lie, and what stands at each.  held: by a pause."""
    job = view.job
    title, wanted, layout, labels = _asked(job)
    begun = job.step > 0 or bool(view.previews)
    return {
        "id": job.id,
        "title": title,
        "wanted": wanted,
        "layout": layout,
        "labels": labels,
        "state": job.state,
        "held": view.held,
        "share": job.step / job.steps if begun and job.steps else None,
        "said": _drawing(view) if begun else _waiting(view),
    }


def _asked(job: Job) -> tuple[str, int, str, list[str]]:
    try:
        settings, order = job.settings, job.order
        return order.typed or settings.prompt, settings.num_images_per_prompt, order.layout, order.labels
    except LiTError:  # its turn says what is wrong with it
        return t("a drawing that cannot be read"), 1, "", []


def outcome(view: View) -> tuple[str, str]:
    """A finished job in one sentence, and its kind: "info" or "error"."""
    job = view.job
    count = len(job.files)
    if job.state == "done":
        assert job.started is not None and job.finished is not None  # else the store says failed
        took = seconds(job.finished - job.started)
        return plural(count, "Done: {n} sticker in {time}.", "Done: {n} stickers in {time}.", time=took), "info"
    if job.state == "stopped":
        if not count:
            return t("Stopped before drawing began."), "info"
        how_far = t("Stopped after step {step} of {all}. This is how far it got.", step=job.step, all=job.steps)
        return how_far, "info"
    if job.state == "interrupted":
        return f"{told(job.message)} {t('Press Generate to draw it again.')}", "error"
    return told(job.message), "error"


def left_out(names: list[str]) -> str:
    """Of what cannot be shown, the first few by name."""
    if not names:
        return ""
    listed = ", ".join(t(name) if isinstance(name, Phrase) else name for name in names[:3])
    if len(names) > 3:
        return t("Left out, because it cannot be read: {names} and {n} more.", names=listed, n=len(names) - 3)
    return t("Left out, because it cannot be read: {names}.", names=listed)


def _waiting(view: View) -> str:
    if view.trouble:
        text = t(view.trouble)
    elif view.held:
        text = t("Paused: it is drawn once you go on.")
    elif view.model == "loading":
        text = t("The model is loading; yours comes first after that.")
        if view.position:
            one = "The model is loading; {n} drawing comes before yours."
            text = plural(view.position, one, "The model is loading; {n} drawings come before yours.")
    elif view.job.state == "queued":
        one = "In the queue: {n} drawing comes before yours."
        text = plural(view.position, one, "In the queue: {n} drawings come before yours.")
    else:
        text = t("Starting.")
    return text


def _drawing(view: View) -> str:
    job = view.job
    if view.trouble:
        return t(view.trouble)
    if view.stopping:
        return t("Stopping.")
    if job.step >= job.steps:
        return t("Finishing.")
    if view.eta is None:
        return _step(job)
    return t("{step}, about {time} left", step=_step(job), time=seconds(view.eta))


def _step(job: Job) -> str:
    """How far the sticker is that is being drawn, in evaluations of the model."""
    wanted = job.settings.num_images_per_prompt
    if wanted == 1:
        return t("Step {step} of {all}", step=job.step, all=job.steps)
    each = registry.evaluations(job.settings.scheduler, job.settings.num_inference_steps)
    done = len(job.files)
    # One after the other, or several at once, of which all are at the same step.
    step = job.step - done * each if job.steps == wanted * each else (job.step - 1) % each + 1
    now = min(done + 1, wanted)
    return t("Sticker {n} of {all}, step {step} of {steps}", n=now, all=wanted, step=step, steps=each)
