"""What is done with a sticker on the Generate page, in a real browser; a small random model draws."""

import re
from dataclasses import replace

import pytest
from access import barriers, too_wide
from conftest import make_pipeline
from generate_page import STILL, fill_more, more, opened, prompt
from PIL import Image
from playwright.sync_api import Page, expect
from serving import HELD, serving, wait_until

from lit.settings import read_png
from lit.styles import STYLE_LABELS

DRAGGED = """(image) => {
  const dataTransfer = new DataTransfer();
  image.dispatchEvent(new DragEvent("dragstart", { bubbles: true, cancelable: true, dataTransfer }));
  return ["DownloadURL", "text/uri-list"].map((kind) => dataTransfer.getData(kind));
}"""
COPIED = """async () => {
  const [item] = await navigator.clipboard.read();
  const { width, height } = await createImageBitmap(await item.getType("image/png"));
  return [width, height];
}"""
TOLD = """() => {
  window.told = {};
  for (const event of ["lit-draw-over", "lit-mix", "lit-export"]) {
    document.addEventListener(event, ({ detail }) => (told[event] = detail));
  }
}"""
GRID = """() => [...document.querySelectorAll("#result .lit-cell")].map((one) => {
  const box = one.getBoundingClientRect();
  return [Math.round(box.left), Math.round(box.top)];
})"""


@pytest.fixture
def page(context, served, pipeline) -> Page:
    pipeline.seconds = 0.0
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = opened(context, served)
    page.get_by_role("switch", name="Draw while I type").uncheck()
    fill_more(page, steps=1)
    return page


def draw(page, words):
    prompt(page).fill(words)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#caption")).to_contain_text(words)


def shown(page) -> str:
    return page.locator("#result img").first.get_attribute("src").split("/pictures/")[1]


def test_a_sticker_is_copied_dragged_and_saved_in_every_form(page, served):
    draw(page, "a taken fox")
    file = served.home / "pictures" / shown(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate(COPIED) == [512, 512]
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    page.evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("alert")).to_contain_text("This browser did not let the picture into the clipboard")
    page.evaluate("() => { delete globalThis.ClipboardItem; }")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("alert")).to_contain_text("from a page with https")

    download, address = page.locator("#result img").evaluate(DRAGGED)
    assert download == f"image/png:{file.name}:{address}"
    assert page.request.get(address).body() == file.read_bytes()

    # By keyboard: one stop, arrows inside, and back.
    button = page.get_by_role("button", name="Download as")
    button.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="As drawn")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="WebP")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.get_by_role("menu")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Vary")).to_be_focused()
    names = []
    for key in ("a", "t", "w", "End"):
        button.press("Enter")
        page.keyboard.press(key)
        with page.expect_download() as saved:
            page.keyboard.press("Enter")
        names.append(saved.value.suggested_filename)
        assert Image.open(saved.value.path()).size[0] >= 256
    stem = file.stem
    assert names == [f"{stem}.png", f"{stem}-2x.png", f"{stem}-border.png", f"{stem}.webp"]


def test_marks_stay_and_what_is_thrown_away_comes_back(page):
    draw(page, "a marked fox")
    star = page.get_by_role("button", name="Favourite")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(star).to_have_attribute("aria-pressed", "true")
    picture = shown(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("list", name="Stickers to begin with")).to_be_visible()
    expect(page.locator(f'#recent [data-picture="{picture}"]')).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#caption")).to_contain_text("a marked fox")
    expect(page.locator(f'#recent [data-picture="{picture}"]')).to_have_count(1)
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_variations_lie_round_their_original_and_styles_in_their_places(page, served, pipeline):
    draw(page, "a varied fox")
    original = shown(page)
    page.get_by_role("button", name="Vary").click()
    page.get_by_role("menuitem", name="Some").click()
    cells = page.locator("#result button")
    expect(cells).to_have_count(9)
    around = page.get_by_role("button", name="Original")
    expect(around).to_have_attribute("aria-pressed", "true")
    assert around.get_attribute("data-picture") == original
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("button", name="More…")).to_be_in_viewport(ratio=1)
    wait_until(lambda: page.evaluate(STILL))
    assert barriers(page) == []
    places = page.evaluate(GRID)
    assert sorted({top for _, top in places[:8]}) == [places[0][1], places[4][1]]
    assert places[0][1] < places[8][1] < places[4][1]
    drawn = [read_png(served.home / "pictures" / one.get_attribute("data-picture"))[0] for one in cells.all()]
    plain = [replace(one, variation_seed=0, variation_strength=0.0) for one in drawn]
    assert len({one.variation_seed for one in drawn[:8]}) == 8 and plain == [drawn[8]] * 9

    # They are one drawing: a reload finds it, and one of them thrown away leaves the others.
    page.reload()
    expect(around).to_be_visible()
    expect(cells).to_have_count(9)
    cells.nth(2).click()
    page.get_by_role("button", name="Delete").click()
    expect(cells).to_have_count(8)
    page.get_by_role("button", name="Undo").click()
    expect(cells).to_have_count(9)
    expect(cells.nth(2)).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="All styles").click()
    expect(page.locator('#result[data-layout="styles"] button')).to_have_count(8)
    assert cells.all_inner_texts() == list(STYLE_LABELS.values())
    places = page.evaluate(GRID)
    assert [place[0] for place in places[:4]] == [place[0] for place in places[4:]]
    assert len({place[1] for place in places[:4]}) == 1

    # Another tab had them drawn: they are shown, and gone on with.
    page.evaluate("(job) => document.dispatchEvent(new CustomEvent('lit-shown', { detail: { job } }))", original[:32])
    expect(page.locator("#result img")).to_have_count(1)
    expect(page.locator("#caption")).to_contain_text("a varied fox")
    assert shown(page) == original

    pipeline.seconds = HELD
    page.get_by_role("button", name="All styles").click()
    expect(page.locator("#stage")).to_contain_text(re.compile(r"Sticker \d of 8"))
    page.get_by_role("button", name="Stop", exact=True).click()
    pipeline.seconds = 0.5
    expect(page.locator("#notice")).to_contain_text("Stopped")


def test_a_sticker_goes_to_where_more_can_be_done_with_it(page):
    page.evaluate(TOLD)
    fill_more(page, pictures=2)
    draw(page, "a sent fox")
    expect(page.locator("#result button")).to_have_count(2)
    page.locator("#result button").nth(1).click()
    for name in ("Draw over", "Mix", "Export"):
        more(page, name)
        page.keyboard.press("Escape")
        page.get_by_role("tab", name="Generate").click()
    told = page.evaluate("told")
    picture = told["lit-mix"]["picture"]
    assert told == {
        "lit-draw-over": {"picture": picture},
        "lit-mix": {"picture": picture},
        "lit-export": {"pictures": [picture]},
    }
    assert picture["id"] == page.locator("#result button").nth(1).get_attribute("data-picture")
    assert picture["said"].startswith("a sent fox · ") and "seed 1" in picture["said"]

    more(page, "Compare")
    compare = page.get_by_role("tab", name="Compare")
    expect(compare).to_have_attribute("aria-selected", "true")
    expect(page.locator(".cmp-one")).to_contain_text("A: a sent fox")
    page.get_by_role("tab", name="Generate").click()
    page.locator("#result button").nth(0).click()
    more(page, "Compare")
    expect(page.locator(".cmp-caption-a")).to_contain_text("seed 0")
    expect(page.locator(".cmp-caption-b")).to_contain_text("seed 1")
    expect(page.locator(".cmp-difference-said")).to_contain_text("PSNR")


def test_on_a_phone_the_row_is_at_the_foot_and_becomes_progress_and_stop(browser, served, pipeline):
    pipeline.seconds = 0.0
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True)
    page = opened(context, served)
    page.get_by_role("switch", name="Draw while I type").uncheck()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done")
    for name in ("Copy", "Download as", "Vary", "Favourite", "Delete", "More…"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_in_viewport(ratio=1)
        assert button.bounding_box()["y"] > 620
    page.get_by_role("button", name="More…").click()
    for item in page.get_by_role("menuitem").all():
        expect(item).to_be_in_viewport(ratio=1)
    wait_until(lambda: page.evaluate(STILL))
    assert barriers(page) == []
    page.keyboard.press("Escape")
    pipeline.seconds = HELD
    page.get_by_role("button", name="Another").click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("progressbar", name="Drawing")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_hidden()
    stop.click()
    pipeline.seconds = 0.0
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_in_viewport(ratio=1)
    assert too_wide(page) <= 0
    context.close()


def test_a_page_of_another_model_begins_with_its_own_defaults_and_keeps_what_is_set(context, text_encoder, tmp_path):
    other = make_pipeline(text_encoder, prediction_type="epsilon", out_channels=16)
    with serving(lambda: other, tmp_path) as studio:
        page = opened(context, studio)
        fill_more(page, seed=3)
        scheduler = page.get_by_label("Scheduler")
        expect(scheduler).to_have_value("ddim")
        expect(page.get_by_role("spinbutton", name=re.compile("steps", re.I)).first).to_have_value("20")
        expect(page.get_by_label("Seed")).to_have_value("3")
        scheduler.click()
        expect(page.get_by_role("listbox").get_by_role("option")).to_have_text([re.compile("ddim"), re.compile("dpm")])
        page.keyboard.press("Escape")
        hint = page.locator("#size-hint")
        expect(hint).to_be_hidden()
        fill_more(page, steps=2, width=128)
        expect(hint).to_be_visible()
        draw(page, "a fox of another model")
        (file,) = (studio.home / "pictures").rglob("*.png")
        settings = read_png(file)[0]
        assert (settings.scheduler, settings.num_inference_steps, settings.seed) == ("ddim", 2, 3)
        wait_until(lambda: page.evaluate("!document.querySelector('[data-about=gone]')"))
