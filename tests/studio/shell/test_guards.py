"""What stands in front of the page: hosts, other sites, Gradio's unused addresses, bodies, half requests, headers."""

import gzip
import re
import socket

import brotli
import httpx
import pytest
from conftest import make_pipeline
from serving import serving
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from lit.studio.shell import connections, guards
from lit.studio.shell.bodies import file_name
from lit.studio.shell.guards import NEARBY, BoundedBodies, KnownHosts, OnlyUsed, allowed_hosts
from lit.studio.shell.headers import SafeHeaders, scripts_of


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    with serving(lambda: make_pipeline(text_encoder), tmp_path_factory.mktemp("home"), public=True) as studio:
        yield studio


def answering(*middleware, routes=()) -> TestClient:
    """An application behind middleware, each (class, options)."""
    app = Starlette(routes=[Route("/{rest:path}", _said, methods=["GET", "POST"]), *routes])
    for kind, options in middleware:
        app.add_middleware(kind, **options)
    return TestClient(app)


async def _said(request):
    await request.body()
    return PlainTextResponse(f"{request.headers.get('x-forwarded-host')}")


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("192.168.1.5:7860", True),
        ("[fe80::1]:7860", True),
        ("my-desktop:7860", True),
        ("desktop.local", True),
        ("Desktop.LAN", True),
        ("localhost", True),
        ("evil.example", False),
        ("192.168.1.5.evil.example", False),
        ("local.example", False),
        ("a@b", False),
        ("", False),
    ],
)
def test_who_listens_on_all_addresses_is_reached_by_what_nobody_can_rebind(host, near):
    client = answering((KnownHosts, {"hosts": allowed_hosts((NEARBY,))}))
    answer = client.get("/", headers={"Host": host})
    assert (answer.status_code == 200) == near
    assert near or "--allow-host" in answer.text


def test_a_name_that_a_proxy_is_said_to_have_counts_only_where_it_is_known():
    client = answering((KnownHosts, {"hosts": allowed_hosts(("studio.example",))}))
    known = {"Host": "studio.example"}
    assert client.get("/", headers=known | {"X-Forwarded-Host": "evil.example"}).text == "None"
    assert client.get("/", headers=known | {"X-Forwarded-Host": "studio.example"}).text == "studio.example"


def test_gradio_is_asked_only_for_what_the_page_uses(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a.png").touch()
    (tmp_path / "b.png").touch()
    (tmp_path / "cache" / "link.png").symlink_to(tmp_path / "b.png")
    client = answering((OnlyUsed, {"cache": tmp_path / "cache"}))

    def status(path):
        return client.get(path).status_code

    used = ("/", "/config", "/assets/a/b.js", "/gradio_api/queue/data", "/gradio_api/run/generate")
    assert {status(path) for path in (*used, f"/gradio_api/file={tmp_path}/cache/a.png")} == {200}
    closed = (
        "/pwa_icon/9999999",
        "/gradio_api/proxy=http://a",
        "/gradio_api/upload",
        "/monitoring",
        "/docs",
        "/configs",
    )
    files = (f"{tmp_path}/b.png", f"{tmp_path}/cache/../b.png", f"{tmp_path}/cache/link.png", "https://example.com/")
    files = (*files, f"{tmp_path}/cache", "a" * 5000, "%00")
    assert {status(path) for path in (*closed, *(f"/gradio_api/file={one}" for one in files))} == {404}


def test_a_body_larger_than_any_question_is_not_read(monkeypatch):
    monkeypatch.setattr(guards, "BODY", 1000)
    client = answering((BoundedBodies, {}))
    assert client.post("/", content=b"a" * 1000).status_code == 200
    assert client.post("/", content=b"a" * 1001).status_code == 413
    assert client.post("/", content=(b"a" * 500 for _ in range(3))).status_code == 413  # in chunks, of no said length


def test_half_a_request_ends(served, monkeypatch):
    monkeypatch.setattr(connections, "QUIET", 0.3)
    host, port = served.url.removeprefix("http://").split(":")
    head = f"POST /readings HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    whole = f"GET /manifest.json HTTP/1.1\r\nHost: {host}\r\n\r\n"
    for said in ("", "GET / HT", head, f"{head}\r\n", f"{head}\r\n{{", f"{whole}GET / HT"):
        with socket.create_connection((host, int(port)), timeout=20) as one:
            one.sendall(said.encode())
            while one.recv(65536):  # what answers the whole one
                pass


def _packed(path: str, page: bytes, encoding: str) -> Route:
    """The page at `path`, packed."""
    packed = {"identity": page, "gzip": gzip.compress(page), "br": brotli.compress(page)}[encoding]

    async def shown(request):
        return Response(packed, media_type="text/html", headers={"Content-Encoding": encoding})

    return Route(path, shown)


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_a_page_names_its_own_scripts_and_no_other(encoding):
    page = b"<html><script>const a = 1</script><script src='b.js'></script><SCRIPT type=module>c()</SCRIPT></html>"
    app = Starlette(routes=[_packed("/", page, encoding)])
    app.add_middleware(SafeHeaders, framed_by=("https://frames.example",), inserted="<script>d()</script>")
    answer = TestClient(app).get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    hashes = re.findall(r"'sha256-[^']+'", policy["script-src"])
    texts = (b"d()", b"const a = 1", b"c()")
    assert hashes == [scripts_of(b"<script>%b</script>" % text)[0] for text in texts]
    assert (
        "'unsafe-inline'" not in policy["script-src"] and policy["frame-ancestors"] == "'self' https://frames.example"
    )
    assert answer.content == page


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_what_is_to_run_first_stands_before_gradios_own_scripts(encoding):
    page = b"<html><head><script>window.gradio_config = {}</script></head><body><p>&lt;head></body></html>"
    other = b"<html><head></head></html>"
    app = Starlette(routes=[_packed("/", page, encoding), _packed("/other", other, encoding)])
    app.add_middleware(SafeHeaders, before_gradio="<script>a()</script>")
    client = TestClient(app)
    answer = client.get("/")
    assert answer.content == page.replace(b"<head>", b"<head><script>a()</script>")
    assert scripts_of(b"<script>a()</script>")[0] in answer.headers["content-security-policy"]
    assert answer.headers["content-encoding"] == encoding and client.head("/").status_code == 200
    assert client.get("/other").content == other


def test_a_page_that_comes_in_parts_arrives_whole_and_other_answers_as_they_come():
    async def page(request):
        return HTMLResponse("<p>fox</p>" * 1000)

    app = Starlette(routes=[Route("/", page), Route("/said", _said)])
    app.add_middleware(SafeHeaders)
    client = TestClient(app)
    assert client.get("/").text == "<p>fox</p>" * 1000
    said = client.get("/said")
    assert said.headers["x-content-type-options"] == "nosniff" and "'none'" in said.headers["content-security-policy"]
    assert client.head("/").status_code == 200


def test_every_kind_of_answer_has_the_headers(served):
    for path in ("", "config", "api", "nothing", "static-lit/ui.js", "gradio_api/info", "away.html"):
        headers = httpx.get(f"{served.url}/{path}").headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "server" not in headers, path


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("a.png", "a.png"),
        ("../../a.png", "a.png"),
        ("..\\..\\a.png", "a.png"),
        ("a\0.png", "a.png"),
        ("..", "picture.png"),
        (".", "picture.png"),
        ("", "picture.png"),
        ("a/", "a"),
        ("\ud800", "picture.png"),
    ],
)
def test_an_uploads_name_is_one_that_a_folder_can_have(said, name):
    assert file_name(said) == name


def test_an_uploads_name_fits_every_file_system():
    name = file_name("🦊" * 300 + ".png")
    assert len(name.encode()) <= 100 and name.endswith("🦊.png")


def test_half_a_character_in_a_name_is_answered_in_words(served):
    body = b'{"visitor": "\\ud800"}'
    for path in ("drawings/open", "readings/earlier", "library/ask/page"):
        answer = httpx.post(f"{served.url}/{path}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422 and answer.json()["error"]
