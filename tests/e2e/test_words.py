"""The words' field in a real browser: suggestions, earlier words, templates; a small random model draws."""

from access import barriers, too_wide
from generate_page import opened, prompt
from playwright.sync_api import expect
from sqlalchemy import select

from lit.studio.work.tables import JOBS


def jobs(served):
    return served.app.state.studio.store.database.rows(select(JOBS).order_by(JOBS.c.number))


def test_words_are_completed_found_again_and_stand_for_several(context, served, pipeline):
    pipeline.seconds = 0.0
    page = opened(context, served)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    field = prompt(page)
    options = page.get_by_role("listbox").get_by_role("option")

    # 1. Suggestions: by arrows, taken by Enter and Tab, closed by Escape, and never in the way
    field.press("ControlOrMeta+a")
    page.keyboard.type("a blue butterf")
    expect(options.first).to_have_text("🦋 butterfly")
    assert not barriers(page)
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "completion-0")
    expect(options.first).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(field).to_have_value("a blue butterfly")
    expect(options).to_have_count(0)
    assert not jobs(served)
    page.keyboard.type(" on an octop")
    expect(options.first).to_have_text("🐙 octopus")
    field.press("ArrowDown")
    field.press("Tab")
    expect(field).to_have_value("a blue butterfly on an octopus")
    expect(field).to_be_focused()
    page.keyboard.type(" and a ca")
    expect(options.first).to_be_visible()
    field.press("Escape")
    expect(options).to_have_count(0)
    field.press("ArrowDown")  # has them back
    expect(options.first).to_have_attribute("aria-selected", "true")
    field.press("Escape")
    page.keyboard.type("t")
    expect(options.first).to_be_visible()
    field.press("Enter")  # nothing is highlighted
    expect(page.locator("#caption")).to_contain_text("a blue butterfly on an octopus and a cat ·")
    expect(options).to_have_count(0)

    # 2. Earlier words
    field.fill("ein roter Hund")
    field.press("Enter")
    expect(page.locator("#caption")).to_contain_text("ein roter Hund · drawn as a red dog")
    field.press("ArrowUp")
    expect(field).to_have_value("a blue butterfly on an octopus and a cat")
    field.press("ArrowDown")
    expect(field).to_have_value("ein roter Hund")
    field.press("ControlOrMeta+a")
    field.press("Delete")
    field.press("ArrowUp")
    expect(field).to_have_value("ein roter Hund")  # as it was typed
    field.press("ControlOrMeta+a")
    page.keyboard.type("a cat")
    field.press("Escape")
    field.press("ArrowUp")  # what somebody has typed stays
    expect(field).to_have_value("a cat")

    # 3. Templates: counted before, all or one
    before = len(jobs(served))
    field.fill("a {red|green|blue} cat")
    group = page.get_by_role("group", name="3 prompts: a red cat, a green cat, a blue cat.")
    group.get_by_role("radio", name="All 3").check()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#result img")).to_have_count(3)
    expect(page.locator("#caption")).to_contain_text("a {red|green|blue} cat · drawn as a red cat")
    assert len(jobs(served)) == before + 3
    field.fill(" ".join(["{a|b|c|d|e|f|g|h|i|j}"] * 6))
    expect(page.locator("#template")).to_contain_text("1,000,000 prompts, at most 32 at once")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“1,000,000 prompts” will not do. Needed: at most 32 at once")
    assert len(jobs(served)) == before + 3
    page.locator("#template").get_by_role("radio", name="One").check()
    field.press("Enter")
    expect(page.locator("#result img")).to_have_count(1)
    assert len(jobs(served)) == before + 4

    # 4. On a phone it fits, with suggestions coming and going
    page.get_by_role("switch", name="Draw while I type").uncheck()
    field.press("ControlOrMeta+a")
    page.keyboard.type("a smiling cat face with a fox")
    page.set_viewport_size({"width": 375, "height": 700})
    page.keyboard.type(" and a smi")
    expect(options.first).to_contain_text("smi")
    assert too_wide(page) <= 0
    assert not errors
