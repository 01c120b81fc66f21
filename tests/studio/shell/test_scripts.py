"""The tabs' scripts over HTTP: as scripts, always the newest, and to our own page only."""

import mimetypes
import re

import httpx
import pytest
from serving import serving

from lit.errors import LiTError
from lit.studio.shell.scripts import MOUNT, first_modules, preloading
from lit.studio.shell.theme import ASSETS


def no_model():
    raise LiTError("There is no model")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(no_model, tmp_path_factory.mktemp("home")) as studio:
        yield studio


@pytest.fixture
def script(served):
    return f"{served.url}{MOUNT}/ui.js"


def test_a_script_is_a_script_whatever_the_system_calls_it(script, monkeypatch):
    """On Windows a registry entry may say text/plain, and browsers refuse such a module."""
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("text/plain", None))
    monkeypatch.setattr("starlette.responses.guess_type", mimetypes.guess_type)
    answer = httpx.get(script)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.content == (ASSETS / "ui.js").read_bytes()


def test_an_update_of_the_studio_is_seen(script):
    """Kept copies are asked about each time, and what has not changed is not sent again."""
    first = httpx.get(script)
    assert first.headers["cache-control"] == "no-cache"
    again = httpx.get(script, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"") and again.headers["cache-control"] == "no-cache"
    assert httpx.get(script, headers={"If-None-Match": '"of-another-version"'}).content == first.content


def test_every_module_is_there_before_its_tab_is_opened(served):
    """Named in the page's head, relative to the page; on a page under a sub-path too."""
    modules = re.findall(r'"(static-lit/[^"]*)"', preloading())
    assert len(modules) == len(set(modules)) == len(list(ASSETS.rglob("*.js")))
    assert all(httpx.get(f"{served.url}/{module}").status_code == 200 for module in modules)
    assert preloading().strip() in httpx.get(f"{served.url}/config").json()["head"]


def test_a_page_that_opens_fetches_less_than_150_kilobytes_of_them(served):
    first = first_modules()
    assert {"generate/start.js", "ui.js", "asking.js"} <= first and "scope/panel.js" not in first
    assert sum((ASSETS / module).stat().st_size for module in first) < 150_000


def test_scripts_are_sent_compressed_to_whom_it_suits(script):
    assert httpx.get(script, headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in httpx.get(script, headers={"Accept-Encoding": "identity"}).headers


def test_scripts_are_guarded_like_the_page(served, script):
    assert httpx.get(script, headers={"Host": "evil.example"}).status_code == 400
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert httpx.get(script, headers=foreign).status_code == 403
    assert httpx.get(script, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    for outside in ("../shell/app.py", "%2e%2e/shell/app.py", "..%2fshell%2fapp.py", "scope", ""):
        assert httpx.get(f"{served.url}{MOUNT}/{outside}").status_code == 404
