"""Live pictures over HTTP: three addresses beside the page, since an event of Gradio's takes too long for typing.

GET  live/speed           whether pictures may follow the words here, and what to say of it
POST live/draw            settings in, a picture out; or 204 once something newer has been asked for, and for words
                          that are still being typed
GET  live/pictures/ID     the picture as a PNG that carries its settings
POST live/keep            the picture becomes a drawing of the history
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import InputError, LiTError
from lit.settings import GenerationSettings, png_bytes
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name, fields_of, read_body
from lit.studio.tabs.generate.asked import refusal, settings_in
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.templates import lists_of
from lit.studio.words import caption, in_words, seconds, whole
from lit.studio.work.drafts import Draft, Page, Picture
from lit.studio.work.live import Live

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker

PATIENCE = 20.0  # seconds after which the page is told to ask again: some proxies end what takes a minute
POLL = 0.2  # seconds between two looks whether the speed is known


@dataclass(frozen=True)
class Asked:
    """What a page asks for, typed and checked."""

    page: Page
    number: int
    settled: bool
    settings: GenerationSettings
    typed: str

    @classmethod
    def of(cls, body: bytes, settings_of: Callable[[dict], tuple[GenerationSettings, str]]) -> "Asked":
        """From {"visitor", "page", "number", "settled"} and what `settings_of` makes of the rest: settings, and the
        words as they were typed, "" where these are what is drawn.

        Raises InputError for a value that does not fit, LiTError for anything else.
        """
        fields = fields_of(body)
        number = fields.get("number")
        if type(number) is not int or number < 0:
            raise LiTError(UNCLEAR)
        page = Page(checked_name(fields.get("visitor")), checked_name(fields.get("page")))
        return cls(page, number, fields.get("settled") is True, *settings_of(fields))


def routes(worker: "Worker") -> list[Route]:
    """The addresses. Each answers what goes wrong with a sentence and the setting that it is about."""
    live = worker.live

    async def speed(request: Request) -> Response:
        waited = 0.0
        while live.speed is None and waited < PATIENCE and not worker.closing:
            await asyncio.sleep(POLL)
            waited += POLL
        return JSONResponse(_speed(live))

    def settings_of(fields: dict) -> tuple[GenerationSettings, str]:
        settings, order = understood(settings_in(fields), lists_of(worker.store.home))
        return settings, order.typed

    async def draw(request: Request) -> Response:
        try:
            return await drawn(live, await run_in_threadpool(Asked.of, await read_body(request), settings_of), request)
        except LiTError as error:
            # A sign without its end is mostly still being typed; the line under the words says it.
            unfinished = isinstance(error, InputError) and error.argument.startswith("prompt, character")
            return Response(status_code=204) if unfinished else refusal(error)
        except ClientDisconnect:
            return Response(status_code=204)

    async def file(request: Request) -> Response:
        try:
            data = await run_in_threadpool(_png, live, request.path_params["picture"])
        except LiTError as error:
            return JSONResponse({"error": in_words(error)}, 404)
        return Response(data, media_type="image/png", headers={"Cache-Control": "no-store"})

    async def keep(request: Request) -> Response:
        try:
            fields = fields_of(await read_body(request))
            visitor, picture = checked_name(fields.get("visitor")), checked_name(fields.get("picture"))
            job = await run_in_threadpool(worker.keep, visitor, picture)
        except LiTError as error:
            return refusal(error)
        return JSONResponse({"job": job.id})

    return [
        Route("/live/speed", speed, methods=["GET"]),
        Route("/live/keep", keep, methods=["POST"]),
        Route("/live/draw", draw, methods=["POST"]),
        Route("/live/pictures/{picture}", file, methods=["GET"]),
    ]


async def drawn(live: Live, asked: Asked, request: Request) -> Response:
    """The picture, 204 for one that is outdated, 202 for one that is to be asked for again. Raises LiTError."""
    draft = live.ask(asked.page, asked.number, asked.settings, asked.settled, asked.typed)
    if not await _over(draft, request):
        return Response(status_code=202)  # it keeps its place
    picture = draft.answer.result()
    return Response(status_code=204) if picture is None else _picture(picture)


async def _over(draft: Draft, request: Request) -> bool:
    """Wait for the answer; False if it takes too long. A draft whose page has gone is dropped."""
    loop, answered = asyncio.get_running_loop(), asyncio.Event()
    draft.answer.add_done_callback(lambda _: loop.call_soon_threadsafe(answered.set))
    # After its body a request says nothing more until its page has gone.
    gone, waiting = asyncio.ensure_future(request.receive()), asyncio.ensure_future(answered.wait())
    try:
        await asyncio.wait({gone, waiting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            draft.drop()
        return draft.answer.done()
    finally:
        gone.cancel()
        waiting.cancel()


def _speed(live: Live) -> dict:
    """ready: whether it is known.  on: whether pages draw by themselves.  said: a sentence.
    trouble: whether that says why there are no live pictures at all."""
    speed = live.speed
    if speed is None:
        return {"ready": False, "on": False, "trouble": False, "said": ""}
    if speed.trouble:
        return {"ready": True, "on": False, "trouble": True, "said": whole(t(speed.trouble))}
    said = t("A picture takes about {time} here.", time=seconds(speed.seconds))
    if not speed.quick:
        said += " " + t("So it is off at first.")
    return {"ready": True, "on": speed.quick, "trouble": False, "said": said}


def _picture(picture: Picture) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Lit-Picture": picture.id,
        "Lit-Caption": quote(caption(picture.settings, picture.provenance)),
        "Lit-Settled": "yes" if picture.settled else "no",
    }
    return Response(picture.data, media_type="image/webp", headers=headers)


def _png(live: Live, picture_id: str) -> bytes:
    picture = live.drafts.picture(picture_id)
    return png_bytes(picture.image(), picture.settings, picture.provenance)
