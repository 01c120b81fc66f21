"""What a visitor does on the Generate page, in a real browser; a small random model draws."""

import io
import re
import sqlite3

import pytest
from access import barriers, too_wide
from generate_page import PAINTED, STILL, fill_more, more, opened, prompt
from PIL import Image
from playwright.sync_api import Page, expect
from serving import HELD, wait_until

from lit.settings import read_png
from lit.studio.tabs.generate.controls import EXAMPLES
from lit.styles import STYLE_LABELS


@pytest.fixture
def page(context, served, pipeline) -> Page:
    pipeline.seconds = 0.02
    return opened(context, served)


def draw(page, words: str, **numbers):
    """Fill in the words and the number fields under "More", and press Generate."""
    if numbers:
        fill_more(page, **numbers)
    prompt(page).fill(words)
    page.get_by_role("button", name="Generate").click()


def test_one_click_draws_with_progress_and_the_file_says_how(page, pipeline, served):
    pipeline.seconds = 0.4  # a step: the page looks twice a second, and is to be seen going on
    assert prompt(page).input_value() == "a blue butterfly"
    page.get_by_role("radio", name="Blob").check()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#stage")).to_contain_text(re.compile(r"Step \d+ of 8, about \d+\.\d s left"))
    expect(page.get_by_role("img", name="Preview 1")).to_be_visible()
    share = page.locator("#stage progress").evaluate("bar => bar.value")
    wait_until(lambda: page.locator("#stage progress").evaluate("bar => bar.value") > share)
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")

    expect(page.locator("#caption")).to_have_text("a blue butterfly · Blob · seed 0 · 8 steps")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    assert download.value.suggested_filename == "a-blue-butterfly-0.png"
    (kept,) = (served.home / "pictures").rglob("a-blue-butterfly-0.png")
    assert download.value.path().read_bytes() == kept.read_bytes()
    settings, provenance = read_png(kept)
    assert (settings.prompt, settings.style, settings.num_inference_steps) == ("a blue butterfly", "blob", 8)
    assert provenance == pipeline.provenance()
    # The large picture is the same file too: a PNG, nothing converted.
    image = page.get_by_role("img", name="a blue butterfly · Blob · seed 0").first
    shown = page.request.get(image.get_attribute("src")).body()
    assert shown == kept.read_bytes()
    assert Image.open(io.BytesIO(shown)).mode == "RGBA"


def test_enter_draws_and_another_rolls_the_seed(page):
    fill_more(page, steps=2, seed=5)
    prompt(page).fill("an owl")
    prompt(page).press("Enter")
    expect(page.locator("#caption")).to_contain_text("an owl · any style · seed 5 · 2 steps")
    page.get_by_role("button", name="Another").click()
    expect(page.locator("#caption")).not_to_contain_text("seed 5 ·")
    rolled = page.get_by_label("Seed").input_value()
    expect(page.locator("#caption")).to_contain_text(f"seed {rolled} ·")


def test_stop_keeps_what_is_there(page, pipeline):
    pipeline.seconds = 0.1
    draw(page, "a slow owl", steps=150, seed=11)
    expect(page.locator("#stage")).to_contain_text(re.compile(r"Step \d+ of 150"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#notice")).to_contain_text(re.compile(r"Stopped after step \d+ of 150"))
    expect(page.locator("#caption")).to_contain_text(re.compile(r"stopped after \d+ of 150 steps"))
    expect(page.locator("#result img").first).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()


def test_a_reload_finds_the_drawing_again(page, pipeline):
    page.get_by_role("switch", name="Draw while I type").uncheck()
    pipeline.seconds = HELD
    draw(page, "a patient owl", steps=100, seed=12)
    expect(page.locator("#stage")).to_contain_text(re.compile(r"Step \d+ of 100"))
    page.reload()
    expect(page.locator("#stage")).to_contain_text(re.compile(r"Step \d+ of 100"))
    expect(prompt(page)).to_have_value("a patient owl")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()
    pipeline.seconds = 0
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")


def test_two_visitors_queue_and_cannot_stop_each_other(browser, page, served, pipeline):
    page.get_by_role("switch", name="Draw while I type").uncheck()
    pipeline.seconds = HELD
    fill_more(page, steps=100, seed=13)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#stage")).to_contain_text("Step")
    other_context = browser.new_context()
    other = opened(other_context, served)
    fill_more(other, steps=2, seed=14)
    other.get_by_role("button", name="Generate").click()
    expect(other.locator("#stage")).to_contain_text("1 drawing comes before yours")
    other.get_by_role("button", name="Stop", exact=True).click()
    expect(other.locator("#notice")).to_contain_text("Stopped before drawing began.")
    expect(page.locator("#stage")).to_contain_text("Step")
    page.get_by_role("button", name="Stop", exact=True).click()
    pipeline.seconds = 0.1
    expect(page.locator("#notice")).to_contain_text("Stopped after step")
    other_context.close()


def test_settings_come_back_from_a_picture_and_from_a_file(page, served):
    page.get_by_role("switch", name="Draw while I type").uncheck()  # a live picture would take the stage's place
    page.get_by_role("radio", name="Noto").check()
    draw(page, "a round fox", steps=2, seed=21, pictures=2)
    expect(page.locator("#notice")).to_contain_text("Done: 2 stickers")
    page.locator("#result button").nth(1).click()
    expect(page.locator("#caption")).to_contain_text("seed 22")

    def forget():
        fill_more(page, seed=1, steps=9)
        page.get_by_role("radio", name="Any").check()
        prompt(page).fill("nothing")

    def assert_remembered():
        expect(prompt(page)).to_have_value("a round fox")
        expect(page.get_by_label("Seed")).to_have_value("22")
        expect(page.get_by_role("radio", name="Noto")).to_be_checked()

    forget()
    more(page, "Use these settings")
    assert_remembered()
    forget()
    (file,) = (served.home / "pictures").rglob("a-round-fox-22.png")
    page.locator("input[type=file]").set_input_files(file)
    assert_remembered()


def test_the_history_shows_a_picture_large_again(page):
    fill_more(page, steps=1)
    for words in ("a first cat", "a second cat"):
        draw(page, words)
        expect(page.locator("#caption")).to_contain_text(words)
    page.locator("#recent").get_by_role("button", name=re.compile("a first cat")).click()
    expect(page.locator("#caption")).to_contain_text("a first cat")


def test_errors_are_words_on_the_page(page, tmp_path):
    prompt(page).fill("  ")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert")).to_have_text("Type what to draw, for example 'a blue dragon'.")
    Image.new("RGBA", (8, 8)).save(tmp_path / "other.png")
    page.get_by_role("button", name="More", exact=True).click()
    page.locator("input[type=file]").set_input_files(tmp_path / "other.png")
    expect(page.get_by_role("alert")).to_contain_text("Image: “other.png” will not do. Needed: a PNG drawn by")


def test_half_a_character_is_refused_in_words_and_breaks_no_page(page, served):
    """What no browser types but a program can send; and what an older version has let into the list of jobs."""

    def broken(route):
        route.continue_(post_data=route.request.post_data.replace("HALF", "\\ud800"))

    page.route("**/drawings", broken)
    draw(page, "HALF a fox")
    expect(page.get_by_role("alert")).to_contain_text("What should it be: “\\ud800 a fox” will not do. Needed: whole")
    page.unroute("**/drawings")
    draw(page, "a whole fox", steps=1)
    expect(page.locator("#caption")).to_contain_text("a whole fox")
    with sqlite3.connect(served.home / "jobs.sqlite") as database:
        database.execute("""UPDATE jobs SET settings = '{"prompt": "\\ud800"}' WHERE settings LIKE '%a whole fox%'""")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Your last drawing cannot be read")
    draw(page, "another fox", steps=1)
    expect(page.locator("#caption")).to_contain_text("another fox")


def test_a_sticker_of_the_empty_stage_fills_the_words_and_draws(page):
    expect(page.locator(".lit-first button")).to_have_count(len(EXAMPLES))
    pictures = page.locator(".lit-first img")
    widths = "all => all.map((image) => image.naturalWidth)"
    wait_until(lambda: pictures.evaluate_all(widths) == [192] * len(EXAMPLES))
    example = EXAMPLES[1]
    page.get_by_role("button", name=example.words, exact=True).click()
    expect(prompt(page)).to_have_value(example.words)
    expect(page.get_by_role("radio", name=STYLE_LABELS[example.style], exact=True)).to_be_checked()
    expect(page.locator("#caption")).to_contain_text(f"{example.words} · {STYLE_LABELS[example.style]}")
    expect(page.locator("#caption")).to_contain_text(f"seed {example.seed} ·")
    expect(page.locator(".lit-first")).to_be_hidden()


def test_no_request_leaves_the_machine(context, served):
    page, hosts = context.new_page(), set()
    page.on(
        "request",
        lambda request: hosts.add(re.sub(r"^(\w+:(?://[^/:]+)?).*", r"\1", request.url, flags=re.S)),
    )
    page.goto(served.url)
    fill_more(page, steps=1)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done")
    wait_until(lambda: page.evaluate("[...document.images].every((image) => image.complete)"))
    assert hosts - {"data:", "blob:"} == {"http://127.0.0.1"}


# Colours do not depend on the width, nor the width of anything on its colours.
@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_the_page_fits_and_everyone_can_use_it(browser, served, pipeline, scheme, width):
    """No sideways scrolling, and no axe rule broken: empty, with a picture, and enlarged."""
    pipeline.seconds = 0
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = opened(context, served)
    fill_more(page, steps=1)

    def check(when):
        assert not barriers(page), when
        overflow = too_wide(page)
        assert overflow <= 0, f"{when}: {overflow} px too wide"

    check("empty")
    page.get_by_role("button", name="Keys").click()
    check("the keys")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done")
    wait_until(lambda: page.evaluate(STILL))  # fades end
    check("with a picture")
    more(page, "Large")
    page.evaluate(PAINTED)
    wait_until(lambda: page.evaluate(STILL))
    check("enlarged")
    assert page.locator("body").evaluate("body => body.classList.contains('dark')") == (scheme == "dark")
    context.close()


def test_light_and_dark_can_be_chosen_and_stay(page):
    dark = "document.body.classList.contains('dark')"
    before = page.evaluate(dark)
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(dark) != before
    page.reload()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    wait_until(lambda: page.evaluate(dark) != before)
