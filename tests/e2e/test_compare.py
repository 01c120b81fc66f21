"""The Compare tab in a real browser; a small random model and its teacher draw."""

import re

import pytest
from access import barriers, too_wide
from conftest import make_pipeline
from PIL import Image
from playwright.sync_api import expect
from serving import HELD, Paced, serving, wait_until


@pytest.fixture(scope="module")
def pipeline(text_encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    teacher = make_pipeline(text_encoder, prediction_type="flow", token_mixer="softmax")
    teacher.transformer.save_pretrained(folder / "teacher")
    own = make_pipeline(text_encoder)
    own.register_to_config(_name_or_path=str(folder))
    return Paced(own)


@pytest.fixture(scope="module")
def served(pipeline, tmp_path_factory):
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home")) as studio:
        yield studio


def opened(context, served):
    page = context.new_page()
    page.outside, page.errors = [], []
    page.on("request", lambda request: page.outside.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(served.url)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".cmp-plan")).to_contain_text("about")
    return page


def draw(page):
    page.evaluate("document.querySelector('.cmp-said').textContent = ''")
    page.get_by_role("button", name="Draw them").press("Enter")
    expect(page.locator(".cmp-said")).to_have_text(re.compile(r"^Done: \d+ pictures? in [\d.]+ s\.$"))


def test_the_model_beside_its_teacher_by_keyboard(context, served, pipeline):
    pipeline.seconds = 0.0
    page = opened(context, served)
    expect(page.locator(".cmp-plan")).to_contain_text("The teacher is loaded first, once: about")
    draw(page)
    expect(page.get_by_role("button", name="Draw them")).to_be_focused()
    expect(page.locator(".cmp-noise")).to_have_text("Both from the same noise, of seed 0.")
    expect(page.locator(".cmp-difference-said")).to_contain_text(re.compile(r"PSNR \d+\.\d dB"))
    numbers = page.get_by_role("table").filter(has_text="Evaluations")
    expect(numbers.get_by_role("row", name="Evaluations")).to_contain_text("20, in two branches: 40 passes")
    expect(page.get_by_role("img", name=re.compile("^B: a blue butterfly .* Softmax teacher"))).to_be_visible()

    cut = page.get_by_role("slider", name="Where A ends")
    for _ in range(3):
        cut.press("ArrowRight")
    expect(cut).to_have_attribute("aria-valuetext", "A on the left 53%, B on the rest")
    assert page.locator(".cmp-stage").evaluate("stage => getComputedStyle(stage).getPropertyValue('--cut')") == "53%"

    cut.press("f")
    expect(page.get_by_role("radio", name="Flicker")).to_be_checked()
    for side in ("B", "A"):
        expect(page.locator(".cmp-front")).to_have_text(f"{side} is shown.")
    page.get_by_role("radio", name="Flicker").press("f")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()

    page.get_by_role("radio", name="Difference").press("Space")
    expect(page.get_by_role("img", name=re.compile("^Difference map. PSNR"))).to_be_visible()
    expect(page.locator(".cmp-most")).to_have_text(re.compile(r"^\d+ of 255$"))

    page.get_by_role("button", name=re.compile("^Show as B: .* LiT")).press("Enter")
    expect(page.locator(".cmp-difference-said")).to_have_text("The two are the same to the bit.")
    store = served.app.state.studio.store
    before = store.recent(99).pictures
    page.get_by_role("button", name=re.compile("^Keep: .* LiT")).press("Enter")
    expect(page.locator(".cmp-said")).to_contain_text("Kept")
    assert len(store.recent(99).pictures) == len(before) + 1
    for width in (375, 820, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(page) <= 0
    assert not barriers(page)
    assert not page.errors and all(url.startswith((served.url, "data:", "blob:")) for url in page.outside)


def test_a_grid_comes_cell_by_cell_is_stopped_found_after_a_reload_and_saved(context, served, pipeline, tmp_path):
    pipeline.seconds = 0.0
    page = opened(context, served)
    page.get_by_label("Vary across").select_option(label="Steps")
    page.get_by_label("Vary down").select_option(label="Seed")
    values = page.get_by_label("Steps: values, with commas")
    values.fill("2, many")
    notice = page.locator('[data-axis="x"]').get_by_role("alert")
    expect(notice).to_have_text("Steps cannot be many. Choose a whole number from 1 to 200.")
    values.fill("1, 2")
    expect(page.locator(".cmp-plan")).to_contain_text("8 pictures")
    expect(notice).to_have_count(0)
    page.get_by_label("Seed: values").fill("3, 4")
    draw(page)
    table = page.locator(".cmp-grid table")
    for name in ("1", "2"):
        expect(table.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
    for name in ("3", "4"):
        expect(table.get_by_role("rowheader", name=name, exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save all as one PNG").click()
    download.value.save_as(tmp_path / "sheet.png")
    width, height = Image.open(tmp_path / "sheet.png").size
    assert width > 2 * 256 and height > 2 * 256

    values.fill("40, 41")
    pipeline.seconds = HELD
    page.get_by_role("button", name="Draw them").click()
    expect(table.locator("td").filter(has_text=re.compile(r"Step \d+ of 40"))).to_be_visible()
    page.reload()
    page.get_by_role("tab", name="Compare").click()
    expect(table.locator("td").filter(has_text=re.compile(r"Step \d+ of 40"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    pipeline.seconds = 0.1
    expect(table.get_by_text("Not drawn")).to_have_count(4)
    expect(page.locator(".cmp-progress")).to_be_hidden()
    assert not page.errors


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_where_nothing_may_move_it_does_not_flicker_and_a_file_stays_on_the_page(
    browser, served, pipeline, scheme, tmp_path
):
    pipeline.seconds = 0.0
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, color_scheme=scheme, reduced_motion="reduce", has_touch=True
    )
    page = opened(context, served)
    page.get_by_label("Vary across").select_option(label="Seed")
    page.get_by_label("Seed: values").fill("1, 2")
    draw(page)
    expect(page.locator(".cmp-noise")).to_have_text("From different noise: seeds 1 and 2.")
    page.get_by_role("radio", name="Flicker").check()
    expect(page.locator(".cmp-still")).to_contain_text("asks for less motion")
    page.get_by_role("radio", name="Flicker").press("f")
    expect(page.locator(".cmp-front")).to_have_text("B is shown.")
    page.get_by_role("button", name="Show the other").click()
    expect(page.locator(".cmp-front")).to_have_text("A is shown.")

    Image.new("RGBA", (128, 64), "red").save(tmp_path / "red.png")
    (tmp_path / "no.png").write_text("no picture")
    page.get_by_label("Open a picture as A").set_input_files(tmp_path / "no.png")
    expect(page.locator(".cmp-viewer-notice")).to_contain_text("no.png is no picture")
    asked = len(page.outside)
    page.get_by_label("Open a picture as A").set_input_files(tmp_path / "red.png")
    expect(page.locator(".cmp-difference-said")).to_have_text(
        "No difference map: they have 128 × 64 and 512 × 512 pixels."
    )
    others = [url for url in page.outside[asked:] if not url.startswith("blob:")]
    assert not [url for url in others if not url.endswith("/look")]  # what has become of drawings is asked ever again
    expect(page.locator(".cmp-viewer-notice")).to_be_hidden()
    wait_until(lambda: too_wide(page) <= 0)
    assert not barriers(page)
    context.close()
