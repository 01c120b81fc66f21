"""The queue, seen and steered in the browser, and what the next drawing takes."""

import re

from access import barriers, too_wide
from generate_page import fill_more, opened, prompt
from playwright.sync_api import expect
from serving import HELD


def test_the_queue_is_found_and_steered_by_every_page_of_its_visitor(context, browser, served, pipeline):
    pipeline.seconds = 0.0
    page = opened(context, served)
    page.get_by_role("switch", name="Draw while I type").uncheck()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done")
    estimate = page.locator("#estimate")
    expect(estimate).to_contain_text(re.compile(r"about [\d.]+ s.* here"))
    expect(page.get_by_role("button", name="Generate")).to_have_attribute("aria-describedby", "estimate")

    pipeline.seconds = HELD
    fill_more(page, steps=30)
    for words in ("a calm fox", "a calm owl", "a calm cat"):
        prompt(page).fill(words)
        page.get_by_role("button", name="Generate").click()
        expect(page.locator("#queue li", has_text=words)).to_have_count(1)
    expect(estimate).to_contain_text("after")
    region = page.get_by_role("region", name="Queue")
    queue = region.get_by_role("listitem")
    expect(queue).to_have_text([re.compile("a calm fox.*Step"), re.compile("a calm owl"), re.compile("a calm cat")])
    expect(region).to_contain_text(re.compile(r"about .* in all"))

    front = page.get_by_role("button", name="To the front “a calm cat”")
    front.focus()
    page.keyboard.press("Enter")
    expect(queue).to_have_text([re.compile("a calm fox"), re.compile("a calm cat"), re.compile("a calm owl")])
    expect(front).to_be_hidden()  # and the focus has gone to what stands beside it
    expect(page.get_by_role("button", name="Cancel “a calm cat”")).to_be_focused()

    region.get_by_role("button", name="Pause").click()
    expect(region).to_contain_text("Paused: nothing of yours is drawn until you go on.")
    expect(queue.nth(1)).to_contain_text("Paused.")
    assert not barriers(page)
    page.set_viewport_size({"width": 375, "height": 812})
    assert too_wide(page) <= 0
    # Only what is done with a sticker becomes icons there: these buttons keep the room for their words.
    assert region.get_by_role("button").evaluate_all("all => all.every((one) => one.scrollWidth <= one.clientWidth)")

    # After a reload, in another tab and on another device it is all there; there it is somebody else's to steer.
    page.reload()
    expect(queue).to_have_count(3)
    other_context = browser.new_context()
    other = other_context.new_page()
    other.goto(served.url)
    others = other.get_by_role("region", name="Queue")
    expect(others.get_by_role("listitem")).to_have_count(3)
    expect(others.get_by_role("listitem").nth(1)).to_contain_text("Asked for elsewhere.")
    expect(others.get_by_role("listitem").get_by_role("button")).to_have_count(0)
    other_context.close()

    pipeline.seconds = 0.0
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
    expect(queue).to_have_text([re.compile("a calm cat"), re.compile("a calm owl")])
    region.get_by_role("button", name="Go on").click()
    expect(page.locator("#caption")).to_contain_text("a calm owl")
    expect(page.get_by_role("button", name="a calm cat")).to_be_visible()
    expect(region).to_be_hidden()

    pipeline.seconds = HELD
    for words in ("a last fox", "a last owl"):
        prompt(page).fill(words)
        page.get_by_role("button", name="Generate").click()
    toast = page.locator(".lit-toast")
    page.get_by_role("button", name="Cancel “a last owl”").click()
    expect(toast).to_contain_text("1 drawing cancelled")
    toast.get_by_role("button", name="Undo").click()
    expect(queue).to_have_text([re.compile("a last fox"), re.compile("a last owl")])
    region.get_by_role("button", name="Cancel all").click()
    expect(toast).to_contain_text("the one that was being drawn is stopped")
    pipeline.seconds = 0.0
    expect(region).to_be_hidden()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    expect(toast).to_contain_text("1 drawing cancelled; the one that was being drawn is stopped")
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("#caption")).to_contain_text("a last owl")
