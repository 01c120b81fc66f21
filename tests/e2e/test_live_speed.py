"""How long typing and its pictures take in a browser, with the embedded model and a full history.

Figures for the report of the tests: nothing is asserted of them, since a busy machine would fail it. What is asserted
is what they are figures of.
"""

import statistics
import time

import pytest
from generate_page import opened, prompt
from PIL import Image
from playwright.sync_api import expect
from serving import serving

from lit.settings import GenerationSettings, write_picture
from lit.studio.shell.app import load_embedded

PICTURES, EACH = 500, 25  # former ones, and how many of them a drawing has
# Of each key the time until what it wrote was on the screen, and until the picture of the last key was.
WATCH = """() => {
  window.glyphs = [], window.pictures = [];
  let key = 0;
  document.addEventListener("keydown", (event) => { key = event.timeStamp; }, true);
  document.querySelector("#prompt textarea").addEventListener("input", () => {
    const pressed = key, {port1, port2} = new MessageChannel();
    port1.onmessage = () => glyphs.push(performance.now() - pressed);
    requestAnimationFrame(() => port2.postMessage(null)); // the first task after the frame that shows it
  });
  new MutationObserver(() => pictures.push(performance.now() - key))
    .observe(document.querySelector(".lit-live"), {attributeFilter: ["data-picture"]});
}"""


def fill_history(store):
    image = Image.new("RGBA", (256, 256), (200, 40, 90, 255))
    for number in range(0, PICTURES, EACH):
        job_id = f"{number:032x}"
        (store.pictures / job_id).mkdir()
        every = [GenerationSettings(prompt=f"a former sticker {number}", seed=number + i) for i in range(EACH)]
        files = [write_picture(image, settings, {}, store.pictures / job_id) for settings in every]
        store.add_drawn(job_id, "former", every[0], files, 1.0)


@pytest.mark.slow
def test_key_to_glyph_and_key_to_picture(context, tmp_path, capsys):
    with serving(load_embedded, tmp_path) as studio:
        began = time.monotonic()
        worker = studio.app.state.studio.worker
        fill_history(worker.store)
        page = opened(context, studio)
        expect(page.locator(".lit-live-speed")).to_contain_text("A picture takes", timeout=120_000)
        known = time.monotonic() - began
        page.get_by_role("switch").check()
        expect(page.locator("#recent button")).to_have_count(24)
        page.evaluate(WATCH)
        prompt(page).press("ControlOrMeta+a")
        for words in ("a red fox", " with a hat", " on a car"):
            before = page.evaluate("pictures.length")
            page.keyboard.type(words, delay=120)
            page.wait_for_function(f"pictures.length > {before}", timeout=120_000)
        page.keyboard.type("pet", delay=400)  # letters while pictures of former ones are drawn
        expect(page.locator(".lit-live-caption")).to_contain_text("a carpet", timeout=120_000)
        glyphs, pictures = page.evaluate("glyphs"), page.evaluate("pictures")
    assert len(glyphs) >= len("a red fox with a hat on a carpet")
    median, worst, picture = statistics.median(glyphs), max(glyphs), statistics.median(pictures[:3])
    with capsys.disabled():
        print(
            f"\nkey to glyph with {PICTURES} pictures in the history: median {median:.0f} ms, worst {worst:.0f} ms of"
            f" {len(glyphs)}; key to picture: median {picture / 1000:.1f} s; a warm live picture alone:"
            f" {worker.live.speed.seconds:.2f} s, measured {known:.0f} s after the start"
        )
