"""python -m docs.library: how fast the Library is in Chromium with 10,000 pictures; the figures of docs/library.md.

A folder of data is filled with drawings of synthetic stickers, each a PNG with its settings and a thumbnail; a studio
is started in a process of its own, with the embedded model; a browser does what people do, with times taken inside
the page. What it needs: `docs.browsing`. A folder that is filled already (--home) is used again.
"""

import argparse
import math
import random
import statistics
import subprocess
import tempfile
import uuid
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page
from sqlalchemy import update

from docs.browsing import chromium, studio
from lit.settings import GenerationSettings, write_picture
from lit.studio.work.jobs import JobStore
from lit.studio.work.tables import PICTURES
from lit.studio.work.thumbnails import thumbnail
from lit.styles import STYLES

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
THINGS = ("fox", "owl", "whale", "dragon", "robot", "cactus", "mushroom", "car", "crab", "unicorn", "castle", "violin")
PLACES = ("", " on a hat", " on a carpet", " beside a tree", " with a balloon", " in the snow")
SEARCHES = ("blue fox", "owl on", "purple dragon hat", "castle", "mushroom snow", "green violin tree")
GIVEN_UP = 10_000  # milliseconds

# Milliseconds between an act and when its outcome is on the screen.
TIMING = """() => {
  window.painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const tiles = () => [...document.querySelectorAll(".lb-tile")];
  // All tiles in the window have their picture, and the list says that so many fit.
  window.settled = () => tiles().every((tile) => {
    const { top, bottom } = tile.getBoundingClientRect();
    const image = tile.querySelector("img");
    return bottom < 0 || top > innerHeight || (image?.complete && image.naturalWidth > 0);
  });
  window.counted = () => document.querySelector(".lb-count")?.textContent ?? "";
  window.timed = async (act, reached) => {
    const began = performance.now();
    await act();
    while (!reached()) {
      if (performance.now() - began > GIVEN_UP) throw new Error(`not within ${GIVEN_UP} ms`);
      await new Promise((done) => setTimeout(done));
    }
    await painted();
    return performance.now() - began;
  };
  window.tiles = tiles;
}""".replace("GIVEN_UP", str(GIVEN_UP))

# The same of each key, until what it wrote is there, and of the last one until its results are.
TYPING = """() => {
  window.glyphs = [], window.results = [];
  let key = 0;
  document.addEventListener("keydown", (event) => { key = event.timeStamp; }, true);
  document.addEventListener("input", async () => {
    const pressed = key;
    await painted();
    glyphs.push(performance.now() - pressed);
  }, true);
  // Within the pause behind a key only what an older one has found can come.
  new MutationObserver(async () => {
    const pressed = key;
    if (performance.now() - pressed < 30) return;
    await painted();
    results.push([pressed, performance.now() - pressed]);
  }).observe(document.querySelector(".lb-grid"), { childList: true });
}"""


RESULT = "results.find(([pressed]) => pressed === results.at(-1)[0])[1]"  # of the last key the first that came


def fill(home: Path, count: int):
    """A folder of data with so many pictures, ten minutes apart."""
    store, lot = JobStore(home), random.Random(0)
    try:
        for number in range(count):
            prompt = f"a {lot.choice(COLOURS)} {lot.choice(THINGS)}{lot.choice(PLACES)}"
            settings = GenerationSettings(prompt, style=lot.choice(STYLES), seed=number, output_scale=1)
            job = uuid.uuid4().hex
            (store.pictures / job).mkdir()
            file = write_picture(sticker(lot), settings, {"weights_sha256": "0" * 64}, store.pictures / job)
            store.add_drawn(job, "somebody", settings, [file], 1.0)
            thumbnail(store, f"{job}/0", file)
        with store.database.writing() as connection:
            earlier = PICTURES.c.created - 600 * (count - PICTURES.c.number)
            connection.execute(update(PICTURES).values(created=earlier))
    finally:
        store.close()


def sticker(lot: random.Random) -> Image.Image:
    """Some shapes on nothing."""
    image = Image.new("RGBA", (256, 256))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, width, height = (lot.randrange(*span) for span in ((10, 150), (10, 150), (40, 100), (40, 100)))
        colour = (*(lot.randrange(256) for _ in range(3)), 255)
        (draw.ellipse if lot.random() < 0.7 else draw.rectangle)((x, y, x + width, y + height), colour)
    return image


def measure(page: Page, url: str, repeats: int) -> dict[str, list[float]]:
    """{what was done: milliseconds of each time}."""
    found: dict[str, list[float]] = {}

    def timed(name: str, act: str, reached: str):
        found.setdefault(name, []).append(page.evaluate(f"timed(async () => {{ {act} }}, () => {reached})"))

    for _ in range(repeats):
        page.goto(url)
        page.locator("#prompt textarea").wait_for()
        page.get_by_role("tab", name="Library").wait_for()
        page.wait_for_timeout(2500)  # other tabs' scripts come once the page stands
        page.evaluate(TIMING)
        tab = "[...document.querySelectorAll('[role=tab]')].find((one) => one.textContent.includes('Library'))"
        timed("open the tab", f"{tab}.click()", "tiles().length >= 120 && settled()")
        page.evaluate(TYPING)
        timed("next page", "document.querySelector('.lb-more').click()", "tiles().length >= 240 && settled()")
        page.evaluate("scrollTo(0, 0)")
        field = page.get_by_role("searchbox", name="Search")
        for words in SEARCHES:
            field.fill("")
            page.wait_for_function("tiles().length >= 120")
            page.wait_for_timeout(600)
            page.evaluate("glyphs.length = results.length = 0")
            field.press_sequentially(words, delay=90)
            page.wait_for_timeout(600)
            found.setdefault("key to glyph", []).extend(page.evaluate("glyphs"))
            found.setdefault("key to results", []).append(page.evaluate(RESULT))
        field.fill("")
        page.wait_for_timeout(600)
        choose = "const list = document.querySelector('.lb [name=style]'); list.value = '{}';"
        choose += " const before = counted(); list.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        choose += " while (counted() === before) await new Promise((done) => setTimeout(done));"
        timed("filter by style", choose.format(STYLES[0]), "tiles().length >= 120 && settled()")
        timed("all styles again", choose.format(""), "tiles().length >= 120 && settled()")
        for i in (0, 7, 30):
            shown = "document.querySelector('.lb-dialog[open] .lb-shown img')"
            timed("open a picture", f"tiles()[{i}].click()", f"{shown}?.complete && {shown}.naturalWidth > 0")
            page.keyboard.press("Escape")
            page.wait_for_timeout(200)
        for _ in range(15):  # as who scrolls through two thousand
            before = page.evaluate("tiles().length")
            page.evaluate("document.querySelector('.lb-more').click()")
            page.wait_for_function(f"tiles().length > {before}")
        timed("next page after 2,000", "document.querySelector('.lb-more').click()", "tiles().length >= 2040")
        page.evaluate("scrollTo(0, 0); tiles()[0].focus()")
        for _ in range(5):
            key = "new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })"
            timed("arrow key among 2,000", f"document.activeElement.dispatchEvent({key})", "true")
    return found


def memory(process: int) -> float:
    """MiB in memory of a process and those that it started, what they share counted once."""
    children = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True).stdout.split()
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return own + sum(memory(int(child)) for child in children)


def main():
    parser = argparse.ArgumentParser(prog="python -m docs.library", description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--home", type=Path, help="a folder of data to fill and keep; else one that is thrown away")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as thrown_away:
        home = args.home or Path(thrown_away)
        if not (home / "jobs.sqlite").exists():
            fill(home, args.pictures)
        report(home, args.repeats)


def report(home: Path, repeats: int):
    with studio(home) as (url, process), chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.locator("#prompt textarea").wait_for()
        page.wait_for_timeout(20_000)  # until the model is loaded
        before = memory(process)
        found = measure(page, url, repeats)
        heap = page.context.new_cdp_session(page).send("Runtime.getHeapUsage")["usedSize"] / 2**20
        print("| what | median, ms | 19 of 20 within, ms | most, ms | of |\n| --- | --- | --- | --- | --- |")
        for name, times in found.items():
            median, most = statistics.median(times), sorted(times)[math.ceil(0.95 * len(times)) - 1]
            print(f"| {name} | {median:.0f} | {most:.0f} | {max(times):.0f} | {len(times)} |")
        print(f"\nserver: {before:.0f} MiB before, {memory(process):.0f} MiB after")
        print(f"page with 2,040 tiles: {heap:.0f} MiB of scripts' heap")


if __name__ == "__main__":
    main()
