"""OpenAI's and A1111's shapes, and one drawing's bytes by every way that there is."""

import base64
import json
import re

import httpx
import openai
import pytest
from PIL import Image
from serve_studio import DRAGON, slow
from serving import serving, wait_until

from lit.__main__ import main
from lit.serve.a1111 import EMPTY, TAKEN
from lit.serve.sizes import sized
from lit.settings import DEFAULTS, SETTINGS, read_png
from lit.studio.shell.app import load_embedded

SAMPLE = {"prompt": "a blue dragon", "seed": 7, "width": 64, "height": 64, "steps": 2}


@pytest.fixture(scope="module")
def chat(served):
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0)


def test_the_same_settings_give_the_same_bytes_by_every_way(tmp_path, paced):
    """Command line, page, the studio's own API, OpenAI's, A1111's: files that are equal to the last byte."""
    model = tmp_path / "model"
    paced.pipeline.save_pretrained(model)
    options = ["--seed", "7", "--steps", "2", "--size", "64", "--scale", "1", "--style", "blob"]
    assert main(["generate", "a blue dragon", *options, "--model", str(model), "--out", str(tmp_path)]) == 0
    wanted = (tmp_path / "a-blue-dragon-7.png").read_bytes()

    own = DRAGON | {"style": "blob", "output_scale": 1}
    page = {name: own.get(name, SETTINGS[name].to_page(DEFAULTS.get(name))) for name in SETTINGS}
    drawn = {}
    with serving(lambda: load_embedded(str(model)), tmp_path / "home") as studio:
        studio.app.state.studio.worker.pipeline()
        client = httpx.Client(base_url=studio.url, timeout=60)
        job = client.post("/drawings", json={"visitor": "somebody", "values": page}).json()["job"]
        wait_until(lambda: client.post("/drawings/shown", json={"job": job}).json()["active"] is False)
        drawn["page"] = client.get(f"/api/v1/pictures/{job}/0").content
        job = client.post("/api/v1/jobs", json=own).json()["id"]
        done = client.get(f"/api/v1/jobs/{job}", params={"wait": 30}).json()
        drawn["own"] = client.get(f"/api/v1/pictures/{done['pictures'][0]['id']}").content
        fields = {"prompt": "a blue dragon", "size": "64x64", "seed": 7, "num_inference_steps": 2, "style": "blob"}
        (answer,) = client.post("/v1/images/generations", json=fields).json()["data"]
        drawn["openai"] = base64.b64decode(answer["b64_json"])
        drawn["url"] = client.get(answer["url"]).content
        answer = client.post("/sdapi/v1/txt2img", json=SAMPLE | {"styles": ["blob"]}).json()
        drawn["a1111"] = base64.b64decode(answer["images"][0])
    assert [way for way, data in drawn.items() if data != wanted] == []


def test_openai_by_its_own_client(chat, tmp_path):
    found = chat.images.generate(
        model="lit-studio", prompt="ein blauer Drache", n=2, size="128x64", background="transparent"
    )
    assert found.size == "128x64" and found.background == "transparent" and len(found.data) == 2
    for number, picture in enumerate(found.data):
        file = tmp_path / f"{number}.png"
        file.write_bytes(base64.b64decode(picture.b64_json))
        assert picture.url and picture.revised_prompt == "a blue dragon"
        assert read_png(file)[0].width == 128 and Image.open(file).mode == "RGBA"
    assert [model.id for model in chat.models.list()] == ["lit-studio"]
    assert chat.models.retrieve("lit-studio").id == "lit-studio"


def test_openai_gives_another_picture_each_time_unless_a_seed_says_otherwise(chat):
    def one(**extra):
        asked = {"prompt": "x", "size": "64x64", "response_format": "b64_json", "extra_body": extra}
        (picture,) = chat.images.generate(**asked).data
        assert picture.url is None
        return picture.b64_json

    assert one() != one()
    assert one(seed=5) == one(seed=5)


def test_openai_sizes_beyond_what_the_model_has_learned_are_drawn_at_half():
    assert sized(256, 256) == {"width": 256, "height": 256, "output_scale": 1}
    assert sized(512, 512) == {"width": 256, "height": 256, "output_scale": 2}
    assert sized(1792, 1024) == {"width": 896, "height": 512, "output_scale": 2}
    assert sized(272, 256) == {"width": 272, "height": 256, "output_scale": 1}  # half of it is no size


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"n": 11}, "n"),
        ({"n": True}, "n"),
        ({"size": "7x7"}, "size"),
        ({"size": "5000x5000"}, "size"),
        ({"size": "large"}, "size"),
        ({"size": 256}, "size"),
        ({"background": "opaque"}, "background"),
        ({"output_format": "webp"}, "output_format"),
        ({"quality": "best"}, "quality"),
        ({"style": "anime"}, "style"),
        ({"style": ["noto"]}, "style"),
        ({"response_format": "file"}, "response_format"),
        ({"stream": True}, "stream"),
        ({"image": "x"}, "image"),
    ],
)
def test_openai_names_the_field_that_does_not_fit(chat, fields, field):
    with pytest.raises(openai.BadRequestError) as wrong:
        chat.images.generate(prompt="x", extra_body=fields)
    error = wrong.value.body
    assert wrong.value.param == field and error["expected"] and error["expected"] in error["message"]


def test_openai_knows_no_other_model(chat):
    with pytest.raises(openai.NotFoundError, match="lit-studio"):
        chat.images.generate(prompt="x", model="dall-e-3")


@pytest.mark.parametrize("quality", ["auto", "low", "high", "standard", "hd"])
def test_openai_quality_is_steps(client, quality, tmp_path):
    fields = {"prompt": "x", "size": "64x64", "quality": quality, "response_format": "b64_json", "style": "vivid"}
    (tmp_path / "x.png").write_bytes(
        base64.b64decode(client.post("/v1/images/generations", json=fields).json()["data"][0]["b64_json"])
    )
    settings, _ = read_png(tmp_path / "x.png")
    steps = {"auto": 8, "low": 4, "high": 20, "standard": 8, "hd": 20}
    assert settings.num_inference_steps == steps[quality] and settings.style is None


def test_a1111_draws_and_reads_its_own_pictures(client):
    fields = SAMPLE | {
        "negative_prompt": "red",
        "cfg_scale": 3,
        "batch_size": 1,
        "n_iter": 2,
        "sampler_name": "flow-map",
    }
    answer = client.post("/sdapi/v1/txt2img", json=fields).json()
    info = json.loads(answer["info"])
    assert len(answer["images"]) == 2 and info["all_seeds"] == [7, 8] and answer["parameters"] == fields
    for number, image in enumerate(answer["images"]):
        for sent in (image, f"data:image/png;base64,{image}"):
            read = client.post("/sdapi/v1/png-info", json={"image": sent}).json()
            assert read["info"] == info["infotexts"][number]
            assert re.search(
                rf"^Negative prompt: red\nSteps: 2, .*CFG scale: 3, Seed: {7 + number}", read["info"], re.M
            )
        assert read["parameters"]["seed"] == 7 + number


def test_a1111_takes_what_plug_ins_send_without_meaning_it(client):
    empty = dict.fromkeys(TAKEN) | {name: {} for name in EMPTY} | {"tiling": False, "denoising_strength": 0}
    more = {"sampler_name": "Automatic", "scheduler": "Automatic", "styles": [], "seed": -1, "subseed": -1}
    options = {"override_settings": {"sd_model_checkpoint": "lit-studio"}}
    fields = {name: value for name, value in SAMPLE.items() if name != "seed"} | empty | more | options
    first, second = (client.post("/sdapi/v1/txt2img", json=fields).json()["images"] for _ in range(2))
    assert first and first != second  # a seed of -1 is one by lot


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"alwayson_scripts": {"controlnet": {}}}, "alwayson_scripts"),
        ({"restore_faces": True}, "restore_faces"),
        ({"init_images": ["x"]}, "init_images"),
        ({"sampler_name": "Euler a"}, "sampler_name"),
        ({"styles": ["noto", "blob"]}, "styles"),
        ({"enable_hr": True, "hr_scale": 1.5}, "hr_scale"),
        ({"width": 100}, "width"),
        ({"width": "64"}, "width"),
        ({"seed": 2**40}, "seed"),
        ({"steps": 0}, "num_inference_steps"),
        ({"override_settings": {"sd_model_checkpoint": "sdxl"}}, "sd_model_checkpoint"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a1111_names_the_field_that_does_not_fit(client, fields, field):
    answer = client.post("/sdapi/v1/txt2img", json=SAMPLE | fields)
    told = answer.json()
    assert (answer.status_code, told["field"]) == (422, field)
    assert told["expected"] and told["expected"] in told["detail"]


def test_a1111_says_what_plug_ins_ask_first(client):
    answers = {}
    for name in ("options", "samplers", "schedulers", "sd-models", "prompt-styles", "progress", "loras", "sd-vae"):
        answers[name] = client.get(f"/sdapi/v1/{name}").raise_for_status().json()
    assert answers["samplers"][0]["name"] == "flow-map" and answers["progress"]["progress"] == 0
    assert answers["sd-models"][0]["title"] == answers["options"]["sd_model_checkpoint"]
    assert client.post("/sdapi/v1/options", json={"sd_model_checkpoint": "lit-studio"}).status_code == 200


def test_a1111_tells_its_progress_and_interrupts(client, served, paced):
    with slow(paced):
        job = client.post("/api/v1/jobs", json=DRAGON | {"num_inference_steps": 100}).json()["id"]
        wait_until(lambda: client.get("/sdapi/v1/progress").json()["state"]["sampling_step"] > 0)
        progress = client.get("/sdapi/v1/progress").json()
        assert progress["state"]["job"] == job and 0 < progress["progress"] < 1
        client.post("/sdapi/v1/interrupt").raise_for_status()
        assert client.get(f"/api/v1/jobs/{job}", params={"wait": 10}).json()["state"] == "stopped"
