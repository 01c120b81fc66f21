"""Drawings over HTTP: what the page's scripts ask for, follow and show. Pictures are named by what they are, the job
and the file, never by a place in a list: another page of the same visitor may have drawn meanwhile.

POST drawings          {"visitor", "values", "template"}: queue a drawing, or of a template's prompts "all"; else one
POST drawings/open     {"visitor"}: what a page that opens shows
POST drawings/look     {"visitor", "jobs", "have"}: how these jobs stand
POST drawings/recent   {"visitor"}: the newest pictures
POST drawings/stop     {"visitor", "job"}
POST drawings/settings {"picture"} or, as a PNG, a file: the values of the controls that draw it
GET  pictures/JOB/NAME the file, as it was written
"""

import tempfile
from base64 import b64encode
from pathlib import Path
from zlib import crc32

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.reading.template import parse_template
from lit.settings import SETTINGS, GenerationSettings, read_png
from lit.studio.shell.bodies import UNCLEAR, checked_name, fields_of, read_body
from lit.studio.studio import Studio
from lit.studio.tabs.generate.asked import refusal, settings_in
from lit.studio.tabs.generate.controls import to_values
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.stage import left_out, outcome, progress
from lit.studio.tabs.generate.templates import all_of, lists_of, most_of
from lit.studio.words import caption, in_words
from lit.studio.work.jobs import Job
from lit.studio.work.pictures import is_whole
from lit.studio.work.worker import QUEUE, View

RECENT = 24  # pictures in the history
FOLLOWED = 100  # jobs that a page may follow: as many as the queue has places
NAME = 100  # characters of a file name that are repeated
UPLOAD = 20 * 2**20  # bytes of a picture whose settings are taken


def routes(studio: Studio) -> list[Route]:
    """The addresses. What goes wrong is answered with a sentence and the setting that it is about."""
    pages = Drawings(studio)
    asked = {
        "": pages.draw,
        "/open": pages.open,
        "/look": pages.look,
        "/recent": pages.recent,
        "/stop": pages.stop,
        "/settings": pages.settings,
    }
    posts = [Route(f"/drawings{path}", _answering(answer), methods=["POST"]) for path, answer in asked.items()]
    return [*posts, Route("/pictures/{job}/{name}", _filing(pages), methods=["GET"])]


class Drawings:
    """Answers, each from the fields of a request. Raises LiTError for what cannot be answered."""

    def __init__(self, studio: Studio):
        self.store, self.worker, self.public = studio.store, studio.worker, studio.public

    def draw(self, fields: dict) -> dict:
        visitor, asked, lists = checked_name(fields.get("visitor")), settings_in(fields), lists_of(self.store.home)
        every = fields.get("template") == "all"
        drawn = [understood(one, lists) for one in (all_of(asked, lists, most_of(self.public)) if every else (asked,))]
        if self.store.waiting() + len(drawn) > QUEUE:  # all of them or none
            raise LiTError(f"The queue has no room for {len(drawn)} drawings at the moment. Try again in a while")
        template = "" if parse_template(asked.prompt, lists).plain else asked.prompt
        jobs = [self.worker.submit(visitor, one, template).id for one in drawn]
        return {"job": jobs[0], "jobs": jobs}

    def open(self, fields: dict) -> dict:
        """values: of the last drawing's controls, or null.  pictures: of it, if it has ended."""
        visitor = checked_name(fields.get("visitor"))
        active = self.store.active_of(visitor)
        job = active or self.store.latest_of(visitor)
        recent, damaged = self._recent(visitor)
        said, values = [self.store.notice, self.worker.trouble, left_out(damaged)], None
        try:
            values = _values(job.settings) if job else None
        except LiTError as error:
            said.append(f"Your last drawing cannot be read. {in_words(error)}")
        return {
            "values": values,
            "job": active.id if active else "",
            "pictures": [] if job is None or active else self._pictures(job),
            "recent": recent,
            "said": " ".join(filter(None, said)),
        }

    def look(self, fields: dict) -> dict:
        """have: names of the previews that the page has already."""
        jobs, have = fields.get("jobs"), fields.get("have")
        if not isinstance(jobs, list) or not isinstance(have, list) or len(jobs) > FOLLOWED:
            raise LiTError(UNCLEAR)
        views = [view for job in jobs if isinstance(job, str) and (view := self.worker.view(job))]
        views.sort(key=lambda view: view.job.number)
        return {
            "model": self.worker.model,
            "trouble": self.worker.trouble,
            "active": [_following(view, have) for view in views if view.job.active],
            "ended": [self._ended(view) for view in views if not view.job.active],
        }

    def recent(self, fields: dict) -> dict:
        return {"recent": self._recent(checked_name(fields.get("visitor")))[0]}

    def stop(self, fields: dict) -> dict:
        """What comes of it is said by whoever follows the job."""
        return {"stopped": self.worker.stop(checked_name(fields.get("job")), checked_name(fields.get("visitor")))}

    def settings(self, fields: dict) -> dict:
        picture = fields.get("picture")
        job, _, name = picture.partition("/") if isinstance(picture, str) else ("", "", "")
        return {"values": _values(read_png(self.file(job, name))[0])}

    def file(self, job_id: str, name: str) -> Path:
        """A picture's file, for who knows its job's id. Raises LiTError if there is none of that name."""
        job = self.store.get(job_id)
        for file in job.files if job else ():
            if file.name == name and file.is_file():
                return file
        raise LiTError("This picture is no longer there")

    def _ended(self, view: View) -> dict:
        said, kind = outcome(view)
        return {"id": view.job.id, "said": said, "kind": kind, "pictures": self._pictures(view.job)}

    def _pictures(self, job: Job) -> list[dict]:
        return [_picture(job.id, file) for file in job.files if is_whole(file)]

    def _recent(self, visitor: str) -> tuple[list[dict], list[str]]:
        files, damaged = self.store.recent(RECENT, visitor if self.public else None)
        return [_picture(file.relative_to(self.store.pictures).parts[0], file) for file in files], damaged


def _picture(job_id: str, file: Path) -> dict:
    """id: its name for as long as it exists.  said: words, style, seed and steps, for under it and as its text."""
    try:
        said = caption(*read_png(file))
    except LiTError as error:
        said = in_words(error)
    return {"id": f"{job_id}/{file.name}", "said": said}


def _following(view: View, have: list) -> dict:
    previews = [{"id": f"{crc32(data):08x}", "data": b64encode(data).decode()} for data in view.previews]
    for preview in previews:
        if preview["id"] in have:
            del preview["data"]
    return progress(view) | {"previews": previews}


def _values(settings: GenerationSettings) -> dict:
    return dict(zip(SETTINGS, to_values(settings)))


def _answering(answer):
    async def endpoint(request: Request) -> Response:
        try:
            if answer.__name__ == "settings" and request.headers.get("content-type") == "image/png":
                return JSONResponse(await run_in_threadpool(_settings_of, await _upload(request), _file_name(request)))
            return JSONResponse(await run_in_threadpool(answer, fields_of(await read_body(request))))
        except LiTError as error:
            return refusal(error)
        except ClientDisconnect:
            return Response(status_code=204)

    return endpoint


def _filing(pages: Drawings):
    async def endpoint(request: Request) -> Response:
        try:
            file = await run_in_threadpool(pages.file, request.path_params["job"], request.path_params["name"])
        except LiTError as error:
            return JSONResponse({"error": in_words(error)}, 404)
        return FileResponse(file, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    return endpoint


async def _upload(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > UPLOAD:
            raise LiTError(f"That file is larger than {UPLOAD // 2**20} MB")
    return bytes(data)


def _file_name(request: Request) -> str:
    return Path(request.query_params.get("name", "").replace("\\", "/")).name[-NAME:] or "picture.png"


def _settings_of(data: bytes, name: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        return {"values": _values(read_png(file)[0])}
