"""Mixes over HTTP: addresses beside the page. What is drawn here is drawn as everywhere: a mix by the Generate tab's
lane and queue, a way as a comparison, by whose addresses it is followed, stopped and kept.

POST mix/live           settings in, a picture out, as live/draw
POST mix/draw           queue the mix: {"job"}
POST mix/plan           how many pictures a way has, and how long they take here: {"said"}
POST mix/way            have the way drawn: {"id"} of a comparison
GET  mix/loops/ID.png   the way there and back, once it is drawn, as an APNG; .webp as WebP
GET  mix/emoji?language=CODE   [emoji, name, words to find it by] each
"""

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.settings import GenerationSettings
from lit.studio.shell.bodies import checked_name, fields_of, read_body
from lit.studio.tabs.compare.addresses import NO_STORE, answering
from lit.studio.tabs.compare.asked import announcement, check
from lit.studio.tabs.generate.live import Asked, drawn
from lit.studio.tabs.generate.templates import lists_of
from lit.studio.tabs.mix.asked import mix_in, way_in
from lit.studio.tabs.mix.emoji import emoji
from lit.studio.tabs.mix.loops import MEDIA, loop
from lit.studio.work.comparisons import Way
from lit.studio.work.teacher import OWN

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker

DAY = {"Cache-Control": "max-age=86400"}


def routes(worker: "Worker") -> list[Route]:
    """The addresses. Each answers what goes wrong with a sentence and the field that it is about."""

    def mix(fields: dict) -> GenerationSettings:
        return mix_in(fields, lists_of(worker.store.home))

    def ways_of(fields: dict) -> list[Way]:
        ways = [Way(OWN, settings) for settings in way_in(fields, lists_of(worker.store.home))]
        check(ways, worker)
        return ways

    async def live(request: Request) -> Response:
        asked = await run_in_threadpool(Asked.of, await read_body(request), lambda fields: (mix(fields), ""))
        return await drawn(worker.live, asked, request)

    async def draw(request: Request) -> Response:
        fields = fields_of(await read_body(request))
        visitor, settings = checked_name(fields.get("visitor")), await run_in_threadpool(mix, fields)
        job = await run_in_threadpool(worker.submit, visitor, settings)
        return JSONResponse({"job": job.id})

    async def plan(request: Request) -> Response:
        ways = await run_in_threadpool(ways_of, fields_of(await read_body(request)))
        return JSONResponse({"said": announcement(ways, worker)})

    async def way(request: Request) -> Response:
        fields = fields_of(await read_body(request))
        visitor, ways = checked_name(fields.get("visitor")), await run_in_threadpool(ways_of, fields)
        return JSONResponse({"id": worker.comparisons.begin(visitor, ways).id})

    async def file(request: Request) -> Response:
        suffix = request.path_params["suffix"]
        pictures = [cell.picture for cell in worker.comparisons.find(request.path_params["id"]).cells]
        if suffix not in MEDIA or len(pictures) < 2 or None in pictures:
            raise LiTError("This way is not drawn to its end. Draw it again")
        data = await run_in_threadpool(lambda: loop([picture.image() for picture in pictures if picture], suffix))
        return Response(data, media_type=MEDIA[suffix], headers=NO_STORE)

    async def named(request: Request) -> Response:
        found = await run_in_threadpool(emoji, request.query_params.get("language", "en")[:2].lower())
        return JSONResponse(found, headers=DAY)

    return [
        Route("/mix/live", answering(live), methods=["POST"]),
        Route("/mix/draw", answering(draw), methods=["POST"]),
        Route("/mix/plan", answering(plan), methods=["POST"]),
        Route("/mix/way", answering(way), methods=["POST"]),
        Route("/mix/loops/{id}.{suffix}", answering(file), methods=["GET"]),
        Route("/mix/emoji", answering(named), methods=["GET"]),
    ]
