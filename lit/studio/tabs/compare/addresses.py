"""Comparisons over HTTP: addresses beside the page.

GET  compare/models                      whether there is a teacher, once that and this machine's speed are known; and
                                         the names of the other models of the list
POST compare/plan                        what a comparison would be: its layout, and how many pictures and how long
POST compare/begin                       the same, and it is drawn: its id
GET  compare/drawn/ID?seen=VERSION       how far it is, as soon as that has changed
POST compare/drawn/ID/stop
GET  compare/pictures/ID.webp            a picture, to the bit
GET  compare/pictures/ID.png             the same as a file that carries its settings
POST compare/pictures/ID/keep            put it among the visitor's drawings
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.settings import png_bytes
from lit.studio.languages import t
from lit.studio.shell.bodies import checked_name, fields_of, read_body
from lit.studio.tabs.compare.asked import Asked, announcement
from lit.studio.tabs.compare.axes import MODELS, USUAL, Refused
from lit.studio.words import caption, in_words
from lit.studio.work.comparisons import Cell, Comparison
from lit.studio.work.drafts import Picture
from lit.studio.work.teacher import teacher_folder

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker

PATIENCE = 20.0  # seconds after which a page is told to ask again: some proxies end what takes a minute
POLL = 0.1  # seconds between two looks whether something has changed
NO_STORE = {"Cache-Control": "no-store"}


def routes(worker: "Worker") -> list[Route]:
    """The addresses. Each answers what goes wrong with a sentence and the field that it is about."""
    comparisons = worker.comparisons

    async def models(request: Request) -> Response:
        def known() -> bool:  # the speed is known last, also where there is no model
            return worker.live.speed is not None

        await _until(lambda: known() or worker.closing)
        own = worker.pipeline() if worker.model == "ready" else None
        others = [entry.name for entry in worker.models.all()]
        return JSONResponse({"ready": known(), "teacher": bool(own and teacher_folder(own)), "others": others})

    async def plan(request: Request) -> Response:
        asked = Asked.of(fields_of(await read_body(request)), worker)
        said = announcement(asked.ways, worker)
        return JSONResponse({"layout": asked.layout, "said": said})

    async def begin(request: Request) -> Response:
        asked = Asked.of(fields_of(await read_body(request)), worker)
        comparison = comparisons.begin(asked.visitor, asked.ways)
        return JSONResponse({"id": comparison.id, "layout": asked.layout})

    async def drawn(request: Request) -> Response:
        comparison = comparisons.find(request.path_params["id"])
        seen = request.query_params.get("seen")
        await _until(lambda: str(comparison.version) != seen or worker.closing)
        return JSONResponse(_state(comparison), headers=NO_STORE)

    async def stop(request: Request) -> Response:
        comparisons.find(request.path_params["id"]).stop()
        return JSONResponse({"stopping": True})

    async def webp(request: Request) -> Response:
        return Response(_picture(request).data, media_type="image/webp", headers=NO_STORE)

    async def png(request: Request) -> Response:
        data = await run_in_threadpool(_png, _picture(request))
        return Response(data, media_type="image/png", headers=NO_STORE)

    async def keep(request: Request) -> Response:
        visitor = checked_name(fields_of(await read_body(request)).get("visitor"))
        _picture(request)
        await run_in_threadpool(worker.keep, visitor, request.path_params["id"])
        return JSONResponse({"said": t("Kept: it is among the recent pictures.")})

    def _picture(request: Request) -> Picture:
        picture = comparisons.picture(request.path_params["id"])
        if picture is None:
            raise LiTError("This picture is no longer there. Draw the comparison again")
        return picture

    return [
        Route("/compare/models", answering(models), methods=["GET"]),
        Route("/compare/plan", answering(plan), methods=["POST"]),
        Route("/compare/begin", answering(begin), methods=["POST"]),
        Route("/compare/drawn/{id}", answering(drawn), methods=["GET"]),
        Route("/compare/drawn/{id}/stop", answering(stop), methods=["POST"]),
        Route("/compare/pictures/{id}.webp", answering(webp), methods=["GET"]),
        Route("/compare/pictures/{id}.png", answering(png), methods=["GET"]),
        Route("/compare/pictures/{id}/keep", answering(keep), methods=["POST"]),
    ]


Answer = Callable[[Request], Awaitable[Response]]


def answering(answer: Answer) -> Answer:
    """The same, where what goes wrong is a sentence: {"error", "field"}."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Refused as error:
            return JSONResponse({"error": t(str(error)), "field": error.field}, 422)
        except LiTError as error:
            return JSONResponse({"error": in_words(error), "field": ""}, 409)
        except ClientDisconnect:
            return Response(status_code=204)

    return answered


async def _until(condition: Callable[[], bool]):
    """Return once the condition holds, or after PATIENCE."""
    waited = 0.0
    while not condition() and waited < PATIENCE:
        await asyncio.sleep(POLL)
        waited += POLL


def _state(comparison: Comparison) -> dict:
    version = comparison.version  # first: what changes meanwhile is told next time
    cells = [_cell(cell) for cell in comparison.cells]
    return {"version": version, "active": comparison.active, "cells": cells}


def _cell(cell: Cell) -> dict:
    """A picture as the page needs it: how far it is, and once it is there what it took."""
    model, settings, picture = cell.way.model, cell.way.settings, cell.picture
    called = t(MODELS[model]) if model in MODELS else model
    if cell.mixer not in ("", USUAL.get(model)):
        called = cell.mixer if model in MODELS else f"{model} ({cell.mixer})"
    name = f"{called} · {settings.scheduler}"
    shown = {"state": cell.state, "message": t(cell.message), "step": cell.step, "steps": cell.steps}
    if picture is None:
        return shown | {"caption": f"{caption(settings, {})} · {name}"}
    settings = picture.settings
    return shown | {
        "id": picture.id,
        "caption": f"{caption(settings, {})} · {name}",
        "model": called,
        "seconds": picture.seconds,
        "evaluations": cell.steps,
        "passes": cell.passes,
        "megabytes": cell.weights / 1e6,
        "seed": settings.seed,
        # One generator a seed, whatever the model.
        "noise": f"{settings.seed} {settings.width} {settings.height}",
    }


def _png(picture: Picture) -> bytes:
    return png_bytes(picture.image(), picture.settings, picture.provenance)
