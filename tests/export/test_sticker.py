"""Pictures that come in: ours with their words, others by their names, and anything else refused in a sentence."""

import struct
import zlib

import pytest
from every_setting import PROVENANCE
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lit.errors import InputError
from lit.export import Sticker, read_sticker
from lit.settings import GenerationSettings, to_png_info


def test_a_picture_of_this_studio_brings_its_words(shape, tmp_path):
    settings = GenerationSettings("A red apple, fluent 3d", seed=7)
    shape.save(tmp_path / "x.png", pnginfo=to_png_info(settings, PROVENANCE))
    sticker = read_sticker(tmp_path / "x.png")
    assert (sticker.name, sticker.alt, sticker.emoji) == ("red apple", "Red apple, Fluent 3D", ("🍎",))
    assert sticker.settings and (sticker.settings.seed, sticker.settings.style) == (7, "fluent-3d")
    assert sticker.frames[0].tobytes() == shape.tobytes() and not sticker.moves


@pytest.mark.parametrize("name", ["a-fat_cat-12.png", "a-fat_cat.webp"])
def test_any_other_is_named_by_its_file(shape, tmp_path, name):
    shape.save(tmp_path / name, lossless=True)
    sticker = read_sticker(tmp_path / name)
    assert (sticker.name, sticker.alt, sticker.emoji, sticker.settings) == ("fat cat", "Fat cat", ("🐈",), None)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"format": 99}', '{"format":1,"settings":{"prompt":3}}'])
def test_settings_that_cannot_be_read_do_not_keep_a_picture_out(shape, tmp_path, text):
    info = PngInfo()
    info.add_text("lit", text)
    shape.save(tmp_path / "dog.png", pnginfo=info)
    assert read_sticker(tmp_path / "dog.png").name == "dog"


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "1", "I;16"])
def test_every_mode_of_png_is_opened(shape, tmp_path, mode):
    image = Image.new(mode, (30, 20), 30_000) if mode == "I;16" else shape.convert(mode)
    image.save(tmp_path / "x.png")
    frame = read_sticker(tmp_path / "x.png").frames[0]
    assert (frame.mode, frame.size) == ("RGBA", image.size)
    if mode == "I;16":
        assert frame.getpixel((0, 0)) == pytest.approx((117, 117, 117, 255), abs=1)


def test_a_photo_lies_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGBA", (40, 20), "red").save(tmp_path / "x.png", exif=exif)
    assert read_sticker(tmp_path / "x.png").frames[0].size == (20, 40)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def giant(side: int) -> bytes:
    """A PNG that says it has side x side pixels, in a hundred bytes."""
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("photo.png", b"\xff\xd8\xff\xe0" + bytes(99), "a JPEG"),
        ("x.png", b"GIF89a" + bytes(99), "a GIF"),
        ("IMG_1.HEIC", b"\0\0\0\x18ftypheic" + bytes(99), "a HEIC photo"),
        ("x.webp", b"\0\0\0\x18ftypavif" + bytes(99), "an AVIF"),
        ("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG"),
        ("logo.png", b'<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg/>', "an SVG"),
        ("x.png", b"BM" + bytes(99), "a BMP"),
        ("x.png", b"%PDF-1.7", "a PDF"),
        ("x.png", b"hello", "another kind of file"),
        ("x.png", b"", "another kind of file"),
        ("x.png", b"\x89PNG\r\n\x1a\n", "PNG or WebP that can be read"),
        ("x.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "PNG or WebP that can be read"),
        ("bomb.png", giant(2**31 - 1), "at most 4096 x 4096"),
        ("bomb.png", giant(20_000), "at most 4096 x 4096"),
        ("large.png", giant(4097), "at most 4096 x 4096"),
        ("short.png", giant(4096), "PNG or WebP that can be read"),
    ],
)  # fmt: skip
def test_what_is_no_picture_for_stickers_is_refused_by_what_it_is(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=f"^picture: got '{name}.*{words}"):
        read_sticker(tmp_path / name)


@pytest.mark.parametrize("place", ["missing.png", ".", "a\0.png"])
def test_what_is_no_file_is_refused_in_words(tmp_path, place):
    with pytest.raises(InputError, match="^picture: "):
        read_sticker(tmp_path / place)


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_picture_that_moves_is_refused_in_words(shape, tmp_path, suffix):
    shape.save(tmp_path / f"x.{suffix}", save_all=True, append_images=[shape.rotate(90)])
    with pytest.raises(InputError, match="this one moves"):
        read_sticker(tmp_path / f"x.{suffix}")


@pytest.mark.parametrize("alpha", [0, 9])
def test_an_empty_picture_is_refused_by_its_name(tmp_path, alpha):
    Image.new("RGBA", (64, 64), (255, 0, 0, alpha)).save(tmp_path / "x.png")
    with pytest.raises(InputError, match="^picture: got 'x.png'; .*transparent"):
        read_sticker(tmp_path / "x.png")


def test_frames_are_of_one_size(shape):
    with pytest.raises(InputError, match="^frames: "):
        Sticker.brought([shape, shape.resize((64, 64))], "x")
    with pytest.raises(InputError, match="^frames: "):
        Sticker.brought([], "x")


def test_a_files_picture_is_opened_when_it_is_looked_at(shape, tmp_path):
    shape.save(tmp_path / "cat.png")
    sticker = read_sticker(tmp_path / "cat.png")
    assert len(sticker.frames) == 1 and not sticker.moves
    shape.rotate(90).save(tmp_path / "cat.png")
    assert sticker.frames[0].tobytes() == shape.rotate(90).tobytes()
    (tmp_path / "cat.png").unlink()
    with pytest.raises(InputError, match="a file that exists"):
        sticker.frames[0]


def test_somebodys_words_take_the_place_of_its_own(shape):
    sticker = Sticker.brought([shape], "a cat").worded(" Tom  the cat", "A cat\nasleep", ["🐈", "💤"])
    assert (sticker.name, sticker.alt, sticker.emoji) == ("Tom the cat", "A cat asleep", ("🐈", "💤"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x" * 300, "a", ["🐈"]), "^name: .*; 1 to 128 characters"),
        (("", "a", ["🐈"]), "^name: "),
        (("half \ud83d", "a", ["🐈"]), "^name: .*all of them whole"),
        (("a", "x" * 256, ["🐈"]), "^alt text: .*; 1 to 255"),
        (("a", "a", []), "^emoji: .*; 1 to 20 emoji"),
        (("a", "a", ["🐈"] * 21), "^emoji: "),
    ],
)
def test_words_that_no_place_takes_are_refused(shape, words, said):
    with pytest.raises(InputError, match=said) as error:
        Sticker.brought([shape], "a cat").worded(*words)
    assert len(str(error.value)) < 150
