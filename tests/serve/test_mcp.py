"""Assistants: the MCP SDK's own client over HTTP."""

import asyncio
import base64
import json

import httpx
import pytest
from mcp import Client
from serve_studio import DRAGON, SMALL, awaited, slow, store_of
from serving import wait_until

from lit.settings import schema


def asking(url: str, ask, at: str = "mcp/", **options):
    """What `ask(client)` gives, of a client that has connected."""

    async def all_of_it():
        async with Client(f"{url}/{at}", **options) as client:
            return await ask(client)

    return awaited(all_of_it())


def call(url: str, name: str, **arguments):
    return asking(url, lambda client: client.call_tool(name, arguments))


def told(result) -> dict:
    return json.loads(result.content[-1].text)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_finds_five_tools_and_none_of_gradios(served, mode):
    found = asking(served.url, lambda client: client.list_tools(), mode=mode)
    names = {tool.name: tool for tool in found.tools}
    assert list(names) == ["draw", "sweep", "job", "describe_settings", "verify"]
    assert names["draw"].input_schema == schema()  # as the settings are declared
    assert all(tool.description and tool.input_schema["type"] == "object" for tool in found.tools)


def test_a_space_has_them_where_hugging_face_looks_for_them(served):
    """Where Gradio's own would be: it says that there are tools, lists them without MCP, and answers."""
    assert httpx.get(f"{served.url}/config").json()["mcp_server"] is True
    listed = httpx.get(f"{served.url}/gradio_api/mcp/schema").json()
    found = asking(served.url, lambda client: client.list_tools(), at="gradio_api/mcp/").tools
    assert [(one["name"], one["inputSchema"]) for one in listed] == [(one.name, one.input_schema) for one in found]


def test_a_drawing_is_a_picture_its_address_and_its_settings(served):
    result = call(served.url, "draw", **DRAGON, num_images_per_prompt=2)
    *pictures, text = result.content
    job = json.loads(text.text)
    assert not result.is_error and job["state"] == "done" and DRAGON.items() <= job["settings"].items()
    for picture, named in zip(pictures, job["pictures"], strict=True):
        assert picture.mime_type == "image/png"
        assert base64.b64decode(picture.data) == httpx.get(named["url"]).content


def test_an_assistant_sweeps_looks_verifies_and_describes(served):
    result = call(served.url, "sweep", settings={"prompt": "a cat", **SMALL}, axes={"seed": [1, 2, 3]})
    cells = told(result)["cells"]
    assert [cell["seed"] for cell in cells] == [1, 2, 3]
    along = {"settings": {"prompt": "a cat", **SMALL}, "ranges": {"guidance_scale": [1, 7]}, "budget": 5}
    swept = told(call(served.url, "sweep", **along))
    assert swept["state"] == "done" and len(swept["points"]) == 5
    assert told(call(served.url, "sweep", sweep=swept["id"], stop=True)) == swept  # which has ended
    done = call(served.url, "job", job=cells[-1]["job"], wait=30)
    assert [part.type for part in done.content] == ["image", "text"] and told(done)["settings"]["seed"] == 3
    assert told(call(served.url, "verify", picture=told(done)["pictures"][0]["id"]))["identical"]
    described = told(call(served.url, "describe_settings"))
    assert described["schema"] == schema() and "fluent-3d" in described["styles"]


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("draw", {}, "prompt"),
        ("draw", {"prompt": "x", "colour": 1}, "colour"),
        ("draw", {"prompt": "x", "guidance_scale": 30}, "guidance_scale"),
        ("sweep", {"settings": {"prompt": "x"}}, "axes"),
        ("sweep", {"settings": {"prompt": "x"}, "ranges": {"seed": [1, 2]}}, "ranges"),
        ("sweep", {"sweep": "none"}, "sweep"),
        ("job", {"job": "none"}, "job"),
        ("job", {"job": "none", "wait": 1e9}, "wait"),
        ("verify", {"picture": "../../etc/passwd"}, "picture"),
        ("generate", {}, "tool"),
    ],
)
def test_what_does_not_fit_is_a_result_that_says_what_would_do(served, name, arguments, field):
    result = call(served.url, name, **arguments)
    error = told(result)["error"]
    assert result.is_error and error["param"] == field and error["expected"]


def test_an_assistant_that_goes_stops_its_drawing_and_one_that_stops_says_so(served, paced):
    store = store_of(served)

    async def impatient(client):
        try:
            async with asyncio.timeout(1.0):
                await client.call_tool("draw", DRAGON | {"num_inference_steps": 100})
        except TimeoutError:
            return store.latest_of("api").id
        raise AssertionError("too fast")

    with slow(paced):
        gone = asking(served.url, impatient)
        wait_until(lambda: store.get(gone).state == "stopped")
        job = httpx.post(f"{served.url}/api/v1/jobs", json=DRAGON | {"num_inference_steps": 100}).json()["id"]
        assert told(call(served.url, "job", job=job, stop=True, wait=20))["state"] == "stopped"


def test_a_long_drawing_goes_on_behind_its_answer(served, paced, monkeypatch):
    with slow(paced), monkeypatch.context() as patch:
        patch.setattr("lit.serve.tools.PATIENCE", 0.3)
        job = told(call(served.url, "draw", **DRAGON | {"num_inference_steps": 8}))
    assert job.get("state") in ("queued", "running"), job
    assert "job" in job["next"]
    assert told(call(served.url, "job", job=job["id"], wait=30))["state"] == "done"
