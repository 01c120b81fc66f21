"""The Draw over tab in a real browser; a small random model draws."""

import base64
import io
import re

import numpy as np
import pytest
from access import barriers, too_wide
from generate_page import STILL
from library_rows import drawn
from PIL import Image
from playwright.sync_api import Page, expect
from serving import wait_until

DROP = """([data, name, type]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""
SENT = """([id, said]) => !document.dispatchEvent(
  new CustomEvent("lit-draw-over", { detail: { picture: { id, said } }, cancelable: true }))"""


def sent(page, store):
    """A drawn square, 64 pixels a side, is sent to the tab as a sticker is; its file."""
    job, _, _ = drawn(store, "a red square", side=64).partition("/")
    (file,) = store.get(job).files
    page.wait_for_function(SENT, arg=[f"{job}/{file.name}", "a red square"])  # the page is made piece by piece
    expect(page.locator(".cnv-said")).to_have_text("a red square")
    return file


@pytest.fixture
def store(served):
    return served.app.state.studio.store


@pytest.fixture
def page(context, served) -> Page:
    page = context.new_page()
    page.broken = []
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    page.goto(served.url)
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    yield page
    assert not page.broken


def painted(page):
    return page.locator(".cnv-share")


def choose(page, name):
    page.locator(".cnv").get_by_label(name, exact=True).check()


def stroke(page, *points):
    """By the mouse, from point to point, each in shares of the picture's sides."""
    box = page.locator(".cnv-paint").bounding_box()
    for number, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def draw(page):
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator(".cnv-result")).to_be_visible()
    expect(page.locator(".cnv-told")).to_contain_text("Done: 1 sticker")


def pixels(file):
    return np.asarray(Image.open(file).convert("RGBA"))


def test_a_sticker_is_painted_on_and_drawn_over_again_and_again(page, store):
    given = sent(page, store)
    prompt = page.locator(".cnv").get_by_label("What should it be?")
    expect(prompt).to_have_value("a red square")
    choose(page, "Where I paint")
    expect(page.get_by_label("Strength", exact=True)).to_have_value("1")

    # Nothing is painted: a sentence beside the picture.
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator('[data-field="mask"]')).to_contain_text("Mask: “nothing painted” will not do")
    page.get_by_label("Strength", exact=True).fill("3")
    page.get_by_role("button", name="Draw", exact=True).click()
    beside = page.locator(".cnv-field-strength + .lit-notice")
    expect(beside).to_contain_text("Strength cannot be 3. Choose a number from 0.05 to 1.")
    page.get_by_label("Strength", exact=True).fill("1")
    page.get_by_role("button", name="Draw", exact=True).focus()
    page.keyboard.press("]")
    expect(page.get_by_role("slider", name="Size")).to_have_value("20")
    for _ in range(9):
        page.keyboard.press("[")
    stroke(page, (0.1, 0.1), (0.3, 0.1))
    expect(painted(page)).to_have_text(re.compile("^[1-9] % painted"))
    choose(page, "Lasso")
    stroke(page, (0.1, 0.2), (0.3, 0.2), (0.3, 0.3), (0.1, 0.3))
    lassoed = painted(page).text_content()
    page.keyboard.press("Control+z")
    expect(painted(page)).not_to_have_text(lassoed)
    page.keyboard.press("Control+Shift+z")
    expect(painted(page)).to_have_text(lassoed)
    choose(page, "Eraser")
    stroke(page, (0.1, 0.25), (0.3, 0.25))
    expect(painted(page)).not_to_have_text(lassoed)
    prompt.fill("a blue square")
    page.locator(".cnv").get_by_text("More").click()
    page.locator(".cnv").get_by_label("Steps").fill("2")
    draw(page)

    (first, *_) = store.recent(9).pictures
    assert (pixels(first)[40:] == pixels(given)[40:]).all() and (pixels(first)[:40] != pixels(given)[:40]).any()
    page.get_by_label("Before and after").fill("50")
    expect(page.locator(".cnv-cut-line")).to_be_visible()
    page.get_by_role("button", name="Draw over this one").click()
    expect(painted(page)).to_have_text("Nothing painted")
    page.get_by_role("button", name="Everything").click()
    expect(painted(page)).to_have_text("100 % painted")
    page.get_by_role("button", name="Invert").click()
    expect(painted(page)).to_have_text("Nothing painted")
    choose(page, "Brush")
    page.locator(".cnv-paint").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(painted(page)).not_to_have_text("Nothing painted")
    said = painted(page).text_content()

    # A reload finds picture, mask and words; what is drawn then is a picture of the library like any other.
    page.reload()
    page.get_by_role("tab", name="Draw over").click()
    expect(painted(page)).to_have_text(said)
    expect(page.locator(".cnv").get_by_label("What should it be?")).to_have_value("a blue square")
    draw(page)
    expect(page.locator(".cnv-trail li")).to_have_count(4)
    page.get_by_role("tab", name="Library").click()
    expect(page.get_by_role("option", name=re.compile("a blue square"))).to_have_count(2)

    # From there its settings lead back here, to what it was drawn over.
    page.get_by_role("option", name=re.compile("a blue square")).first.click()
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".lb-result")).to_contain_text("Identical")
    page.get_by_role("dialog").get_by_role("button", name="Use these settings").click()
    expect(page.locator(".cnv-said")).to_have_text("What “a blue square” was drawn over")
    expect(painted(page)).to_have_text(said)


def test_a_photo_is_asked_for_its_background_and_gets_room(page, store, served):
    page.get_by_role("tab", name="Draw over").click()
    photo, file = Image.new("RGB", (64, 64), "white"), io.BytesIO()
    photo.paste("red", (16, 16, 48, 48))
    photo.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    press, said = page.get_by_role("button", name="Draw", exact=True), page.locator('[data-field="picture"]')
    # The tab's script may still be on its way.
    wait_until(lambda: press.click() or "Open a picture to draw over first." in said.inner_text())
    page.evaluate(DROP, [base64.b64encode(b"<svg/>").decode(), "photo.heic", "image/heic"])
    expect(page.locator('[data-field="picture"]')).to_contain_text(
        "Picture: “photo.heic” will not do. Needed: a PNG, WebP, JPEG"
    )
    page.evaluate(DROP, [data, "photo.png", "image/png"])
    expect(page.locator(".cnv-background")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)  # the page's own for what is dropped
    before = page.locator(".cnv-before").get_attribute("src")
    choose(page, "Cut out the border’s colour")
    expect(page.locator(".cnv-before")).not_to_have_attribute("src", before)

    choose(page, "Room around it")
    handle = page.locator('.cnv-handle[data-side="right"]').bounding_box()
    middle = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    wide = page.locator(".cnv-page").bounding_box()["width"]
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + wide / 2, middle[1], steps=5)
    page.mouse.up()
    expect(page.locator('[name="cnv-right"]')).to_have_value("32")
    expect(page.locator(".cnv-size")).to_have_text("96 × 64 pixels")
    page.locator('[name="cnv-top"]').fill("8")
    page.locator(".cnv").get_by_label("What should it be?").fill("a ball")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator('[data-field="room"]')).to_contain_text("Height cannot be 72. Choose a multiple of 16")
    page.locator('[name="cnv-top"]').fill("16")
    draw(page)
    assert Image.open(store.recent(1).pictures[0]).size == (96, 80)
    wait_until(lambda: not list(served.home.glob("sources/*/.*")))


@pytest.mark.parametrize("width, mode", [(1280, "light"), (375, "dark")])
def test_axe_finds_nothing_and_nothing_overflows(page, store, width, mode):
    page.set_viewport_size({"width": width, "height": 812})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", mode == "dark")
    sent(page, store)
    for name in ("All of it", "Where I paint", "Room around it"):
        choose(page, name)
        page.wait_for_function(STILL)
        assert not barriers(page)
        assert too_wide(page) <= 0, name
    page.locator('[name="cnv-right"]').fill("64")
    page.locator(".cnv").get_by_text("More").click()
    page.locator(".cnv").get_by_label("Steps").fill("1")
    draw(page)
    for size in (320, 820, 2560) if width == 1280 else ():
        page.set_viewport_size({"width": size, "height": 812})
        assert too_wide(page) <= 0, size
