"""python -m docs.loading OTHER: how soon the page is there, beside another checkout's; the figures of docs/speed.md.

Both studios run, each with a folder of data that is thrown away, and take turns: a browser profile of its own each
time, so that nothing is cached, and ratios of neighbours. What it needs: `docs.browsing`.
"""

import argparse
import contextlib
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from docs.browsing import chromium, studio
from lit.bench.timing import median_ratio
from lit.sheets import markdown_table

REST = 2500  # milliseconds after the page stands, in which its other scripts come; and after words, for a draft
DRAWN = 120_000  # within which a picture is drawn
WHAT = {
    "paint": "first paint",
    "button": "Generate can be pressed",
    "field": "the words can be typed",
    "stage": "the stage says what to do",
    "press": "a press, until Stop can be pressed",
}

WATCH = """() => {
  const since = window.since = {};
  // The tab of that name comes first.
  window.named = (name) => [...document.querySelectorAll("button")].filter((one) => one.textContent.trim() === name);
  window.generate = () => named("Generate").at(-1);
  window.drawing = () => named("Stop").some((one) => one.offsetWidth && !one.disabled);
  const look = () => {
    const now = performance.now(), field = document.querySelector("#prompt textarea");
    if (generate()?.offsetWidth && !generate().disabled) since.button ??= now;
    if (field && !field.disabled && !field.readOnly) since.field ??= now;
    if (document.querySelector("#stage")?.textContent.includes("Your sticker appears here")) since.stage ??= now;
    if (Object.keys(since).length < 3) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

PRESS = """() => new Promise((done) => {
  const began = performance.now();
  const look = () => (drawing() ? done(performance.now() - began) : requestAnimationFrame(look));
  generate().click();
  requestAnimationFrame(look);
})"""


def visit(browser: Browser, url: str) -> dict[str, float]:
    """Seconds from the request of the page, and of a press of Generate."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    page.goto(url)
    page.wait_for_function("Object.keys(since).length === 3")
    found = page.evaluate("since")
    found["paint"] = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.wait_for_timeout(REST)
    page.locator("#prompt textarea").fill("a blue dragon")
    page.wait_for_timeout(REST)
    found["press"] = page.evaluate(PRESS)
    page.wait_for_function("!drawing()", timeout=DRAWN)  # or the next visit would share the processor with it
    context.close()
    return {name: milliseconds / 1000 for name, milliseconds in found.items()}


def main():
    parser = argparse.ArgumentParser(prog="python -m docs.loading", description=__doc__)
    parser.add_argument("other", type=Path, help="a checkout, such as: git worktree add ../before 8b50025")
    parser.add_argument("--visits", type=int, default=12, help="of each (12)")
    args = parser.parse_args()
    with contextlib.ExitStack() as held:
        homes = [Path(held.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        before, _ = held.enter_context(studio(homes[0], args.other))
        here, _ = held.enter_context(studio(homes[1]))
        browser = held.enter_context(chromium())
        for url in (before, here):  # what a studio does once
            visit(browser, url)
        pairs = []
        for turn in range(args.visits):
            order = (before, here) if turn % 2 else (here, before)
            made = {url: visit(browser, url) for url in order}
            pairs.append((made[before], made[here]))
    rows = []
    for name, title in WHAT.items():
        old, new = ([pair[i][name] for pair in pairs] for i in (0, 1))
        rows.append([title, f"{median(old):.2f}", f"{median(new):.2f}", f"{median_ratio(new, old):.2f}"])
    print(markdown_table(["seconds", "the other", "this one", "this / the other"], rows))


if __name__ == "__main__":
    main()
