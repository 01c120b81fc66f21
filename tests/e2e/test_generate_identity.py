"""Pictures are what they are, whoever draws meanwhile; the queue is seen; nothing is silent or lost with the studio."""

import re

import pytest
from generate_page import PAINTED, fill_more, more, opened, prompt
from playwright.sync_api import Page, expect
from serving import HELD

from lit.settings import read_png


@pytest.fixture
def page(context, served, pipeline) -> Page:
    pipeline.seconds = 0.0
    return opened(context, served)


def draw(page, words):
    prompt(page).fill(words)
    page.get_by_role("button", name="Generate").click()


def test_what_is_clicked_is_what_is_shown_and_saved_though_another_page_drew_meanwhile(context, page, served):
    fill_more(page, steps=1)
    draw(page, "a first fox")
    expect(page.locator("#caption")).to_contain_text("a first fox")
    other = context.new_page()
    other.goto(served.url)
    expect(other.locator("#caption")).to_contain_text("a first fox")
    draw(other, "a second owl")
    expect(other.locator("#caption")).to_contain_text("a second owl")

    first = page.get_by_role("button", name="a first fox")
    first.click()
    expect(page.locator("#caption")).to_contain_text("a first fox")
    expect(page.locator("#recent [aria-current=true]")).to_have_count(1)
    expect(first).to_have_attribute("aria-current", "true")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    assert read_png(download.value.path())[0].prompt == "a first fox"
    shown = page.locator("#result img").get_attribute("src")
    assert page.request.get(shown).body() == download.value.path().read_bytes()
    more(page, "Use these settings")
    expect(page.locator("#notice")).to_contain_text("The controls now say")

    # A drawing that ends keeps the ring on what is shown.
    draw(page, "a third cat")
    expect(page.locator("#caption")).to_contain_text("a third cat")
    expect(page.locator("#recent [aria-current=true] img")).to_have_attribute("alt", re.compile("a third cat"))


def test_a_file_is_had_by_its_own_name_alone(page, served):
    (file,) = list((served.home / "pictures").rglob("a-first-fox-*.png"))[:1]
    job = file.parent.name
    for path, status in ((f"{job}/{file.name}", 200), (f"{job}/other.png", 404), (f"none/{file.name}", 404)):
        assert page.request.get(f"{served.url}/pictures/{path}").status == status
    assert page.request.get(f"{served.url}/pictures/{job}/..%2f..%2fjobs.sqlite").status == 404


def test_enter_while_drawing_queues_in_sight_and_one_can_be_cancelled(page, pipeline):
    page.get_by_role("switch", name="Draw while I type").uncheck()
    pipeline.seconds = HELD
    fill_more(page, steps=60)
    for words in ("a slow fox", "a slower owl", "a patient cat"):
        prompt(page).fill(words)
        prompt(page).press("Enter")
        expect(page.get_by_role("progressbar", name="Drawing")).to_be_visible()
        expect(prompt(page)).to_be_focused()
    queue = page.get_by_role("region", name="Queue").get_by_role("listitem")
    expect(queue).to_have_count(3)
    expect(queue.nth(0)).to_contain_text(re.compile(r"a slow fox.*Step"))
    expect(queue.nth(1)).to_contain_text("1 drawing comes before yours")
    page.reload()  # it is found again, with the newest
    expect(page.get_by_role("progressbar", name="Drawing")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    pipeline.seconds = 0.0
    expect(page.get_by_role("progressbar", name="Drawing")).to_be_hidden()


def test_cancelling_one_leaves_the_others(page, pipeline):
    page.get_by_role("switch", name="Draw while I type").uncheck()
    pipeline.seconds = HELD
    fill_more(page, steps=30)
    for words in ("a calm fox", "a calm owl", "a calm cat"):
        draw(page, words)
    page.get_by_role("button", name="Cancel “a calm owl”").click()
    expect(page.get_by_role("region", name="Queue").get_by_role("listitem")).to_have_count(2)
    pipeline.seconds = 0.0
    expect(page.locator("#caption")).to_contain_text("a calm cat")
    expect(page.get_by_role("button", name="a calm fox")).to_be_visible()
    expect(page.get_by_role("button", name="a calm owl")).to_have_count(0)


@pytest.mark.parametrize(
    "seed, said", [("-5", "Seed cannot be -5. Choose a whole"), ("1.5", "Seed cannot be 1.5. Choose a whole number")]
)
def test_a_seed_that_is_none_is_said_beside_it_and_draws_nothing(page, served, seed, said):
    before = served.app.state.studio.store.recent(99).pictures
    fill_more(page, seed=seed)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#setting-seed").get_by_role("alert")).to_contain_text(said)
    assert served.app.state.studio.store.recent(99).pictures == before
    fill_more(page, seed=3, steps=1)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_how_the_words_are_read_is_said_while_they_are_typed_and_drawn(page, served):
    reading = page.locator("#reading")
    fill_more(page, steps=1)
    prompt(page).fill("🦋 and 🐸")
    expect(reading).to_contain_text("🦋 butterfly")
    expect(reading).to_contain_text("🐸 frog")
    prompt(page).fill("a xqzzvwq")
    expect(reading).to_contain_text("“xqzzvwq” is no word that the text encoder knows")
    prompt(page).fill("a cat and " * 30 + "a zebra")
    expect(reading).to_contain_text("Too long: nothing after")
    expect(reading.locator("s")).to_contain_text("a cat and")
    prompt(page).fill("x" * 600)
    assert prompt(page).input_value() == "x" * 600
    prompt(page).fill("a blue dragon")
    expect(reading).to_be_empty()
    draw(page, "ein blauer Schmetterling")
    expect(reading).to_contain_text("Read as German: “a blue butterfly”")
    expect(page.locator("#caption")).to_contain_text("ein blauer Schmetterling · drawn as a blue butterfly")
    newest = served.app.state.studio.store.recent(1).pictures[0]
    assert read_png(newest)[0].prompt == "a blue butterfly"
    page.reload()
    expect(page.locator("#caption")).to_contain_text("ein blauer Schmetterling · drawn as a blue butterfly")
    expect(prompt(page)).to_have_value("ein blauer Schmetterling")


def test_a_press_is_taken_though_the_line_above_the_button_arrives_meanwhile(page):
    """A line that comes between press and release moves the button away from under the pointer."""
    fill_more(page, steps=1)
    generate, reading = page.get_by_role("button", name="Generate", exact=True), page.locator("#reading")
    prompt(page).fill("a blue owl")
    expect(reading).to_be_empty()
    held, holding = [], True
    page.route("**/readings", lambda route: held.append(route) if holding else route.continue_())
    generate.hover()
    with page.expect_request("**/readings"):
        prompt(page).fill("ein blauer Frosch")
    page.mouse.down()
    holding = False
    with page.expect_response("**/readings") as answer:
        for one in held:
            one.continue_()
    answer.value.finished()
    page.evaluate(PAINTED)
    expect(reading).to_be_empty()
    page.mouse.up()
    expect(reading).to_contain_text("Read as German: “a blue frog”")
    expect(page.locator("#caption")).to_contain_text("ein blauer Frosch · drawn as a blue frog")


def test_another_scheduler_brings_its_own_steps(page):
    fill_more(page, steps=3)
    page.get_by_label("Scheduler").click()
    page.get_by_role("option", name="flow-euler").click()
    expect(page.get_by_role("spinbutton", name=re.compile("steps", re.I)).first).to_have_value("20")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#caption")).to_contain_text("20 steps")


def test_a_studio_that_has_gone_is_said_and_found_again_with_all_that_was_there(context, page):
    fill_more(page, steps=1)
    draw(page, "a lasting fox")
    expect(page.locator("#caption")).to_contain_text("a lasting fox")
    context.route("**/drawings**", lambda route: route.abort())
    prompt(page).fill("a lasting owl")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert")).to_contain_text("The studio does not answer")
    expect(page.get_by_role("img", name="a lasting fox").first).to_be_visible()
    expect(prompt(page)).to_have_value("a lasting owl")
    context.unroute("**/drawings**")
    expect(page.locator("#notice")).to_contain_text("The studio is back.")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#caption")).to_contain_text("a lasting owl")


def test_the_readings_route_answers_what_was_asked_and_refuses_the_rest(page, served):
    def ask(body):
        return page.request.post(f"{served.url}/readings", data=body)

    assert ask({"prompt": "a fox"}).json() == {"notes": [], "read": "a fox", "cut": "", "template": None}
    assert ask({"prompt": 3}).status == 503
    assert ask({"prompt": "\ud800"}).ok
    assert ask({"prompt": "🦋"}).json()["notes"][0]["english"] == "butterfly"
