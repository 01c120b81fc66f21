"""What the stage says of a drawing under way, and of how it ended."""

from lit.errors import LiTError
from lit.sampling import registry
from lit.studio.work.jobs import Job
from lit.studio.work.worker import View


def progress(view: View) -> dict:
    """A job that waits or is drawn, for the page. share: how much of it is done, 0 to 1, None where nothing is known.
    wanted: pictures.  layout, labels: how they lie, and what stands at each.  held: a pause keeps it from being drawn.
    """
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
        return "a drawing that cannot be read", 1, "", []


def outcome(view: View) -> tuple[str, str]:
    """A finished job in one sentence, and its kind: "info" or "error"."""
    job = view.job
    count = len(job.files)
    pictures = "1 sticker" if count == 1 else f"{count} stickers"
    if job.state == "done":
        assert job.started is not None and job.finished is not None  # else the store says failed
        return f"Done: {pictures} in {_seconds(job.finished - job.started)}.", "info"
    if job.state == "stopped":
        if not count:
            return "Stopped before drawing began.", "info"
        return f"Stopped after step {job.step} of {job.steps}. This is how far it got.", "info"
    if job.state == "interrupted":
        return f"{job.message} Press Generate to draw it again.", "error"
    return job.message, "error"


def left_out(names: list[str]) -> str:
    """Of what cannot be shown, the first few by name."""
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Left out, because it cannot be read: {', '.join(names[:3])}{more}."


def _waiting(view: View) -> str:
    if view.trouble:
        text = view.trouble
    elif view.held:
        text = "Paused: it is drawn once you go on."
    elif view.model == "loading":
        text = "The model is loading; yours comes first after that."
        if view.position:
            text = f"The model is loading; {_ahead(view.position)} before yours."
    elif view.job.state == "queued":
        text = f"In the queue: {_ahead(view.position)} before yours."
    else:
        text = "Starting."
    return text


def _drawing(view: View) -> str:
    job = view.job
    if view.trouble:
        return view.trouble
    if view.stopping:
        return "Stopping."
    if job.step >= job.steps:
        return "Finishing."
    left = "" if view.eta is None else f", about {_seconds(view.eta)} left"
    return _step(job) + left


def _step(job: Job) -> str:
    """How far the sticker is that is being drawn, in evaluations of the model."""
    wanted = job.settings.num_images_per_prompt
    if wanted == 1:
        return f"Step {job.step} of {job.steps}"
    each = registry.evaluations(job.settings.scheduler, job.settings.num_inference_steps)
    done = len(job.files)
    # One after the other, or several at once, of which all are at the same step.
    step = job.step - done * each if job.steps == wanted * each else (job.step - 1) % each + 1
    return f"Sticker {min(done + 1, wanted)} of {wanted}, step {step} of {each}"


def _ahead(jobs: int) -> str:
    return "1 drawing comes" if jobs == 1 else f"{jobs} drawings come"


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
