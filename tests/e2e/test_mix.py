"""The Mix tab in a real browser, by keyboard; a small random model draws."""

import io
import re

import pytest
from access import barriers, too_wide
from generate_page import STILL, opened
from PIL import Image
from playwright.sync_api import expect
from serving import HELD, wait_until

from lit.settings import read_png

pytestmark = pytest.mark.usefixtures("quick")


def check_access(page):
    page.wait_for_function(STILL)  # colours fade into each other
    assert not barriers(page)


def side(page, name):
    return page.get_by_role("group", name=name, exact=True)


def words(page, name):
    return side(page, name).get_by_label("Words")


def caption(page):
    return page.locator(".mix-caption")


def opened_again(context, served):
    page = context.new_page()
    page.goto(served.url)
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    return page


def mix(page, picture):
    """As a button elsewhere says it; the page may not listen yet."""
    wait_until(lambda: page.evaluate(MIX, picture))


# Whether it has been taken.
MIX = "picture => !document.dispatchEvent(new CustomEvent('lit-mix', { cancelable: true, detail: { picture } }))"
TABS = """() => [...document.querySelectorAll('[role="tab"]')].filter((tab) => {
  const box = tab.getBoundingClientRect();
  return box.left < 0 || box.right > innerWidth || box.width < 20 || tab.scrollWidth > tab.clientWidth + 1;
}).length"""


def test_two_emoji_are_mixed_live_drawn_morphed_and_found_after_a_reload(context, served, pipeline, tmp_path):
    pipeline.seconds = 0.0
    page = opened(context, served)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.get_by_role("tab", name="Mix").click()
    expect(caption(page)).to_contain_text("a cat:0.5 | a robot:0.5")

    # Two emoji, found by name, without a mouse
    page.get_by_role("button", name="Mix two emoji").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("fox")
    expect(dialog.get_by_role("button", name="fox", exact=True)).to_be_visible()
    check_access(page)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading")).to_have_text("And the second, to go with 🦊")
    page.keyboard.type("pizza")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("button", name="pizza")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(caption(page)).to_contain_text("a fox:0.5 | a pizza:0.5")

    # The slider draws; its end is the drawing alone
    slider = page.get_by_role("slider", name="From the first to the second")
    slider.press("ArrowLeft")
    expect(caption(page)).to_contain_text("a fox:0.51 | a pizza:0.49 · any style · seed 0 · 8 steps · draft")
    expect(slider).to_have_attribute("aria-valuetext", "🦊 51 %, 🍕 49 %")
    slider.press("Home")
    expect(caption(page)).to_have_text("a fox · any style · seed 0 · 8 steps · draft")

    # What is wrong is said beside its side, what is right draws again
    seed = side(page, "Second").get_by_label("Seed")
    seed.fill("-5")
    expect(side(page, "Second").get_by_role("alert")).to_contain_text("Seed cannot be -5")
    seed.fill("4")
    expect(side(page, "Second").get_by_role("alert")).to_have_count(0)

    # Drawn whole it is a job of everybody's list
    slider.press("ArrowRight")
    page.get_by_role("button", name="Draw", exact=True).press("Enter")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    download.value.save_as(tmp_path / "mix.png")
    settings = read_png(tmp_path / "mix.png")[0]
    assert settings.prompt == "a fox:0.99 | a pizza:0.01" and (settings.seed, settings.variation_seed) == (0, 4)
    store = served.app.state.studio.store
    assert len(store.recent(9).pictures) == 1

    # The way: its frames come, it is stopped, drawn again, and its loop is a file
    page.get_by_label("Pictures", exact=True).fill("60")
    expect(page.locator(".mix-way-plan")).to_contain_text("60 pictures, about")
    pipeline.seconds = 0.05
    page.get_by_role("button", name="Draw the way").click()
    expect(page.get_by_role("button", name="Frame 1:")).to_be_visible()
    pipeline.seconds = HELD
    page.get_by_role("region", name="Morph").get_by_role("button", name="Stop").press("Enter")
    pipeline.seconds = 0.05
    expect(page.locator(".mix-way-said")).to_have_text(re.compile(r"Ended: \d+ of 60 drawn"))
    pipeline.seconds = 0.0
    page.get_by_label("Pictures", exact=True).fill("3")
    page.get_by_role("button", name="Draw the way").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("link", name="Loop as WebP").click()
    assert download.value.suggested_filename == "morph.webp"
    data = io.BytesIO(download.value.path().read_bytes())
    assert Image.open(data).n_frames == 4 and Image.open(data).convert("RGBA").getchannel("A").getextrema()[0] < 255
    page.get_by_role("button", name="Pause").press("Enter")
    page.get_by_role("button", name="Frame 2:").press("Enter")
    page.get_by_role("button", name="Keep this picture").press("Enter")
    expect(page.locator(".mix-way-said")).to_have_text("Frame 2 is kept: it is among the recent pictures.")

    # The page opened anew finds all of it
    page.close()
    page = opened_again(context, served)
    page.on("pageerror", lambda error: errors.append(str(error)))
    expect(page.locator("#recent button")).to_have_count(2)
    page.get_by_role("tab", name="Mix").click()
    expect(caption(page)).to_have_text("a fox:0.99 | a pizza:0.01 · any style · seed 0, variation 4 · 8 steps")
    expect(words(page, "First")).to_have_value("🦊")
    expect(page.get_by_role("button", name="Frame 3:")).to_be_visible()

    # A sticker from elsewhere comes first, with its words, style and seed
    job = served.app.state.studio.worker.submit("elsewhere", settings.for_image(7))
    wait_until(lambda: not store.get(job.id).active)
    (file,) = store.get(job.id).files
    page.get_by_role("tab", name="Generate").click()
    picture = {"id": f"{job.id}/{file.name}", "said": "A sticker"}
    mix(page, picture)
    expect(words(page, "First")).to_have_value("a fox:0.99 | a pizza:0.01")
    expect(side(page, "First").get_by_label("Seed")).to_have_value("7")
    expect(side(page, "First").get_by_role("img", name="A sticker")).to_be_visible()
    expect(page.locator(".mix-note")).to_contain_text("made of another")

    # Also where the tab has not been opened yet
    other = opened_again(context, served)
    mix(other, picture)
    expect(side(other, "First").get_by_role("img", name="A sticker")).to_be_visible()
    expect(side(other, "Second").get_by_role("img", name="A sticker")).to_be_visible()  # the first until then
    other.close()

    # A third, and every width
    page.get_by_role("button", name="Add another").press("Enter")
    expect(words(page, "Third")).to_be_focused()
    page.keyboard.type("an owl")
    expect(caption(page)).to_contain_text("an owl:0.3")
    for width in (320, 375, 820, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(page) <= 0, width
        assert page.evaluate(TABS) == 0, width
    check_access(page)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body.dark")).to_be_attached()
    check_access(page)
    assert not errors
