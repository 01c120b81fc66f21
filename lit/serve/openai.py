"""OpenAI's addresses for images: POST /v1/images/generations and GET /v1/models, for whatever takes a base URL.

https://platform.openai.com/docs/api-reference/images/create says what each field is. Beside them every setting of the
studio may be given by its own name (`extra_body` of OpenAI's client).
"""

import base64
import re
import time
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from lit.errors import InputError
from lit.serve import answers
from lit.serve.api import FAILURES, caller_of, json_body
from lit.serve.bodies import check_known, fields_of
from lit.serve.errors import Refusal
from lit.serve.programs import Programs, url_of
from lit.serve.sizes import sized
from lit.settings import DEFAULTS, SETTINGS, random_seed, schema
from lit.settings.declaration import Choice

MODEL = "lit-studio"
CREATED = 1767225600  # of the model, as a time: OpenAI's clients want one
MOST = 10  # pictures of one request, as OpenAI has it
STEPS = {"low": 4, "medium": 8, "standard": 8, "high": 20, "hd": 20}  # by quality; all else as the model has it
FORMATS = ("b64_json", "url")
LOOKS = ("vivid", "natural")  # of DALL-E 3, which say nothing here
# Fields, and the values that change nothing; None for those that are read below.
FIELDS: dict[str, tuple | None] = {
    "prompt": None,
    "model": None,
    "n": None,
    "size": None,
    "quality": None,
    "style": None,
    "response_format": None,
    "background": ("auto", "transparent"),
    "output_format": ("png",),
    "output_compression": (100,),
    "moderation": ("auto", "low"),
    "stream": (False,),
    "partial_images": (0,),
}
NOBODYS = ("user",)  # free text that says who asks
OWN = tuple(name for name in SETTINGS if name not in ("prompt", "style", "num_images_per_prompt"))


class Image(BaseModel):
    """One picture. Both forms, unless one was asked for."""

    b64_json: str | None = Field(default=None, description="the PNG in base64, with its settings inside")
    url: str | None = None
    revised_prompt: str | None = Field(default=None, description="the words as they were read, where not as they came")


class Images(BaseModel):
    created: int
    data: list[Image]
    background: str = "transparent"
    output_format: str = "png"
    size: str


class Model(BaseModel):
    id: str = MODEL
    object: str = "model"
    created: int = CREATED
    owned_by: str = "lit-studio"


class Models(BaseModel):
    object: str = "list"
    data: list[Model]


def router(programs: Programs) -> APIRouter:
    shaped = APIRouter(prefix="/v1", tags=["OpenAI"], responses={400: {"model": answers.Failure}} | FAILURES)

    @shaped.post("/images/generations", openapi_extra=json_body(_schema()), response_model_exclude_none=True)
    async def generate(request: Request) -> Images:
        """Draw, and wait for the pictures. Who stops waiting stops the drawing."""
        fields = await fields_of(request)
        forms, values = _read(fields)
        settings = programs.settings_in(values)
        job = await programs.draw(caller_of(request), settings, request.is_disconnected)
        files = await run_in_threadpool(programs.drawn, job)
        drawn = job.settings
        read = drawn.prompt if drawn.prompt != fields["prompt"].strip() else None
        data = [
            Image(
                b64_json=base64.b64encode(file.read_bytes()).decode() if "b64_json" in forms else None,
                url=url_of(request, job.id, file) if "url" in forms else None,
                revised_prompt=read,
            )
            for file in files
        ]
        scale = drawn.output_scale
        return Images(created=int(time.time()), data=data, size=f"{drawn.width * scale}x{drawn.height * scale}")

    @shaped.get("/models")
    def models() -> Models:
        return Models(data=[Model()])

    @shaped.get("/models/{model}")
    def model(model: str) -> Model:
        _check_model(model)
        return Model()

    return shaped


def _read(fields: dict) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The forms of the answer, and the settings by their names. Raises InputError, Refusal."""
    check_known(fields, (*FIELDS, *NOBODYS, *OWN))
    given = {name: value for name, value in fields.items() if value is not None}
    for name, values in FIELDS.items():
        if values is not None and name in given and given[name] not in values:
            raise InputError(name, given[name], f"one of {', '.join(map(_as_json, values))}, or leave it out")
    if "model" in given:
        _check_model(given["model"])
    values = {name: given[name] for name in ("prompt", *OWN) if name in given}
    if "n" in given:
        if type(given["n"]) is not int or not 1 <= given["n"] <= MOST:
            raise InputError("n", given["n"], f"a whole number from 1 to {MOST}")
        values["num_images_per_prompt"] = given["n"]
    style = SETTINGS["style"]
    assert isinstance(style, Choice)
    if "style" in given and given["style"] not in LOOKS:
        if not style.fits(style.from_page(given["style"])):
            raise InputError("style", given["style"], style.expected)
        values["style"] = given["style"]
    if "quality" in given and given["quality"] != "auto":
        if given["quality"] not in STEPS:
            raise InputError("quality", given["quality"], f"one of auto, {', '.join(STEPS)}")
        values = {"num_inference_steps": STEPS[given["quality"]]} | values
    if given.get("size", "auto") != "auto":
        side = re.fullmatch(r"(\d{2,4})x(\d{2,4})", given["size"]) if isinstance(given["size"], str) else None
        if side is None:
            raise InputError("size", given["size"], "WIDTHxHEIGHT in pixels such as 256x256 or 512x512, or auto")
        values = sized(int(side[1]), int(side[2]), "size", given["size"]) | values
    form = given.get("response_format")
    if form is not None and form not in FORMATS:
        raise InputError("response_format", form, f"one of {', '.join(FORMATS)}")
    # Else every call would give the same picture, as no client of OpenAI's expects.
    return (form,) if form else FORMATS, {"seed": random_seed()} | values


def _check_model(name: object):
    if name != MODEL:
        raise Refusal(404, "model", name, f"{MODEL}, or leave it out", code="model_not_found")


def _schema() -> dict:
    """JSON Schema of the body: OpenAI's fields, and the settings as they are declared."""
    own = schema()["properties"]
    styles = own["style"] | {"enum": [*own["style"]["enum"], *LOOKS], "default": DEFAULTS["style"]}
    fields: dict[str, dict] = {
        "prompt": own["prompt"],
        "model": {"type": "string", "enum": [MODEL]},
        "n": {"type": "integer", "minimum": 1, "maximum": MOST, "default": 1},
        "size": {"type": "string", "examples": ["256x256", "512x512", "auto"]},
        "quality": {"type": "string", "enum": ["auto", *STEPS], "description": "by steps: " + _listed(STEPS)},
        "style": styles,
        "response_format": {"type": "string", "enum": list(FORMATS), "description": "both where not given"},
        "user": {"type": "string"},
    }
    fields |= {name: {"enum": list(values)} for name, values in FIELDS.items() if values is not None}
    properties = fields | {name: own[name] for name in OWN}
    return {"type": "object", "properties": properties, "required": ["prompt"], "additionalProperties": False}


def _listed(steps: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in steps.items())


def _as_json(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
