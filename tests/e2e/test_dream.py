"""The Dream tab in a real browser; a small random model dreams."""

import re

import pytest
from access import barriers, too_wide
from playwright.sync_api import expect
from serving import HELD, Paced

from lit.studio.work import lasting


@pytest.fixture
def slow(pipeline, monkeypatch):
    """Each frame waits, as each step of a drawing does."""

    def preview(self, latents):
        self.wait()
        return self.pipeline.preview(latents)

    monkeypatch.setattr(Paced, "preview", preview, raising=False)
    yield pipeline
    pipeline.seconds = 0.0


def test_a_dream_is_dreamt_found_after_a_reload_stopped_and_read_in_its_graph(
    browser, served, slow, tmp_path, monkeypatch
):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served.url)
    page.get_by_role("tab", name="Dream").click()
    graph, strip = page.get_by_role("group", name="What follows what"), page.get_by_role("group", name="Filmstrip")
    nodes = graph.locator(".drm-node")

    # One is there at first sight, and stands still for whoever wants that
    expect(page.locator(".drm-settings")).to_contain_text("A dream that comes with the studio")
    expect(nodes).not_to_have_count(0)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert not barriers(page)

    page.get_by_label("Frames", exact=True).fill("1")
    expect(page.get_by_role("alert")).to_contain_text("a whole number from 2 to 2000")
    page.get_by_label("Frames", exact=True).fill("30")
    page.get_by_role("radio", name=re.compile("^Fresh")).check()
    expect(page.locator(".drm-plan")).to_contain_text("30 pictures, about")
    slow.seconds = 0.3
    page.get_by_role("button", name="Start dreaming").press("Enter")
    expect(strip.get_by_role("button")).not_to_have_count(240)
    expect(strip.get_by_role("button")).not_to_have_count(0)
    slow.seconds = HELD

    page.reload()
    page.get_by_role("tab", name="Dream").click()
    expect(page.get_by_role("progressbar", name="Dreaming")).to_be_visible()
    expect(page.locator(".drm-far")).to_contain_text(re.compile(r"\d of 30 drawn"))
    page.get_by_role("button", name="Stop").click()
    slow.seconds = 0.3
    expect(page.locator(".drm-progress")).to_be_hidden()
    slow.seconds = 0.0
    page.get_by_role("button", name="Dream on").click()
    expect(page.locator(".drm-said")).to_contain_text("Done: 30 pictures.")
    expect(strip.get_by_role("button")).to_have_count(30)
    expect(page.locator(".drm-found")).to_contain_text("k-means")

    # A place, by the mouse; an arrow, by the keys; the same in the table
    nodes.first.click()
    expect(page.locator(".drm-which")).to_have_text("Frames of A")
    assert 0 < strip.get_by_role("button").count() < 30
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".drm-which")).to_have_text(re.compile("^Crossings from A to [B-H]$"))
    page.get_by_text("The graph as a table").click()
    page.get_by_role("table").get_by_role("button", name=re.compile("^B: ")).click()
    expect(page.locator(".drm-which")).to_have_text("Frames of B")
    assert not barriers(page)
    page.get_by_role("button", name="Show all frames").click()
    expect(strip.get_by_role("button")).to_have_count(30)
    strip.get_by_role("button", name="Frame 1", exact=True).click()
    page.keyboard.press("End")
    expect(page.get_by_role("img", name="Frame 30 of 30")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Graph (SVG)").click()
    download.value.save_as(tmp_path / "dream.svg")
    svg = (tmp_path / "dream.svg").read_text("utf-8")
    assert svg.count("data:image/webp;base64,") == nodes.count() and "<script" not in svg
    for width in (375, 820):
        page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(page) <= 0

    # From a sticker, there and in the Library
    page.get_by_role("tab", name="Generate").click()
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("Done")
    page.get_by_role("button", name="More…").click()
    page.get_by_role("menuitem", name="Dream on").click()
    begins = page.get_by_text("It begins with this sticker.")
    expect(begins).to_be_visible()
    page.get_by_role("button", name="Begin with the words").click()
    expect(begins).to_be_hidden()
    page.get_by_role("tab", name="Library").click()
    page.locator(".lb-tile").click()
    page.get_by_role("dialog", name="Picture").get_by_role("button", name="Dream on").click()
    expect(begins).to_be_visible()
    page.get_by_label("Frames", exact=True).fill("3")
    page.get_by_role("button", name="Start dreaming").click()  # sooner than the plan is asked for
    expect(page.locator(".drm-said")).to_contain_text("Done: 3 pictures.")
    expect(page.locator(".drm-plan")).to_contain_text("3 pictures, about")

    # What is refused stays said, whatever the plan says meanwhile
    monkeypatch.setattr(lasting, "ACTIVE", 0)
    page.get_by_role("button", name="Start dreaming").click()
    expect(page.get_by_role("alert")).to_contain_text("dreams of yours are under way")
    page.wait_for_timeout(1000)
    expect(page.get_by_role("alert")).to_contain_text("dreams of yours are under way")
    assert not errors
    context.close()
