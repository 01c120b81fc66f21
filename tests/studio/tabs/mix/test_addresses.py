"""Mixes over HTTP: the ends are the drawings, to the byte; what is asked wrongly is said beside its side."""

import io

import httpx
import pytest
from conftest import make_pipeline
from PIL import Image, ImageSequence
from serving import serving, wait_until

from lit.settings import GenerationSettings, read_png

OTHERS = {"width": 64, "height": 64, "num_inference_steps": 4, "output_scale": 1}
CAT = {"prompt": "a cat", "style": "noto", "seed": 3}
ROBOT = {"prompt": "ein Roboter", "style": "blob", "seed": 8, "guidance_scale": 6}
DOG = {"prompt": "🐶", "style": "noto", "seed": 5}


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    pipeline = make_pipeline(text_encoder)
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home"), public=True) as studio:
        wait_until(lambda: studio.app.state.studio.worker.live.speed is not None)
        yield studio


def ask(served, what, sides=(CAT, ROBOT), shares=(0.3, 0.7), others=OTHERS, **more):
    values = {"sides": list(sides), "shares": list(shares), "others": others}
    asked = {"visitor": "ann", "page": "p", "number": 1, "values": values} | more
    return httpx.post(f"{served.url}/mix/{what}", json=asked, timeout=30)


def drawn(served, **asked):
    """The file of a mix that has been queued, and its settings."""
    store = served.app.state.studio.store
    job = ask(served, "draw", **asked).json()["job"]
    wait_until(lambda: not store.get(job).active)
    (file,) = store.get(job).files
    return file, read_png(file)[0]


def picture(served, **settings):
    pipeline = served.app.state.studio.worker.pipeline()
    (made,) = pipeline.start(GenerationSettings(**OTHERS | settings))
    return made.image


def test_a_mix_is_queued_and_its_shares_add_up_to_one(served):
    file, settings = drawn(served, shares=(3, 7))
    assert settings.prompt == "a cat:0.3 | a robot:0.7" and settings.style == "blob"
    assert (settings.seed, settings.variation_seed) == (3, 8)
    assert file in served.app.state.studio.store.recent(9, "ann").pictures
    _, three = drawn(served, sides=(CAT, ROBOT, DOG), shares=(2, 1, 1))
    assert three.prompt == "a cat:0.5 | a robot:0.25 | a dog face:0.25"


@pytest.mark.parametrize(
    "shares, end",
    [((1, 0), CAT), ((0, 1), ROBOT | {"prompt": "a robot", "guidance_scale": 6.0})],
)
def test_at_the_ends_a_mix_is_the_drawing_itself_to_the_byte(served, shares, end):
    own = picture(served, **end)
    file, settings = drawn(served, shares=shares)
    assert settings == GenerationSettings(**OTHERS | end)
    assert Image.open(file).tobytes() == own.tobytes()
    live = ask(served, "live", shares=shares, number=2, settled=True, page=f"{shares}")
    assert Image.open(io.BytesIO(live.content)).convert("RGBA").tobytes() == own.tobytes()


def test_a_way_goes_from_end_to_end_and_its_loop_back_with_its_transparency(served):
    assert ask(served, "plan", frames=5).json()["said"].startswith("5 pictures, about ")
    way = ask(served, "way", frames=5).json()["id"]
    comparison = served.app.state.studio.worker.comparisons.find(way)
    early = httpx.get(f"{served.url}/mix/loops/{way}.png")
    assert early.status_code == 409 or not comparison.active
    wait_until(lambda: not comparison.active)
    frames = [cell.picture.image() for cell in comparison.cells]
    assert frames[0].tobytes() == picture(served, **CAT).tobytes()
    assert frames[-1].tobytes() == picture(served, **ROBOT | {"prompt": "a robot"}).tobytes()
    for suffix, kind in (("png", "PNG"), ("webp", "WEBP")):
        answer = httpx.get(f"{served.url}/mix/loops/{way}.{suffix}")
        file = Image.open(io.BytesIO(answer.content))
        moving = [frame.convert("RGBA") for frame in ImageSequence.Iterator(file)]
        assert (file.format, file.n_frames, file.info["loop"]) == (kind, 8, 0)
        assert answer.headers["content-type"] == f"image/{suffix}"
        if suffix == "png":  # to the bit, there and back
            expected = [*frames, *frames[-2:0:-1]]
            assert [one.tobytes() for one in moving] == [one.tobytes() for one in expected]
        assert all(one.getchannel("A").getextrema()[0] < 255 for one in moving)
    assert served.app.state.studio.store.recent(9).pictures == served.app.state.studio.store.recent(9, "ann").pictures


@pytest.mark.parametrize(
    "change, field, sentence",
    [
        ({"sides": (CAT, ROBOT | {"prompt": " "})}, "1 prompt", "Type what to draw"),
        ({"sides": (CAT | {"seed": -5}, ROBOT)}, "0 seed", "Seed cannot be -5. Choose a whole number"),
        ({"shares": (0, 0)}, "shares", "Shares: “[0, 0]” will not do. Needed: a number from 0"),
        ({"shares": (1,)}, "shares", "Shares: “[1]” will not do"),
        ({"sides": (CAT,) * 5, "shares": (1,) * 5}, "drawings", "2 to 4"),
        ({"others": OTHERS | {"width": 100}}, "width", "Width cannot be 100"),
        ({"others": OTHERS | {"variation_strength": 0.5}}, "variation_strength", "to be mixed"),
        ({"sides": (CAT | {"prompt": "|".join(f"{letter}:1" for letter in "abcdefgh")}, ROBOT)}, "prompt", "at most 8"),
    ],
)
def test_what_cannot_be_mixed_is_said_beside_what_it_is_about(served, change, field, sentence):
    answer = ask(served, "draw", **change)
    assert answer.status_code == 422 and answer.json()["field"] == field and sentence in answer.json()["error"]


@pytest.mark.parametrize("frames", [1, 121, 2.5, "many"])
def test_a_way_has_a_number_of_frames(served, frames):
    answer = ask(served, "way", frames=frames)
    assert answer.json()["field"] == "frames" and "2 to 120" in answer.json()["error"]


def test_what_strangers_may_not_have_drawn_is_refused_before(served):
    assert "This studio is shared" in ask(served, "way", frames=120, others={"num_inference_steps": 20}).json()["error"]


@pytest.mark.parametrize(
    "values",
    [None, {}, {"sides": [CAT], "shares": [1]}, {"sides": [CAT, 7], "shares": [1, 1]}, {"sides": [CAT, ROBOT]}]
    + [{"sides": [CAT, ROBOT | {"width": 64}], "shares": [1, 1]}, {"sides": [CAT, CAT], "shares": [1, 1], "others": 7}],
)
def test_a_request_of_another_shape_is_refused(served, values):
    asked = {"visitor": "ann", "values": values}
    answer = httpx.post(f"{served.url}/mix/draw", json=asked)
    assert answer.status_code == 409 and "Reload it" in answer.json()["error"]


def test_emoji_are_named_in_the_language_that_is_asked_for(served):
    def emoji(language):
        return {one[0]: one[1:] for one in httpx.get(f"{served.url}/mix/emoji?language={language}").json()}

    german, english = emoji("de-AT"), emoji("xx")
    assert german["🦋"][0] == "schmetterling" and "butterfly" in german["🦋"][1]
    assert "tier" in german["🐱"][1].split() or "katze" in german["🐱"][0]
    assert english["🦋"][0] == "butterfly" and len(german) == len(english) > 1800


def test_a_way_that_is_gone_is_said(served):
    answer = httpx.get(f"{served.url}/mix/loops/unknown.png")
    assert answer.status_code == 409 and "no longer there" in answer.json()["error"]
