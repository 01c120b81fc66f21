"""What is done with a drawn picture, over HTTP: what is answered, and to whom."""

import io

import httpx
import numpy as np
import pytest
from conftest import make_pipeline
from library_rows import drawn
from PIL import Image
from serving import serving, wait_until

from lit.explore.variations import STRENGTHS
from lit.settings import DEFAULTS, SETTINGS, read_png
from lit.studio.tabs.generate.of_model import own_values
from lit.styles import STYLES


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    with serving(lambda: make_pipeline(text_encoder), tmp_path_factory.mktemp("home"), public=True) as studio:
        yield studio


def ask(served, path, visitor="ann", **fields) -> httpx.Response:
    return httpx.post(f"{served.url}/{path}", json={"visitor": visitor} | fields, timeout=30)


@pytest.fixture
def fox(served) -> str:
    """The id of a picture of ann's."""
    store = served.app.state.studio.store
    name = drawn(store, "a fox", side=64, seed=4, num_inference_steps=2, height=64, width=64)
    return f"{name.split('/')[0]}/{store.get(name.split('/')[0]).files[0].name}"


def ended(served, job) -> dict:
    def look():
        return httpx.post(f"{served.url}/drawings/look", json={"jobs": [job], "have": []}).json()

    wait_until(lambda: look()["ended"], 60)
    return look()["ended"][0]


def settings_of(served, shown) -> list:
    store = served.app.state.studio.store
    files = [store.pictures / one["id"] for one in shown["pictures"]]
    return [read_png(file)[0] for file in files]


def test_a_picture_is_marked_thrown_away_and_brought_back_by_its_owner_alone(served, fox):
    assert ask(served, "actions/about", picture=fox).json() == {"favourite": False}
    assert ask(served, "actions/favourite", picture=fox, on=True).json() == {"favourite": True}
    assert ask(served, "actions/about", picture=fox).json() == {"favourite": True}
    for name in ("about", "favourite", "throw_away", "bring_back", "file", "vary"):
        answer = ask(served, f"actions/{name}", "bob", picture=fox, form="webp", strength="some")
        assert answer.status_code == 503 and "no longer there" in answer.json()["error"], name
    assert ask(served, "actions/throw_away", picture=fox).json() == {"done": True}
    recent = ask(served, "drawings/recent").json()["recent"]
    assert fox not in [one["id"] for one in recent]
    shown = ask(served, "drawings/shown", job=fox.split("/")[0]).json()
    assert shown == {"active": False, "pictures": [], "layout": "", "around": None}
    assert ask(served, "actions/bring_back", picture=fox).json() == {"done": True}
    assert fox in [one["id"] for one in ask(served, "drawings/recent").json()["recent"]]


def test_each_form_comes_as_a_file_with_a_name(served, fox):
    for form, name, size in (
        ("drawn", "a-fox-4.png", (64, 64)),
        ("twice", "a-fox-4-2x.png", (128, 128)),
        ("border", "a-fox-4-border.png", (68, 68)),
        ("webp", "a-fox-4.webp", (64, 64)),
    ):
        answer = ask(served, "actions/file", picture=fox, form=form)
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
        image = Image.open(io.BytesIO(answer.content))
        assert image.size == size and f"image/{image.format.lower()}" == answer.headers["content-type"]


def test_variations_are_one_job_round_their_original_and_each_draws_itself_again(served, fox):
    job = ask(served, "actions/vary", picture=fox, strength="a little").json()["job"]
    shown = ended(served, job)
    assert shown["said"].startswith("Done: 8 stickers")
    assert (shown["layout"], shown["around"]["id"]) == ("varied", fox)
    found = settings_of(served, shown)
    assert len({one.variation_seed for one in found}) == 8
    assert {(one.prompt, one.seed, one.variation_strength) for one in found} == {("a fox", 4, STRENGTHS["a little"])}
    pipeline = served.app.state.studio.worker.pipeline()
    (again,) = pipeline.generate(found[5]).images
    file = served.app.state.studio.store.pictures / shown["pictures"][5]["id"]
    assert (np.asarray(again) == np.asarray(Image.open(file))).all()
    # Thrown away, the original is no longer among them.
    ask(served, "actions/throw_away", picture=fox)
    assert ask(served, "drawings/shown", job=job).json()["around"] is None


def test_all_styles_are_one_job_with_their_names_and_words_are_known_as_they_were_typed(served):
    values = {"prompt": "ein Fuchs", "seed": 6, "num_inference_steps": 2, "height": 64, "width": 64}
    job = ask(served, "drawings/styles", "eve", values=values | {"num_images_per_prompt": 4}).json()["job"]
    shown = ended(served, job)
    assert [one["label"] for one in shown["pictures"]][:2] == ["Noto", "Twemoji"]
    assert [(one.style, one.seed) for one in settings_of(served, shown)] == [(style, 6) for style in STYLES]
    assert shown["pictures"][0]["said"].startswith("ein Fuchs · drawn as a fox · Noto")
    opened = ask(served, "drawings/open", "eve").json()
    assert (opened["values"]["prompt"], opened["values"]["num_images_per_prompt"]) == ("ein Fuchs", 1)
    assert opened["shown"]["layout"] == "styles"
    file = served.app.state.studio.store.pictures / shown["pictures"][0]["id"]
    assert read_png(file)[0].prompt == "a fox" and read_png(file)[1]["typed"] == "ein Fuchs"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("actions/about", {"picture": 5}),
        ("actions/about", {"picture": "none/a.png"}),
        ("actions/about", {"picture": "../jobs.sqlite", "visitor": "ann"}),
        ("actions/file", {"form": "exe"}),
        ("actions/file", {"form": ["webp"]}),
        ("actions/vary", {"strength": {}}),
        ("actions/vary", {"strength": "wildly"}),
        ("actions/vary", {"strength": 2}),
        ("actions/favourite", {"visitor": ""}),
        ("drawings/styles", {"values": {"prompt": " "}}),
        ("drawings/shown", {"job": "none"}),
        ("drawings/shown", {"job": None}),
    ],
)
def test_whatever_is_asked_is_answered_with_a_sentence(served, fox, path, fields):
    answer = ask(served, path, **{"picture": fox} | fields)
    assert answer.status_code in (422, 503)
    assert answer.json()["error"].endswith(".") and len(answer.json()["error"]) < 200


def test_a_model_begins_as_it_is_drawn_best(tiny_pipeline, tiny_flow_pipeline, tiny_epsilon_pipeline):
    assert own_values(tiny_pipeline) == {}
    found = own_values(tiny_flow_pipeline)
    assert (found["scheduler"], found["num_inference_steps"]) == ("flow-euler", 20)
    assert found["schedulers"] == list(tiny_flow_pipeline.schedulers)
    assert own_values(tiny_epsilon_pipeline)["scheduler"] == "ddim"
    tiny_pipeline.autoencoder.register_to_config(usual_scale=1)  # a decoder that is not sharp at twice the size
    assert own_values(tiny_pipeline) == {"output_scale": 1}
    narrow = make_pipeline(tiny_pipeline.text_encoder, guidance_range=(1.0, 3.0))
    assert own_values(narrow) == {"guidance_scale": 3.0}
    assert set(found) - {"schedulers"} <= set(SETTINGS) & set(DEFAULTS)
