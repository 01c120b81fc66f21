"""What is damaged or full on disk is said on the page, and the rest of it goes on."""

import pytest
from conftest import make_pipeline
from playwright.sync_api import expect
from serving import HELD, Paced, serving, wait_until
from store_faults import from_outside, full

from lit.settings import GenerationSettings

FOX = GenerationSettings(prompt="a fox", num_inference_steps=1, height=64, width=64)


@pytest.fixture
def pipeline(text_encoder):
    return Paced(make_pipeline(text_encoder))


@pytest.fixture
def served(pipeline, tmp_path):
    with serving(lambda: pipeline, tmp_path) as studio:
        yield studio


def open_page(context, served):
    page = context.new_page()
    page.goto(served.url)
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    return page


def test_the_page_opens_whatever_is_damaged(context, served):
    studio = served.app.state.studio
    page = open_page(context, served)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
    mine = studio.store.recent(1).pictures[0]  # what this visitor drew last
    jobs = [studio.worker.submit("ann", FOX) for _ in range(3)]
    wait_until(lambda: not any(studio.store.get(job.id).active for job in jobs))
    cut, folder, row = (studio.store.get(job.id) for job in jobs)
    cut.files[0].write_bytes(cut.files[0].read_bytes()[:200])
    folder.files[0].unlink()
    folder.files[0].mkdir()
    mine.write_bytes(mine.read_bytes()[:200])
    with from_outside(studio.store) as database:
        database.execute("UPDATE jobs SET settings = ? WHERE id = ?", ("no JSON", row.id))
        database.execute("UPDATE jobs SET settings = ? WHERE visitor != 'ann'", ('{"unknown": 1}',))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Left out, because it cannot be read: entry")
    expect(page.get_by_role("alert")).to_contain_text(folder.files[0].name)
    expect(page.locator("#recent button")).to_have_count(1)  # of the damaged row, whose picture is whole
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
    expect(page.locator("#recent button")).to_have_count(2)


def test_a_full_disk_is_said_and_everything_goes_on_after_it(context, served, pipeline):
    studio = served.app.state.studio
    page = open_page(context, served)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")  # how long a live one takes is measured then
    pipeline.seconds = HELD
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#stage")).to_contain_text("Step")
    with full(studio.store):
        pipeline.seconds = 0.0
        expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
        page.get_by_role("button", name="Generate").click()
        expect(page.get_by_role("alert")).to_contain_text("The list of drawings cannot be written")
        page.reload()
        expect(page.locator("#result img").first).to_be_visible()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
