"""Dreams over HTTP: addresses beside the page. Who asks is named; where strangers share the studio each reaches their
own alone, but for frames and files, which who knows a dream's id may see.

POST dreams/ask/plan       what a dream would be: {"said"}; fields as `Asked.of` takes them
POST dreams/ask/begin      the same, and it is dreamt: {"id"}
POST dreams/ask/last       {"visitor"}: the last dreams, and how many are kept
POST dreams/ask/look       {"visitor", "dream", "seen"}: how it stands, as soon as its version is another than that
POST dreams/ask/stop, go_on, throw_away, bring_back    {"visitor", "dream"}
GET  dreams/pictures/ID/FRAME.webp
GET  dreams/drawn/ID/loop.png, loop.webp    ?ms=: there and back without an end, so many milliseconds a frame
"""

import io
from urllib.parse import quote

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.export.words import file_stem
from lit.studio.languages import t
from lit.studio.shell.bodies import checked_name
from lit.studio.studio import Studio
from lit.studio.tabs.dream.asked import Asked, announcement
from lit.studio.tabs.dream.prepared import NAME, prepared
from lit.studio.tabs.dream.state import line_of, state_of
from lit.studio.tabs.generate.drawings import Drawings
from lit.studio.tabs.generate.templates import lists_of
from lit.studio.tabs.lasting import LastingSession, ask_route
from lit.studio.tabs.mix.loops import MEDIA, loop
from lit.studio.words import in_words
from lit.studio.work.dreamt import Dreamt

FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # a frame is drawn once
A_WHILE = {"Cache-Control": "private, max-age=3600"}  # another version may ship another dream
MOVING = 100  # frames of a file that moves, at most: evenly spread over the dream
SHORTEST, LONGEST = 20, 2000  # milliseconds of a frame


def routes(studio: Studio) -> list[Route]:
    """The addresses. Each answers what goes wrong with a sentence and the field that it is about."""
    session = DreamSession(studio)

    def picture(request: Request) -> Response:
        dreamt = session.known(request.path_params["id"])
        data = dreamt.data(request.path_params["frame"]) if dreamt else None
        if dreamt is None or data is None:
            return Response(status_code=404)
        return Response(data, media_type="image/webp", headers=A_WHILE if dreamt.id == NAME else FOR_EVER)

    def moving(request: Request) -> Response:
        dreamt, suffix = session.known(request.path_params["id"]), request.path_params["suffix"]
        if dreamt is None or suffix not in MEDIA or dreamt.count < 2:
            return Response(status_code=404)
        try:
            data = loop(_spread(dreamt), suffix, _milliseconds(request.query_params.get("ms", "")))
        except LiTError as error:
            return Response(in_words(error), 409, media_type="text/plain; charset=utf-8")
        name = f"{file_stem(dreamt.order.dream.settings.prompt) or 'sticker'}-dream.{suffix}"
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(data, media_type=MEDIA[suffix], headers=headers)

    return [
        ask_route("/dreams/ask", session),
        Route("/dreams/pictures/{id}/{frame:int}.webp", picture, methods=["GET"]),
        Route("/dreams/drawn/{id}/loop.{suffix}", moving, methods=["GET"]),
    ]


class DreamSession(LastingSession[Dreamt]):
    kind = "dream"
    asked = ("plan", "begin", "last", "look", "stop", "go_on", "throw_away", "bring_back")

    def __init__(self, studio: Studio):
        self.dreams, self.home = studio.worker.dreams, studio.store.home
        super().__init__(studio.worker, self.dreams)
        self._drawings = Drawings(studio)

    def plan(self, fields: dict) -> dict:
        return {"said": announcement(self._asked(fields, pictured=False).order, self.worker)}

    def begin(self, fields: dict) -> dict:
        asked = self._asked(fields)
        return {"id": self.dreams.begin(asked.visitor, asked.order, asked.image).id}

    def last(self, fields: dict) -> dict:
        found = self.dreams.of(checked_name(fields.get("visitor")))
        kept = t("The last {n} dreams are kept; an older one makes room.", n=self.dreams.most)
        return {"dreams": [line_of(one) for one in found], "kept": kept}

    def look(self, fields: dict) -> dict:
        seen = fields.get("seen")
        return state_of(self._looked_at(fields), self.worker, seen if isinstance(seen, int) else -1)

    def known(self, dream: str) -> Dreamt | None:
        """The dream with this id, for whoever knows that."""
        return prepared() if dream == NAME else self.dreams.known(dream)

    def _asked(self, fields: dict, pictured: bool = True) -> Asked:
        return Asked.of(fields, self.worker, self._file, lists_of(self.home), pictured)

    def _looked_at(self, fields: dict) -> Dreamt:
        return prepared() if fields.get("dream") == NAME else self._own(fields)

    def _file(self, picture: object):
        job, _, name = picture.partition("/") if isinstance(picture, str) else ("", "", "")
        return self._drawings.file(job, name)


def _milliseconds(given: str) -> int:
    return min(LONGEST, max(SHORTEST, int(given))) if given.isdecimal() and len(given) < 6 else 120


def _spread(dreamt: Dreamt) -> list[Image.Image]:
    """Frames that are shown, evenly spread. Raises LiTError for one that is gone."""
    count = min(MOVING, dreamt.count)
    found = []
    for place in range(count):
        data = dreamt.data(place * (dreamt.count - 1) // (count - 1))
        if data is None:
            raise LiTError("A frame of this dream is gone")
        with Image.open(io.BytesIO(data)) as image:
            found.append(image.convert("RGBA"))
    return found
