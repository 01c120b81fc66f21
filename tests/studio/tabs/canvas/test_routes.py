"""Drawing over pictures over HTTP: what is answered, and to whom."""

import io
from base64 import b64decode, b64encode

import httpx
import numpy as np
import pytest
from conftest import make_pipeline
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from serving import serving, wait_until

from lit.sampling import registry
from lit.settings import SETTINGS, read_png
from lit.studio.tabs.canvas.tab import fields, strengths

VALUES = {"prompt": "a fox", "num_inference_steps": 2, "strength": 1.0}


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    with serving(lambda: make_pipeline(text_encoder), tmp_path_factory.mktemp("home"), public=True) as studio:
        yield studio


def sticker(size=(64, 64), seed=0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 4), dtype=np.uint8)
    return Image.fromarray(pixels, "RGBA")


def written(image, form="PNG", **more) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **more)
    return file.getvalue()


def base64(image) -> str:
    return b64encode(written(image)).decode()


def painted(box=(4, 4, 12, 12), size=(64, 64)) -> str:
    layer = Image.new("RGBA", size)
    layer.paste("white", box)
    return base64(layer)


def send(served, data, path="file", name="picture.png", visitor="ann", **more):
    headers = {"Content-Type": "application/octet-stream", "Lit-Visitor": visitor} | more
    address = f"{served.url}/canvas/{path}"
    return httpx.post(address, params={"name": name}, content=data, headers=headers, timeout=30)


def post(served, path, visitor="ann", **asked):
    return httpx.post(f"{served.url}/{path}", json={"visitor": visitor} | asked, timeout=30)


def opened(served, image, **more) -> dict:
    answer = send(served, written(image), **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def draw(served, kept, mode="whole", mask="", room=(0, 0, 0, 0), visitor="ann", **values):
    told = {"kept": kept, "mode": mode, "mask": mask, "room": list(room), "values": VALUES | values}
    return post(served, "canvas/draw", visitor, **told)


def drawn(served, answer) -> list:
    """The files of the job that was answered."""
    assert answer.status_code == 200, answer.text
    worker, job = served.app.state.studio.worker, answer.json()["job"]
    wait_until(lambda: not worker.view(job).job.active)
    job = worker.view(job).job
    assert job.state == "done", job.message
    return list(job.files)


def pixels(source) -> np.ndarray:
    return np.asarray(Image.open(source).convert("RGBA"))


def test_what_is_opened_is_the_picture_and_what_is_not_painted_stays_to_the_byte(served):
    image = sticker()
    found = opened(served, image)
    given = pixels(io.BytesIO(b64decode(found["data"])))
    assert (given == np.asarray(image)).all() and (found["width"], found["height"], found["opaque"]) == (64, 64, False)
    assert post(served, "canvas/picture", kept=found["kept"]).json()["data"] == found["data"]
    (file,) = drawn(served, draw(served, found["kept"], "paint", painted()))
    settings, _ = read_png(file)
    assert settings.image_sha256 == found["kept"] and settings.mask_sha256 and settings.strength == 1
    result = pixels(file)
    assert (result[32:] == given[32:]).all() and (result[:, 32:] == given[:, 32:]).all()
    assert (result[4:12, 4:12] != given[4:12, 4:12]).any()


def test_room_is_drawn_into_and_the_picture_stays(served):
    image = sticker()
    image.putalpha(255)
    kept = opened(served, image)["kept"]
    (file,) = drawn(served, draw(served, kept, "room", room=(0, 16, 32, 0)))
    result = pixels(file)
    assert result.shape == (80, 96, 4)
    assert (result[32:, :48] == np.asarray(image)[16:, :48]).all()  # from a dozen pixels beside the room on
    (file,) = drawn(served, draw(served, kept, "room", painted((0, 60, 8, 80), (96, 80)), room=(0, 16, 32, 0)))
    assert (pixels(file)[72:, :8] != np.asarray(image)[56:, :8]).any()


def test_a_drawing_leads_back_to_what_it_was_drawn_over(served):
    image = sticker(seed=1)
    kept = opened(served, image)["kept"]
    (file,) = drawn(served, draw(served, kept, "paint", painted(), strength=0.8))
    values = post(served, "drawings/settings", picture=f"{file.parent.name}/{file.name}").json()["values"]
    assert values["image_sha256"] == kept and values["strength"] == 0.8
    again = post(served, "canvas/again", values=values).json()
    assert again["kept"] == kept
    (second,) = drawn(served, draw(served, kept, "paint", again["mask"], strength=0.8))
    assert (pixels(second) == pixels(file)).all()
    said = post(served, "canvas/again", "bob", values=values)
    assert said.status_code == 503 and "another picture, which is needed" in said.json()["error"]
    carried = send(served, file.read_bytes(), "carried", visitor="bob").json()
    assert carried["kept"] == kept and carried["mask"] == again["mask"]
    assert post(served, "canvas/again", "bob", values=values).json()["kept"] == kept
    # As the result itself it is the next picture.
    found = post(served, "canvas/picture", picture=f"{file.parent.name}/{file.name}").json()
    assert found["values"] == {"prompt": "a fox", "style": "any"} and "64 × 64 pixels" in found["said"]
    assert (pixels(io.BytesIO(b64decode(found["data"]))) == pixels(file)).all()


def test_it_is_verified_as_what_it_is(served):
    (file,) = drawn(served, draw(served, opened(served, sticker())["kept"], strength=0.6))
    ask = {"pictures": [f"{file.parent.name}/0"]}
    task = post(served, "library/ask/verify", **ask).json()["task"]
    found = {}
    while "result" not in found:
        found = post(served, "library/ask/progress", task=task).json()
        assert "error" not in found
    assert found["result"] == {"identical": True, "psnr": None, "differs": []}


def test_strangers_draw_over_their_own_pictures_only(served):
    kept = opened(served, sticker(seed=2))["kept"]
    for answer in (
        post(served, "canvas/picture", "bob", kept=kept),
        post(served, "canvas/cut", "bob", kept=kept, colour="", tolerance=0.1),
        draw(served, kept, visitor="bob"),
    ):
        assert answer.status_code == 422 and answer.json()["field"] == "picture"
        assert answer.json()["error"] == "Picture: nothing is there. Needed: one that is still there: open it again."


def test_a_photo_is_made_to_fit_and_its_background_cut_out(served):
    photo = Image.new("RGB", (1000, 500), "white")
    photo.paste("red", (400, 200, 600, 300))
    found = send(served, written(photo, "JPEG"), name="a photo.jpg").json()
    assert (found["width"], found["height"], found["opaque"]) == (512, 256, True) and found["border"] == "#ffffff"
    assert found["said"] == "a photo.jpg · 512 × 256 pixels, made smaller from 1000 × 500"
    cut = post(served, "canvas/cut", kept=found["kept"], colour="", tolerance=0.1).json()
    assert cut["kept"] != found["kept"] and not cut["opaque"]
    assert pixels(io.BytesIO(b64decode(cut["data"])))[0, 0].tolist() == [0, 0, 0, 0]
    gone = post(served, "canvas/cut", kept=found["kept"], colour="#ffffff", tolerance=1)
    assert gone.status_code == 422 and gone.json()["field"] == "tolerance"


FRAMES = [Image.new("RGBA", (64, 64), colour) for colour in ("red", "blue")]


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (written(Image.new("1", (8000, 16))), "giant.png", "8000 x 16 pixels” will not do. Needed: at most 4096"),
        (
            written(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
            "moving.webp",
            "2 frames” will not do. Needed: a still picture",
        ),
        (b"\0\0\0\x18ftypheic" + bytes(80), "photo.heic", "a PNG, WebP, JPEG, GIF or BMP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", "a PNG, WebP, JPEG, GIF or BMP"),
        (b"%PDF-1.4", "renamed.png", "Picture: “renamed.png” will not do"),
        (written(sticker())[:200], "cut.png", "a picture that can be read"),
        (b"", "../../../etc/passwd", "Picture: “passwd” will not do"),
        (bytes(20_000_001), "large.png", "larger than 20 MB"),
    ],
)
def test_a_file_that_cannot_be_drawn_over_is_a_sentence(served, data, name, said):
    answer = send(served, data, name=name)
    assert answer.status_code in (422, 503) and said in answer.json()["error"], answer.text


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"mode": "paint"}, "mask", "Mask: “nothing painted” will not do. Needed: some place to be drawn anew"),
        ({"mode": "paint", "mask": painted((0, 0, 0, 0))}, "mask", "nothing painted"),
        (
            {"mode": "paint", "mask": painted(size=(64, 80))},
            "mask",
            "“64 × 80 pixels” will not do. Needed: one of the picture's size",
        ),
        ({"mode": "paint", "mask": b64encode(b"GIF89a").decode()}, "mask", "a damaged file"),
        ({"mode": "room"}, "room", "Room: “none” will not do. Needed: some on one side"),
        ({"mode": "room", "room": (8, 0, 0, 0)}, "width", "Width cannot be 72. Choose a multiple of 16"),
        ({"mode": "room", "room": (0, 0, 0, 4096)}, "height", "Height cannot be 4160"),
        (
            {"mode": "room", "room": (0, -16, 0, 0)},
            "top",
            "Top: “-16” will not do. Needed: a whole number of pixels from 0",
        ),
        ({"mode": "room", "room": ("wide", 0, 0, 0)}, "left", "Left: “wide” will not do"),
        ({"strength": 0}, "strength", "Strength cannot be 0. Choose a number from 0.05 to 1"),
        ({"strength": 1.5}, "strength", "Strength cannot be 1.5"),
        ({"scheduler": "dpm++"}, "scheduler", "Scheduler cannot be dpm++. Choose flow-map, flow-euler, flow-heun"),
        ({"prompt": " "}, "prompt", "Type what to draw"),
        ({"num_inference_steps": 200, "mode": "room", "room": (0, 0, 960, 960)}, "", "This studio is shared"),
        ({"mode": "half"}, "", "Reload it"),
        ({"mode": "paint", "mask": "%%"}, "", "Reload it"),
    ],
)
def test_what_does_not_fit_is_a_sentence_about_its_field(served, asked, field, said):
    store = served.app.state.studio.store
    kept = opened(served, sticker())["kept"]
    before = store.latest_of("ann")
    answer = draw(served, kept, **asked)
    assert answer.status_code in (422, 503) and answer.json()["field"] == field, answer.text
    assert said in answer.json()["error"]
    assert store.latest_of("ann") == before


def test_a_picture_is_kept_only_for_somebody_and_other_sites_are_refused(served):
    data = written(sticker())
    assert "Reload it" in send(served, data, visitor="").json()["error"]
    assert send(served, data, **{"Content-Type": "text/plain"}).status_code == 503
    assert send(served, data, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "no longer there" in post(served, "canvas/picture", picture="../x").json()["error"]
    assert send(served, data, "carried").json()["field"] == "image"  # no settings in it
    info = PngInfo()
    info.add_text("lit", "{}")
    assert send(served, written(sticker(), pnginfo=info)).status_code == 200  # damaged settings are none


def test_the_form_asks_for_what_such_a_drawing_has():
    found = {field["name"]: field for field in fields()}
    assert {"prompt", "style", "strength", "seed"} < set(found) and not {"width", "image_sha256"} & set(found)
    assert {value for value, _ in found["scheduler"]["options"]} <= set(registry.STARTING)
    for strength in strengths().values():
        SETTINGS["strength"].check("strength", strength)
