"""The tools of an assistant: draw, sweep, job, describe_settings, verify; as MCP has them on the wire, with no SDK."""

import base64
import json
import logging
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lit.errors import InputError, LiTError
from lit.serve import adaptive
from lit.serve.bodies import check_known, text_in, whole_in
from lit.serve.errors import BROKEN, Refusal, not_there, refusal
from lit.serve.programs import Programs
from lit.serve.sweeps import MOST, SWEEP, planned, swept
from lit.settings import schema
from lit.studio.work.jobs import Job

log = logging.getLogger(__name__)

PATIENCE = 45.0  # seconds: most assistants give a tool a minute
SHOWN = 8  # pictures of one answer that are in it as such; the others by their address
FOLLOW = "It goes on. Ask the tool job with this id."
FOLLOW_SWEEP = "It goes on. Ask the tool sweep with this id as sweep."


def _tool(name: str, title: str, description: str, arguments: dict, changes: bool = True) -> dict:
    hints = {"title": title, "readOnlyHint": not changes, "destructiveHint": False, "openWorldHint": False}
    return {"name": name, "title": title, "description": description, "inputSchema": arguments, "annotations": hints}


def _object(required: tuple[str, ...] = (), **properties: dict) -> dict:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TOOLS = (
    _tool(
        "draw",
        "Draw stickers",
        "Draw stickers from words. Gives the pictures, the addresses of their PNG files, and all settings as JSON."
        " The same settings give the same picture; another seed gives another.",
        schema(),
    ),
    _tool(
        "sweep",
        "Draw along settings",
        "See what settings do, all else the same. With axes: one picture for every combination of values of one to"
        f" three settings, at most {MOST}; gives the job of each, ask the tool job for its picture. With ranges:"
        " pictures along one or two numbers, more of them where the picture changes more, at most budget; gives their"
        " addresses, and where the picture flips. With sweep: how such a one stands, or an end of it.",
        _object(
            **SWEEP["properties"],
            **{name: adaptive.ASKED["properties"][name] for name in ("ranges", "budget")},
            sweep={"type": "string", "description": "the id of a sweep with ranges, alone or with stop"},
            stop={"type": "boolean", "description": "true to end that"},
        ),
    ),
    _tool(
        "job",
        "Look at a drawing",
        "How a drawing stands, with its pictures once it is done; or stop it.",
        _object(
            ("job",),
            job={"type": "string", "description": "a job's id"},
            wait={"type": "integer", "minimum": 0, "maximum": int(PATIENCE), "description": "seconds to wait for it"},
            stop={"type": "boolean", "description": "true to end it"},
        ),
    ),
    _tool(
        "describe_settings",
        "Settings and their limits",
        "All settings with their limits, defaults and what they do, and the styles that the model draws.",
        _object(),
        changes=False,
    ),
    _tool(
        "verify",
        "Draw again and compare",
        "Draw a picture of this studio again from the settings in its file and compare, pixel by pixel.",
        _object(("picture",), picture={"type": "string", "description": "a picture's id, JOB/PLACE"}),
        changes=False,
    ),
)


class Tools:
    """What the tools do, for whoever the request is from."""

    def __init__(self, programs: Programs):
        self.programs = programs
        self._known = {tool["name"]: getattr(self, f"_{tool['name']}") for tool in TOOLS}

    async def call(self, name: str, arguments: dict[str, Any], request: Request) -> dict:
        """A result as MCP has it on the wire; what goes wrong is one, too, so that an assistant can put it right."""
        try:
            if name not in self._known:
                raise InputError("tool", name, f"one of {', '.join(self._known)}")
            return {"content": await self._known[name](arguments, request)}
        except Refusal as error:
            return _wrong(error)
        except LiTError as error:
            return _wrong(refusal(error))
        except Exception:
            log.exception("the tool %s failed", name)
            return _wrong(Refusal(500, "", None, BROKEN, code="failed"))

    async def _draw(self, arguments: dict, request: Request) -> list[dict]:
        settings = self.programs.settings_in(arguments)
        job = await self.programs.draw(_caller(request), settings, _gone(request), PATIENCE)
        if not job.active:
            await run_in_threadpool(self.programs.drawn, job)  # or it says why there is nothing
        return await self._shown(job, request)

    async def _sweep(self, arguments: dict, request: Request) -> list[dict]:
        if "ranges" in arguments or "sweep" in arguments:
            return await self._sweep_adaptively(arguments, request)
        cells = planned(self.programs, arguments)
        found = await run_in_threadpool(swept, self.programs, _caller(request), cells, request)
        return [_text({"cells": [cell.values | {"job": cell.job.id} for cell in found], "next": FOLLOW})]

    async def _sweep_adaptively(self, arguments: dict, request: Request) -> list[dict]:
        programs, caller = self.programs, _caller(request)
        if "sweep" in arguments:
            check_known(arguments, ("sweep", "stop"))
            stop, name = _flag(arguments, "stop"), text_in(arguments, "sweep")
            swept = await run_in_threadpool(adaptive.found, programs, caller, name)
            if stop:
                await run_in_threadpool(swept.stop)
        else:
            order = adaptive.planned(programs, arguments)
            swept = await run_in_threadpool(adaptive.begun, programs, caller, order)
        await adaptive.waited(swept, _gone(request), PATIENCE)
        seen = await adaptive.seen(programs, swept, request)
        return [_text(seen.model_dump() | ({"next": FOLLOW_SWEEP} if swept.active else {}))]

    async def _job(self, arguments: dict, request: Request) -> list[dict]:
        check_known(arguments, ("job", "wait", "stop"))
        job_id, caller = text_in(arguments, "job"), _caller(request)
        wait = whole_in(arguments, "wait", 0, int(PATIENCE), 0)
        stop = _flag(arguments, "stop")
        job = await run_in_threadpool(self.programs.cancel if stop else self.programs.job, caller, job_id)
        if wait:
            job = await self.programs.wait(job, _gone(request), wait)
        return await self._shown(job, request)

    async def _describe_settings(self, arguments: dict, request: Request) -> list[dict]:
        check_known(arguments, ())
        found = await run_in_threadpool(self.programs.described)
        return [_text(found.model_dump(by_alias=True, include={"json_schema", "model", "styles", "schedulers"}))]

    async def _verify(self, arguments: dict, request: Request) -> list[dict]:
        check_known(arguments, ("picture",))
        name, caller = text_in(arguments, "picture"), _caller(request)
        if "/" not in name:
            raise not_there("picture", name, "a picture")
        file = await run_in_threadpool(self.programs.picture, caller, name)
        return [_text((await self.programs.verify(caller, file, _gone(request))).model_dump())]

    async def _shown(self, job: Job, request: Request) -> list[dict]:
        """The job as JSON behind its pictures, which are the files' own bytes."""
        seen = await run_in_threadpool(self.programs.seen, job, request)
        files = await run_in_threadpool(self.programs.store.in_sight, job)
        images = [
            {"type": "image", "mimeType": "image/png", "data": base64.b64encode(file.read_bytes()).decode()}
            for file in files[:SHOWN]
        ]
        return [*images, _text(seen.model_dump() | ({"next": FOLLOW} if job.active else {}))]


def _flag(arguments: dict, name: str) -> bool:
    """Raises InputError for what is neither true nor false."""
    value = arguments.get(name, False)
    if not isinstance(value, bool):
        raise InputError(name, value, "true or false")
    return value


def _caller(request: Request):
    return request.scope["lit.caller"]


def _gone(request: Request):
    async def gone() -> bool:
        return request.scope["lit.gone"].is_set()

    return gone


def _text(told: dict) -> dict:
    return {"type": "text", "text": json.dumps(told, ensure_ascii=False)}


def _wrong(error: Refusal) -> dict:
    return {"content": [_text(error.body)], "isError": True}
