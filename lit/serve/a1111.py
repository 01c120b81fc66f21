"""A1111's addresses, which editors' plug-ins speak: txt2img, png-info, and what they ask first, below /sdapi/v1.

https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API names the fields. Plug-ins send all that they know,
most of it empty: what is empty, or changes nothing here, is taken; what would change the picture there and cannot here
is refused.
"""

import base64
import json
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from lit.errors import InputError
from lit.sampling import registry
from lit.serve.api import FAILURES, caller_of, json_body
from lit.serve.bodies import PICTURE, check_known, decoded, fields_of, laid_down, whole_in
from lit.serve.programs import Programs
from lit.serve.sizes import sized
from lit.settings import DEFAULTS, SEEDS, SETTINGS, parameters_text, random_seed, read_png
from lit.styles import in_use

NAME = "lit-studio"
RANDOM = -1  # a seed by lot
SIDES = ("width", "height")
# Their names of settings that are ours as they are.
SAME = {
    "negative_prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "cfg_scale": "guidance_scale",
    "subseed_strength": "variation_strength",
}
READ = (
    *("prompt", "width", "height", "seed", "subseed", "batch_size", "n_iter", "sampler_name", "sampler_index"),
    *("styles", "enable_hr", "hr_scale", "override_settings", "send_images"),
)
# Of what there is no counterpart here, and so no picture that it would change.
TAKEN = (
    *("scheduler", "eta", "s_min_uncond", "s_churn", "s_tmax", "s_tmin", "s_noise", "tiling", "restore_faces"),
    *("seed_resize_from_h", "seed_resize_from_w", "do_not_save_samples", "do_not_save_grid", "save_images"),
    *("override_settings_restore_afterwards", "refiner_switch_at", "disable_extra_networks", "comments"),
    *("hr_upscaler", "hr_second_pass_steps", "hr_resize_x", "hr_resize_y", "denoising_strength", "firstpass_image"),
    *("firstphase_width", "firstphase_height", "hr_checkpoint_name", "hr_sampler_name", "hr_scheduler", "hr_prompt"),
    *("hr_negative_prompt", "force_task_id", "infotext", "clip_skip"),
)
# What has to be empty: it would be another picture there.
EMPTY = ("script_name", "script_args", "alwayson_scripts", "refiner_checkpoint", "init_images", "mask")
OPTIONS = ("sd_model_checkpoint", "samples_format", "samples_save", "CLIP_stop_at_last_layers", "sd_vae")
ANY_SAMPLER = ("", "Automatic")


class Drawn(BaseModel):
    images: list[str] = Field(description="PNGs in base64, with their settings inside")
    parameters: dict[str, Any] = Field(description="what came")
    info: str = Field(description="JSON: the seeds, and each picture's settings as A1111 writes them")


class Info(BaseModel):
    info: str = Field(description="the settings as A1111 writes them")
    items: dict[str, str]
    parameters: dict[str, Any]


def router(programs: Programs) -> APIRouter:
    shaped = APIRouter(prefix="/sdapi/v1", tags=["A1111"], responses=FAILURES)

    @shaped.post("/txt2img", openapi_extra=json_body(_schema()))
    async def txt2img(request: Request) -> Drawn:
        """Draw, and wait for the pictures. Who stops waiting stops the drawing."""
        fields = await fields_of(request)
        settings = programs.settings_in(_read(fields))
        job = await programs.draw(caller_of(request), settings, request.is_disconnected)
        files = await run_in_threadpool(programs.drawn, job)
        texts = [parameters_text(*await run_in_threadpool(read_png, file)) for file in files]
        images = [base64.b64encode(file.read_bytes()).decode() for file in files]
        return Drawn(
            images=images if fields.get("send_images") is not False else [],
            parameters=fields,
            info=json.dumps(_info(job.settings, texts)),
        )

    @shaped.post("/png-info", openapi_extra=json_body(_image()))
    async def png_info(request: Request) -> Info:
        """The settings that a PNG of this studio carries."""
        fields = await fields_of(request, PICTURE * 4 // 3 + 100)
        check_known(fields, ("image",))
        with laid_down(decoded(fields.get("image"), "image")) as file:
            settings, provenance = await run_in_threadpool(read_png, file)
        text = parameters_text(settings, provenance)
        return Info(info=text, items={"parameters": text}, parameters=_theirs(settings))

    # What plug-ins ask first

    @shaped.get("/options")
    def options() -> dict[str, Any]:
        return {"sd_model_checkpoint": NAME, "samples_format": "png", "CLIP_stop_at_last_layers": 1, "sd_vae": "None"}

    @shaped.post("/options")
    async def choose(request: Request) -> dict[str, Any]:
        """There is one model: to choose it changes nothing."""
        _check_options(await fields_of(request))
        return {}

    @shaped.get("/sd-models")
    def sd_models() -> list[dict[str, Any]]:
        pipeline = programs.worker.pipeline() if programs.worker.model == "ready" else None
        sha256 = pipeline.weights_sha256 if pipeline else None
        known = {"hash": sha256[:10] if sha256 else None, "sha256": sha256}
        return [{"title": NAME, "model_name": NAME, "filename": NAME, "config": None} | known]

    @shaped.get("/samplers")
    def samplers() -> list[dict[str, Any]]:
        return [{"name": name, "aliases": [], "options": {}} for name in programs.schedulers()]

    @shaped.get("/schedulers")
    def schedulers() -> list[dict[str, Any]]:
        """Of noise, there; here a sampler has its own."""
        return [{"name": "automatic", "label": "Automatic", "aliases": None}]

    @shaped.get("/prompt-styles")
    def styles() -> list[dict[str, str]]:
        return [{"name": name, "prompt": "", "negative_prompt": ""} for name in programs.described().styles]

    @shaped.get("/upscalers")
    @shaped.get("/latent-upscale-modes")
    @shaped.get("/sd-vae")
    @shaped.get("/loras")
    @shaped.get("/hypernetworks")
    def none() -> list[dict[str, Any]]:
        return []

    @shaped.get("/progress")
    def progress(request: Request) -> dict[str, Any]:
        """Of this caller's own drawing."""
        job = next(iter(programs.store.active(caller_of(request).visitor)), None)
        view = programs.worker.view(job.id) if job else None
        step, steps = (view.job.step, view.job.steps) if view else (0, 0)
        state = {"job": job.id if job else "", "job_count": int(bool(job)), "job_no": 0, "interrupted": False}
        state |= {"skipped": False, "sampling_step": step, "sampling_steps": steps}
        image = base64.b64encode(view.previews[-1]).decode() if view and view.previews else None
        eta = (view.eta if view else None) or 0.0
        share = step / steps if steps else 0.0
        return {"progress": share, "eta_relative": eta, "state": state, "current_image": image, "textinfo": None}

    @shaped.post("/interrupt")
    @shaped.post("/skip")
    def interrupt(request: Request) -> dict[str, Any]:
        """Stop what this caller draws, not what waits behind it."""
        visitor = caller_of(request).visitor
        for job in programs.store.active(visitor)[:1]:
            programs.worker.stop(job.id, visitor)
        return {}

    return shaped


def _read(fields: dict) -> dict[str, Any]:
    """The settings by our names. Raises InputError."""
    check_known(fields, (*READ, *SAME, *TAKEN, *EMPTY))
    given = {name: value for name, value in fields.items() if value is not None}
    for name in EMPTY:
        if given.get(name):
            raise InputError(name, given[name], "nothing: there is no such thing here")
    _check_options(given.get("override_settings") or {})
    if given.get("restore_faces") or given.get("tiling"):
        name = "restore_faces" if given.get("restore_faces") else "tiling"
        raise InputError(name, True, "false: stickers have neither")
    values: dict[str, Any] = {"prompt": given.get("prompt", "")}
    values |= {ours: given[theirs] for theirs, ours in SAME.items() if theirs in given}
    seed, subseed = (whole_in(given, name, RANDOM, SEEDS[1], RANDOM) for name in ("seed", "subseed"))
    values["seed"] = random_seed() if seed == RANDOM else seed
    if values.get("variation_strength"):
        values["variation_seed"] = random_seed() if subseed == RANDOM else subseed
    counts = [whole_in(given, name, 1, 64, 1) for name in ("batch_size", "n_iter")]
    values["num_images_per_prompt"] = counts[0] * counts[1]
    sampler = given.get("sampler_name") or given.get("sampler_index") or ""
    if sampler not in ANY_SAMPLER:
        if sampler not in registry.names():
            raise InputError("sampler_name", sampler, f"one of {', '.join(registry.names())}, or nothing")
        values["scheduler"] = sampler
    if styles := given.get("styles"):
        if not isinstance(styles, list) or len(styles) > 1 or styles[0] not in in_use():
            raise InputError("styles", styles, f"one at most of {', '.join(in_use())}")
        values["style"] = styles[0]
    return values | _size(given)


def _size(given: dict) -> dict[str, int]:
    sides = {name: given.get(name, DEFAULTS[name]) for name in SIDES}
    for name, side in sides.items():
        if isinstance(side, bool) or not isinstance(side, int):
            raise InputError(name, side, SETTINGS[name].expected)
    if not given.get("enable_hr"):
        return sized(**sides) if any(name in given for name in SIDES) else {}
    if given.get("hr_scale", 2) != 2:
        raise InputError("hr_scale", given["hr_scale"], "2: a picture is drawn as it is, or twice as large")
    return sides | {"output_scale": 2}


def _check_options(fields: dict):
    if not isinstance(fields, dict):
        raise InputError("override_settings", fields, "an object")
    check_known(fields, OPTIONS)
    model = fields.get("sd_model_checkpoint")
    if model not in (None, "", NAME):
        raise InputError("sd_model_checkpoint", model, NAME)


def _theirs(settings) -> dict[str, Any]:
    """Settings by their names."""
    scale = settings.output_scale
    return {
        "prompt": settings.prompt,
        **{theirs: getattr(settings, ours) for theirs, ours in SAME.items()},
        "seed": settings.seed,
        "subseed": settings.variation_seed,
        "width": settings.width * scale,
        "height": settings.height * scale,
        "sampler_name": settings.scheduler,
        "styles": [settings.style] if settings.style else [],
    }


def _info(settings, texts: list[str]) -> dict[str, Any]:
    seeds = [settings.for_image(i).seed for i in range(len(texts))]
    told = _theirs(settings) | {"all_seeds": seeds, "all_prompts": [settings.prompt] * len(texts)}
    return told | {"infotexts": texts, "sd_model_name": NAME, "index_of_first_image": 0, "batch_size": len(texts)}


def _schema() -> dict:
    """JSON Schema of what is read; the rest is named in this module."""
    whole = {"type": "integer"}
    own = {theirs: SETTINGS[ours].schema() for theirs, ours in SAME.items()}
    fields = {
        "prompt": SETTINGS["prompt"].schema(),
        **own,
        "seed": whole | {"minimum": RANDOM, "maximum": SEEDS[1], "default": RANDOM},
        "subseed": whole | {"minimum": RANDOM, "maximum": SEEDS[1], "default": RANDOM},
        **{name: whole | {"default": DEFAULTS[name]} for name in SIDES},
        "batch_size": whole | {"minimum": 1, "default": 1},
        "n_iter": whole | {"minimum": 1, "default": 1},
        "sampler_name": {"type": "string", "enum": [*registry.names(), *ANY_SAMPLER]},
        "styles": {"type": "array", "maxItems": 1, "items": {"enum": list(in_use())}},
        "enable_hr": {"type": "boolean", "description": "twice as large"},
    }
    return {"type": "object", "properties": fields, "required": ["prompt"]}


def _image() -> dict:
    image = {"type": "string", "description": "a PNG in base64, with or without data:image/png;base64, before it"}
    return {"type": "object", "properties": {"image": image}, "required": ["image"], "additionalProperties": False}
