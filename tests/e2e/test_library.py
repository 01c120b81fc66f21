"""The Library tab in a real browser; a small random model draws."""

import base64
import io
import re
import zipfile

import pytest
from access import barriers, too_wide
from conftest import make_pipeline
from generate_page import STILL, opened, prompt
from library_rows import drawn
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page, expect
from serving import serving

WORDS = ("a blue fox", "an owl on a hat", "three strawberries", "a blue whale", "a robot")


@pytest.fixture(scope="module")
def pipeline(text_encoder):
    return make_pipeline(text_encoder)


@pytest.fixture
def served(pipeline, tmp_path):
    with serving(lambda: pipeline, tmp_path) as studio:
        for seed, words in enumerate(WORDS):
            drawn(studio.app.state.studio.store, words, seed=seed, side=64, style="blob", width=64, height=64)
        yield studio


@pytest.fixture
def page(context, served) -> Page:
    page = opened(context, served)
    page.get_by_role("tab", name="Library").click()
    expect(tiles(page)).to_have_count(5)
    return page


def tiles(page):
    return page.locator(".lb-tile")  # selects have options too


def names(page) -> list[str]:
    return [tile.get_attribute("aria-label").split(",")[0] for tile in tiles(page).all()]


def drop(page, data: bytes, name="picture.png", kind="image/png"):
    page.evaluate(
        """([data, name, type]) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], name, { type }));
          const how = { dataTransfer, bubbles: true, cancelable: true };
          document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        [base64.b64encode(data).decode(), name, kind],
    )


def test_by_keyboard_alone_one_selects_throws_away_brings_back_and_opens(page, served):
    store = served.app.state.studio.store
    expect(tiles(page)).to_have_count(len(WORDS))
    assert names(page) == list(reversed(WORDS))
    tiles(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".lb-count")).to_have_text("2 of 5 pictures selected")
    page.keyboard.press("Delete")
    expect(tiles(page)).to_have_count(3)
    assert names(page) == ["a robot", "an owl on a hat", "a blue fox"]
    expect(tiles(page).nth(1)).to_be_focused()
    assert len(store.recent(9).pictures) == 3
    page.get_by_role("button", name="Undo").press("Enter")
    expect(tiles(page)).to_have_count(5)
    expect(page.locator(".lit-toast")).to_be_hidden()
    tiles(page).first.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Picture")
    expect(dialog).to_contain_text("a blue fox · Blob · seed 0")
    page.keyboard.press("ArrowLeft")
    expect(dialog).to_contain_text("an owl on a hat · Blob · seed 1")
    page.keyboard.press("Escape")
    expect(tiles(page).nth(3)).to_be_focused()
    page.keyboard.press("Delete")
    page.get_by_role("checkbox", name="Trash (1)").check()
    expect(tiles(page)).to_have_count(1)
    page.get_by_role("button", name="Empty trash").click()
    asked = page.get_by_role("dialog", name="Delete 1 picture for good? It cannot be brought back.")
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tiles(page)).to_have_count(1)
    page.get_by_role("button", name="Empty trash").click()
    asked.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".lb-none").filter(visible=True)).to_have_text("The trash is empty.")  # hidden before
    assert len(list(store.pictures.rglob("*.png"))) == 4


def test_it_is_found_by_words_and_marks_and_goes_into_a_zip(page):
    page.get_by_role("searchbox", name="Search").fill("BLU")
    expect(tiles(page)).to_have_count(2)
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Tag").last.fill("Sea")
    page.keyboard.press("Enter")
    expect(tiles(page).first).to_have_attribute("aria-label", re.compile("tags sea"))
    page.get_by_role("button", name="Board", exact=True).click()
    box = page.get_by_role("dialog", name="Board")
    box.get_by_role("combobox").fill("x" * 300)
    page.keyboard.press("Enter")
    expect(box.get_by_role("alert")).to_contain_text("a name of 1 to 60 characters")
    box.get_by_role("combobox").fill("Party")
    page.keyboard.press("Enter")
    expect(box).to_be_hidden()
    page.get_by_role("searchbox", name="Search").fill("")
    page.get_by_role("combobox", name="Board").select_option(label="Party (2)")
    expect(tiles(page)).to_have_count(2)
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Favourite", exact=True).click()
    expect(page.locator("[data-favourite]")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="ZIP").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert sorted(archive.namelist()) == ["a-blue-fox-0.png", "a-blue-whale-3.png", "pictures.json", "prompts.txt"]

    # What is taken off or away by mistake comes back as it was.
    page.get_by_role("button", name="Remove board").click()
    expect(tiles(page)).to_have_count(len(WORDS))
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(page.get_by_role("combobox", name="Board").locator("option:checked")).to_have_text("Party (2)")
    expect(tiles(page)).to_have_count(2)
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Board", exact=True).click()
    box.get_by_role("combobox").fill("Party")
    box.get_by_role("button", name="Take off").click()
    expect(page.locator(".lit-toast")).to_contain_text("Taken off “Party”: 2 pictures")
    expect(tiles(page)).to_have_count(0)
    undo.click()
    expect(tiles(page)).to_have_count(2)


def test_a_picture_leads_to_its_settings_its_link_and_a_second_drawing(context, page, served):
    tiles(page).nth(1).click()
    dialog = page.get_by_role("dialog", name="Picture")
    dialog.get_by_role("button", name="Verify").click()
    expect(dialog.locator(".lb-result")).to_contain_text("Not identical")  # a red square, which no model drew
    expect(dialog.locator(".lb-result")).to_contain_text("weights: not said then")
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.locator(".lb-result")).to_contain_text("link")
    dialog.get_by_role("button", name="Use these settings").click()
    expect(prompt(page)).to_have_value("a blue whale")
    expect(page.locator("#notice")).to_contain_text("The controls now say")
    other = context.new_page()
    other.goto(f"{served.url}/#p=a%20quiet%20%22fox%22&style=noto&nonsense=3")
    expect(prompt(other)).to_have_value('a quiet "fox"')
    expect(other.get_by_role("radio", name="Noto")).to_be_checked()


def test_a_png_that_is_dropped_says_what_it_was_drawn_from(page):
    info, file = PngInfo(), io.BytesIO()
    info.add_text("parameters", "a knight, <lora:x:1> gold\nNegative prompt: red\nSteps: 20, Seed: 42, Size: 512x512")
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    drop(page, file.getvalue())
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("From A1111")
    expect(dialog.get_by_role("button", name="Look inside")).to_be_hidden()
    dialog.get_by_role("button", name="Use these settings").click()
    expect(prompt(page)).to_have_value("a knight, gold")
    drop(page, b"no picture")
    expect(dialog).to_contain_text("a PNG")
    page.keyboard.press("Escape")
    drop(page, b"GIF89a", "x.gif", "image/gif")
    expect(dialog).to_contain_text("Only a PNG")


@pytest.mark.parametrize("width, mode", [(1280, "light"), (375, "dark")])
def test_axe_finds_nothing_and_nothing_overflows(page, width, mode):
    page.set_viewport_size({"width": width, "height": 812})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", mode == "dark")
    # Colours go over into each other: what axe would see on the way is neither.
    page.wait_for_function(STILL)
    page.get_by_role("button", name="Select all").click()
    for state in ("grid", "picture"):
        if state == "picture":
            tiles(page).first.press("Enter")
            expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
        assert not barriers(page)
        assert too_wide(page) <= 0
    page.keyboard.press("Escape")
    for size in (320, 820, 2560):
        page.set_viewport_size({"width": size, "height": 812})
        assert too_wide(page) <= 0, size
