"""What is done with a drawn picture, over HTTP. Who asks is named, and where strangers share the studio each may do
something with their own pictures alone.

POST actions/about       {"visitor", "picture"}: whether it is a favourite
POST actions/favourite   the same with "on"
POST actions/throw_away  into the library's trash
POST actions/bring_back  out of it
POST actions/file        the same with "form", one of work/forms.py: the file
POST actions/vary        the same with "strength": its variations are queued
"""

from dataclasses import replace
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.settings import read_png
from lit.studio.shell.bodies import UNCLEAR, checked_name, fields_of, read_body
from lit.studio.studio import Studio
from lit.studio.tabs.generate.asked import refusal
from lit.studio.work.forms import FORMS, File, formed
from lit.studio.work.library import Found, Library, Shelf
from lit.studio.work.marks import Marks
from lit.studio.work.orders import varied

GONE = "This picture is no longer there"


def routes(studio: Studio) -> list[Route]:
    """The addresses. What goes wrong is answered with a sentence."""
    actions = Actions(studio)
    asked = (actions.about, actions.favourite, actions.throw_away, actions.bring_back, actions.file, actions.vary)
    return [Route(f"/actions/{answer.__name__}", _answering(answer), methods=["POST"]) for answer in asked]


class Actions:
    """Answers, each from the fields of a request. Raises LiTError for what cannot be answered."""

    def __init__(self, studio: Studio):
        self.store, self.worker, self.public = studio.store, studio.worker, studio.public
        self.library = Library(studio.store)
        self.marks = Marks(self.library)

    def about(self, fields: dict) -> dict:
        return {"favourite": self._own(fields)[1].favourite}

    def favourite(self, fields: dict) -> dict:
        shelf, one = self._own(fields)
        on = fields.get("on") is True
        self.marks.favourite(shelf, [one.name], on)
        return {"favourite": on}

    def throw_away(self, fields: dict) -> dict:
        shelf, one = self._own(fields)
        return {"done": bool(self.library.throw_away(shelf, [one.name]))}

    def bring_back(self, fields: dict) -> dict:
        shelf, one = self._own(fields)
        return {"done": bool(self.library.bring_back(shelf, [one.name]))}

    def file(self, fields: dict) -> File:
        form = fields.get("form")
        if form not in FORMS:
            raise LiTError(UNCLEAR)
        return formed(form, self._own(fields)[1].file)

    def vary(self, fields: dict) -> dict:
        strength = fields.get("strength")
        if not isinstance(strength, str | float | int):
            raise LiTError(UNCLEAR)
        shelf, one = self._own(fields)
        settings, provenance = read_png(one.file)
        around = f"{one.name.split('/')[0]}/{one.file.name}"
        model = self.worker.models.of(provenance)
        settings, order = varied(settings, strength, around, provenance.get("typed", ""))
        order = replace(order, model=model)
        return {"job": self.worker.submit(checked_name(fields.get("visitor")), settings, order).id}

    def _own(self, fields: dict) -> tuple[Shelf, Found]:
        """Whose shelf it is, and the picture with this id, JOB/FILE, on it."""
        shelf = Shelf.of(checked_name(fields.get("visitor")), self.public)
        picture = fields.get("picture")
        job_id, _, name = picture.partition("/") if isinstance(picture, str) else ("", "", "")
        job = self.store.get(job_id)
        names = [file.name for file in job.files] if job else []
        found = self.library.find(shelf, [f"{job_id}/{names.index(name)}"]) if name in names else []
        if not found or not found[0].file.is_file():
            raise LiTError(GONE)
        return shelf, found[0]


def _answering(answer):
    async def endpoint(request: Request) -> Response:
        try:
            found = await run_in_threadpool(answer, fields_of(await read_body(request)))
        except LiTError as error:
            return refusal(error)
        except ClientDisconnect:
            return Response(status_code=204)
        if not isinstance(found, File):
            return JSONResponse(found)
        named = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return Response(found.data, media_type=found.kind, headers={"Content-Disposition": named})

    return endpoint
