"""The studio as it ships: the embedded model draws what the page has ready, from one click."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import expect
from serving import serving

from lit.pipeline import LiTPipeline
from lit.settings import read_png
from lit.studio.shell.app import load_embedded


def test_one_click_draws_a_sticker_that_its_file_draws_again(context, tmp_path):
    with serving(load_embedded, tmp_path / "home") as studio:
        page = context.new_page()
        page.goto(studio.url)
        page.get_by_role("button", name="Generate", exact=True).click()
        expect(page.locator("#notice")).to_contain_text("Done: 1 sticker", timeout=120_000)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download PNG").click()
        file = tmp_path / "butterfly.png"
        download.value.save_as(file)

    # A sticker: something solid in the middle, nothing in the corners, and more than one colour.
    image = np.asarray(Image.open(io.BytesIO(file.read_bytes())))
    assert image.shape == (512, 512, 4)
    corners = image[[0, 0, -1, -1], [0, -1, 0, -1], 3]
    assert corners.max() < 32
    assert np.median(image[192:320, 192:320, 3]) > 224
    assert image[..., :3][image[..., 3] > 224].std(axis=0).max() > 10

    settings, provenance = read_png(file)
    pipeline = LiTPipeline.from_pretrained()
    assert provenance == pipeline.provenance()
    (again,) = pipeline.generate(settings).images
    assert np.array_equal(np.asarray(again), image)
