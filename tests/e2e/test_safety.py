"""What strangers' words and other hosts can do on the page: nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from generate_page import fill_more, opened, prompt
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
CODE = "<img src=x onerror=\"document.title='in'\"><script>document.title='in'</script>'\"--> owl"
SHOWN = "document.querySelectorAll('img[src=x], [onerror]').length"


def test_words_that_are_code_are_words_wherever_they_are_shown(context, served, pipeline):
    pipeline.seconds = 0.0
    page = opened(context, served)
    title = page.title()
    page.get_by_role("switch", name="Draw while I type").uncheck()
    fill_more(page, steps=1)
    prompt(page).fill(CODE)
    prompt(page).press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
    expect(page.locator("#caption")).to_contain_text("<script>")
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("searchbox", name="Search").fill("onerror")
    expect(page.locator(".lb-tile").first).to_have_attribute("aria-label", re.compile("onerror"))
    page.locator(".lb-tile").first.press("Enter")
    expect(page.locator(".lb-picture .lb-caption")).to_contain_text("onerror")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#compare")).to_be_visible()
    page.goto(f"{served.url}/#p={CODE}")
    page.reload()
    expect(prompt(page)).to_have_value(CODE)
    assert page.title() == title and page.evaluate(SHOWN) == 0


def test_a_script_that_got_into_the_page_would_not_run_nor_tell_another_host(browser, served):
    page = browser.new_page()
    page.goto(served.url)
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_enabled()
    page.evaluate(
        """async () => {
          window.refused = new Set();
          document.addEventListener("securitypolicyviolation", (event) => refused.add(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.ran = true'>");
          document.body.append(Object.assign(new Image(), { src: "http://192.0.2.1/told" }));
          document.body.append(Object.assign(document.createElement("iframe"), { src: "http://192.0.2.1/" }));
          await fetch("http://192.0.2.1/told").catch(() => {});
        }"""
    )
    # The frame is refused by another process, in its own time.
    for directive in ("script-src-elem", "script-src-attr", "img-src", "connect-src", "frame-src"):
        page.wait_for_function("(directive) => refused.has(directive)", arg=directive)
    assert page.evaluate("window.ran") is None
    page.close()


def test_all_of_it_works_without_a_network_and_nobody_tries_to_reach_one(tmp_path, chromium_path):
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], capture_output=True).returncode:
        pytest.skip("no network namespaces here: they need Linux, and leave to make one")
    places = os.pathsep.join(str(ROOT / place) for place in ("", "kernels", "tests"))
    done = subprocess.run(
        [
            unshare,
            "-rn",
            sys.executable,
            Path(__file__).with_name("without_network.py"),
            tmp_path / "home",
            chromium_path,
        ],
        env=os.environ | {"PYTHONPATH": places},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["said"]
    assert (found["network"], found["outside"], found["tried"]) == (False, [], [])
