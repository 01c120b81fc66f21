"""The application over HTTP: its API, its guards, and what it says while the model loads."""

import re
import threading
from pathlib import Path

import httpx
import pytest
from conftest import make_pipeline
from gradio_client import Client
from gradio_client.exceptions import AppError
from serving import serving, wait_until

from lit.settings import DEFAULTS, SETTINGS, read_png
from lit.studio import tabs
from lit.studio.shell import theme
from lit.studio.tabs import TABS
from lit.styles import STYLES


@pytest.fixture(scope="module")
def served(tmp_path_factory, small_pipeline):
    with serving(lambda: small_pipeline, tmp_path_factory.mktemp("home")) as studio:
        yield studio


@pytest.fixture(scope="module")
def small_pipeline(text_encoder):
    return make_pipeline(text_encoder)


@pytest.fixture(scope="module")
def client(served):
    return Client(served.url, verbose=False)


def test_programs_without_a_session_have_nothing_in_common(served):
    """A name that all of them had could be claimed: a shared studio would show their pictures to whoever does."""
    values = DEFAULTS | {"prompt": "a fox", "style": "any", "num_inference_steps": 1, "width": 64, "height": 64}
    store = served.app.state.studio.store
    visitors = []
    for _ in range(2):
        before = set(served.home.glob("pictures/*"))
        body = {"data": [values[name] for name in SETTINGS]}
        httpx.post(f"{served.url}/gradio_api/run/generate", json=body, timeout=60).raise_for_status()
        (folder,) = set(served.home.glob("pictures/*")) - before
        visitors.append(store.get(folder.name).visitor)
    assert visitors[0] != visitors[1]


def test_the_api_draws_files_that_carry_their_settings(client, served):
    files = client.predict(
        prompt="a fox",
        style="blob",
        num_inference_steps=2,
        width=64,
        height=96,
        seed=7,
        num_images_per_prompt=2,
        api_name="/generate",
    )
    settings = [read_png(file)[0] for file in files]
    assert [one.seed for one in settings] == [7, 8]
    assert (settings[0].prompt, settings[0].style, settings[0].width, settings[0].height) == (
        "a fox",
        "blob",
        64,
        96,
    )
    kept = {path.name: path.read_bytes() for path in (served.home / "pictures").rglob("*.png")}
    for file in files:
        assert Path(file).read_bytes() == kept[Path(file).name]


def test_the_api_names_its_fields_and_nothing_else_is_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert list(endpoints) == ["/generate"]
    names = [parameter["parameter_name"] for parameter in endpoints["/generate"]["parameters"]]
    assert names[:3] == ["prompt", "style", "negative_prompt"]
    assert all(parameter["parameter_has_default"] for parameter in endpoints["/generate"]["parameters"])


@pytest.mark.parametrize(
    "values, message",
    [
        ({"prompt": " "}, "Type what to draw, for example"),
        ({"seed": 2**40}, "Seed cannot be 1099511627776. Choose a whole number from 0"),
        ({"width": 100}, "Width cannot be 100. Choose a multiple of 16"),
    ],
)
def test_the_api_refuses_in_words(client, values, message):
    with pytest.raises(AppError, match=re.escape(message)):
        client.predict(**{"prompt": "a fox", "num_inference_steps": 1} | values, api_name="/generate")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_a_foreign_host_is_refused(served, host):
    assert httpx.get(served.url, headers={"Host": host}).status_code == 400
    assert httpx.get(served.url).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_sites_page_sends_is_refused(served, site):
    def upload(**headers):
        return httpx.post(f"{served.url}/readings", json={"prompt": "a fox"}, headers=headers).status_code

    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
    assert upload(**headers) == 403
    assert httpx.get(f"{served.url}/config", headers=headers).status_code == 403
    assert upload(**{"Sec-Fetch-Site": "same-origin"}) == 200
    followed_a_link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert httpx.get(served.url, headers=followed_a_link).status_code == 200
    # Where a page is neither encrypted nor on this machine, browsers name the origin alone.
    assert upload(Origin="http://evil.example") == upload(Origin="null") == 403
    assert upload(Origin=served.url) == 200


def test_nothing_but_pictures_can_be_read(served):
    secret = served.home / "jobs.sqlite"
    assert secret.exists()
    for path in (secret, Path(__file__), "/etc/passwd"):
        assert httpx.get(f"{served.url}/gradio_api/file={path}").status_code in (403, 404)
    assert httpx.get(f"{served.url}/monitoring").status_code in (403, 404)
    assert httpx.get(f"{served.url}/docs").status_code == 404


def test_the_page_names_no_outside_font_or_script(served):
    html = httpx.get(served.url).text + httpx.get(f"{served.url}/theme.css").text
    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="(https?:[^"]+)"|url\((https?:[^)]+)\)', html)
    assert not loaded


def test_the_page_answers_before_the_model_is_there(tmp_path, small_pipeline):
    loaded = threading.Event()

    def slow():
        assert loaded.wait(20)
        return small_pipeline

    with serving(slow, tmp_path) as studio:
        assert httpx.get(studio.url).status_code == 200
        assert studio.app.state.studio.worker.model == "loading"
        client = Client(studio.url, verbose=False)
        job = client.submit(prompt="a fox", num_inference_steps=1, width=64, height=64, api_name="/generate")
        store = studio.app.state.studio.store
        wait_until(lambda: store.waiting() == 1)
        assert not job.done()
        loaded.set()
        assert len(job.result(timeout=60)) == 1


def test_strangers_may_not_ask_for_hours_of_drawing(tmp_path, small_pipeline):
    with serving(lambda: small_pipeline, tmp_path, public=True) as studio:
        client = Client(studio.url, verbose=False)
        with pytest.raises(AppError, match="This studio is shared"):
            client.predict(prompt="a fox", width=1024, height=1024, num_inference_steps=50, api_name="/generate")
        assert client.predict(prompt="a fox", num_inference_steps=1, width=64, api_name="/generate")


def test_each_folder_of_tabs_is_a_tab_of_the_page(served):
    assert {file.parent.name for file in Path(tabs.__file__).parent.glob("*/tab.py")} == set(TABS)
    html = httpx.get(served.url).text
    assert all(name in html for name in TABS.values())


def test_each_style_has_a_picture_in_the_picker():
    css = theme.style_pictures_css()
    for style in STYLES:
        assert re.search(rf'input\[value="{style}"\].*data:image/webp;base64,', css)
