"""Sweeps over HTTP: addresses beside the page. Who asks is named; where strangers share the studio each reaches their
own alone, but for pictures and files, which who knows a sweep's id may see.

POST sweeps/ask/plan         what a sweep would be: {"said", "base"}; fields as `Asked.of` takes them
POST sweeps/ask/begin        the same, and it is drawn: {"id"}
POST sweeps/ask/last         {"visitor"}: the last sweeps, and how many are kept
POST sweeps/ask/look         {"visitor", "sweep", "seen"}: how it stands, as soon as its version is another than that
POST sweeps/ask/stop, go_on, throw_away, bring_back    {"visitor", "sweep"}
POST sweeps/ask/keep         the same with "place", a picture's number: it is put among the visitor's drawings
POST sweeps/ask/settings     the same: what the controls say of that picture
GET  sweeps/pictures/ID/PLACE.png
GET  sweeps/drawn/ID/sheet.png, page.html    all of it as one picture with labels, or as one page
"""

import io
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.export.words import file_stem
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.studio import Studio
from lit.studio.tabs.generate.templates import lists_of
from lit.studio.tabs.lasting import LastingSession, ask_route
from lit.studio.tabs.library.session import values_of
from lit.studio.tabs.sweep.asked import Asked, announcement
from lit.studio.tabs.sweep.files import page_of, sheet_of
from lit.studio.tabs.sweep.state import line_of, state_of, title_of
from lit.studio.words import caption, in_words
from lit.studio.work.swept import Swept

FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # a place is given once


def routes(studio: Studio) -> list[Route]:
    """The addresses. Each answers what goes wrong with a sentence and the field that it is about."""
    session = SweepSession(studio)

    def picture(request: Request) -> Response:
        swept = session.sweeps.known(request.path_params["id"])
        file = swept.picture(request.path_params["place"]) if swept else None
        if file is None:
            return Response(status_code=404)
        return FileResponse(
            file, media_type="image/png", filename=file.name, content_disposition_type="inline", headers=FOR_EVER
        )

    def made(request: Request) -> Response:
        swept, name = session.sweeps.known(request.path_params["id"]), request.path_params["name"]
        if swept is None or name not in FILES or not swept.done:
            return Response(status_code=404)
        make, kind, ending = FILES[name]
        try:
            data = make(swept)
        except LiTError as error:
            return Response(in_words(error), 409, media_type="text/plain; charset=utf-8")
        stem = file_stem(swept.order.settings.prompt) or "sweep"
        # Never opened as a page of the studio's own: what is in it was typed by somebody.
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{stem}-sweep.{ending}')}"}
        return Response(data, media_type=kind, headers=headers)

    return [
        ask_route("/sweeps/ask", session),
        Route("/sweeps/pictures/{id}/{place:int}.png", picture, methods=["GET"]),
        Route("/sweeps/drawn/{id}/{name}", made, methods=["GET"]),
    ]


class SweepSession(LastingSession[Swept]):
    kind = "sweep"
    asked = ("plan", "begin", "last", "look", "stop", "go_on", "throw_away", "bring_back", "keep", "settings")

    def __init__(self, studio: Studio):
        self.sweeps, self.home = studio.worker.sweeps, studio.store.home
        super().__init__(studio.worker, self.sweeps)

    def plan(self, fields: dict) -> dict:
        order = self._asked(fields).order
        base = caption(order.settings, {"typed": order.typed}, without=[axis.name for axis in order.axes])
        return {"said": announcement(order, self.worker), "base": base}

    def begin(self, fields: dict) -> dict:
        asked = self._asked(fields)
        return {"id": self.sweeps.begin(asked.visitor, asked.order).id}

    def last(self, fields: dict) -> dict:
        found = self.sweeps.of(checked_name(fields.get("visitor")))
        kept = t("The last {n} are kept; an older one makes room.", n=self.sweeps.most)
        return {"sweeps": [line_of(one) for one in found], "kept": kept}

    def look(self, fields: dict) -> dict:
        seen = fields.get("seen")
        return state_of(self._own(fields), self.worker, seen if isinstance(seen, int) else -1)

    def keep(self, fields: dict) -> dict:
        picture = self.sweeps.picture(self._own(fields), _place(fields))
        job = self.worker.keep(checked_name(fields.get("visitor")), picture)
        return {"picture": f"{job.id}/0", "said": t("Kept: it is among the recent pictures.")}

    def settings(self, fields: dict) -> dict:
        swept, place = self._own(fields), _place(fields)
        if not 0 <= place < len(swept.cells):
            raise LiTError(UNCLEAR)
        return {"values": values_of(swept.cells[place].point.settings.resolved())}

    def _asked(self, fields: dict) -> Asked:
        return Asked.of(fields, self.worker, lists_of(self.home))


def _place(fields: dict) -> int:
    place = fields.get("place")
    if not isinstance(place, int) or isinstance(place, bool):
        raise LiTError(UNCLEAR)
    return place


def _sheet(swept: Swept) -> bytes:
    file = io.BytesIO()
    sheet_of(swept).save(file, "PNG")
    return file.getvalue()


# Files that are made of a sweep: how, as which kind, with which ending.
FILES: dict[str, tuple[Callable[[Swept], bytes], str, str]] = {
    "sheet.png": (_sheet, "image/png", "png"),
    "page.html": (lambda swept: page_of(swept, title_of(swept)).encode(), "text/html; charset=utf-8", "html"),
}
