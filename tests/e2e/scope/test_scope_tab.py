"""What a visitor does on the LinearScope tab, in a real browser; a small random model is looked into."""

import dataclasses
import io
import re
import time

import numpy as np
import pytest
from access import barriers
from PIL import Image
from playwright.sync_api import expect
from scope_tab import FOX, SIDE, click, look_into, number, opened, pixels, save, table, to_the_end
from serving import HELD, wait_until

from lit.settings import to_png_info
from lit.studio.work.desk import Ahead, Desk, Task


def test_a_click_shows_parts_that_add_up(page):
    look_into(page, "a red fox")
    click(page, 20, 33)
    parts, total = table(page)
    assert len(parts) > 10
    assert sum(parts) == pytest.approx(total, abs=1e-5)
    assert max(map(abs, parts)) > 1e-3
    page.get_by_role("button", name="As a table").click()
    rows = page.locator(".sc-row .sc-value").all_inner_texts()
    assert number(rows[-1]) == pytest.approx(total, abs=1e-4)
    assert sum(map(number, rows[:-1])) == pytest.approx(total, abs=1e-3)
    page.get_by_role("button", name="Biases by layer").click()
    layered = page.locator(".sc-row .sc-value").all_inner_texts()
    assert len(layered) > len(rows)
    assert sum(map(number, layered[:-1])) == pytest.approx(total, abs=2e-3)
    for name in ("reads", "spreads"):
        expect(page.get_by_role("img", name=re.compile(f"Where it {name}"))).to_be_visible()


def test_a_prepared_square_is_shown_whole_while_nothing_can_be_computed(page, served):
    look_into(page, "a red fox")
    page.get_by_role("button", name="Pin beside the next").click()
    look_into(page, "an owl")
    for panel in page.locator(".sc-panel").all():
        expect(panel.get_by_text("Every square answers at once.")).to_be_visible()
    maps = page.locator(".sc-reads, .sc-spreads")
    seen = set()
    with served.app.state.studio.worker.lane:
        for x, y in ((20, 33), (60, 5)):
            click(page, x, y, pixel=False)
            wait_until(lambda: all(maps.evaluate_all("images => images.map(image => image.naturalWidth > 0)")))
            seen.add(tuple(maps.evaluate_all("images => images.map(image => image.src)")))
            for panel in (0, 1):
                parts, total = table(page, panel)
                assert sum(parts) == pytest.approx(total, abs=1e-5)
    assert len(seen) == 2 and len({source for sources in seen for source in sources}) == 8
    # A pixel is not prepared, and says so by fading the maps of the square until its own are there.
    click(page, 20, 34)
    expect(page.locator(".sc-old")).to_have_count(0)
    assert tuple(maps.evaluate_all("images => images.map(image => image.src)")) not in seen


def test_preparing_can_be_stopped_and_another_step_is_prepared_anew(page, monkeypatch):
    look_into(page, "a red fox")
    prepared = page.get_by_text("Every square answers at once.")
    expect(prepared).to_be_visible()
    pace = Slowed(monkeypatch, 0.2)
    under_way = page.locator(".sc-ahead")
    page.get_by_role("button", name="One step earlier").click()
    click(page, 30, 30)
    expect(under_way).to_be_visible()
    expect(under_way).to_contain_text(re.compile(r"\d+ of 16 squares answer at once"))
    pace.seconds = HELD
    under_way.get_by_role("button", name="Stop").click()
    expect(under_way).to_be_hidden()
    expect(prepared).to_be_hidden()
    monkeypatch.undo()
    page.get_by_role("button", name="One step later").click()  # which has been prepared
    expect(prepared).to_be_visible()


def test_a_dragged_box_adds_up_to_the_file(page, served):
    look_into(page, "a red fox")
    to_the_end(page)
    canvas = page.get_by_role("application")
    area, pixel = canvas.bounding_box(), canvas.bounding_box()["width"] / SIDE
    page.mouse.move(area["x"] + 10.5 * pixel, area["y"] + 8.5 * pixel)
    page.mouse.down()
    page.mouse.move(area["x"] + 17.5 * pixel, area["y"] + 11.5 * pixel)
    page.mouse.up()
    expect(page.locator(".sc-sum h3")).to_have_text("What adds up in 8 \u00d7 4 pixels at 10, 8")
    parts, brightness = table(page)
    assert sum(parts) == pytest.approx(brightness, abs=1e-5)
    page.get_by_label("Measure").select_option("Opacity")
    expect(page.locator(".sc-sum-said")).to_contain_text("Opacity")
    parts, opacity = table(page)
    assert sum(parts) == pytest.approx(opacity, abs=1e-5)
    assert opacity != pytest.approx(brightness, abs=1e-3)
    # At the last step what is seen is what the file has.
    (file,) = (served.home / "pictures").rglob("a-red-fox-5.png")
    drawn = np.asarray(Image.open(file))[8:12, 10:18, 3] / 255
    assert opacity == pytest.approx(drawn.mean(), abs=0.01)


def test_the_timeline_scrubs_and_every_layer_and_path_adds_up(page):
    look_into(page, "an owl")
    to_the_end(page)
    click(page, 30, 30)
    before, (_, last) = pixels(page), table(page)
    slider = page.get_by_role("slider", name=re.compile("Step 6 of 6"))
    slider.focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("slider", name=re.compile("Step 1 of 6: time 1000"))).to_be_visible()
    wait_until(lambda: table(page)[1] != last)
    assert pixels(page) != before
    parts, first = table(page)
    assert sum(parts) == pytest.approx(first, abs=1e-5)
    page.get_by_label("Attention by").select_option(index=1)
    wait_until(lambda: table(page)[0] != parts)
    parts, total = table(page)
    assert sum(parts) == pytest.approx(total, abs=1e-5) and total == pytest.approx(first, abs=1e-4)
    page.get_by_label("Follow").select_option("Clean latents")
    wait_until(lambda: table(page)[1] != total)
    parts, total = table(page)
    assert sum(parts) == pytest.approx(total, rel=1e-4)
    page.get_by_label("Follow").select_option("Picture, through all steps")
    page.get_by_role("button", name="Find 16 modes").click()
    expect(page.locator(".sc-notice")).to_contain_text("one step at a time")
    expect(page.locator(".sc-explain")).to_contain_text("the first noise")
    expect(page.locator(".sc-numbers")).to_contain_text("The first noise")
    parts, total = table(page)
    assert sum(parts) == pytest.approx(total, abs=1e-4)


def test_a_word_lights_its_part(page):
    look_into(page, "a red fox")
    click(page, 20, 20)
    word = page.locator(".sc-words").get_by_role("button", name="red")
    expect(word).to_be_visible()
    page.mouse.move(1, 1)
    plain = pixels(page)
    word.hover()
    expect(word).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: pixels(page) != plain)
    red = pixels(page)
    page.locator(".sc-words").get_by_role("button", name="fox").focus()
    wait_until(lambda: pixels(page) not in (plain, red))
    page.mouse.move(1, 1)
    page.get_by_role("button", name="Find 16 modes").focus()
    wait_until(lambda: pixels(page) == plain)
    page.locator(".sc-row", has_text="red").locator(".sc-name").hover()
    wait_until(lambda: pixels(page) == red)


def test_two_pictures_are_asked_by_one_click(page):
    look_into(page, "a red fox")
    page.get_by_role("button", name="Pin beside the next").click()
    page.get_by_role("combobox", name="Model").select_option("Its teacher")
    look_into(page, "a red fox")
    expect(page.locator(".sc-panel h2").nth(1)).to_contain_text("its teacher")
    click(page, 40, 22, panel=1)
    (left, student), (right, teacher) = table(page, 0), table(page, 1)
    assert sum(left) == pytest.approx(student, abs=1e-5)
    assert sum(right) == pytest.approx(teacher, abs=1e-5)
    assert student != pytest.approx(teacher, abs=1e-4)
    page.get_by_label("Attention by").select_option(index=1)  # which a softmax teacher has not
    wait_until(lambda: table(page, 0)[0] != left)
    assert table(page, 1) == (right, teacher)
    expect(page.locator(".sc-notice")).to_be_hidden()
    page.get_by_role("combobox", name="Model").select_option("This studio's model")
    look_into(page, "an owl")  # in the teacher's place
    expect(page.locator(".sc-panel h2")).to_have_text([re.compile("a red fox"), re.compile("an owl")])
    page.get_by_role("button", name="Close").first.click()
    expect(page.locator(".sc-panel h2")).to_have_text([re.compile("an owl")])


def test_modes_come_with_their_values_and_can_be_stopped(page, monkeypatch):
    look_into(page, "a red fox")
    page.get_by_role("button", name="Find 16 modes").click()
    expect(page.locator(".sc-modes li")).to_have_count(16)
    values = [float(text.split("\u00d7")[1]) for text in page.locator(".sc-modes li").all_inner_texts()]
    assert values == sorted(values, reverse=True) and values[-1] > 0

    pace = Slowed(monkeypatch, 0.5)
    page.get_by_role("button", name="Find 16 modes").click()
    expect(page.locator(".sc-modes-area .sc-wait-said")).to_contain_text(re.compile(r"Round [2-9] of at most \d+"))
    pace.seconds = HELD
    page.locator(".sc-modes-area").get_by_role("button", name="Stop").click()
    expect(page.locator(".sc-modes-said")).to_contain_text(re.compile(r"Stopped with \d+ of 16"))
    assert 0 < page.locator(".sc-modes li").count() < 16


class Slowed:
    """Long work, and work ahead of time, that waits at each step, no longer than until something is asked, it is to end
    or the patch is undone: pages that are gone leave work ahead of time behind. seconds may be changed while it waits:
    with HELD it stays until then."""

    def __init__(self, monkeypatch, seconds: float):
        self.seconds, self._waiting = seconds, 0
        ask, step, advance = Desk.ask, Task.step, Ahead.advance

        def asked(desk, question):
            self._waiting += 1
            try:
                return ask(desk, question)
            finally:
                self._waiting -= 1

        def slow_step(task, done, of, said):
            task.done, task.of, task.said = done, of, said
            self._wait(task)
            step(task, done, of, said)

        def slow_advance(task):
            if not self._wait(task):  # else what is asked comes first
                advance(task)

        self._asked = asked
        monkeypatch.setattr(Desk, "ask", asked)
        monkeypatch.setattr(Task, "step", slow_step)
        monkeypatch.setattr(Ahead, "advance", slow_advance)

    def _wait(self, task) -> bool:
        """Whether something has been asked meanwhile."""
        began = time.monotonic()
        while time.monotonic() < began + self.seconds and not (task.to_end or self._waiting):
            if Desk.ask is not self._asked:  # what is asked now is counted no more
                break
            time.sleep(0.02)
        return self._waiting > 0 and not task.to_end


def test_drawing_shows_steps_can_be_stopped_and_is_then_open(page, monkeypatch):
    pace = Slowed(monkeypatch, 1.0)
    page.get_by_label("What to draw and look into").fill("a green owl")
    page.get_by_role("button", name="Draw and look").click()
    expect(page.locator(".sc-pick .sc-wait-said")).to_contain_text(re.compile(r"Drawing: step \d+ of 8"))
    pace.seconds = HELD
    page.locator(".sc-pick").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Draw and look")).to_be_enabled()
    assert page.locator(".sc-panel").count() == 0
    monkeypatch.undo()
    page.get_by_role("button", name="Draw and look").click()
    expect(page.locator(".sc-panel h2")).to_have_text("a green owl \u00b7 any style \u00b7 seed 0 \u00b7 8 steps")


def test_a_click_is_answered_while_all_parts_are_being_found(page, served, tmp_path, monkeypatch):
    pace = Slowed(monkeypatch, 1.0)
    provenance = served.app.state.studio.worker.pipeline().provenance()
    unseen = to_png_info(dataclasses.replace(FOX, seed=99), provenance)
    Image.new("RGBA", (SIDE, SIDE)).save(tmp_path / "unseen.png", pnginfo=unseen)
    page.locator("input[type=file]").last.set_input_files(tmp_path / "unseen.png")
    under_way = page.locator(".sc-ready")
    expect(under_way).to_contain_text(re.compile(r"Making answers instant: part \d+ of \d+"))
    pace.seconds = HELD
    click(page, 9, 9)
    expect(under_way).to_be_visible()
    assert sum(table(page)[0]) == pytest.approx(table(page)[1], abs=1e-5)
    under_way.get_by_role("button", name="Stop").click()
    expect(under_way).to_be_hidden()
    assert page.locator(".sc-words button").count() == 0
    monkeypatch.undo()
    click(page, 10, 10)
    expect(page.locator(".sc-words").get_by_role("button", name="fox")).to_be_visible()


def test_what_is_found_is_saved_as_one_file(page, context, tmp_path):
    look_into(page, "a red fox")
    click(page, 12, 50)
    expect(page.locator(".sc-words button").first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Where it spreads"))).to_be_visible()
    parts, total = table(page)
    download = save(page, "HTML")
    assert download.suggested_filename == "linearscope-a-red-fox.html"
    download.save_as(tmp_path / "saved.html")
    download = save(page, "PNG")
    image = Image.open(io.BytesIO(download.path().read_bytes()))
    assert image.format == "PNG" and image.width == 720 and len(image.convert("RGB").getcolors(1 << 20)) > 50

    elsewhere = context.browser.new_context(offline=True)  # the studio's own page stays where it is, with its network
    saved, asked = elsewhere.new_page(), []
    saved.on("request", lambda request: asked.append(request.url.split(":")[0]))
    saved.goto((tmp_path / "saved.html").as_uri())
    expect(saved.get_by_role("heading", name="What adds up at 12, 50")).to_be_visible()
    assert table(saved) == (parts, total)
    assert all(saved.locator("img").evaluate_all("images => images.map(image => image.naturalWidth > 0)"))
    assert set(asked) - {"data"} == {"file"}
    assert not barriers(saved)
    elsewhere.close()


def test_each_saved_picture_names_its_own_step_and_old_numbers_are_not_saved(page):
    look_into(page, "a red fox")
    page.get_by_role("button", name="Pin beside the next").click()
    look_into(page, "an owl")
    to_the_end(page)
    click(page, 12, 50)
    download = save(page, "HTML")
    saved = download.path().read_text()
    assert "Step 4 of 4: time 250" in saved and "Step 6 of 6: time 167" in saved
    held = []  # what the page asks after the change of step: unanswered for now
    page.route(re.compile("component_server"), lambda route: route.continue_() if held is None else held.append(route))
    page.get_by_role("slider").focus()
    with page.expect_request(re.compile("component_server")):  # once what it has asked before is answered
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Save as HTML").click()
    expect(page.locator(".sc-notice")).to_contain_text("not of this step and place yet")
    waiting, held = held, None
    for route in waiting:
        route.continue_()
    expect(page.locator(".sc-old")).to_have_count(0)
    save(page, "HTML")
    expect(page.locator(".sc-notice")).to_be_hidden()
    # The step alone makes the numbers old, in both panels; what is asked waits for the hand to rest.
    moved = "slider => (slider.stepDown(), slider.dispatchEvent(new Event('input', { bubbles: true })))"
    old = page.get_by_role("slider").evaluate(
        f"slider => ({moved})(slider) && document.querySelectorAll('.sc-sum.sc-old').length"
    )
    assert old == 2
    save(page, "HTML")


def test_a_png_of_ours_opens_and_others_are_refused_in_words(page, served, tmp_path):
    alert, chooser = page.locator(".sc-notice"), page.locator("input[type=file]").last
    Image.new("RGBA", (8, 8)).save(tmp_path / "other.png")
    chooser.set_input_files(tmp_path / "other.png")
    expect(alert).to_have_text(
        "Image: “other.png” will not do. Needed: a PNG drawn by this studio, which carries its settings."
    )
    foreign = to_png_info(FOX, {"weights_sha256": "0123456789abcdef"})
    Image.new("RGBA", (SIDE, SIDE)).save(tmp_path / "foreign.png", pnginfo=foreign)
    chooser.set_input_files(tmp_path / "foreign.png")
    expect(alert).to_contain_text("drawn by another model: its weights begin with 0123456789")
    page.get_by_label("What to draw and look into").fill(" ")
    page.get_by_role("button", name="Draw and look").click()
    expect(alert).to_have_text("Type what to draw, for example 'a blue dragon'.")
    (file,) = (served.home / "pictures").rglob("a-red-fox-5.png")
    chooser.set_input_files(file)
    expect(page.get_by_role("heading", name=re.compile("a red fox"))).to_be_visible()
    expect(alert).to_be_hidden()
    page.get_by_role("textbox", name="Pixel").fill("300, 20")
    page.get_by_role("button", name="Look there").click()
    expect(alert).to_contain_text("Point: “(300, 20)” will not do. Needed: one inside the picture, 0 to 63 across")


def test_the_first_view_says_what_it_is_and_opens_an_example_where_the_story_is(page, monkeypatch):
    welcome = page.get_by_role("region", name="What this is")
    expect(welcome).to_contain_text("Every sticker is a sum")
    picture = welcome.get_by_role("img", name=re.compile("A blue butterfly"))
    wait_until(lambda: picture.evaluate("image => image.naturalWidth") == 480)
    welcome.get_by_role("button", name="Open this example").press("Enter")
    expect(page.locator(".sc-panel h2")).to_contain_text("a blue butterfly")
    expect(welcome).to_be_hidden()
    expect(page.locator(".sc-step-said")).to_contain_text("Step 3 of 8")
    expect(page.locator(".sc-sum h3")).to_contain_text("at 144, 96")  # somewhere, without a click


def test_words_are_grouped_on_one_scale_and_light_a_picture_in_view_on_a_phone(browser, served):
    context = browser.new_context(viewport={"width": 375, "height": 667}, has_touch=True, is_mobile=True)
    page = opened(context, served)
    look_into(page, "a red fox")
    click(page, 20, 20)
    yours = page.get_by_role("group", name="Words", exact=True).get_by_role("button")
    expect(yours.last).to_be_visible()
    assert [name.split("\n")[0] for name in yours.all_inner_texts()] == ["a", "red", "fox", "style blob"]
    marks = page.get_by_role("button", name=re.compile(r"\(start\)"))
    expect(marks).to_be_hidden()
    page.get_by_text(re.compile(r"Marks that every text has \(\d\)")).click()
    expect(marks).to_be_visible()
    expect(page.locator(".sc-full")).to_have_text(re.compile(r"^Full colour: 0\.\d{4}, for every word alike\.$"))
    yours.last.tap()
    expect(page.locator(".sc-peek")).to_be_in_viewport()
    page.locator(".sc-board canvas").scroll_into_view_if_needed()
    page.locator(".sc-board canvas").focus()
    expect(page.locator(".sc-peek")).to_be_hidden()
    page.get_by_role("textbox", name="Pixel").fill("here")
    page.get_by_role("button", name="Look there").click()
    expect(page.locator(".sc-goto").get_by_role("alert")).to_contain_text("Pixel cannot be here. Choose two numbers")
    context.close()


def test_no_heading_is_empty_on_the_page_or_in_what_is_saved(page, context, tmp_path, served):
    look_into(page, "a red fox")
    download = save(page, "HTML")
    saved = context.new_page()
    saved.set_content(download.path().read_text())
    for one in (page, saved):
        assert all(text.strip() for text in one.locator("h1, h2, h3").all_text_contents())
