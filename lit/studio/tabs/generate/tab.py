"""The Generate tab: words in, stickers out.

The handlers here only look at jobs. Each press of Generate puts one in the queue; from then on the page asks
how it stands until it has ended. A page that was reloaded finds its visitor's job and asks on from there.

The page asks because being told is not safe: Gradio's stream of events is closed when the last of them has
ended, and an event that begins in that moment is never heard of again (seen with 6.31, once in some twenty
openings of the page). So nothing here goes through Gradio's queue, the HTTP endpoint apart.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from lit.errors import LiTError
from lit.settings import SETTINGS, read_png
from lit.studio.studio import Studio
from lit.studio.tabs.generate.controls import Controls, build_controls, to_settings, to_values
from lit.studio.tabs.generate.endpoint import endpoint
from lit.studio.tabs.generate.following import END, KEPT, LOOK_INSIDE, TEXTS, build_picture, told
from lit.studio.tabs.generate.live import routes
from lit.studio.tabs.generate.stage import left_out, notice_html, outcome, stage_html
from lit.studio.words import caption, in_words
from lit.studio.work.jobs import Job, Recent, StoreError
from lit.studio.work.pictures import is_whole
from lit.studio.work.worker import View

POLL = 0.1  # seconds between two looks at a job
PAGE_POLL = 0.5  # likewise, of a page: each look has it paint, on the same cores as the drawing
RECENT = 24  # pictures in the history


@dataclass(frozen=True)
class Result:
    """The right side of the tab."""

    live: gr.HTML
    keep: gr.Button
    inside: gr.Button
    stage: gr.HTML
    gallery: gr.Gallery
    actions: gr.Row
    caption: gr.HTML
    download: gr.DownloadButton
    reuse: gr.Button
    recent: gr.Gallery
    shown: gr.State  # list of the paths in the gallery
    chosen: gr.State  # the path that Download and "Use these settings" mean


def build(studio: Studio):
    """Lay the tab out and connect it."""
    page = _Page(studio)
    page.visitor = studio.visitor.state
    page.job_id = gr.State("")
    page.seen = gr.State(())
    page.timer = gr.Timer(PAGE_POLL, active=False)
    with gr.Row(elem_classes="lit-columns"):
        with gr.Column(scale=5, min_width=320, elem_classes="lit-card"):
            page.controls = build_controls()
        with gr.Column(scale=7, min_width=320, elem_classes="lit-card lit-result"):
            page.result = _build_result(studio)
    page.connect()
    studio.routes.extend(routes(studio.worker))


def _build_result(studio: Studio) -> Result:
    live, keep, inside = build_picture()
    stage = gr.HTML(stage_html(None, studio.worker.model), elem_id="stage", label="Drawing")
    gallery = gr.Gallery(
        label="Result",
        format="png",
        columns=2,
        height="auto",
        object_fit="contain",
        visible=False,
        interactive=False,
        show_label=False,
        buttons=["download", "fullscreen"],
        elem_id="result",
    )
    with gr.Row(visible=False, elem_classes="lit-actions") as actions:
        text = gr.HTML(elem_id="caption")
        download = gr.DownloadButton("Download PNG", size="md", elem_id="download")
        reuse = gr.Button("Use these settings", size="md", elem_id="reuse")
    recent = gr.Gallery(
        label="Recent",
        format="png",
        columns=8,
        height="auto",
        object_fit="contain",
        visible=False,
        interactive=False,
        allow_preview=False,
        fit_columns=False,
        buttons=[],
        elem_id="recent",
    )
    shown, chosen = gr.State([]), gr.State("")
    return Result(live, keep, inside, stage, gallery, actions, text, download, reuse, recent, shown, chosen)


class _Page:
    """The tab's components and what happens when they are used."""

    visitor: gr.BrowserState
    job_id: gr.State  # the job that is watched, or was last
    seen: gr.State  # what the page shows of it, see `look`
    timer: gr.Timer  # asks, while there is something to wait for
    controls: Controls
    result: Result

    def __init__(self, studio: Studio):
        self.studio, self.store, self.worker = studio, studio.store, studio.worker

    def connect(self):
        controls, result, blocks = self.controls, self.result, self.studio.blocks
        shown = [
            controls.notice,
            controls.generate,
            controls.another,
            controls.stop,
            result.stage,
            result.gallery,
            result.actions,
            result.caption,
            result.download,
            result.recent,
            result.shown,
            result.chosen,
            self.job_id,
            self.seen,
            self.timer,
        ]
        quick = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
        named = self.studio.visitor.named
        js_only = {"fn": None, "api_visibility": "private"}

        opened = blocks.load(self.attach, [self.visitor], [self.visitor, *controls.fields, *shown], js=named, **quick)
        start = {"inputs": [self.visitor, *controls.fields], "outputs": [self.visitor, *shown], "js": named}
        gr.on([controls.generate.click, controls.prompt.submit], self.start, **start, **quick)
        rolled = controls.another.click(js=ROLL, outputs=[controls.seed], **js_only)
        rolled.then(self.start, **start, **quick)
        self.timer.tick(self.look, [self.job_id, self.seen], shown, **quick)

        rolled_alone = controls.dice.click(js=ROLL, outputs=[controls.seed], **js_only)
        gr.on([controls.generate.click, controls.another.click], js=LOOK, **js_only)
        controls.stop.click(self.stop, [self.visitor, self.job_id], [controls.stop], **quick)
        picked = [result.chosen, result.caption, result.download]
        result.gallery.select(self.pick, [result.shown], picked, **quick)
        large = [result.stage, result.gallery, result.actions, result.shown, *picked]
        result.recent.select(self.pick_recent, [self.visitor, self.job_id], large, **quick)
        settings = [*controls.fields, controls.notice]
        reused = result.reuse.click(self.reuse, [result.chosen], settings, **quick)
        uploaded = controls.upload.upload(self.reuse, [controls.upload], settings, **quick)

        # Pictures that follow the words. Every change is told: by default, what comes while another is on its way is
        # left out.
        says = {"inputs": [self.visitor, *controls.fields], "trigger_mode": "multiple", **js_only}
        for filled in (opened, reused, uploaded):
            filled.then(js=told(quiet=True), **says)
        rolled_alone.then(js=told(), **says)
        others = [field for name, field in zip(SETTINGS, controls.fields) if name not in TEXTS]
        gr.on([field.input for field in others], js=told(), **says)
        gr.on([chip.click for chip in controls.examples], js=told(), **says)
        gr.on([controls.generate.click, controls.prompt.submit, controls.another.click], js=END, **js_only)
        result.recent.select(js=END, **js_only)
        result.keep.click(self.keep, [self.visitor, result.live], [controls.notice, result.recent], js=KEPT, **quick)
        result.inside.click(js=LOOK_INSIDE, **js_only)

        # The HTTP endpoint: the same fields with the same defaults, and files at the end.
        files = gr.File(file_count="multiple", visible=False, label="Pictures")
        gr.Button(visible=False).click(
            endpoint(self.draw),
            controls.fields,
            files,
            api_name="generate",
            concurrency_limit=None,
        )

    # From here on: handlers. What they return maps components to their new values.

    def start(self, visitor: str, *values) -> dict:
        """Queue what the controls say."""
        try:
            job = self.worker.submit(visitor, to_settings(values))
        except LiTError as error:
            return {self.controls.notice: notice_html(in_words(error), "error")}
        watched = {self.visitor: visitor, self.job_id: job.id, self.timer: gr.Timer(active=True)}
        return {self.controls.notice: ""} | watched | self.look(job.id, ())

    def attach(self, visitor: str) -> dict:
        """A page has been opened: show what its visitor was doing, and the model's loading."""
        update: dict = {self.visitor: visitor, self.result.stage: stage_html(None, self.worker.model)}
        try:
            job = self.store.active_of(visitor) or self.store.latest_of(visitor)
            recent = self._recent(visitor)
        except StoreError as error:
            return update | {self.controls.notice: notice_html(in_words(error), "error")}
        update |= self._gallery(recent.pictures)
        if job is not None:
            update |= {self.job_id: job.id} | self.look(job.id, ()) | self._fill(job)
        if wrong := " ".join(filter(None, (self.store.notice, self.worker.trouble, left_out(recent.damaged)))):
            update[self.controls.notice] = notice_html(wrong, "error")
        if self.worker.model == "loading" or (job is not None and job.active):
            update[self.timer] = gr.Timer(active=True)
        return update

    def _fill(self, job: Job) -> dict:
        """Set the controls to what a job was asked with."""
        try:
            return dict(zip(self.controls.fields, to_values(job.settings)))
        except LiTError as error:
            return {self.controls.notice: notice_html(f"Your last drawing cannot be read. {in_words(error)}", "error")}

    def look(self, job_id: str, seen: tuple) -> dict:
        """What has changed since the page last looked. The timer asks until nothing more will."""
        try:
            return self._looked(self.worker.view(job_id), job_id, seen)
        except StoreError as error:
            return {self.controls.notice: notice_html(in_words(error), "error")}

    def _looked(self, view: View | None, job_id: str, seen: tuple) -> dict:
        if view is None or seen == (job_id, "ended"):  # the model alone is awaited
            if self.worker.model == "loading":
                return {self.timer: gr.skip()}
            return {self.result.stage: stage_html(None, self.worker.model), self.timer: gr.Timer(active=False)}
        if not view.job.active:
            return self._ended(view)
        now = (job_id, view.job.state, view.job.step, view.position, view.model, view.stopping, len(view.previews))
        now += (view.trouble,)
        if now == seen:
            return {self.timer: gr.skip()}
        return self._watching(view, first=not seen) | {self.seen: now}

    def _watching(self, view: View, first: bool) -> dict:
        update = {self.result.stage: gr.HTML(stage_html(view, view.model), visible=True)}
        if first:
            update |= {
                self.controls.generate: gr.Button("Drawing", interactive=False),
                self.controls.another: gr.Button(interactive=False),
                self.controls.stop: gr.Button(interactive=True),
                self.result.gallery: gr.Gallery(visible=False),
                self.result.actions: gr.Row(visible=False),
            }
        return update

    def _ended(self, view: View) -> dict:
        update = {
            self.controls.notice: notice_html(*outcome(view)),
            self.controls.generate: gr.Button("Generate", interactive=True),
            self.controls.another: gr.Button(interactive=True),
            self.controls.stop: gr.Button(interactive=False),
            self.result.stage: gr.HTML(stage_html(None, view.model), visible=True),
            self.seen: (view.job.id, "ended"),
            self.timer: gr.Timer(active=view.model == "loading"),
        }
        files = [path for path in view.job.files if is_whole(path)]
        return update | (self._show(files) if files else {}) | self._gallery(self._recent(view.job.visitor).pictures)

    def _show(self, files: list[Path]) -> dict:
        """Put pictures in the large area, the first of them chosen."""
        paths = [str(path) for path in files]
        one = len(paths) == 1
        return {
            self.result.stage: gr.HTML(visible=False),
            self.result.gallery: gr.Gallery(
                paths,
                visible=True,
                columns=1 if one else 2,
                elem_classes="lit-one" if one else "lit-many",
                selected_index=None,
            ),
            self.result.actions: gr.Row(visible=True),
            self.result.shown: paths,
        } | self._choose(paths[0])

    def _choose(self, path: str) -> dict:
        try:
            said = caption(*read_png(path))
        except LiTError as error:
            said = in_words(error)
        return {
            self.result.chosen: path,
            self.result.caption: notice_html(said, "caption"),
            self.result.download: gr.DownloadButton(value=path),
        }

    def _gallery(self, paths: list[Path]) -> dict:
        return {self.result.recent: gr.Gallery([str(path) for path in paths], visible=bool(paths))}

    def _recent(self, visitor: str) -> Recent:
        return self.store.recent(RECENT, visitor if self.studio.public else None)

    def stop(self, visitor: str, job_id: str) -> gr.Button:
        """Ask for an end. What comes of it is said by whoever follows the job, so that it is said last."""
        try:
            self.worker.stop(job_id, visitor)
        except StoreError as error:
            raise gr.Error(in_words(error), print_exception=False) from error
        return gr.Button(interactive=False)

    def pick(self, shown: list[str], event: gr.SelectData) -> dict:
        """A picture of the result has been clicked."""
        return self._choose(shown[event.index])

    def pick_recent(self, visitor: str, job_id: str, event: gr.SelectData) -> dict:
        """A picture of the history has been clicked: show it large, unless a drawing is under way there."""
        files = self._recent(visitor).pictures
        job = self.store.get(job_id)
        if event.index >= len(files) or (job is not None and job.active):
            return {self.result.chosen: gr.skip()}
        return self._show([files[event.index]])

    def keep(self, visitor: str, picture_id: str) -> dict:
        """Put the live picture that is shown into the history."""
        try:
            self.worker.keep(visitor, picture_id)
        except LiTError as error:
            return {self.controls.notice: notice_html(in_words(error), "error")}
        kept = {self.controls.notice: notice_html("Kept: it is the first under Recent.")}
        return kept | self._gallery(self._recent(visitor).pictures)

    def reuse(self, path: str) -> dict:
        """Set the controls to what a PNG says."""
        try:
            settings, _ = read_png(path)
        except LiTError as error:
            return {self.controls.notice: notice_html(in_words(error), "error")}
        update = dict(zip(self.controls.fields, to_values(settings)))
        said = "The controls now say what this picture was drawn with."
        return update | {self.controls.notice: notice_html(said)}

    async def draw(self, values: tuple, session: str) -> list[str]:
        """Queue what a program asks for, and wait for its files."""
        try:
            job = self.worker.submit(f"api-{session}", to_settings(values))
        except LiTError as error:
            raise gr.Error(in_words(error), print_exception=False) from error
        while (view := self.worker.view(job.id)) and view.job.active:
            await asyncio.sleep(POLL)
        assert view is not None  # no job is ever removed
        if not view.job.files:
            raise gr.Error(outcome(view)[0], print_exception=False)
        return [str(path) for path in view.job.files]


# A seed as people like them: short enough to read out.
ROLL = "() => Math.floor(Math.random() * 1000000)"

# On a phone the picture is below the controls: go there.
LOOK = """() => {
  if (innerWidth < 720) document.querySelector(".lit-result").scrollIntoView({behavior: "smooth"});
}"""
