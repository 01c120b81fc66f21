"""What the page "For programs" gives to paste, run by the clients that it is for: the very texts of the page."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from serve_studio import awaited
from serving import serving

from lit.serve.snippets import KEY
from lit.settings import read_png

SECRET = "a secret of sixteen or more"
CLOSED, OPEN = "shared", "open"


@pytest.fixture(scope="module", params=[OPEN, CLOSED])
def pasted(request, tmp_path_factory, paced) -> dict[str, str]:
    """The texts by their names, on a studio of one's own and on one that strangers share."""
    with serving(lambda: paced, tmp_path_factory.mktemp("home"), public=request.param == CLOSED) as studio:
        studio.app.state.studio.worker.pipeline()
        page = httpx.get(f"{studio.url}/api").text
        assert f'data-kind="{request.param}"' in page and ("Bearer" in page) == (request.param == CLOSED)
        texts = re.findall(r'<pre [^>]*id="(\w+)">(.*?)</pre>', page, re.S)
        yield {name: html.unescape(re.sub(r"</?span[^>]*>", "", text)).replace(KEY, SECRET) for name, text in texts}


def run(folder: Path, *command: str, said: str = "") -> str:
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl(pasted, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("no curl")
    run(tmp_path, "sh", "-e", said=pasted["curl"])
    (file,) = tmp_path.iterdir()
    assert read_png(file)[0].prompt == "a blue dragon" and file.name.startswith("a-blue-dragon-")


@pytest.mark.parametrize(("name", "files"), [("openai", ["dragon-0.png", "dragon-1.png"]), ("python", ["dragon.png"])])
def test_python(pasted, tmp_path, monkeypatch, name, files):
    monkeypatch.chdir(tmp_path)
    exec(pasted[name], {})  # here, where its client is imported already
    assert sorted(file.name for file in tmp_path.iterdir()) == files
    settings, _ = read_png(tmp_path / files[-1])
    assert (settings.prompt, settings.seed) == ("a blue dragon", 7 + len(files) - 1)


def test_gradios_client(pasted):
    found: dict = {}
    exec(pasted["gradio"], found)
    assert [read_png(file)[0].prompt for file in found["files"]] == ["a blue dragon"] * 2


def test_javascript(pasted, tmp_path):
    if not (node := shutil.which("node")):
        pytest.skip("no node")
    url = run(tmp_path, node, "--input-type=module", said=pasted["javascript"]).strip()
    assert httpx.get(url).content.startswith(b"\x89PNG")


def test_an_assistants_configuration(pasted):
    (server,) = json.loads(pasted["vscode"])["servers"].values()
    (bridged,) = json.loads(pasted["claude"])["mcpServers"].values()
    assert server["type"] == "http" and server["url"] in bridged["args"]
    headers = server.get("headers", {})
    assert [f"{name}: {value}" for name, value in headers.items()] == bridged["args"][4:]

    async def tools():
        http = httpx2.AsyncClient(headers=headers)
        async with Client(streamable_http_client(server["url"], http_client=http)) as client:
            return (await client.list_tools()).tools

    assert len(awaited(tools())) == 5


def test_base_urls(pasted):
    headers = {"Authorization": f"Bearer {SECRET}"}
    assert httpx.get(f"{pasted['chat']}/models", headers=headers).status_code == 200
    assert httpx.get(f"{pasted['a1111']}/sdapi/v1/sd-models", headers=headers).status_code == 200
