"""The page as an application, and how programs draw: what is answered over HTTP."""

import io
import re

import httpx
import pytest
from PIL import Image
from serving import serving
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lit.errors import LiTError
from lit.studio.shell import installing
from lit.studio.shell.installing import routes


def no_model():
    raise LiTError("There is no model")


@pytest.fixture(scope="module", params=["", "/studio"])
def below(request, tmp_path_factory):
    """The page's address, at the top of a site and below a path."""
    with serving(no_model, tmp_path_factory.mktemp("home"), root_path=request.param) as studio:
        yield f"{studio.url}{request.param}/"


def test_the_manifest_is_the_pages_own_and_its_icons_are_what_it_says(below):
    answer = httpx.get(f"{below}manifest.json")
    manifest = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("./", "./", "standalone")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"] if icon["purpose"] == "any"}
    (maskable,) = [icon for icon in manifest["icons"] if icon["purpose"] == "maskable"]
    for icon in manifest["icons"]:
        image = Image.open(io.BytesIO(httpx.get(f"{below}{icon['src']}").content))
        assert f"{image.width}x{image.height}" == icon["sizes"]
        assert (icon is maskable) == (image.convert("RGBA").getextrema()[3] == (255, 255))  # nothing to see through
    for address in re.findall(r'href="([^"]+)"', installing.HEAD):
        assert httpx.get(f"{below}{address}").status_code == 200


def test_the_worker_is_a_script_of_the_whole_page_that_is_asked_about_each_time(below):
    answer = httpx.get(f"{below}worker.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "VERSION_OF_AWAY" not in answer.text
    away = httpx.get(f"{below}away.html").text
    assert "--lit-paper" in away and "<svg" in away
    assert not re.search(r'(src|href)="', away)  # it stands alone


def test_another_page_is_another_worker(monkeypatch):
    def worker():
        return TestClient(Starlette(routes=routes())).get("/worker.js").text

    before = worker()
    assert worker() == before
    monkeypatch.setattr(installing, "logo", lambda: "<svg></svg>")
    assert worker() != before


def test_other_sites_are_refused_as_everywhere(below):
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    for name in ("manifest.json", "worker.js", "away.html", "api"):
        assert httpx.get(f"{below}{name}", headers=foreign).status_code == 403
        assert httpx.get(f"{below}{name}", headers={"Host": "evil.example"}).status_code == 400
