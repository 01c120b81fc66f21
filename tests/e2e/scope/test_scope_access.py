"""Everyone can use the LinearScope tab: by keyboard, at any width, in light and dark, and in private."""

import dataclasses
import re
import threading

import pytest
import uvicorn
from access import barriers, too_wide
from playwright.sync_api import expect
from scope_tab import click, look_into, opened, pixels, table

from lit.studio.shell.launch import listen


def test_the_keyboard_alone_will_do(page):
    page.get_by_role("button", name=re.compile("Look into: a red fox")).focus()
    page.keyboard.press("Enter")
    canvas = page.get_by_role("application", name=re.compile("a red fox.*, step 2"))
    expect(canvas).to_be_focused()
    assert canvas.evaluate("canvas => getComputedStyle(canvas).outlineStyle + canvas.matches(':focus-visible')") == (
        "solidtrue"
    )
    before = pixels(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert pixels(page) != before
    page.keyboard.press("Enter")
    expect(page.locator(".sc-sum h3")).to_have_text("What adds up in 16 \u00d7 16 pixels at 16, 33")
    expect(page.get_by_role("status").filter(has_text="at 16, 33")).to_have_count(1)
    for _ in range(4):
        page.keyboard.press("-")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".sc-sum h3")).to_have_text("What adds up at 17, 33")
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    expect(page.locator(".sc-sum h3")).to_have_text("What adds up in 2 \u00d7 2 pixels at 16, 32")
    expect(page.locator(".sc-stop:visible")).to_have_count(0)  # while something is found ahead, Tab goes there first
    for name in ("Biases by layer", "As a table"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".sc-numbers table")).to_be_visible()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("slider", name=re.compile("Step 3 of 4"))).to_be_focused()


def test_the_focus_outlives_a_stop_button(page):
    """Stop goes away with what it stops: the keyboard goes on beside it, not at the top of the page."""
    look_into(page, "a red fox")
    click(page, 30, 30)
    button = page.get_by_role("button", name="Find 16 modes")
    button.focus()
    page.keyboard.press("Enter")
    page.locator(".sc-modes-area .sc-stop").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sc-modes-area .sc-stop")).to_be_hidden()
    expect(button).to_be_focused()


def test_no_request_leaves_the_machine(context, served):
    page, hosts = context.new_page(), set()
    page.on("request", lambda request: hosts.add(re.sub(r"^(\w+:(?://[^/:]+)?).*", r"\1", request.url, flags=re.S)))
    page.goto(served.url)
    page.get_by_role("tab", name="LinearScope").click()
    look_into(page, "a red fox")
    click(page, 5, 5)
    expect(page.locator(".sc-words button").first).to_be_visible()
    assert hosts - {"data:", "blob:"} == {"http://127.0.0.1"}


FADES_END = """() => Promise.allSettled(
  document.getAnimations().filter((fade) => fade instanceof CSSTransition).map((fade) => fade.finished))"""


@pytest.fixture
def below(served):
    """The same studio as it stands behind a proxy: under /sub, which it is told as its root path."""

    async def app(scope, receive, send):
        await served.app({**scope, "root_path": "/sub"} if "path" in scope else scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield dataclasses.replace(served, url=f"http://127.0.0.1:{listener.getsockname()[1]}/sub/")
        server.should_exit = True
        thread.join(15)


def test_the_tab_works_under_a_sub_path(context, below):
    page, outside = context.new_page(), []
    page.on("request", lambda request: outside.append(request.url) if request.url.startswith("http") else None)
    page.goto(below.url)
    page.get_by_role("tab", name="LinearScope").click()
    look_into(page, "a red fox")
    click(page, 5, 5)
    scripts = [url for url in outside if "/scope/" in url]
    assert len(scripts) > 5 and all(url.startswith(f"{below.url}static-lit/") for url in scripts)


# What sticks out of the window without being inside something that scrolls.
CUT_OFF = """() => [...document.querySelectorAll(".sc *")].filter((part) => {
  for (let around = part.parentElement; around.matches(".sc *"); around = around.parentElement)
    if (getComputedStyle(around).overflowX !== "visible") return false;
  const area = part.getBoundingClientRect();
  return area.width && (area.right > innerWidth || area.left < 0);
}).map((part) => part.className)"""


@pytest.mark.parametrize("width", [375, 1280])
def test_the_tab_fits_and_everyone_can_use_it(browser, served, width):
    """No sideways scrolling and no axe rule broken, light and dark: with an answer, and with two and their tables."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme="light")
    page = opened(context, served)

    def check(when):
        for scheme in ("light", "dark"):
            assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
            assert not barriers(page), when
            page.get_by_role("button", name="Light or dark").click()
            page.mouse.move(1, 1)
            page.evaluate(FADES_END)
        overflow = too_wide(page)
        assert overflow <= 0, f"{when}: {overflow} px too wide"
        assert page.evaluate(CUT_OFF) == [], when

    look_into(page, "a red fox")
    click(page, 30, 30)
    expect(page.locator(".sc-words button").first).to_be_visible()
    page.get_by_role("button", name="Find 16 modes").click()
    expect(page.locator(".sc-modes li")).to_have_count(16)
    check("with an answer")
    page.get_by_role("button", name="Pin beside the next").click()
    look_into(page, "an owl")
    expect(page.locator(".sc-sum h3")).to_have_text(["What adds up at 30, 30"] * 2)
    table(page, 0), table(page, 1)
    check("two with tables")
    context.close()
