"""The Generate tab in a browser, as its tests use it."""

import re
from functools import partial

from playwright.sync_api import Page, expect
from serving import wait_until


def opened(context, served) -> Page:
    page = context.new_page()
    page.goto(served.url)
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    expect(page.locator("#stage")).to_contain_text("Your sticker appears here")
    return page


def prompt(page):
    return page.get_by_role("textbox", name="What should it be?")


# Two frames: what the page has in hand is on the screen then.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STILL = """() => document.getAnimations().every((animation) =>
  animation.playState !== "running" || animation.effect.getComputedTiming().iterations === Infinity)"""


def more(page, name):
    """Choose from the menu of what else is done with a sticker."""
    page.get_by_role("button", name="More…").click()
    page.get_by_role("menuitem", name=name).click()


def fill_more(page, pictures=None, **numbers):
    """Set number fields under "More", and how many pictures. The page makes the fields when that part opens and gives
    them their first values a moment later, so what is typed within that moment can be lost: type, and see that it
    stays."""
    seed = page.locator("#more").get_by_label("Seed")
    if not seed.is_visible():
        page.get_by_role("button", name="More", exact=True).click()
    expect(seed).to_have_value(re.compile(r"\d"))

    def typed(control, value):
        control.fill(value)
        control.press("Tab")
        page.evaluate(PAINTED)
        return control.input_value() == value

    if pictures is not None:
        page.get_by_role("group", name="How many").get_by_role("radio", name=str(pictures), exact=True).check()
    for name, value in numbers.items():
        control = page.get_by_role("spinbutton", name=re.compile(name, re.I)).first
        wait_until(partial(typed, control, str(value)))
