"""A studio that strangers share: keys, a login, limits, and nobody sees another's."""

import httpx
import httpx2
import openai
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from serve_studio import DRAGON, awaited
from serving import serving

from lit.serve.gate import REQUESTS
from lit.settings import DEFAULTS, SETTINGS

MINE, OTHERS = ({"Authorization": f"Bearer the secret of {who} and nobody else"} for who in ("mine", "another"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory, paced):
    with serving(lambda: paced, tmp_path_factory.mktemp("home"), public=True) as studio:
        studio.app.state.studio.worker.pipeline()
        yield studio


@pytest.fixture
def opened(tmp_path, paced, monkeypatch):
    """Starts a studio with these variables of the environment; gives a client."""
    stack = []

    def start(public=False, **variables) -> httpx.Client:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        studio = serving(lambda: paced, tmp_path / "home", public=public)
        stack.append(studio)
        return httpx.Client(base_url=studio.__enter__().url, timeout=60)

    yield start
    for studio in stack:
        studio.__exit__(None, None, None)


def test_programs_name_themselves_by_a_secret_of_their_own(shared):
    for path in ("/api/v1/history", "/v1/models", "/sdapi/v1/options", "/mcp/"):
        answer = httpx.get(f"{shared.url}{path}")
        assert answer.status_code == 401 and "16 characters" in answer.text and "www-authenticate" in answer.headers
    for path in ("/api", "/api/openapi.json", "/api/v1/settings", "/"):
        assert httpx.get(f"{shared.url}{path}").status_code == 200


def test_nobody_sees_anothers(shared):
    client = httpx.Client(base_url=shared.url, timeout=60, headers=MINE)
    job = client.post("/api/v1/jobs", json=DRAGON).json()["id"]
    assert client.get(f"/api/v1/jobs/{job}", params={"wait": 30}).json()["state"] == "done"
    assert client.get("/api/v1/history").json()["count"] == 1
    stranger = httpx.Client(base_url=shared.url, timeout=60, headers=OTHERS)
    assert stranger.get("/api/v1/history").json()["count"] == 0
    asked = [
        stranger.get(f"/api/v1/jobs/{job}"),
        stranger.delete(f"/api/v1/jobs/{job}"),
        stranger.get(f"/api/v1/pictures/{job}/0"),
        stranger.post("/api/v1/verify", json={"picture": f"{job}/0"}),
    ]
    along = {"settings": DRAGON, "ranges": {"guidance_scale": [1, 7]}, "budget": 5}
    sweep = client.post("/api/v1/sweeps/adaptive", json=along).json()["id"]
    asked += [stranger.get(f"/api/v1/sweeps/adaptive/{sweep}"), stranger.delete(f"/api/v1/sweeps/adaptive/{sweep}")]
    assert client.delete(f"/api/v1/sweeps/adaptive/{sweep}").json()["state"] in ("done", "stopped")
    none = stranger.get(f"/api/v1/jobs/{'0' * 32}")
    assert [answer.status_code for answer in asked] == [404] * 6
    assert asked[0].text.replace(job, "ID") == none.text.replace("0" * 32, "ID")  # not told apart

    async def by_mcp():
        http = httpx2.AsyncClient(headers=OTHERS)
        async with Client(streamable_http_client(f"{shared.url}/mcp/", http_client=http)) as client:
            return await client.call_tool("job", {"job": job})

    assert awaited(by_mcp()).is_error


def test_one_job_has_a_limit(shared):
    large = {"prompt": "x", "width": 1024, "height": 1024, "num_inference_steps": 50}
    answer = httpx.post(f"{shared.url}/api/v1/jobs", json=large, headers=MINE)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "too_much") and "at most" in error["expected"]
    along = {"settings": DRAGON, "ranges": {"guidance_scale": [1, 7]}, "budget": 33}
    error = httpx.post(f"{shared.url}/api/v1/sweeps/adaptive", json=along, headers=MINE).json()["error"]
    assert (error["param"], error["code"]) == ("budget", "too_much") and "at most 32 pictures" in error["expected"]


def test_pixels_and_requests_a_minute_have_a_limit(opened):
    client = opened(public=True, LIT_API_KEY="one-key, another-key")
    mine = {"Authorization": "Bearer one-key"}
    # More than half of the largest job, and withdrawn at once.
    large = {"prompt": "x", "width": 512, "height": 512, "num_inference_steps": 60}
    job = client.post("/api/v1/jobs", json=large, headers=mine).json()["id"]
    client.delete(f"/api/v1/jobs/{job}", headers=mine)
    answer = client.post("/api/v1/jobs", json=large, headers=mine)
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 60
    said = answer.json()["error"]
    assert said["param"] == "settings" and "a minute" in said["expected"] and str(512 * 512 * 60) in said["value"]
    chat = openai.OpenAI(base_url=str(client.base_url.join("/v1")), api_key="one-key", max_retries=0)
    with pytest.raises(openai.RateLimitError):
        chat.images.generate(prompt="x", size="1024x1024", quality="hd", n=4)
    other = {"Authorization": "Bearer another-key"}
    answers = asked_until_refused(client, lambda number: other)
    assert {answer.status_code for answer in answers[:-1]} == {200} and int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json()["error"]["param"] == "requests" and "again in 0 s" not in answers[-1].text
    # Keys are not tried one after the other without end, and the page goes on.
    tried = asked_until_refused(client, lambda number: {"Authorization": f"Bearer {number}"})
    assert {answer.status_code for answer in tried[:-1]} == {401}
    assert client.get("/config").status_code == 200


def asked_until_refused(client, headers) -> list[httpx.Response]:
    """What is answered up to the first 429: as many as a minute has, and a few that come meanwhile."""
    answers = []
    while not answers or answers[-1].status_code != 429:
        answers.append(client.get("/v1/models", headers=headers(len(answers))))
        assert len(answers) < 2 * REQUESTS
    assert len(answers) > REQUESTS
    return answers


def test_a_login_is_for_the_page_and_for_programs(opened):
    client = opened(LIT_LOGIN="me:a word")
    assert client.get("/").status_code == 401 and "Basic" in client.get("/").headers["www-authenticate"]
    assert client.get("/config").status_code == client.get("/v1/models").status_code == 401
    assert client.get("/manifest.json").status_code == 200  # which browsers fetch without
    assert client.get("/", auth=("me", "a word")).status_code == 200
    assert client.get("/v1/models", auth=("me", "a word")).status_code == 200
    assert client.get("/v1/models", headers={"Authorization": "Bearer me:a word"}).status_code == 200
    assert client.get("/", auth=("me", "another word")).status_code == 401


def test_gradios_own_way_for_programs_asks_for_the_key_too(opened):
    client = opened(LIT_API_KEY="one-key")
    values = DEFAULTS | {"style": "any"} | DRAGON
    body = {"data": [values[name] for name in SETTINGS]}
    for path in ("run/generate", "call/generate", "api/generate", "queue/join"):
        assert client.post(f"/gradio_api/{path}", json=body).status_code == 401
    key = {"Authorization": "Bearer one-key"}
    assert client.post("/gradio_api/run/generate", json=body, headers=key).json()["data"]
    assert client.get("/").status_code == 200
