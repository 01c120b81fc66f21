"""Everyone, on every screen: what axe does not see."""

import re

from access import too_wide
from generate_page import fill_more, more, opened, prompt
from playwright.sync_api import expect
from serving import wait_until

# Controls that lie on one another, are cut by the window, or stick out of their card.
FAULTS = """() => {
  const name = (one) => one.id || one.outerHTML.slice(0, 80);
  const box = (one) => one.getBoundingClientRect(), faults = [];
  // At the foot of a narrow page, over all else.
  const above = (one) => [...document.querySelectorAll(".lit-doings, .lit-progress")].some((bar) =>
    bar.contains(one) && getComputedStyle(bar).position === "fixed");
  const controls = document.querySelectorAll("button, a, input:not(.lit-unseen), textarea, #result img");
  const seen = [...controls].filter((one) => one.checkVisibility() && box(one).width > 1
    && !one.closest("dialog, .lit-first, footer, label, #recent"));
  for (const one of seen) {
    const mine = box(one), card = !above(one) && one.closest(".lit-card");
    if (mine.left < -1 || mine.right > innerWidth + 1) faults.push(["cut", name(one)]);
    if (card && mine.right > box(card).right + 1) faults.push(["out of its card", name(one)]);
    for (const two of seen) {
      if (one === two || one.contains(two) || two.contains(one) || above(one) !== above(two)) continue;
      const other = box(two);
      const [wide, high] = [["left", "right"], ["top", "bottom"]].map(([start, end]) =>
        Math.min(mine[end], other[end]) - Math.max(mine[start], other[start]));
      if (wide > 2 && high > 2) faults.push(["overlap", name(one), name(two)]);
    }
  }
  return faults;
}"""
WIDE = """() => [...document.querySelectorAll("body *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 90))"""
HEIGHT = "document.querySelector('.lit-stage .lit-board').getBoundingClientRect().height"
INSIDE = """() => {
  const box = document.querySelector(".lit-stage .lit-board").getBoundingClientRect();
  const all = [...document.querySelectorAll("#result button")];
  return all.every((one) => one.getBoundingClientRect().bottom <= box.bottom);
}"""
HEAR = """() => {
  const said = document.querySelector("#progress-said");
  window.heard = [];
  new MutationObserver(() => heard.push(said.textContent)).observe(said, { childList: true });
}"""
SMALL = """() => {
  const fingers = document.querySelectorAll(".lit-columns :is(button, .lit-button, .lit-dot, #style-picker label)");
  const small = [...fingers].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44);
  return small.map((one) => `${one.getBoundingClientRect().height} ${one.outerHTML.slice(0, 90)}`);
}"""
MOVES = """() => {
  window.moved = [];
  const { animate } = Element.prototype;
  Element.prototype.animate = function (...how) {
    moved.push(how[1].duration ?? how[1]);
    return animate.apply(this, how);
  };
}"""


def test_nothing_overlaps_or_is_cut_from_320_to_2560_pixels_and_the_stage_stays(context, served, pipeline):
    pipeline.seconds = 0.0
    page = opened(context, served)
    page.get_by_role("switch", name="Draw while I type").uncheck()  # a live picture would take the stage's place
    fill_more(page, steps=1, pictures=1)
    sizes = [(320, 640), (375, 812), (667, 375), (770, 600), (820, 1180), (900, 700), (1030, 700), (1280, 900)]
    sizes += [(1920, 1080), (2560, 1300), (320, 256)]  # the last: 1280 by 1024 at 400%
    before = {}
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(FAULTS) == [], (width, height)
        assert too_wide(page) <= 0, page.evaluate(WIDE)
        before[width, height] = page.evaluate(HEIGHT)
    page.set_viewport_size({"width": 1280, "height": 900})
    fill_more(page, pictures=8)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#result button")).to_have_count(8)
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(FAULTS) == [], (width, height)
        assert page.evaluate(HEIGHT) == before[width, height], (width, height)
        assert page.evaluate(INSIDE), (width, height)
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator("#result [aria-pressed=true]")).to_have_count(1)
    page.locator("#result button").nth(5).click()
    expect(page.locator("#result button").nth(5)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#caption")).to_contain_text("seed 5")
    expect(page.get_by_role("link", name="Download PNG")).to_be_in_viewport()

    # What is drawn stays in sight while one scrolls through the controls.
    page.set_viewport_size({"width": 1000, "height": 600})
    page.mouse.wheel(0, 500)
    wait_until(lambda: page.evaluate("scrollY") > 200)
    expect(page.locator(".lit-stage .lit-board")).to_be_in_viewport(ratio=0.9)

    # Enlarged it is larger, above everything, and given back by Escape.
    small = page.locator("#result img").first.bounding_box()["width"]
    more(page, "Large")
    large = page.locator("#enlarged img").bounding_box()
    assert large["width"] > small
    at = [large["x"] + large["width"] / 2, large["y"] + large["height"] / 2]
    assert page.evaluate("([x, y]) => !!document.elementFromPoint(x, y).closest('#enlarged')", at)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More…")).to_be_focused()


def test_by_keyboard_and_by_ear(context, served, pipeline):
    page = opened(context, served)
    for group in ("#style-picker", ".lit-backdrops"):
        radios = page.locator(f"{group} input")
        radios.first.focus()
        page.keyboard.press("ArrowRight")
        expect(radios.nth(1)).to_be_checked()
        expect(radios.nth(1)).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("(group) => !document.activeElement.closest(group)", group)
    expect(page.locator("html")).to_have_attribute("data-backdrop", "white")
    tab = page.get_by_role("tab", name="Generate")
    tab.focus()
    assert page.get_by_role("tab").evaluate_all("tabs => tabs.filter((tab) => tab.tabIndex === 0).length") == 1
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab").nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tab).to_have_attribute("aria-selected", "true")

    said = page.locator("#progress-said")
    assert said.get_attribute("role") == "status"
    page.evaluate(HEAR)
    pipeline.seconds = 0.1
    fill_more(page, steps=40)
    prompt(page).fill("a loud fox")
    button = page.get_by_role("button", name="Generate")
    button.focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Done: 1 sticker")
    expect(button).to_be_focused()
    heard = [line.split(".")[0].split(" in ")[0] for line in page.evaluate("heard")]
    assert heard == ["A quarter is drawn", "Half is drawn", "Three quarters are drawn", "Done: 1 sticker"]
    expect(page.get_by_role("img", name=re.compile(r"^a loud fox · Noto · seed 0"))).not_to_have_count(0)
    pipeline.seconds = 0.0
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-backdrop", "white")
    expect(page.get_by_role("radio", name="White")).to_be_checked()


def test_fingers_have_room_and_forced_colours_show_what_is_chosen(browser, served, pipeline):
    pipeline.seconds = 0.0
    phone = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**phone, forced_colors="active")
    page = opened(context, served)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done")
    assert page.evaluate(SMALL) == []
    chosen = page.locator("#style-picker label:has(input:checked)")
    assert chosen.evaluate("label => getComputedStyle(label).outlineStyle") == "solid"
    context.close()


def test_a_finished_sticker_sticks_unless_nothing_may_move(browser, served, pipeline):
    pipeline.seconds = 0.0
    for motion in ("no-preference", "reduce"):
        context = browser.new_context(reduced_motion=motion)
        page = opened(context, served)
        page.evaluate(MOVES)
        page.get_by_role("button", name="Generate").click()
        expect(page.locator("#notice")).to_contain_text("Done")
        expect(page.locator("#result img")).to_be_visible()
        assert page.evaluate("moved") == ([180] if motion == "no-preference" else [])
        context.close()
