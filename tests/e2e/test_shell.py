"""The page as a place to stay: its keys, what it keeps, what it says while the studio is away, its foot."""

import re

import pytest
from access import barriers, too_wide
from generate_page import fill_more, opened, prompt
from playwright.sync_api import Page, expect
from serving import HELD, serving

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SERVED = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
CACHED = """async () => {
  const names = await caches.keys();
  const kept = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)));
  return kept.flat();
}"""  # noqa: E501


@pytest.fixture
def page(context, served, pipeline) -> Page:
    pipeline.seconds = 0.0
    page = opened(context, served)
    page.get_by_role("switch", name="Draw while I type").uncheck()
    return page


def test_keys_do_what_the_help_says_and_nothing_while_one_types(page, served, pipeline):
    seed = page.locator("#setting-seed input").first
    store = served.app.state.studio.store
    done = page.locator("#notice")
    fill_more(page, steps=1, seed=5)
    prompt(page).fill("")
    prompt(page).press_sequentially("a rare cafe? c/f")  # each of these is a key
    expect(prompt(page)).to_have_value("a rare cafe? c/f")
    assert store.active() == [] and page.get_by_role("dialog").count() == 0
    before = len(store.recent(99).pictures)
    prompt(page).press("Control+Enter")
    expect(page.locator("#caption")).to_contain_text("a rare cafe? c/f")
    expect(done).to_contain_text("Done: 1 sticker")
    assert len(store.recent(99).pictures) == before + 1  # once, and not once more by the field's own Enter

    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    expect(seed).not_to_have_value("5")
    expect(page.locator("#caption")).not_to_contain_text(re.compile(r"seed 5\b"))
    page.keyboard.press("f")
    expect(page.locator("#enlarged")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("#enlarged")).to_be_hidden()
    pipeline.seconds = HELD
    fill_more(page, steps=60)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stage")).to_contain_text("Step")
    prompt(page).press("Escape")
    pipeline.seconds = 0.1
    expect(done).to_contain_text("Stopped after step")
    pipeline.seconds = 0.0

    # Another key for the same, said where it is taken, and none at all.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keys")
    expect(help.get_by_role("row")).to_have_count(8)
    for key, said in (("c", "C is the key of “Copy the picture”. Choose another."), ("Tab", ""), ("x", "")):
        help.get_by_role("button", name="Another picture: R. Change").click()
        page.keyboard.press(key)
        expect(help.get_by_role("status")).to_have_text(said)
    expect(help.get_by_role("button", name="Another picture: X. Change")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help).to_be_hidden()
    drawn = seed.input_value()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.get_by_role("tab", name="Generate").click()
    expect(seed).to_have_value(drawn)
    page.get_by_role("button", name="Keys").click()
    help.get_by_role("switch").uncheck()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(help).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    help.get_by_role("button", name="As they were at first").click()
    expect(help.get_by_role("button", name="Another picture: R. Change")).to_be_visible()
    expect(help.get_by_role("switch")).to_be_checked()


def test_what_nobody_has_sent_survives_a_reload_and_a_link_comes_before_it(page, served):
    fill_more(page, steps=7, seed=41)
    page.get_by_role("radio", name="Blob").check()
    prompt(page).fill("a half-written owl with")
    page.reload()
    expect(prompt(page)).to_have_value("a half-written owl with")
    expect(page.get_by_role("radio", name="Blob")).to_be_checked()
    fill_more(page)
    expect(page.get_by_label("Seed")).to_have_value("41")
    page.goto("about:blank")
    page.goto(f"{served.url}/#p=a%20linked%20fox&seed=9")
    expect(prompt(page)).to_have_value("a linked fox")
    expect(page.get_by_role("radio", name="Any")).to_be_checked()
    page.reload()
    expect(prompt(page)).to_have_value("a linked fox")


def test_nothing_is_asked_while_nobody_sees_the_page(context, served, pipeline):
    pipeline.seconds = 0.0
    page = context.new_page()
    page.clock.install()
    page.goto(served.url)
    expect(page.locator("#stage")).to_contain_text("Your sticker appears here")
    for tab in ("Compare", "LinearScope"):
        page.get_by_role("tab", name=tab).click()
    with page.expect_response("**/library/ask/page"):  # the last of what it asks when it opens
        page.get_by_role("tab", name="Library").click()
    page.get_by_role("tab", name="Generate").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(6_000)
    assert any(url.endswith("drawings/look") for url in asked)
    page.evaluate(HIDE, True)
    page.evaluate("fetch('manifest.json')")  # after what was on its way
    asked.clear()
    page.clock.run_for(120_000)
    assert asked == []
    with page.expect_request("**/drawings/look"):
        page.evaluate(HIDE, False)


def test_while_the_studio_is_away_the_page_says_so_and_comes_back_by_itself(context, pipeline, tmp_path):
    with serving(lambda: pipeline, tmp_path) as studio:
        page = context.new_page()
        page.goto(studio.url)
        expect(page.get_by_role("button", name="Generate")).to_be_enabled()
        page.wait_for_function(SERVED)
        tools = context.new_cdp_session(page)
        errors = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [error["errorId"] for error in errors] in ([], ["in-incognito"])  # as every context of a test is
        assert tools.send("Page.getAppManifest")["errors"] == []
        port = int(studio.url.rsplit(":")[-1])
        fill_more(page, steps=1)
        prompt(page).fill("a patient owl")
        page.get_by_role("button", name="Generate").click()
        expect(page.locator("#notice")).to_contain_text("Done")
        assert page.evaluate(CACHED) == [f"{studio.url}/away.html"]
    page.reload()
    expect(page.get_by_role("heading", name="The studio does not answer")).to_be_visible()
    with serving(lambda: pipeline, tmp_path, port=port):
        expect(page.get_by_role("button", name="Generate")).to_be_enabled()
        expect(prompt(page)).to_have_value("a patient owl")
        assert page.evaluate("performance.getEntriesByType('navigation')[0].workerStart") > 0


@pytest.mark.parametrize("width", [375, 1280])
def test_all_tabs_but_the_first_are_as_wide_as_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    edges = {}
    for tab, place in (
        *(("Draw over", "canvas"), ("Mix", "mix"), ("Library", "library"), ("Compare", "compare")),
        *(("Sweep", "sweep"), ("Dream", "dream"), ("LinearScope", "scope")),
    ):
        page.get_by_role("tab", name=tab).click()
        box = page.locator(f"#{place} .html-container > *").first.bounding_box()
        edges[tab] = (box["x"], box["width"])
    assert len(set(edges.values())) == 1, edges


def test_the_foot_is_our_own_and_leads_to_how_programs_draw(page):
    foot = page.get_by_role("navigation", name="About this studio")
    expect(foot.get_by_role("button")).to_have_text(["About", "How it works", "Keys"])
    assert not re.search("gradio", page.locator("body").inner_text(), re.I)
    foot.get_by_role("button", name="About").click()
    expect(page.get_by_role("dialog", name="About")).to_contain_text("Version")
    page.keyboard.press("Escape")
    foot.get_by_role("button", name="How it works").click()
    page.get_by_role("dialog", name="How it works").get_by_role("button", name="Open LinearScope").click()
    expect(page.get_by_role("tab", name="LinearScope")).to_have_attribute("aria-selected", "true")
    foot.get_by_role("link", name="For programs").click()
    expect(page.get_by_role("heading", name="For programs")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^num_inference_steps 8"))).to_be_visible()
    expect(page.locator("#openai")).to_contain_text(f'base_url="{page.url.removesuffix("api")}v1"')
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#vscode").text_content()
    assert not barriers(page)
    page.set_viewport_size({"width": 375, "height": 812})
    assert too_wide(page) <= 0
    page.get_by_role("link", name="To the studio").click()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()


def test_a_page_on_which_nothing_happens_asks_for_no_frames(context, served):
    """A browser draws sixty times a second where somebody asks for the next frame each time, as the clock of Gradio's
    loading screen does for ever."""
    context.add_init_script("""
        const ask = window.requestAnimationFrame.bind(window);
        window.frames = [];
        window.requestAnimationFrame = (callback) => (window.frames.push(String(callback)), ask(callback));
    """)
    page = opened(context, served)
    assert any("displayed()" in callback for callback in page.evaluate("window.frames"))  # the clock, as we let it run
    page.wait_for_function("""() => {
        const before = window.frames.length;
        return new Promise((tell) => setTimeout(() => tell(window.frames.length === before), 1000));
    }""")
