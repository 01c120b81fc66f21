"""Drawing over pictures, over HTTP. What goes wrong is a sentence, and the field that it is about.

POST canvas/file?name=      a file's bytes, of the visitor in the header Lit-Visitor: opened
POST canvas/carried?name=   a PNG likewise: what it was drawn over
POST canvas/picture         {"visitor", "picture"} or {"visitor", "kept"}: opened, or shown again
POST canvas/cut             {"visitor", "kept", "colour", "tolerance"}: without its background
POST canvas/again           {"visitor", "values"}: what these settings are drawn over
POST canvas/draw            {"visitor", "values", "kept", "mode", "mask", "room"}: the id of the job
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.shell.bodies import checked_name, fields_of, read_body
from lit.studio.studio import Studio
from lit.studio.tabs.canvas.session import CanvasSession
from lit.studio.tabs.generate.asked import refusal

FILE = 20_000_000  # bytes
ASKED = 4_000_000  # bytes of a request with a mask


def routes(studio: Studio) -> list[Route]:
    """The addresses."""
    session = CanvasSession(studio)

    def asked(answer):
        async def endpoint(request: Request) -> Response:
            body = await read_body(request, largest=ASKED, too_large=t("That is too large for a mask"))
            return JSONResponse(await run_in_threadpool(answer, fields_of(body)))

        return endpoint

    def sent(answer):
        async def endpoint(request: Request) -> Response:
            visitor = checked_name(request.headers.get("lit-visitor"))
            name = request.query_params.get("name", "")
            too_large = t("That file is larger than {n} MB: make it smaller first", n=FILE // 1_000_000)
            data = await read_body(request, FILE, "application/octet-stream", too_large)
            return JSONResponse(await run_in_threadpool(answer, visitor, name, data))

        return endpoint

    posts = {
        "file": sent(session.upload),
        "carried": sent(session.carried),
        "picture": asked(session.picture),
        "cut": asked(session.cut),
        "again": asked(session.again),
        "draw": asked(session.draw),
    }
    return [Route(f"/canvas/{path}", _answering(endpoint), methods=["POST"]) for path, endpoint in posts.items()]


def _answering(endpoint):
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except LiTError as error:
            return refusal(error)
        except OSError as error:
            return refusal(
                LiTError(t("The picture cannot be taken at the moment ({why})", why=error.strerror or error))
            )
        except ClientDisconnect:
            return Response(status_code=204)

    return answered
