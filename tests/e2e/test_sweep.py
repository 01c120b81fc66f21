"""The Sweep tab in a real browser; a small random model draws."""

import re
import time

import pytest
from access import barriers, too_wide
from PIL import Image
from playwright.sync_api import expect
from serving import HELD, wait_until
from sweeping import mean_colour

from lit.explore.sweeps.adaptive import AdaptiveSweep
from lit.studio.work import lasting


@pytest.fixture(autouse=True)
def eye(monkeypatch):
    monkeypatch.setattr("lit.explore.sweeps.distances.eye", lambda: mean_colour)


def opened(context, served):
    page = context.new_page()
    page.outside, page.errors = [], []
    page.on("request", lambda request: page.outside.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(served.url)
    page.get_by_role("tab", name="Sweep").click()
    expect(page.locator(".swp-plan")).to_contain_text("about")
    return page


def test_a_grid_comes_is_found_after_a_reload_stopped_walked_through_kept_and_taken_away(
    context, served, pipeline, tmp_path
):
    page = opened(context, served)
    expect(page.get_by_role("button", name=re.compile("^How strictly"))).to_be_visible()
    page.get_by_label("Guidance: with commas").fill("1, many")
    expect(page.get_by_role("group", name="Across").get_by_role("alert")).to_contain_text("Guidance cannot be many")
    page.get_by_label("Guidance: with commas").fill("1, 4")
    page.get_by_label("Seed: with commas").fill("3, 4")
    page.get_by_role("group", name="Layers").get_by_role("combobox").select_option(label="Steps")
    page.get_by_label("Steps: with commas").fill("1, 2")
    expect(page.locator(".swp-plan")).to_contain_text("8 pictures, about")
    pipeline.seconds = 0.3  # a step: it is to be seen going on
    page.get_by_role("button", name="Draw the sweep").press("Enter")
    grid = page.get_by_role("grid")
    expect(grid.get_by_role("columnheader", name="4", exact=True)).to_be_visible()
    expect(grid.get_by_role("rowheader", name="3", exact=True)).to_be_visible()
    expect(grid.locator("img")).not_to_have_count(0)
    pipeline.seconds = HELD

    page.reload()
    page.get_by_role("tab", name="Sweep").click()
    expect(page.get_by_role("progressbar", name="Drawing the sweep")).to_be_visible()
    expect(page.locator(".swp-far")).to_contain_text(re.compile(r"\d of 8 drawn, about"))
    page.get_by_role("button", name="Stop").click()
    pipeline.seconds = 0.3
    expect(page.locator(".swp-progress")).to_be_hidden()
    pipeline.seconds = 0.0
    page.get_by_role("button", name="Draw the rest").click()
    expect(page.locator(".swp-said")).to_have_text("Done: 8 pictures.")

    cell = grid.get_by_role("button", name="Guidance 1 · Seed 3 · Steps 1")
    cell.focus()
    for key in ("ArrowRight", "ArrowDown", "PageDown"):
        page.keyboard.press(key)
    expect(page.get_by_role("radio", name="2", exact=True)).to_be_checked()
    expect(grid.get_by_role("button", name="Guidance 4 · Seed 4 · Steps 2")).to_be_focused()
    assert page.locator(".swp-cell[tabindex='0']").count() == 1
    expect(page.locator(".swp-about")).to_contain_text("Guidance 4 · Seed 4 · Steps 2 · a blue butterfly")
    for width in (375, 820, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(page) <= 0
    assert not barriers(page)

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Picture")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog.get_by_role("status")).to_contain_text("Kept")
    assert not barriers(page)
    for button, name in (("Labelled sheet", "sheet.png"), ("Page (HTML)", "page.html")):
        page.keyboard.press("Escape")
        with page.expect_download() as download:
            page.get_by_role("link", name=button).click()
        download.value.save_as(tmp_path / name)
    assert Image.open(tmp_path / "sheet.png").width > 2 * 128
    assert (tmp_path / "page.html").read_text("utf-8").count("data:image/webp") == 8
    grid.get_by_role("button", name="Guidance 4 · Seed 4 · Steps 2").click()
    dialog.get_by_role("button", name="Open in Library").click()
    expect(page.get_by_role("tab", name="Library")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".lb-picture .lb-caption")).to_contain_text("a blue butterfly · any style · seed 4 · 2 steps")
    page.keyboard.press("Escape")

    (file,) = served.app.state.studio.store.recent(1).pictures
    sent = {"picture": {"id": f"{file.parent.name}/{file.name}", "said": "it"}}
    page.evaluate("detail => document.dispatchEvent(new CustomEvent('lit-sweep', { detail }))", sent)
    expect(page.locator(".swp-base-said")).to_have_text("All else: a blue butterfly · any style · 2 steps")
    page.get_by_role("button", name="Take what Generate says").click()
    expect(page.locator(".swp-base-said")).to_contain_text("All else as Generate says: a blue butterfly")
    assert not page.errors and all(url.startswith((served.url, "data:", "blob:")) for url in page.outside)


def test_in_the_dark_on_a_phone_an_example_says_where_it_changes_and_is_thrown_away_and_brought_back(
    browser, served, pipeline, monkeypatch
):
    pipeline.seconds = 0.0
    ask = AdaptiveSweep.ask

    def late(sweep, n=1):  # the page looks before it is known where to draw
        time.sleep(0 if sweep.done else 1)
        return ask(sweep, n)

    monkeypatch.setattr(AdaptiveSweep, "ask", late)
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, color_scheme="dark", reduced_motion="reduce", has_touch=True
    )
    page = opened(context, served)
    for away in page.get_by_role("button", name=re.compile("^Delete: ")).all():
        away.click()
    page.get_by_role("button", name=re.compile("^Where one dragon")).click()
    expect(page.locator(".swp-said")).to_contain_text("Done: ")
    expect(page.get_by_role("img", name=re.compile("^The picture (flips|changes)"))).to_be_visible()
    expect(page.get_by_role("grid").get_by_role("columnheader", name="1", exact=True)).to_be_attached()
    expect(page.locator(".swp-cell[tabindex='0']")).to_have_count(1)
    assert not barriers(page)
    wait_until(lambda: too_wide(page) <= 0)
    page.get_by_role("button", name=re.compile("^Delete: Variation")).click()
    expect(page.get_by_role("grid")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Variation: a blue dragon")).to_be_visible()

    # What is refused stays said, whatever the plan says meanwhile
    monkeypatch.setattr(lasting, "ACTIVE", 0)
    page.get_by_role("button", name="Draw the sweep").click()
    expect(page.get_by_role("alert")).to_contain_text("sweeps of yours are being drawn")
    page.wait_for_timeout(1000)
    expect(page.get_by_role("alert")).to_contain_text("sweeps of yours are being drawn")
    assert not page.errors
    context.close()
