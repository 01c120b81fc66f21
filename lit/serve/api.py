"""The studio's own addresses for programs, below /api/v1: typed, and described in /api/openapi.json."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from lit.serve import adaptive, answers
from lit.serve.bodies import PICTURE, body_of, check_known, fields_of, object_in, text_in
from lit.serve.callers import Caller
from lit.serve.errors import not_there
from lit.serve.programs import Programs
from lit.serve.sweeps import SWEEP, planned, swept
from lit.settings import schema
from lit.studio.work.library import PAGE

WAIT = 60.0  # seconds at most that an answer is waited for
JobId = Annotated[str, Path(description="of a job", max_length=64)]
SweepId = Annotated[str, Path(description="of an adaptive sweep", max_length=64)]
Wait = Annotated[float, Query(ge=0, le=WAIT, description="seconds to wait until it has ended")]
FAILURES: dict = {
    status: {"model": answers.Failure, "description": said}
    for status, said in {
        401: "no key, or one that is not known",
        422: "a field that does not fit: which one, what came, what would do",
        429: "too much at once; Retry-After says when again",
        503: "not at the moment; Retry-After says when again",
    }.items()
}
NOT_THERE: dict = {404: {"model": answers.Failure, "description": "none of that name, or another's"}}
PNG: dict = {200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}}
VERIFY = {
    "requestBody": {
        "required": True,
        "content": {
            "image/png": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["picture"],
                    "properties": {"picture": {"type": "string", "description": "a picture's id, JOB/PLACE"}},
                    "additionalProperties": False,
                }
            },
        },
    }
}


def caller_of(request: Request) -> Caller:
    """Who asks, as the gate has found."""
    return request.scope["lit.caller"]


def json_body(of: dict) -> dict:
    """OpenAPI of a body that is read by hand: its schema is made of the settings' declarations."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": of}}}}


def router(programs: Programs) -> APIRouter:
    own = APIRouter(prefix="/api/v1", tags=["studio"], responses=FAILURES)

    @own.post("/jobs", status_code=202, openapi_extra=json_body(schema()))
    async def submit(request: Request) -> answers.Job:
        """Ask for a drawing. It waits in the queue like any press of Generate, and goes on whoever looks away."""
        settings = programs.settings_in(await fields_of(request))
        job = await run_in_threadpool(programs.submit, caller_of(request), settings)
        return await run_in_threadpool(programs.seen, job, request)

    @own.get("/jobs/{job}", responses=NOT_THERE)
    async def look(request: Request, job: JobId, wait: Wait = 0.0) -> answers.Job:
        """How a job stands."""
        found = await run_in_threadpool(programs.job, caller_of(request), job)
        if wait:
            found = await programs.wait(found, request.is_disconnected, wait)
        return await run_in_threadpool(programs.seen, found, request)

    @own.delete("/jobs/{job}", responses=NOT_THERE)
    def cancel(request: Request, job: JobId) -> answers.Job:
        """End a job: at once while it waits, within one step while it is drawn. One that has ended stays as it is."""
        return programs.seen(programs.cancel(caller_of(request), job), request)

    @own.get("/pictures/{job}/{place}", response_class=FileResponse, responses=PNG | NOT_THERE)
    def picture(request: Request, job: JobId, place: Annotated[int, Path(ge=0, le=9999)]) -> FileResponse:
        """A picture's PNG as it was written, with its settings inside."""
        return FileResponse(programs.picture(caller_of(request), f"{job}/{place}"), media_type="image/png")

    @own.get("/history")
    def history(
        request: Request,
        words: Annotated[str, Query(max_length=500, description="all of which begin a word of the prompt")] = "",
        before: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="`before` of the last page")] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 24,
    ) -> answers.History:
        """Drawn pictures, the newest first: all of a studio of one's own, your own of a shared one."""
        return programs.history(caller_of(request), request, words, before, limit)

    @own.get("/settings")
    def settings() -> answers.Described:
        """All that decides a picture: names, limits, defaults, and what the model can be drawn with."""
        return programs.described()

    @own.post("/sweeps", status_code=202, openapi_extra=json_body(SWEEP))
    async def sweep(request: Request) -> answers.Sweep:
        """Ask for one picture for each combination of values of one to three settings, all else the same."""
        cells = planned(programs, await fields_of(request))
        return answers.Sweep(cells=await run_in_threadpool(swept, programs, caller_of(request), cells, request))

    @own.post("/sweeps/adaptive", status_code=202, openapi_extra=json_body(adaptive.ASKED))
    async def sweep_adaptively(request: Request) -> answers.Adaptive:
        """Ask for pictures along a range of one or two settings, more of them where the picture changes more: it says
        where it flips. It is drawn while nobody's drawing waits, and is in the page's Sweep tab, too."""
        order = adaptive.planned(programs, await fields_of(request))
        swept = await run_in_threadpool(adaptive.begun, programs, caller_of(request), order)
        return await adaptive.seen(programs, swept, request)

    @own.get("/sweeps/adaptive/{sweep}", responses=NOT_THERE)
    async def look_at_sweep(request: Request, sweep: SweepId, wait: Wait = 0.0) -> answers.Adaptive:
        """How an adaptive sweep stands."""
        found = await run_in_threadpool(adaptive.found, programs, caller_of(request), sweep)
        await adaptive.waited(found, request.is_disconnected, wait)
        return await adaptive.seen(programs, found, request)

    @own.delete("/sweeps/adaptive/{sweep}", responses=NOT_THERE)
    async def stop_sweep(request: Request, sweep: SweepId) -> answers.Adaptive:
        """Draw nothing more of it, within one step; what is drawn stays."""
        found = await run_in_threadpool(adaptive.found, programs, caller_of(request), sweep)
        await run_in_threadpool(found.stop)
        return await adaptive.seen(programs, found, request)

    @own.post("/verify", openapi_extra=VERIFY, responses=NOT_THERE)
    async def verify(request: Request) -> answers.Verified:
        """Draw a picture again from the settings in its PNG, and compare: one of the studio's by its id, or any PNG."""
        caller, gone = caller_of(request), request.is_disconnected
        if request.headers.get("content-type", "").startswith("image/png"):
            return await programs.verify_data(caller, await body_of(request, PICTURE), gone)
        fields = object_in(await body_of(request))
        check_known(fields, ("picture",))
        name = text_in(fields, "picture")
        if "/" not in name:
            raise not_there("picture", name, "a picture")
        return await programs.verify(caller, await run_in_threadpool(programs.picture, caller, name), gone)

    return own
