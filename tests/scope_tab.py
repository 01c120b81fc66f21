"""The LinearScope tab in the hands of a test: a studio with pictures to look into, and what a visitor does there."""

import contextlib
import re
from dataclasses import replace

from conftest import make_pipeline
from playwright.sync_api import Page, expect
from serving import serving, wait_until

from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings

SIDE = 64
FOX = GenerationSettings(
    prompt="a red fox", style="blob", num_inference_steps=4, height=SIDE, width=SIDE, seed=5, output_scale=1
)


@contextlib.contextmanager
def studio_with_pictures(text_encoder, tmp_path_factory):
    """A studio whose model's folder holds a teacher, and in which a fox and an owl have been drawn."""
    folder = tmp_path_factory.mktemp("model")
    make_pipeline(text_encoder).save_pretrained(folder)
    make_pipeline(text_encoder, token_mixer="softmax").transformer.save_pretrained(folder / "teacher")

    def load():
        pipeline = LiTPipeline.from_pretrained(folder, device="cpu", torch_dtype="float32", text_encoder=text_encoder)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    with serving(load, tmp_path_factory.mktemp("home")) as studio:
        worker = studio.app.state.studio.worker
        owl = replace(FOX, prompt="an owl", style=None, num_inference_steps=6, seed=6)
        jobs = [worker.submit("ann", settings) for settings in (FOX, owl)]
        wait_until(lambda: not any(worker.view(job.id).job.active for job in jobs))
        yield studio


def opened(context, served) -> Page:
    page = context.new_page()
    page.goto(served.url)
    page.get_by_role("tab", name="LinearScope").click()
    expect(page.get_by_role("button", name=re.compile("Look into: a red fox"))).to_be_visible()
    return page


def look_into(page, words):
    """Open a recent picture, beside the pinned one if there is one."""
    pinned = page.get_by_role("button", name="Pinned").count()
    page.get_by_role("button", name=re.compile(f"Look into: {words}")).click()
    expect(page.locator(".sc-panel")).to_have_count(1 + pinned)
    expect(page.locator(".sc-panel h2").last).to_contain_text(words)


def to_the_end(page):
    """Move the timeline to the last step, where the picture is the file's."""
    slider = page.get_by_role("slider", name=re.compile("^Step"))
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"Step (\d+) of \1:"))


def click(page, x, y, panel=0, pixel=True):
    """Click the picture at (x, y), with Shift for the pixel alone, and wait for what adds up there."""
    canvas = page.locator(".sc-board canvas").nth(panel)
    area = canvas.bounding_box()
    position = {"x": (x + 0.5) * area["width"] / SIDE, "y": (y + 0.5) * area["height"] / SIDE}
    canvas.click(position=position, modifiers=["Shift"] if pixel else [])
    square = f"in 16 \u00d7 16 pixels at {x - x % 16}, {y - y % 16}"
    for heading in page.locator(".sc-sum h3").all():
        expect(heading).to_have_text(f"What adds up {f'at {x}, {y}' if pixel else square}")


def save(page, kind):
    """The download of what is shown as `kind`, once all that is shown belongs together."""
    expect(page.locator(".sc-sum.sc-old")).to_have_count(0)
    expect(page.locator(".sc-panels [aria-busy]")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {kind}").click()
    return download.value


def number(text) -> float:
    return float(text.replace("\u2212", "-"))


def table(page, panel=0) -> tuple[list[float], float]:
    """The numbers of the table, and the sum under them."""
    place = page.locator(".sc-panel").nth(panel)
    if not place.locator(".sc-numbers").is_visible():
        place.get_by_role("button", name="As a table").click()
    parts = place.locator(".sc-numbers tbody td:last-child").all_inner_texts()
    return [number(text) for text in parts], number(place.locator(".sc-numbers tfoot td:last-child").inner_text())


def pixels(page, panel=0) -> bytes:
    return page.locator(".sc-board canvas").nth(panel).evaluate("canvas => canvas.toDataURL()")
