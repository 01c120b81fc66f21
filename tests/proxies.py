"""Reverse proxies for tests: one in Python, and nginx as docs/deployment.md has it."""

import contextlib
import re
import subprocess
import threading
from pathlib import Path

import httpx
import uvicorn
from serving import wait_until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from lit.studio.shell.launch import listen

DOCS = Path(__file__).parents[1] / "docs/deployment.md"


@contextlib.contextmanager
def through_python(target: str, path: str):
    """A reverse proxy in a few lines: takes the path off, keeps the name, hands streams on as they come."""
    client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def forward(request: Request):
        url = target + request.url.path.removeprefix(path)
        asked = client.build_request(
            request.method,
            f"{url}?{request.url.query}",
            headers=[(name, value) for name, value in request.headers.raw if name != b"content-length"],
            content=await request.body(),
        )
        answer = await client.send(asked, stream=True)
        headers = {name: value for name, value in answer.headers.items() if name != "transfer-encoding"}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, headers, background=None)

    app = Starlette(routes=[Route(path + "/{rest:path}", forward, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
        server.should_exit = True
        thread.join(15)


@contextlib.contextmanager
def through_nginx(target: str, path: str, tmp_path: Path):
    """The example of docs/deployment.md, with this test's ports and folders."""
    example = re.search(r"```nginx\n(.*?)```", DOCS.read_text("utf-8"), re.S)[1]
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    example = example.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("http://127.0.0.1:7860", target)
    example = example.replace("/studio/", f"{path}/")
    folders = "".join(
        f"{kind}_temp_path {tmp_path / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"daemon off; pid {tmp_path / 'pid'}; error_log {tmp_path / 'log'}; events {{}}\n"
        f"http {{ access_log off; {folders}\n{example}\n}}"
    )
    process = subprocess.Popen(["nginx", "-p", tmp_path, "-c", config], stderr=subprocess.PIPE, text=True)

    def answers():
        assert process.poll() is None, process.stderr.read()
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}").status_code > 0

    try:
        wait_until(answers)
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()
