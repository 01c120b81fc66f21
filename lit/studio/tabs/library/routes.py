"""The library over HTTP, beside the page.

POST library/ask/NAME          one of ASKED, with a JSON object; what goes wrong is a sentence under "error"
POST library/export            the named pictures as a ZIP, or as JSON alone
POST library/inspect           a PNG; what it says
GET  library/thumbnails/NAME   a picture, small; who knows its job's id may see it
GET  library/pictures/NAME     its file
"""

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.shell.bodies import fields_of, read_body
from lit.studio.tabs.library import asked
from lit.studio.tabs.library.exporting import described, zipped
from lit.studio.tabs.library.inspecting import inspect
from lit.studio.tabs.library.session import LibrarySession, answer
from lit.studio.words import in_words
from lit.studio.work.thumbnails import thumbnail

LARGEST = 2_000_000  # bytes of a request: the names of 20,000 pictures
PICTURE = 20_000_000  # bytes of a PNG
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # a name is never given again


def routes(session: LibrarySession) -> list[Route]:
    """The addresses."""

    async def ask(request: Request) -> Response:
        try:
            fields = fields_of(await _body(request, "application/json", LARGEST))
        except LiTError as error:
            return _refused(error)
        except ClientDisconnect:
            return Response(status_code=204)
        return JSONResponse(await run_in_threadpool(answer, session, request.path_params["name"], fields))

    async def export(request: Request) -> Response:
        try:
            fields = fields_of(await _body(request, "application/json", LARGEST))
            return await run_in_threadpool(_exported, session, fields)
        except LiTError as error:
            return _refused(error)
        except ClientDisconnect:
            return Response(status_code=204)

    async def look(request: Request) -> Response:
        try:
            # A kind that no form of another site's page can send.
            data = await _body(request, "image/png", PICTURE)
            return JSONResponse(await run_in_threadpool(inspect, session.worker.models, data))
        except LiTError as error:
            return _refused(error)
        except ClientDisconnect:
            return Response(status_code=204)

    def small(request: Request) -> Response:
        name = f"{request.path_params['job']}/{request.path_params['place']}"
        file = session.library.file(name)
        if file is None:
            return Response(status_code=404)
        try:
            return Response(thumbnail(session.store, name, file), media_type="image/webp", headers=FOR_EVER)
        except OSError:
            return Response(status_code=404)

    def whole(request: Request) -> Response:
        file = session.library.file(f"{request.path_params['job']}/{request.path_params['place']}")
        if file is None or not file.is_file():
            return Response(status_code=404)
        return FileResponse(file, media_type="image/png", filename=file.name, content_disposition_type="inline")

    return [
        Route("/library/ask/{name}", ask, methods=["POST"]),
        Route("/library/export", export, methods=["POST"]),
        Route("/library/inspect", look, methods=["POST"]),
        Route("/library/thumbnails/{job}/{place}", small, methods=["GET"]),
        Route("/library/pictures/{job}/{place}", whole, methods=["GET"]),
    ]


def _exported(session: LibrarySession, fields: dict) -> Response:
    shelf = session.shelf(fields)
    pictures = session.library.find(shelf, asked.names(fields))
    boards = {board: name for board, name, _ in session.library.choices(shelf)["boards"]}
    if fields.get("kind") == "json":
        return JSONResponse({"pictures": described(pictures, [one.file.name for one in pictures], boards)})
    file = zipped(pictures, boards, session.store.home)
    return FileResponse(file, media_type="application/zip", background=BackgroundTask(file.unlink, missing_ok=True))


async def _body(request: Request, kind: str, largest: int) -> bytes:
    return await read_body(request, largest, kind, t("That is too large: at most {n} MB", n=largest // 1_000_000))


def _refused(error: LiTError) -> Response:
    return JSONResponse({"error": in_words(error)}, 422)
