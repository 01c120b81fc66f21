"""Drawings over HTTP: what the page's scripts ask for, follow and show. Pictures are named by what they are, the job
and the file, never by a place in a list: another page of the same visitor may have drawn meanwhile.

POST drawings          {"visitor", "values", "template", "model"}: queue a drawing, or of a template's prompts "all";
                       else one
POST drawings/styles   the same in every style of the model
POST drawings/open     {"visitor"}: what a page that opens shows
POST drawings/shown    {"job"}: its pictures, or that it is still drawn
POST drawings/look     {"jobs", "have"}: how these jobs stand; with "visitor" his queue (queue.py), too
POST drawings/recent   {"visitor"}: the newest pictures
POST drawings/stop     {"visitor", "job"}
POST drawings/pause    {"visitor", "on"}, front and cancel {"visitor", "job"}, back {"visitor", "jobs"}: see queue.py
POST drawings/settings {"picture"} or, as a PNG, a file: the values of the controls that draw it
GET  pictures/JOB/NAME the file, as it was written
"""

import tempfile
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.reading.template import parse_template
from lit.settings import SETTINGS, GenerationSettings, read_png
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name, file_name
from lit.studio.studio import Studio
from lit.studio.tabs.generate.asked import answering, in_json, settings_in
from lit.studio.tabs.generate.controls import to_values
from lit.studio.tabs.generate.of_model import own_values
from lit.studio.tabs.generate.queue import Steering
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.stage import left_out, outcome, progress
from lit.studio.tabs.generate.templates import all_of, lists_of, most_of
from lit.studio.words import caption, in_words
from lit.studio.work.jobs import Job
from lit.studio.work.models import Models
from lit.studio.work.orders import PLAIN, Order, in_all_styles
from lit.studio.work.queue import QUEUE
from lit.studio.work.worker import View
from lit.styles import in_use, offered

RECENT = 24  # pictures in the history
FOLLOWED = 2 * QUEUE  # jobs that a page may follow: as many as can wait and be held
UPLOAD = 20 * 2**20  # bytes of a picture whose settings are taken


def routes(studio: Studio) -> list[Route]:
    """The addresses. What goes wrong is answered with a sentence and the setting that it is about."""
    pages = Drawings(studio)
    asked = {
        "": pages.draw,
        "/styles": pages.styles,
        "/open": pages.open,
        "/shown": pages.shown,
        "/look": pages.look,
        "/recent": pages.recent,
        "/stop": pages.stop,
        "/pause": pages.steering.pause,
        "/front": pages.steering.front,
        "/cancel": pages.steering.cancel,
        "/back": pages.steering.back,
    }
    answers = {path: answering(answer) for path, answer in asked.items()}
    answers["/settings"] = answering(pages.settings, _named_or_sent)
    posts = [Route(f"/drawings{path}", answer, methods=["POST"]) for path, answer in answers.items()]
    return [*posts, Route("/pictures/{job}/{name}", _filing(pages), methods=["GET"])]


class Drawings:
    """Answers, each from the fields of a request. Raises LiTError for what cannot be answered."""

    def __init__(self, studio: Studio):
        self.store, self.worker, self.public = studio.store, studio.worker, studio.public
        self.steering = Steering(studio.worker)
        self._own: dict | None = None  # what the model begins with, once it has been loaded

    def draw(self, fields: dict) -> dict:
        visitor, asked, lists = checked_name(fields.get("visitor")), settings_in(fields), lists_of(self.store.home)
        every, model = fields.get("template") == "all", self._model(fields)
        reads = not model or self.worker.models.facts(model).family is None  # else it reads by itself
        every = all_of(asked, lists, most_of(self.public)) if every else (asked,)
        drawn = [understood(one, lists, reads) for one in every]
        drawn = [(one, replace(order, model=model)) for one, order in drawn]
        for one, _ in drawn if model else ():
            self.worker.models.check(model, one)
        self.worker.queue.check_room(visitor, len(drawn))  # all of them or none
        template = "" if parse_template(asked.prompt, lists).plain else asked.prompt
        jobs = [self.worker.submit(visitor, one, replace(order, template=template)).id for one, order in drawn]
        return {"job": jobs[0], "jobs": jobs}

    def styles(self, fields: dict) -> dict:
        if self._model(fields):
            raise LiTError("All styles are drawn with this studio's own model. Choose that under Model")
        settings, asked = understood(settings_in(fields), lists_of(self.store.home))
        styles = offered(self.worker.pipeline().styles) if self.worker.model == "ready" else in_use()
        settings, order = in_all_styles(settings, styles, asked.typed)
        order = replace(order, template=asked.template)
        job = self.worker.submit(checked_name(fields.get("visitor")), settings, order).id
        return {"job": job, "jobs": [job]}

    def open(self, fields: dict) -> dict:
        """job: the last drawing, or "".  values: of its controls, or null.  model: that drew it.  shown: its pictures,
        if nothing is drawn or waits.  jobs: what is drawn or waits."""
        visitor = checked_name(fields.get("visitor"))
        active, job = self.store.active(visitor), self.store.latest_of(visitor)
        recent, damaged = self._recent(visitor)
        said, values, model = [t(self.store.notice), t(self.worker.trouble), left_out(damaged)], None, ""
        try:
            values, model = (_asked(job), job.order.model) if job else (None, "")
        except LiTError as error:
            said.append(f"{t('Your last drawing cannot be read.')} {in_words(error)}")
        return {
            "values": values,
            "model": model,
            "job": job.id if job else "",
            "jobs": [one.id for one in active][:FOLLOWED],
            "shown": None if job is None or active else self._pictures(job),
            "recent": recent,
            "said": " ".join(filter(None, said)),
        }

    def look(self, fields: dict) -> dict:
        """have: names of the previews that the page has already.  visitor: whose queue is told, too, if named.
        own: see `own_values`.  ended: the latest last."""
        jobs, have = fields.get("jobs"), fields.get("have")
        if not isinstance(jobs, list) or not isinstance(have, list) or len(jobs) > FOLLOWED:
            raise LiTError(UNCLEAR)
        views = [view for job in jobs if isinstance(job, str) and (view := self.worker.view(job))]
        active = sorted((view for view in views if view.job.active), key=lambda view: view.job.number)
        ended = sorted((view for view in views if not view.job.active), key=lambda view: view.job.finished or 0.0)
        return {
            "model": model if (model := self.worker.model) in ("loading", "ready") else t(model),
            "own": self._own_values(),
            "trouble": t(self.worker.trouble),
            "active": [_following(view, have, self._around(_order(view.job))) for view in active],
            "ended": [self._ended(view) for view in ended],
            "queue": self.steering.shown(checked_name(fields["visitor"])) if "visitor" in fields else None,
        }

    def shown(self, fields: dict) -> dict:
        job = self.store.get(checked_name(fields.get("job")))
        if job is None:
            raise LiTError("This drawing is no longer there")
        return {"active": True} if job.active else {"active": False} | self._pictures(job)

    def recent(self, fields: dict) -> dict:
        return {"recent": self._recent(checked_name(fields.get("visitor")))[0]}

    def stop(self, fields: dict) -> dict:
        """What comes of it is said by whoever follows the job."""
        return {"stopped": bool(self.worker.stop(checked_name(fields.get("job")), checked_name(fields.get("visitor"))))}

    def settings(self, fields: dict) -> dict:
        if isinstance(png := fields.get("png"), bytes):
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / fields["name"]
                file.write_bytes(png)
                return self.settings_of(file)
        picture = fields.get("picture")
        job, _, name = picture.partition("/") if isinstance(picture, str) else ("", "", "")
        return self.settings_of(self.file(job, name))

    def settings_of(self, file: Path) -> dict:
        """values: of the controls.  model: that drew it, "" for the studio's own.  lacks: what to say where that is not
        in the list, and so the page's model stays as it is."""
        settings, recorded = read_png(file)
        return {"values": _values(settings)} | model_of(self.worker.models, recorded)

    def _model(self, fields: dict) -> str:
        """The name of the model that is to draw, "" for the studio's own. Raises LiTError for one that is not there."""
        name = fields.get("model", "")
        if not isinstance(name, str):
            raise LiTError(UNCLEAR)
        return self.worker.models.get(name).name if name else ""

    def file(self, job_id: str, name: str) -> Path:
        """A picture's file, for who knows its job's id. Raises LiTError if there is none of that name."""
        job = self.store.get(job_id)
        for file in job.files if job else ():
            if file.name == name and file.is_file():
                return file
        raise LiTError("This picture is no longer there")

    def _own_values(self) -> dict:
        if self.worker.model != "ready":
            return {}
        if self._own is None:  # its schedulers are known after a look at every weight
            self._own = own_values(self.worker.pipeline())
        return self._own

    def _ended(self, view: View) -> dict:
        said, kind = outcome(view)
        return {"id": view.job.id, "said": said, "kind": kind} | self._pictures(view.job)

    def _pictures(self, job: Job) -> dict:
        """pictures: of a job, each with its label.  layout: how they lie.  around: the picture that they vary."""
        order = _order(job)
        labels = dict(zip(job.files, order.labels))
        pictures = [_picture(job.id, file) | {"label": labels.get(file, "")} for file in self.store.in_sight(job)]
        return {"pictures": pictures, "layout": order.layout, "around": self._around(order)}

    def _around(self, order: Order) -> dict | None:
        job_id, _, name = order.around.partition("/")
        job = self.store.get(job_id) if name else None
        files = [file for file in self.store.in_sight(job) if file.name == name] if job else []
        return _picture(job_id, files[0]) if files else None

    def _recent(self, visitor: str) -> tuple[list[dict], list[str]]:
        files, damaged = self.store.recent(RECENT, visitor if self.public else None)
        return [_picture(file.relative_to(self.store.pictures).parts[0], file) for file in files], damaged


def model_of(models: Models, recorded: dict) -> dict:
    """What a page that takes over a picture's settings is told of the model that drew it."""
    drew = models.drew(recorded)
    return drew | {"lacks": in_words(drew["lacks"]) if drew["lacks"] else ""}


def _picture(job_id: str, file: Path) -> dict:
    """id: its name for as long as it exists.  said: words, style, seed and steps, for under it and as its text."""
    try:
        said = caption(*read_png(file))
    except LiTError as error:
        said = in_words(error)
    return {"id": f"{job_id}/{file.name}", "said": said}


def _order(job: Job) -> Order:
    try:
        return job.order
    except LiTError:  # of a newer version: its pictures are pictures all the same
        return PLAIN


def _asked(job: Job) -> dict:
    """The values of the controls that asked for a job, as they were typed."""
    order, values = job.order, _values(job.settings)
    if words := order.template or order.typed:
        values["prompt"] = words
    # Eight variations, or styles, were one press with no number.
    return values | {"num_images_per_prompt": 1} if order.each else values


def _following(view: View, have: list, around: dict | None) -> dict:
    previews = [{"id": f"{crc32(data):08x}", "data": b64encode(data).decode()} for data in view.previews]
    for preview in previews:
        if preview["id"] in have:
            del preview["data"]
    return progress(view) | {"previews": previews, "around": around}


def _values(settings: GenerationSettings) -> dict:
    return dict(zip(SETTINGS, to_values(settings)))


def _filing(pages: Drawings):
    async def endpoint(request: Request) -> Response:
        try:
            file = await run_in_threadpool(pages.file, request.path_params["job"], request.path_params["name"])
        except LiTError as error:
            return JSONResponse({"error": in_words(error)}, 404)
        return FileResponse(file, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    return endpoint


async def _named_or_sent(request: Request) -> dict:
    if request.headers.get("content-type") != "image/png":
        return await in_json(request)
    return {"name": file_name(request.query_params.get("name", "")), "png": await _upload(request)}


async def _upload(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > UPLOAD:
            raise LiTError(t("That file is larger than {n} MB", n=UPLOAD // 2**20))
    return bytes(data)
