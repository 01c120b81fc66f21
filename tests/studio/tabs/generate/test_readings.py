"""How words are read, completed, remembered and expanded, over HTTP."""

import httpx
import pytest
from conftest import make_pipeline
from serving import serving, wait_until

from lit.settings import GenerationSettings, read_png
from lit.studio.work.orders import Order

SMALL = {"width": 64, "height": 64, "num_inference_steps": 1}
MILLION = " ".join(["{a|b|c|d|e|f|g|h|i|j}"] * 6)


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "lists").mkdir()
    (home / "lists" / "animal.txt").write_text("cat\ndog\n", "utf-8")
    pipeline = make_pipeline(text_encoder)
    with serving(lambda: pipeline, home) as studio:
        yield studio


def ask(served, path, **fields):
    return httpx.post(f"{served.url}/{path}", json=fields, timeout=20)


def draw(served, prompt, visitor="ann", seed=0, **more):
    return ask(served, "drawings", visitor=visitor, values=SMALL | {"prompt": prompt, "seed": seed}, **more)


def finished(served, jobs):
    store = served.app.state.studio.store
    wait_until(lambda: not any(store.get(job).active for job in jobs))
    return [store.get(job) for job in jobs]


def test_a_template_is_counted_before_it_is_drawn(served):
    found = ask(served, "readings", prompt="ein {roter|grüner} __animal__").json()
    assert found["template"] == {"said": "4 prompts: ein roter cat, ein roter dog, ein grüner cat, …", "all": 4}
    assert found["notes"][0]["english"] == "red cat"  # each is read as what it becomes
    assert ask(served, "readings", prompt="a {cat} [x]").json()["template"] is None
    too_many = ask(served, "readings", prompt=MILLION).json()["template"]
    assert too_many["all"] == 0 and too_many["said"].startswith("1,000,000 prompts, at most 32 at once")
    (note,) = ask(served, "readings", prompt="a {red|blue").json()["notes"]
    assert "'}' to close it" in note["sentence"]


def test_all_of_a_template_are_jobs_whose_files_tell_it_and_their_own_prompt(served):
    template = "{red|blue} __animal__, noto"
    jobs = finished(served, draw(served, template, template="all").json()["jobs"])
    assert [job.settings.prompt for job in jobs] == [
        *("red cat, noto", "red dog, noto", "blue cat, noto", "blue dog, noto"),
    ]
    settings, provenance = read_png(jobs[2].files[0])
    assert (settings.prompt, settings.style, provenance["template"]) == ("blue cat", "noto", template)


def test_one_by_lot_is_the_seeds_and_the_live_picture_the_same(served):
    prompts = set()
    for seed in range(8):
        (job,) = finished(served, draw(served, "a {red|blue} cat", seed=seed).json()["jobs"])
        asked = {"visitor": "ann", "page": "p", "number": seed, "settled": True}
        values = SMALL | {"prompt": "a {red|blue} cat", "seed": seed}
        live = ask(served, "live/draw", **asked, values=values)
        assert live.headers["Lit-Caption"].startswith(job.settings.prompt.replace(" ", "%20"))
        prompts.add(job.settings.prompt)
    assert prompts == {"a red cat", "a blue cat"}


@pytest.mark.parametrize(
    "prompt, sentence",
    [
        (MILLION, "“1,000,000 prompts” will not do. Needed: at most 32 at once"),
        ("a {red|blue", "'}' to close it"),
        ("__cats__", "a list"),
    ],
)
def test_what_cannot_be_expanded_is_said_beside_the_words_and_nothing_is_drawn(served, prompt, sentence):
    before = served.app.state.studio.store.latest_of("eve")
    answer = draw(served, prompt, visitor="eve", template="all")
    assert answer.status_code == 422 and answer.json()["field"] == "prompt" and sentence in answer.json()["error"]
    assert before is None is served.app.state.studio.store.latest_of("eve")


def test_while_a_template_is_typed_nothing_is_drawn_live_and_nothing_refused(served):
    asked = {"visitor": "ann", "page": "typing", "number": 1, "settled": False}
    answer = ask(served, "live/draw", **asked, values=SMALL | {"prompt": "a {red|gr"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_of_too_many_one_is_drawn_all_the_same(served):
    (job,) = finished(served, draw(served, MILLION, template="random").json()["jobs"])
    assert job.state == "done" and len(job.settings.prompt.split()) == 6


def test_where_the_queue_has_no_room_for_all_none_is_drawn(served, monkeypatch):
    store = served.app.state.studio.store
    monkeypatch.setattr(store, "waiting", lambda held=False: 98)
    answer = draw(served, "{a|b|c} cat", visitor="eve", template="all")
    assert "no room for 3 drawings" in answer.json()["error"] and store.latest_of("eve") is None


def test_words_are_completed_by_names_with_their_emoji(served):
    found = ask(served, "readings/completions", prompt="a blue butterf").json()["found"]
    assert found[0] == {"name": "butterfly", "emoji": "🦋", "text": "a blue butterfly"}
    assert ask(served, "readings/completions", prompt="").json()["found"] == []


def test_earlier_prompts_are_the_visitors_own_the_newest_first(served):
    for prompt in ("a first cat", "a second cat"):
        draw(served, prompt, visitor="bob")
    found = ask(served, "readings/earlier", visitor="bob").json()["prompts"]
    assert found == ["a second cat", "a first cat"]
    assert ask(served, "readings/earlier", visitor="nobody").json()["prompts"] == []
    assert "Reload it" in ask(served, "readings/earlier").json()["error"]


def test_a_job_keeps_its_template_over_a_restart_of_the_list(served):
    store = served.app.state.studio.store
    job = store.add("cat", GenerationSettings("a red cat", **SMALL), Order(template="a {red|blue} cat"))
    assert store.get(job.id).order.provenance == {"template": "a {red|blue} cat"}
    assert store.get(job.id).settings.prompt == "a red cat"
    assert store.add("cat", GenerationSettings("a cat", **SMALL)).order.provenance == {}
