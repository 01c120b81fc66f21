"""The export dialog in a real browser: from the library to a ZIP that keeps every limit."""

import json
import zipfile

import pytest
from access import barriers, too_wide
from generate_page import STILL, opened
from library_rows import drawn
from PIL import Image
from playwright.sync_api import expect


@pytest.fixture
def dialog(context, served):
    store = served.app.state.studio.store
    for seed, words in enumerate(("a blue fox", "an owl on a hat", "a robot")):
        drawn(store, words, seed=seed, side=64, style="noto", width=64, height=64)
    page = opened(context, served)
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(".lb-tile")).to_have_count(3)
    page.locator(".lb-tile").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="Export", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Export 2 pictures")
    expect(dialog.get_by_role("radio")).to_have_count(2)
    return dialog


def test_two_of_the_library_go_to_two_places(context, dialog):
    page = dialog.page
    # What will be refused is said before.
    dialog.get_by_role("combobox", name="Loop").select_option("wiggle")
    viber = dialog.get_by_role("checkbox", name="Viber")
    said = "Viber takes still stickers; leave the loop out."
    expect(viber).to_have_accessible_description(f"PNG 490 x 490, up to 500 KB {said}")
    dialog.get_by_role("checkbox", name="WhatsApp").uncheck()
    viber.check()
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("alert")).to_have_text(said)
    viber.uncheck()
    # The preview moves, at the place that was ticked last, on both grounds.
    for place in ("Discord", "Slack"):
        dialog.get_by_role("checkbox", name=place, exact=True).check()
    expect(dialog.locator(".ex-said")).to_contain_text("128 x 128")
    expect(dialog.locator(".ex-said")).to_contain_text("of 128 KB, 20 frames")
    assert [image.get_attribute("src")[:14] for image in dialog.locator(".ex-look img").all()] == ["data:image/gif"] * 2
    # Words by hand, one of them wrong at first.
    dialog.get_by_text("Words of this picture").click()
    emoji = dialog.get_by_role("textbox", name="Emoji")
    expect(emoji).to_have_value("🤖")  # the newest comes first
    emoji.fill("no emoji")
    expect(dialog.get_by_role("alert")).to_contain_text("1 to 20 emoji and nothing else")
    emoji.fill("🦾")
    expect(dialog.get_by_role("alert")).to_be_hidden()
    dialog.get_by_role("textbox", name="Alt text").fill("A robot waves")
    for width, dark in ((1280, False), (375, True)):
        page.set_viewport_size({"width": width, "height": 812})
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
        page.wait_for_function(STILL)
        assert not barriers(page)
        assert too_wide(page) <= 0
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Export").click()
    expect(dialog.locator(".ex-result")).to_contain_text("Discord: 2 pictures; the nearest to its limit is")
    assert download.value.suggested_filename == "stickers.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        pictures = [name for name in archive.namelist() if name.endswith((".png", ".gif"))]
        stems = [f"{place}/{stem}" for place in ("discord", "slack") for stem in ("robot", "owl-on-a-hat")]
        assert [name.rpartition(".")[0] for name in pictures] == stems
        for name in pictures:
            image = Image.open(archive.open(name))
            side, limit = (320, 512_000) if "discord" in name else (128, 128_000)
            assert image.size == (side, side) and archive.getinfo(name).file_size < limit and image.n_frames > 1
        (robot, _) = json.loads(archive.read("slack/pack.json"))["stickers"]
        assert (robot["emoji"], robot["alt"]) == (["🦾"], "A robot waves")
        assert "CC-BY-4.0" in archive.read("slack/LICENCE.txt").decode()
    # All of it is remembered.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export", exact=True).first.click()
    expect(dialog.get_by_role("checkbox", name="Slack")).to_be_checked()
    page.reload()
    page.get_by_role("tab", name="Library").click()
    page.locator(".lb-tile").first.click()
    page.get_by_role("dialog", name="Picture").get_by_role("button", name="Export").click()
    one = page.get_by_role("dialog", name="Export 1 picture")
    expect(one.get_by_role("checkbox", name="Slack")).to_be_checked()
    expect(one.get_by_role("combobox", name="Loop")).to_have_value("wiggle")
    # It goes on while the dialog is closed.
    one.get_by_role("checkbox", name="Signal").check()
    one.get_by_role("button", name="Export").click()
    page.keyboard.press("Escape")
    expect(one).to_be_hidden()
    expect(page.locator(".ex-toast")).to_contain_text("is on its way to you")
