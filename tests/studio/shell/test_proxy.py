"""Behind a reverse proxy: under the proxy's name and below a path, as docs/deployment.md says."""

import contextlib
import re
import shutil
from pathlib import Path

import httpx
import pytest
from conftest import make_pipeline
from gradio_client import Client
from proxies import through_nginx, through_python
from serving import serving

NAME = "studio.example"  # what visitors type


@pytest.fixture(scope="module", params=["python", "nginx"])
def proxied(request, text_encoder, tmp_path_factory):
    """The page's address at the proxy, and the studio behind it."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "nginx" and not shutil.which("nginx"):
        pytest.skip("no nginx (Debian: apt install nginx-light)")
    options = {"hosts": (NAME,), "root_path": "/studio"}
    with (
        serving(lambda: make_pipeline(text_encoder), folder / "home", **options) as studio,
        contextlib.ExitStack() as stack,
    ):
        through = through_python(studio.url, "/studio")
        if request.param == "nginx":
            through = through_nginx(studio.url, "/studio", folder)
        yield stack.enter_context(through), studio


def get(url, host=NAME, **headers):
    return httpx.get(url, headers={"Host": host} | headers)


def test_the_page_and_all_that_it_names_are_below_the_path(proxied):
    url, _ = proxied
    page = get(f"{url}/")
    assert page.status_code == 200
    root = re.search(r'"root":"([^"]*)"', page.text)[1]
    assert root == f"http://{NAME}/studio"
    files = set(re.findall(r'(?:src|href)="(?:\./)?([^":]+\.(?:js|css))"', page.text))
    assert files
    for file in files:
        below = file.removeprefix("/studio").lstrip("/")
        assert get(f"{url}/{below}").status_code == 200, file


def test_the_guards_stay_closed(proxied):
    url, studio = proxied
    assert get(f"{url}/config", host="evil.example").status_code == 400
    assert get(f"{url}/config", host=f"{NAME}.evil.example").status_code == 400
    assert get(f"{url}/config", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status_code == 403
    assert get(f"{studio.url}/config", host="evil.example", **{"X-Forwarded-Host": NAME}).status_code == 400


def test_a_proxy_that_keeps_the_path_is_served_too(proxied):
    _, studio = proxied
    assert get(f"{studio.url}/studio/config").json()["root"].endswith("/studio")


def test_drawings_and_their_files_come_through(proxied):
    url, _ = proxied
    client = Client(f"{url}/", verbose=False, headers={"Host": NAME, "X-Forwarded-Host": url.split("/")[2]})
    (file,) = client.predict(prompt="a fox", num_inference_steps=1, width=64, height=64, api_name="/generate")
    assert Path(file).read_bytes().startswith(b"\x89PNG")
