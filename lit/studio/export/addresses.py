"""Exports over HTTP: addresses beside the page. A picture is named as it is everywhere, "JOB/FILE".

POST export/open        {"visitor", "pictures"}: their words
POST export/check       an order: a sentence for each place that does not take it
POST export/preview     an order of one picture for one place: how it will look there
POST export/begin       an order: a task
POST export/progress    {"task"}: how far it is, or its result
POST export/stop        {"task"}
GET  export/files/ID    what was made

An order: {"visitor", "pictures", "targets", "title", "author", "loop", "border", "words"}, as asked.py reads it.
"""

import base64
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from lit.errors import InputError, LiTError
from lit.export import TARGETS, named_sticker
from lit.export.sticker import check_said
from lit.studio.export import asked
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name, fields_of, read_body
from lit.studio.studio import Studio
from lit.studio.words import in_words
from lit.studio.work.exports import Exports, Order, refusal

# By the names that exports have: what the system calls them differs.
KINDS = {
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".webm": "video/webm",
    ".ico": "image/x-icon",
    ".zip": "application/zip",
}
ASKED = ("open", "check", "preview", "begin", "progress", "stop")


def routes(studio: Studio) -> list[Route]:
    """The addresses. What goes wrong is answered with a sentence."""
    session = ExportSession(studio)

    async def ask(request: Request) -> Response:
        try:
            fields = fields_of(await read_body(request, largest=asked.LARGEST))
            name = request.path_params["name"]
            if name not in ASKED:
                raise LiTError(UNCLEAR)
            return JSONResponse(await run_in_threadpool(getattr(session, name), fields))
        except LiTError as error:
            return JSONResponse({"error": in_words(error), "field": getattr(error, "argument", "")}, 422)
        except ClientDisconnect:
            return Response(status_code=204)

    def file(request: Request) -> Response:
        ready = session.exports.ready(request.path_params["id"])
        if ready is None or not ready.file.is_file():
            return JSONResponse({"error": in_words(LiTError("This export is no longer there. Make it again"))}, 404)
        fresh = {"Cache-Control": "no-store"}
        return FileResponse(ready.file, media_type=_kind(ready.name), filename=ready.name, headers=fresh)

    return [
        Route("/export/{name}", ask, methods=["POST"]),
        Route("/export/files/{id}", file, methods=["GET"]),
    ]


class ExportSession:
    """All visitors' way to exports: each method of ASKED answers with plain data. Raises LiTError."""

    def __init__(self, studio: Studio):
        self.store, self.public = studio.store, studio.public
        self.exports = Exports(studio.store.home, lambda: studio.worker.closing)

    def open(self, fields: dict) -> dict:
        """pictures: [{"id", "name", "alt", "emoji": text}] of those that are there.  gone: how many are not."""
        visitor, names = checked_name(fields.get("visitor")), asked.pictures(fields)
        files = {name: file for name in names if (file := self._file(visitor, name))}
        if not files:
            raise LiTError("These pictures are no longer there")
        found = [(name, named_sticker(file)) for name, file in files.items()]
        pictures = [{"id": name, "name": one.name, "alt": one.alt, "emoji": " ".join(one.emoji)} for name, one in found]
        return {"pictures": pictures, "gone": len(names) - len(files)}

    def check(self, fields: dict) -> dict:
        """refused: {target: why it does not take so many pictures with these options}, of all there are.
        wrong, field: what is wrong with the words, as a sentence, and which; "" for nothing."""
        checked_name(fields.get("visitor"))
        options, count = asked.options(fields), len(asked.pictures(fields))
        refused = {target: said for target in TARGETS if (said := refusal(count, target, options))}
        try:
            for words in asked.words(fields).values():
                check_said(words.name, words.alt, words.emoji)
        except InputError as error:
            return {"refused": refused, "wrong": in_words(error), "field": error.argument}
        return {"refused": refused, "wrong": "", "field": ""}

    def preview(self, fields: dict) -> dict:
        """pictures: data addresses; none once this visitor has asked for another preview.  said: lines."""
        visitor, order = self._order(fields)
        made = self.exports.preview(visitor, order)
        if made is None:
            return {"pictures": [], "said": []}
        said = [f"{one.name}, {t(one.said)}" for one in made.pictures]
        if made.pictures[0].limit is None and made.notes:
            said = [t(note) for note in made.notes]
        return {"pictures": [_data(one.name, made.files[one.name]) for one in made.pictures], "said": said}

    def begin(self, fields: dict) -> dict:
        visitor, order = self._order(fields)
        return {"task": self.exports.begin(visitor, order).id}

    def progress(self, fields: dict) -> dict:
        task = self.exports.desk.task(checked_name(fields.get("task")))
        if task.error:
            raise LiTError(task.error)
        if task.result is not None:
            return {"result": task.result}
        return {"done": task.done, "of": task.of, "said": task.said}

    def stop(self, fields: dict) -> dict:
        self.exports.desk.task(checked_name(fields.get("task"))).stop = True
        return {}

    def _order(self, fields: dict) -> tuple[str, Order]:
        visitor, names = checked_name(fields.get("visitor")), asked.pictures(fields)
        targets, options, words = asked.targets(fields), asked.options(fields), asked.words(fields)
        files = []
        for name in names:
            if (file := self._file(visitor, name)) is None:
                raise InputError("picture", name.rpartition("/")[2][:100], "one that is still there")
            files.append((file, words.get(name)))
        return visitor, Order(files, targets, options)

    def _file(self, visitor: str, name: str) -> Path | None:
        """The picture's file, None for one that is not there, or another visitor's where strangers share the studio."""
        job_id, _, file_name = name.partition("/")
        job = self.store.get(job_id)
        if job is None or (self.public and job.visitor != visitor):
            return None
        return next((file for file in job.files if file.name == file_name and file.is_file()), None)


def _data(name: str, data: bytes) -> str:
    return f"data:{_kind(name)};base64,{base64.b64encode(data).decode()}"


def _kind(name: str) -> str:
    return KINDS[Path(name).suffix]
