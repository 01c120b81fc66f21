"""The big area on the right while there is something to watch, as HTML: previews, steps, time left."""

import base64
from html import escape

from lit.sampling import registry
from lit.studio.work.jobs import Job
from lit.studio.work.worker import View


def stage_html(view: View | None, model: str) -> str:
    """What the stage shows: the job if there is one to watch, else an invitation."""
    if view is None or not view.job.active:
        return _empty(model)
    if view.job.step == 0 and not view.previews:
        return _waiting(view)
    return _drawing(view)


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


def notice_html(text: str, kind: str = "info") -> str:
    """A sentence beside the controls; errors are announced at once by screen readers."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="lit-notice lit-{kind}" role="{role}">{escape(text)}</p>' if text else ""


def left_out(names: list[str]) -> str:
    """Of what cannot be shown, the first few by name."""
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Left out, because it cannot be read: {', '.join(names[:3])}{more}."


def _empty(model: str) -> str:
    if model == "loading":
        text = "The model is loading. You need not wait: press Generate, and drawing starts by itself."
        return _board("", f'<p class="lit-hint">{text}</p>')
    if model != "ready":
        return _board("", f'<p class="lit-hint">{escape(model)}</p>')
    return _board("", '<p class="lit-hint">Your sticker appears here.</p>')


def _waiting(view: View) -> str:
    if view.trouble:
        text = view.trouble
    elif view.model == "loading":
        text = "The model is loading; yours comes first after that."
        if view.position:
            text = f"The model is loading; {_ahead(view.position)} before yours."
    elif view.job.state == "queued":
        text = f"In the queue: {_ahead(view.position)} before yours."
    else:
        text = "Starting."
    return _board("", f'{_bar(None, 1, text)}<p class="lit-hint">{escape(text)}</p>')


def _drawing(view: View) -> str:
    pictures = "".join(
        f'<img alt="Preview {number}" src="data:image/webp;base64,{base64.b64encode(data).decode()}">'
        for number, data in enumerate(view.previews, start=1)
    )
    job = view.job
    if view.trouble:
        text = view.trouble
    elif view.stopping:
        text = "Stopping."
    elif job.step >= job.steps:
        text = "Finishing."
    else:
        text = _step(job)
        if view.eta is not None:
            text += f", about {_seconds(view.eta)} left"
    foot = f'{_bar(job.step, job.steps, "Drawing")}<p class="lit-steps">{escape(text)}</p>'
    return _board(f'<div class="lit-previews" data-count="{len(view.previews)}">{pictures}</div>', foot)


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


def _board(pictures: str, foot: str) -> str:
    return f'<div class="lit-board">{pictures}<div class="lit-foot">{foot}</div></div>'


def _bar(value: int | None, most: int, label: str) -> str:
    now = "" if value is None else f' value="{value}"'
    return f'<progress aria-label="{escape(label)}" max="{most}"{now}></progress>'


def _ahead(jobs: int) -> str:
    return "1 drawing comes" if jobs == 1 else f"{jobs} drawings come"


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
