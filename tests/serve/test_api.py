"""The studio's own addresses for programs, and what they all have in common."""

import base64
import contextlib
import http.client
import io
import itertools
import json

import httpx
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from serve_studio import DRAGON, slow, store_of
from serving import wait_until

from lit.serve.gate import OURS
from lit.settings import SETTINGS, from_record, read_png

PNG = {"Content-Type": "image/png"}


def drawn(client: httpx.Client, **fields) -> dict:
    job = client.post("/api/v1/jobs", json=DRAGON | fields)
    assert job.status_code == 202, job.text
    return client.get(f"/api/v1/jobs/{job.json()['id']}", params={"wait": 30}).json()


def wrong(answer: httpx.Response) -> dict:
    return answer.json()["error"]


def test_a_job_is_asked_for_followed_and_its_picture_taken(client, tmp_path):
    job = drawn(client, num_images_per_prompt=2)
    assert job["state"] == "done" and [one["id"] for one in job["pictures"]] == [f"{job['id']}/0", f"{job['id']}/1"]
    for number, picture in enumerate(job["pictures"]):
        data = client.get(f"/api/v1/pictures/{picture['id']}")
        assert data.headers["content-type"] == "image/png"
        assert data.content == client.get(picture["url"]).content
        file = tmp_path / "one.png"
        file.write_bytes(data.content)
        assert read_png(file)[0] == from_record(job["settings"]).for_image(number)


def test_words_in_another_language_are_read_as_on_the_page(client):
    job = drawn(client, prompt="ein blauer Schmetterling")
    assert (job["settings"]["prompt"], job["typed"]) == ("a blue butterfly", "ein blauer Schmetterling")


def test_the_history_has_them_newest_first_page_by_page(client):
    wanted = [drawn(client, prompt="a walrus", seed=seed)["pictures"][0]["id"] for seed in (1, 2, 3)]
    first = client.get("/api/v1/history", params={"words": "walrus", "limit": 2}).json()
    rest = client.get("/api/v1/history", params={"words": "walrus", "before": first["before"]}).json()
    assert first["count"] == 3 and [one["id"] for one in first["pictures"] + rest["pictures"]] == wanted[::-1]
    assert first["pictures"][0]["prompt"] == "a walrus" and first["pictures"][0]["seed"] == 3


def test_what_waits_and_what_is_drawn_is_cancelled(client, paced):
    with slow(paced):
        jobs = [client.post("/api/v1/jobs", json=DRAGON | {"num_inference_steps": 50}).json()["id"] for _ in range(2)]
        for job in reversed(jobs):
            client.delete(f"/api/v1/jobs/{job}").raise_for_status()
        states = [client.get(f"/api/v1/jobs/{job}", params={"wait": 30}).json() for job in jobs]
    assert [one["state"] for one in states] == ["stopped", "stopped"]
    assert "stopped" in states[1]["message"]
    assert client.delete(f"/api/v1/jobs/{jobs[0]}").json()["state"] == "stopped"


def test_a_sweep_is_a_picture_for_each_combination(client):
    axes = {"seed": [1, 2], "num_inference_steps": [1, 2, 3]}
    fixed = {name: value for name, value in DRAGON.items() if name not in axes}
    cells = client.post("/api/v1/sweeps", json={"settings": fixed, "axes": axes}).json()["cells"]
    wanted = [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    assert [cell["values"] for cell in cells] == wanted
    for cell in cells:
        job = client.get(f"/api/v1/jobs/{cell['job']['id']}", params={"wait": 30}).json()
        assert job["state"] == "done" and cell["values"].items() <= job["settings"].items()


def test_a_variation_is_of_another_seed_than_the_pictures_own_unless_it_is_said(client):
    fixed, axes = DRAGON | {"seed": 0}, {"variation_strength": [0, 1]}
    cells = client.post("/api/v1/sweeps", json={"settings": fixed, "axes": axes}).json()["cells"]
    assert [cell["job"]["settings"]["variation_seed"] for cell in cells] == [1, 1]
    told = client.post("/api/v1/jobs", json=fixed | {"variation_strength": 0.5, "variation_seed": 0}).json()
    assert told["settings"]["variation_seed"] == 0


@pytest.mark.parametrize(
    ("axes", "field"),
    [
        ({}, "axes"),
        ({"colour": [1]}, "axes"),
        ({"seed": []}, "axes.seed"),
        ({"seed": [1, "x"]}, "seed"),
        ({"seed": list(range(65))}, "axes"),
        ({"num_images_per_prompt": [2]}, "axes"),
        ({name: [1] for name in ("seed", "height", "width", "num_inference_steps")}, "axes"),
    ],
)
def test_a_sweep_that_does_not_fit_draws_nothing(client, served, axes, field):
    (before,) = store_of(served).newest_of("api", 1)
    answer = client.post("/api/v1/sweeps", json={"settings": DRAGON, "axes": axes})
    assert (answer.status_code, wrong(answer)["param"]) == (422, field)
    (after,) = store_of(served).newest_of("api", 1)
    assert after.id == before.id  # which may be drawn by now


def test_what_an_axis_of_a_sweep_replaces_has_to_fit_as_well(client):
    asked = {"settings": DRAGON | {"num_inference_steps": 10**6}, "axes": {"num_inference_steps": [1, 2]}}
    answer = client.post("/api/v1/sweeps", json=asked)
    assert (answer.status_code, wrong(answer)["param"]) == (422, "num_inference_steps")


def test_an_adaptive_sweep_spends_its_budget_and_is_followed_like_a_job(client, tmp_path):
    settings = {name: value for name, value in DRAGON.items() if name != "num_inference_steps"}
    asked = {"settings": settings | {"prompt": "ein Schloss"}, "ranges": {"num_inference_steps": [1, 8]}, "budget": 5}
    begun = client.post("/api/v1/sweeps/adaptive", json=asked)
    assert begun.status_code == 202 and begun.json()["most"] == 5
    found = client.get(f"/api/v1/sweeps/adaptive/{begun.json()['id']}", params={"wait": 60}).json()
    assert (found["state"], found["message"], found["seconds_left"]) == ("done", "", None)
    steps = [point["values"]["num_inference_steps"] for point in found["points"]]
    assert steps == sorted(set(steps)) and (steps[0], steps[-1]) == (1, 8) and len(steps) == found["drawn"] <= 5
    assert found["why"] == "alike" or found["drawn"] == 5
    one = found["points"][1]
    (tmp_path / "one.png").write_bytes(client.get(one["url"]).content)
    drawn, provenance = read_png(tmp_path / "one.png")
    assert (drawn.num_inference_steps, drawn.prompt) == (steps[1], "a castle") and provenance["typed"] == "ein Schloss"
    # It is the page's own.
    told = client.post("/sweeps/ask/last", json={"visitor": "ann"}).json()["sweeps"]
    assert found["id"] in {line["id"] for line in told}


def test_an_adaptive_sweep_is_stopped_and_what_is_drawn_stays(client, paced):
    ranges = {"guidance_scale": [1, 7], "num_inference_steps": [2, 20]}
    with slow(paced):
        begun = client.post("/api/v1/sweeps/adaptive", json={"settings": DRAGON, "ranges": ranges}).json()["id"]
        found = client.delete(f"/api/v1/sweeps/adaptive/{begun}").json()
    assert found["state"] == "stopped" and found["drawn"] < found["most"] == 24
    assert client.get(f"/api/v1/sweeps/adaptive/{begun}").json()["points"] == found["points"]
    nobodys = client.get(f"/api/v1/sweeps/adaptive/{'0' * 32}")
    assert (nobodys.status_code, wrong(nobodys)["param"]) == (404, "sweep")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"ranges": {}}, "ranges"),
        ({"ranges": {"seed": [1, 9]}}, "ranges"),
        ({"ranges": {"guidance_scale": [1]}}, "ranges.guidance_scale"),
        ({"ranges": {"guidance_scale": [7, 1]}}, "guidance_scale"),
        ({"ranges": {"guidance_scale": [1, "x"]}}, "guidance_scale"),
        ({"ranges": {"num_inference_steps": [1, 10**6]}}, "num_inference_steps"),
        ({"budget": 4}, "budget"),
        ({"budget": 10**6}, "budget"),
        ({"axes": {"seed": [1]}}, "axes"),
        ({"settings": {"prompt": "x", "image_sha256": "0" * 64}}, "image_sha256"),
        ({"settings": {"prompt": "x", "colour": 1}}, "colour"),
    ],
)
def test_an_adaptive_sweep_that_does_not_fit_is_refused(client, more, field):
    asked = {"settings": DRAGON, "ranges": {"guidance_scale": [1, 7]}} | more
    answer = client.post("/api/v1/sweeps/adaptive", json=asked)
    assert (answer.status_code, wrong(answer)["param"]) == (422, field)


def test_a_picture_is_verified_by_its_id_and_by_its_bytes(client):
    picture = drawn(client)["pictures"][0]
    assert client.post("/api/v1/verify", json={"picture": picture["id"]}).json()["identical"]
    data = client.get(picture["url"]).content
    assert client.post("/api/v1/verify", content=data, headers=PNG).json() == {
        "identical": True,
        "psnr": None,
        "differs": [],
    }
    image = Image.open(io.BytesIO(data))
    altered = image.copy()
    altered.putpixel((3, 3), (1, 2, 3, 255))
    file = io.BytesIO()
    told = PngInfo()
    for key, text in image.text.items():
        told.add_text(key, text)
    altered.save(file, "PNG", pnginfo=told)
    assert not client.post("/api/v1/verify", content=file.getvalue(), headers=PNG).json()["identical"]


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_picture_of_ours_is_not_verified(client, data):
    for answer in (
        client.post("/api/v1/verify", content=data, headers=PNG),
        client.post("/sdapi/v1/png-info", json={"image": base64.b64encode(data).decode()}),
    ):
        assert answer.status_code == 422 and "/" not in answer.text.replace("data:image/png", "")


def test_the_settings_are_described_as_they_are_declared(client):
    found = client.get("/api/v1/settings", headers={"Accept-Language": "de"}).json()
    assert set(found["schema"]["properties"]) == {one["name"] for one in found["settings"]} == set(SETTINGS)
    assert found["model"] == "ready" and "fluent-3d" in found["styles"]
    assert {one["name"]: one["label"] for one in found["settings"]}["style"] == "Stil"


def test_openapi_describes_each_address_and_leads_nowhere_else(client):
    told = client.get("/api/openapi.json")
    paths = told.json()["paths"]
    assert {"/api/v1/jobs", "/v1/images/generations", "/sdapi/v1/txt2img", "/api/v1/verify"} <= set(paths)
    body = paths["/api/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["num_inference_steps"]["maximum"] == 200
    for path in ("/docs", "/redoc", "/api/docs"):
        assert client.get(path).status_code == 404


def test_gradio_has_none_of_our_addresses(served):
    gradio = served.app.routes[-1].app.app  # inside what closes the rest of it
    paths = {getattr(route, "path", "") for route in (*served.app.routes, *gradio.routes)}
    assert len(paths) > 60 and "/config" in paths
    assert not [path for path in paths if path.split("/")[1:2] and path.split("/")[1] in OURS]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": "x", "colour": 1}, "colour"),
        ({"prompt": "x", "seed": -1}, "seed"),
        ({"prompt": "x", "seed": "7"}, "seed"),
        ({"prompt": "x", "width": 100}, "width"),
        ({"prompt": "x", "width": 1e300}, "width"),
        ({"prompt": "x", "guidance_scale": 15}, "guidance_scale"),
        ({"prompt": "x", "style": "anime"}, "style"),
        ({"prompt": "x", "scheduler": "ddim"}, "scheduler"),
        ({"prompt": "x", "scheduler": ["flow-map"]}, "scheduler"),
        ({"prompt": "x", "image_sha256": "0" * 64}, ""),
        ({"prompt": "a (b:9)"}, "prompt"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_what_would_do(client, fields, field):
    for address in ("/api/v1/jobs", "/v1/images/generations"):
        # 1e999 is none of Python's own, and infinite where it is read.
        answer = client.post(address, content=json.dumps(fields).replace("1e+300", "1e999"))
        error = wrong(answer)
        if field:
            assert answer.status_code == (400 if address.startswith("/v1") else 422), answer.text
            assert (error["param"] or "").startswith(field) and error["expected"] in error["message"]
        else:
            assert answer.status_code in (422, 503) and error["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        *((body, "body") for body in (b"[1]", b"nonsense", b'{"prompt": "\\ud800"}', b"[" * 20_000, b"\xff\xfe")),
        (b'{"prompt": "a", "seed": NaN}', "seed"),
        (b'{"settings": {}, "axes": {"seed": [1, -Infinity]}}', "axes.seed.1"),
    ],
)
def test_what_is_no_object_of_json_is_refused(client, body, field):
    answer = client.post("/api/v1/jobs", content=body)
    assert answer.status_code == 400 and wrong(answer)["code"] == "invalid_json"
    assert wrong(answer)["param"] == field


def test_what_is_too_large_is_not_read(client):
    assert client.post("/api/v1/jobs", content=bytes(70_000)).status_code == 413


@pytest.mark.parametrize(
    "path",
    ["/api/v1/jobs/none", "/api/v1/pictures/none/0", "/api/v1/pictures/../0", "/api/v1/nowhere", "/v1", "/sdapi/x"],
)
def test_what_is_not_there_is_404_in_the_shape_of_an_error(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_a_failure_that_nobody_has_thought_of_tells_nothing(client, served, monkeypatch):
    def broken(*_):
        raise RuntimeError("/home/somebody/secret")

    monkeypatch.setattr(served.app.state.studio.worker, "submit", broken)
    for address, shape in (("/api/v1/jobs", "error"), ("/sdapi/v1/txt2img", "detail")):
        answer = client.post(address, json={"prompt": "x"})
        assert answer.status_code == 500 and answer.json()[shape]
        assert "secret" not in answer.text and "Traceback" not in answer.text


def test_a_drawing_that_fails_says_so_without_a_path(client, paced, monkeypatch):
    def broken(*_, **__):
        raise OSError(5, "broken", "/home/somebody/secret")

    monkeypatch.setattr(paced, "start", broken)
    job = drawn(client)
    assert job["state"] == "failed" and job["message"] and "secret" not in json.dumps(job)
    answer = client.post("/v1/images/generations", json={"prompt": "x", "size": "64x64"})
    assert answer.status_code == 500 and "secret" not in answer.text


def test_who_stops_waiting_stops_the_drawing_and_who_only_asked_does_not(client, served, paced):
    store = store_of(served)
    with slow(paced):
        long = {"prompt": "x", "size": "64x64", "num_inference_steps": 100}
        before = client.post("/api/v1/jobs", json=DRAGON).json()["id"]
        with contextlib.closing(http.client.HTTPConnection(httpx.URL(served.url).netloc.decode())) as waiting:
            waiting.request("POST", "/v1/images/generations", json.dumps(long), {"Content-Type": "application/json"})
            wait_until(lambda: store.latest_of("api").id != before)
        gone = store.latest_of("api")
        asked = client.post("/api/v1/jobs", json=DRAGON | {"num_inference_steps": 4}).json()["id"]
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{served.url}/api/v1/jobs/{asked}", params={"wait": 30}, timeout=0.2)
        wait_until(lambda: store.get(gone.id).state == "stopped")
        wait_until(lambda: not store.get(asked).active)
    assert store.get(asked).state == "done"


def test_the_guards_stand_in_front(client, served):
    for path in ("/api/v1/history", "/v1/models", "/sdapi/v1/options", "/mcp/"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 400
        foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        assert client.get(path, headers=foreign).status_code == 403
