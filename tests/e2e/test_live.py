"""Pictures that follow the words, in a real browser; a small random model draws."""

import io
import re

import pytest
from access import barriers, too_wide
from generate_page import STILL, fill_more, opened, prompt
from PIL import Image
from playwright.sync_api import Page, expect
from serving import HELD, serving, wait_until

from lit.settings import read_png

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def page(context, served, pipeline) -> Page:
    pipeline.seconds = 0.0
    return live_page(context, served)


def live_page(context, served) -> Page:
    """A page that follows the words, and notes what it asks for, shows and says."""
    page = opened(context, served)
    expect(switch(page)).to_be_checked()
    page.evaluate(NOTES)
    return page


NOTES = """() => {
  window.asked = [], window.captions = [], window.said = [], window.fades = 0;
  const {fetch} = window, {animate} = Element.prototype;
  window.fetch = (url, how) => {
    if (how?.method === "POST" && String(url).endsWith("live/draw")) asked.push(JSON.parse(how.body));
    return fetch(url, how);
  };
  Element.prototype.animate = function (...how) { fades += 1; return animate.apply(this, how); };
  const note = (place, texts) => new MutationObserver(() => texts.push(document.querySelector(place).textContent))
    .observe(document.querySelector(place), {childList: true});
  note(".lit-live-caption", captions);
  note(".lit-live-done", said);
}"""


# In one go: on a busy machine the pause that drafts wait for may lie between a letter and Enter.
TYPED_AND_ENTERED = """words => {
  const enter = {key: "Enter", code: "Enter", bubbles: true, cancelable: true};
  document.execCommand("insertText", false, words);
  for (const kind of ["keydown", "keypress", "keyup"])
    document.activeElement.dispatchEvent(new KeyboardEvent(kind, enter));
}"""


def switch(page):
    return page.get_by_role("switch", name="Draw while I type")


def caption(page):
    return page.locator(".lit-live-caption")


def settled(page, words):
    expect(caption(page)).to_have_text(re.compile(rf"^{re.escape(words)} · (.* · )?8 steps$"))


def asked(page) -> list[str]:
    return [body["values"]["prompt"] for body in page.evaluate("asked")]


def type_anew(page, words, delay=0):
    prompt(page).press("ControlOrMeta+a")
    page.keyboard.type(words, delay=delay)


def test_the_picture_follows_five_letters_and_what_is_outdated_is_dropped(page, pipeline, served):
    pipeline.seconds = 0.3  # four steps take longer than the pause between two letters
    type_anew(page, "robot", delay=250)
    settled(page, "robot")
    words = asked(page)
    assert words[-1] == "robot" and len(words) > 2 and all("robot".startswith(one) for one in words)
    assert page.evaluate("captions") == ["robot · any style · seed 0 · 4 steps", "robot · any style · seed 0 · 8 steps"]
    picture = page.get_by_role("img", name="Live picture: robot")
    assert picture.evaluate("image => image.naturalWidth") == 256
    assert served.app.state.studio.store.recent(9).pictures == []
    expect(page.locator("#recent")).to_be_hidden()


def test_a_style_an_example_a_slider_and_a_new_seed_draw_too_and_the_seed_stays(page):
    type_anew(page, "an owl")
    settled(page, "an owl · any style · seed 0")
    page.get_by_role("radio", name="Noto").check()
    settled(page, "an owl · Noto · seed 0")
    prompt(page).fill("a crab")
    page.get_by_role("radio", name="Fluent mono").check()
    settled(page, "a crab · Fluent mono · seed 0")
    fill_more(page, guidance=2)
    wait_until(lambda: page.evaluate("asked").pop()["values"]["guidance_scale"] == 2)
    page.get_by_role("button", name="Roll dice").click()
    seed = int(page.get_by_label("Seed").input_value())
    settled(page, f"a crab · Fluent mono · seed {seed}")
    prompt(page).press("End")
    page.keyboard.type("s")
    settled(page, f"a crabs · Fluent mono · seed {seed}")


def test_keep_puts_the_picture_into_the_history_and_its_file_draws_it_again(page, pipeline, served):
    store = served.app.state.studio.store
    before = store.recent(99).pictures
    type_anew(page, "a keen fox")
    settled(page, "a keen fox")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#notice")).to_contain_text("Kept")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#recent button").first).to_be_visible()
    (kept,) = set(store.recent(99).pictures) - set(before)
    settings, provenance = read_png(kept)
    assert (settings.prompt, settings.num_inference_steps, provenance) == ("a keen fox", 8, pipeline.provenance())
    (again,) = pipeline.pipeline.generate(settings).images
    shown = page.get_by_role("img", name="Live picture: a keen fox").evaluate(
        "async image => [...new Uint8Array(await (await fetch(image.src)).arrayBuffer())]"
    )
    assert Image.open(io.BytesIO(bytes(shown))).convert("RGBA").tobytes() == again.tobytes()
    assert Image.open(kept).tobytes() == again.tobytes()


def test_generate_draws_with_all_steps_and_drafts_come_back_with_the_next_words(page, pipeline):
    type_anew(page, "a proud fox")
    settled(page, "a proud fox")
    pipeline.seconds = HELD
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#stage")).to_contain_text("Step")
    expect(page.locator("#live")).to_be_hidden()
    count = len(asked(page))
    page.keyboard.press("ControlOrMeta+Home")
    prompt(page).press("End")
    page.keyboard.type(" and")  # nothing is shown in place of what has been asked for
    pipeline.seconds = 0.0
    expect(page.locator("#caption")).to_contain_text("a proud fox · any style · seed 0 · 8 steps")
    assert len(asked(page)) == count
    page.keyboard.type(" an owl")
    settled(page, "a proud fox and an owl")
    expect(page.locator("#result")).to_be_hidden()
    page.locator("#recent").get_by_role("button", name=re.compile("a proud fox")).first.click()
    expect(page.locator("#caption")).to_contain_text("a proud fox ·")
    expect(page.locator("#live")).to_be_hidden()


def test_enter_after_the_last_letter_draws_and_no_draft_comes_in_between(page, pipeline):
    pipeline.seconds = 0.05
    prompt(page).press("ControlOrMeta+a")
    page.evaluate(TYPED_AND_ENTERED, "a quick owl")
    expect(page.locator("#caption")).to_contain_text("a quick owl")
    assert asked(page) == [] and page.evaluate("captions") == []


def test_whatever_changes_the_words_is_followed(page):
    type_anew(page, "a fox")
    settled(page, "a fox")
    page.keyboard.press("Backspace")
    settled(page, "a fo")
    page.keyboard.insert_text("al with a hat")  # as an input method does, or a phone's keyboard
    settled(page, "a foal with a hat")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+x")
    page.keyboard.press("ControlOrMeta+v")
    page.keyboard.press("ControlOrMeta+v")
    settled(page, "a foal with a hata foal with a hat")
    fill_more(page, seed=4)
    page.get_by_role("textbox", name="What should not be in it").fill("a bird")
    wait_until(lambda: page.evaluate("asked").pop()["values"]["negative_prompt"] == "a bird")
    assert page.evaluate("asked").pop()["values"]["seed"] == 4


def test_two_tabs_follow_words_of_their_own(context, page, served, pipeline):
    pipeline.seconds = 0.05
    other = live_page(context, served)
    type_anew(page, "a first fox")
    type_anew(other, "a second owl")
    type_anew(page, "a first cat")
    settled(other, "a second owl")
    settled(page, "a first cat")
    assert all("first" in one for one in page.evaluate("captions"))
    assert all("second" in one for one in other.evaluate("captions"))


def test_strangers_draw_side_by_side_and_what_one_keeps_is_his_own(browser, context, pipeline, tmp_path):
    pipeline.seconds = 0.05
    elsewhere = browser.new_context()
    with serving(lambda: pipeline, tmp_path, public=True) as studio:
        page, other = live_page(context, studio), live_page(elsewhere, studio)
        type_anew(page, "a first fox")
        type_anew(other, "a second owl")
        settled(page, "a first fox")
        settled(other, "a second owl")
        page.get_by_role("button", name="Keep").click()
        expect(page.locator("#recent button")).to_have_count(1)
        other.reload()
        expect(switch(other)).to_be_checked()
        expect(other.locator("#recent button")).to_have_count(0)
        elsewhere.close()


def test_by_keyboard_and_the_choice_stays(page, served):
    prompt(page).press("Tab")
    expect(switch(page)).to_be_focused()
    page.keyboard.press("Space")
    expect(switch(page)).not_to_be_checked()
    type_anew(page, "a silent fox")
    page.reload()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    expect(page.locator(".lit-live-speed")).to_contain_text("A picture takes")
    expect(switch(page)).not_to_be_checked()
    page.evaluate(NOTES)
    prompt(page).press("End")
    page.keyboard.type("es")
    switch(page).press("Space")  # draws what stands there
    settled(page, "a silent foxes")  # what was typed has come back
    page.get_by_role("button", name="Keep").press("Enter")
    expect(page.locator("#notice")).to_contain_text("Kept")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    switch(page).press("Space")
    expect(page.locator("#live")).to_be_hidden()


def test_a_screen_reader_hears_one_sentence_a_drawing_and_no_drafts(page, pipeline):
    for words in ("a fox", "an owl"):
        type_anew(page, words, delay=60)
        settled(page, words)
    assert page.evaluate("said") == ["Drawn: a fox.", "Drawn: an owl."]
    expect(page.locator(".lit-live-done")).to_have_attribute("role", "status")


def test_pictures_fade_into_each_other_unless_nothing_may_move(browser, page, served):
    still = browser.new_context(reduced_motion="reduce")
    for one, moving in ((page, True), (live_page(still, served), False)):
        type_anew(one, "a fox")
        settled(one, "a fox")
        wait_until(lambda one=one: one.locator(".lit-live .lit-live-picture img").count() == 1)
        assert bool(one.evaluate("fades")) is moving
    still.close()


def test_what_is_wrong_is_said_beside_its_control_and_goes_with_it(page):
    type_anew(page, "a fox")
    settled(page, "a fox")
    fill_more(page, seed=-5)
    expect(page.locator("#setting-seed").get_by_role("alert")).to_have_text(
        "Seed cannot be -5. Choose a whole number from 0 to 4294967295."
    )
    expect(caption(page)).to_contain_text("a fox · any style · seed 0")  # the last picture stays
    fill_more(page, seed=3)
    settled(page, "a fox · any style · seed 3")
    expect(page.get_by_role("alert")).to_have_count(0)
    count = len(asked(page))
    prompt(page).fill("")
    prompt(page).fill("an owl")
    settled(page, "an owl")
    assert asked(page)[count:] == ["an owl", "an owl"]


def test_a_slow_machine_is_said_and_may_be_told_to_draw_all_the_same(context, served):
    said = "A picture takes about 2.3 s here, so it is off at first."
    found = {"ready": True, "on": False, "trouble": False, "said": said}
    context.route("**/live/speed", lambda route: route.fulfill(json=found))
    page = opened(context, served)
    expect(page.locator(".lit-live-speed")).to_have_text(said)
    expect(switch(page)).not_to_be_checked()
    page.evaluate(NOTES)
    switch(page).check()
    settled(page, "a blue butterfly")


def test_a_studio_that_has_gone_is_said_and_found_again(context, page):
    type_anew(page, "a fox")
    settled(page, "a fox")
    context.route("**/live/draw", lambda route: route.abort())
    page.keyboard.type(" and")
    expect(page.get_by_role("alert")).to_have_text("The studio does not answer. Is it still running?")
    expect(page.get_by_role("img", name="Live picture: a fox")).to_be_visible()
    context.unroute("**/live/draw")
    page.keyboard.type(" an owl")
    settled(page, "a fox and an owl")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_live_picture_is_looked_into_with_its_own_steps_and_stays_a_draft(page, served):
    store = served.app.state.studio.store
    before = store.recent(99).pictures
    type_anew(page, "a deep fox")
    settled(page, "a deep fox")
    page.get_by_role("button", name="Look inside").click()
    expect(page.locator(".sc-panel h2")).to_have_text("a deep fox · any style · seed 0 · 8 steps")
    expect(page.locator(".sc-step-said")).to_contain_text("Step 3 of 8")
    assert store.recent(99).pictures == before
    page.get_by_role("tab", name="Generate").click()
    count = len(asked(page))
    prompt(page).press("End")
    page.keyboard.type("es")
    settled(page, "a deep foxes")
    assert asked(page)[count:] == ["a deep foxes"] * 2


# Colours do not depend on the width, nor the width of anything on its colours.
@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_it_fits_and_everyone_can_use_it(browser, served, pipeline, scheme, width):
    pipeline.seconds = 0.0
    context = browser.new_context(viewport={"width": width, "height": 667}, color_scheme=scheme)
    page = live_page(context, served)
    type_anew(page, "a fox")
    settled(page, "a fox")
    wait_until(lambda: page.evaluate(STILL))
    small = page.locator(".lit-live-small img:last-child")  # before it one may still fade
    if width == 375:  # where the large picture is below what one sees while typing
        expect(small).to_be_in_viewport()
    else:
        expect(small).to_be_hidden()
        expect(page.get_by_role("img", name="Live picture: a fox")).to_be_in_viewport()
    assert not barriers(page)
    assert too_wide(page) <= 0
    context.close()
