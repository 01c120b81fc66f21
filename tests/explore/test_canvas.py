"""Pictures from elsewhere: opened or refused in words, put on a canvas that can be drawn, with room around them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.errors import InputError
from lit.explore.canvas import (
    MARGIN,
    border_colour,
    canvas_of,
    cut_out,
    drawn_of,
    has_background,
    open_picture,
    placed,
    placed_mask,
    scale_of,
    with_room,
)
from lit.settings import is_opaque


def noise_picture(width, height, mode="RGBA"):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Image.fromarray(pixels, "RGBA").convert(mode)


@pytest.mark.parametrize(
    "size, expected",
    [
        ((256, 256), (256, 256)),
        ((250, 100), (256, 112)),
        ((512, 64), (512, 64)),
        ((4000, 3000), (512, 384)),
        ((300, 260), (320, 288)),
        ((30, 30), (256, 256)),
        ((4000, 10), (512, 64)),
    ],
)
def test_a_canvas_can_be_drawn(size, expected):
    assert canvas_of(size) == expected


def test_what_is_larger_than_was_learned_is_drawn_at_half_the_size_where_that_goes():
    assert [scale_of(size) for size in ((256, 256), (64, 64), (512, 384), (320, 288))] == [1, 1, 2, 2]
    assert [scale_of(size) for size in ((512, 64), (304, 256))] == [1, 1]  # half of it is too small, or no step
    assert drawn_of((4000, 3000)) == (256, 192) and drawn_of((250, 100)) == (256, 112)
    with pytest.raises(InputError, match="width: got 528; a multiple of 32"):
        with_room(noise_picture(512, 512), left=16)


def test_a_picture_of_the_size_stays_and_a_little_smaller_one_keeps_its_pixels():
    picture = noise_picture(250, 100)
    assert placed(picture, (250, 100)) == picture
    inside = placed(picture, (256, 112))
    assert inside.crop((3, 6, 253, 106)) == picture and inside.getpixel((0, 0)) == (0, 0, 0, 0)
    large = placed(Image.new("RGB", (1000, 500), "red"), (256, 256))
    assert large.getbbox() == (0, 64, 256, 192) and large.getpixel((128, 128)) == (255, 0, 0, 255)


def test_a_mask_goes_where_its_picture_goes():
    mask = Image.new("L", (1000, 500))
    mask.paste(255, (500, 0, 1000, 500))
    assert placed_mask(mask, (256, 256)).point(lambda v: 255 * (v > 127)).getbbox() == (128, 64, 256, 192)
    layer = Image.new("RGBA", (1000, 500))
    layer.paste("black", (500, 0, 1000, 500))  # painted on what is transparent
    assert placed_mask(layer, (256, 256)) == placed_mask(mask, (256, 256))


def test_room_is_what_the_mask_is_white_in():
    picture = noise_picture(128, 96, "RGB")
    page, mask = with_room(picture, left=16, bottom=32)
    assert page.size == mask.size == (144, 128)
    assert page.crop((16, 0, 144, 96)) == picture.convert("RGBA")
    assert np.asarray(mask)[:96, 16:].max() == 0 and np.asarray(mask).sum() == 255 * (144 * 128 - 128 * 96)
    for bad in ({}, {"left": -16}, {"left": 8}, {"left": 4096}, {"top": 1.5}):
        with pytest.raises(InputError):
            with_room(picture, **bad)


def test_what_is_transparent_away_from_the_sticker_belongs_to_the_room():
    sticker = Image.new("RGBA", (128, 128))
    sticker.paste("red", (48, 48, 80, 80))
    page, mask = with_room(sticker, right=64)
    assert mask.point(lambda v: 255 - v).getbbox() == (48 - MARGIN, 48 - MARGIN, 80 + MARGIN, 80 + MARGIN)
    assert page.getbbox() == (48, 48, 80, 80)


def test_files_that_cannot_be_drawn_over_are_refused_in_words(tmp_path):
    Image.new("1", (8000, 16)).save(tmp_path / "giant.png")
    frames = [Image.new("RGBA", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "renamed.png").write_text("<svg/>")
    (tmp_path / "cut.png").write_bytes((tmp_path / "giant.png").read_bytes()[:40])
    for name, words in [
        ("giant.png", "8000 x 16 pixels"),
        ("moving.gif", "a still picture"),
        ("renamed.png", "a PNG, WebP, JPEG"),
        ("cut.png", "cut.png"),
        ("missing.png", "a file that exists"),
        (".", "picture"),
    ]:
        with pytest.raises(InputError, match=words):
            open_picture(tmp_path / name)


def test_a_photo_is_turned_and_known_to_be_opaque(tmp_path):
    photo = Image.new("RGB", (60, 40), "red")
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.save(tmp_path / "photo.jpg", exif=exif)
    opened = open_picture(tmp_path / "photo.jpg")
    assert opened.size == (40, 60) and opened.mode == "RGBA" and is_opaque(opened)
    assert not is_opaque(Image.new("RGBA", (8, 8)))


def test_a_cameras_jpeg_with_more_behind_its_picture_is_still(tmp_path):
    photo, depth = Image.new("RGB", (64, 48), "red"), Image.new("RGB", (32, 24))
    photo.save(tmp_path / "photo.jpg", "MPO", save_all=True, append_images=[depth])
    assert open_picture(tmp_path / "photo.jpg").size == (64, 48)


def ring(background="white"):
    """A red ring on a background, which is seen inside it too."""
    image = Image.new("RGB", (64, 64), background)
    draw = ImageDraw.Draw(image)
    draw.ellipse((12, 12, 52, 52), fill="red")
    draw.ellipse((24, 24, 40, 40), fill=background)
    return image


def test_a_background_is_cut_out_from_the_border_or_wherever_its_colour_is():
    image = ring()
    assert border_colour(image) == "#ffffff"
    outside, everywhere = cut_out(image), cut_out(image, "#ffffff")
    for cut, inside in ((outside, (255, 255, 255, 255)), (everywhere, (0, 0, 0, 0))):
        assert cut.getpixel((0, 0)) == (0, 0, 0, 0) and cut.getpixel((32, 32)) == inside
        assert cut.getpixel((18, 32)) == (255, 0, 0, 255)


def test_a_photo_with_a_little_room_around_it_has_a_background_all_the_same():
    page = placed(ring("#204060").convert("RGBA").resize((60, 60)), (64, 64))
    assert has_background(page) and border_colour(page) == "#204060"
    cut = cut_out(page)
    assert cut.getpixel((4, 4)) == (0, 0, 0, 0) and not has_background(cut)
    assert not has_background(Image.new("RGBA", (8, 8)))


def test_edges_keep_what_is_not_the_backgrounds():
    """Laid over the same background again, it is what it was, to the rounding."""
    smooth = ring("#2040c0").resize((48, 48), Image.Resampling.BOX)
    page = Image.new("RGBA", smooth.size, "#2040c0")
    page.alpha_composite(cut_out(smooth, "#2040c0", 0.0))
    assert np.abs(np.asarray(page.convert("RGB")).astype(int) - np.asarray(smooth)).max() <= 2


def test_what_is_transparent_stays_and_a_picture_that_would_be_gone_is_refused():
    half = Image.new("RGBA", (16, 16), (255, 0, 0, 128))
    assert cut_out(half, "#0000ff") == half
    for colour, tolerance, words in [
        ("#ff0000", 0.1, "nothing of the picture"),
        ("red", 0.1, "one such as #ffffff"),
        ("#0000ff", 2, "from 0 to 1"),
        ("#0000ff", float("nan"), "from 0 to 1"),
    ]:
        with pytest.raises(InputError, match=words):
            cut_out(half, colour, tolerance)
