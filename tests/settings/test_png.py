"""Pictures as files: settings go in and come back, damage is said, and no file is half a file."""

import dataclasses
import errno
import io
import json
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from every_setting import EVERY_SETTING, PROVENANCE
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from lit.errors import InputError
from lit.settings import GenerationSettings, parameters_text, png_bytes, read_png, to_png_info, write_picture

GOLDEN = Path(__file__).parent / "golden"
DRAWN = {"seed": 6, "width": 128, "height": 192, "num_inference_steps": 8, "output_scale": 1}
# Drawn by version 0.1.0 with the flow that shipped then, and with the flow map.
FLOW = GOLDEN / "lit-0.1.0.png", GenerationSettings("a purple octopus", **DRAWN, scheduler="flow-euler")
FLOW_MAP = GOLDEN / "flow-map.png", GenerationSettings("a purple octopus", **DRAWN, scheduler="flow-map")


def save(path, info):
    Image.new("RGBA", (8, 8)).save(path, pnginfo=info)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """The PNG with one more chunk, right after its header of 33 bytes."""
    return png[:33] + chunk(kind, data) + png[33:]


@pytest.mark.parametrize(
    "settings",
    [
        EVERY_SETTING,
        GenerationSettings("a dog"),
        GenerationSettings("žába, dračí 🐉 龍", negative_prompt="é"),
        GenerationSettings("é"),
        GenerationSettings("Ã©"),  # whose Latin-1 is the UTF-8 of the one before
    ],
    ids=lambda settings: settings.prompt,
)
def test_a_png_gives_back_what_went_in(tmp_path, settings):
    path = save(tmp_path / "a.png", to_png_info(settings, PROVENANCE))
    assert read_png(path) == (settings, PROVENANCE)


@pytest.mark.parametrize(("golden", "expected"), [FLOW, FLOW_MAP])
def test_a_golden_file_reads_the_same_settings(golden, expected):
    settings, provenance = read_png(golden)
    assert settings == expected
    assert provenance["versions"]["lit"] == "0.1.0" and provenance["dtype"] == "float32"


@pytest.mark.slow
def test_the_golden_file_is_drawn_again(text_encoder):
    from lit.pipeline import LiTPipeline

    settings, provenance = read_png(FLOW_MAP[0])
    pipe = LiTPipeline.from_pretrained(device="cpu", torch_dtype="float32", text_encoder=text_encoder)
    pipe.set_progress_bar_config(disable=True)
    assert pipe.weights_sha256 == provenance["weights_sha256"]
    (again,) = pipe.generate(settings).images
    golden = Image.open(FLOW_MAP[0])
    assert (again.size, again.mode) == (golden.size, golden.mode)
    # Other processors add up in another order, so that a value may be rounded the other way. Colours count where
    # they can be seen.
    differences = [ImageChops.difference(*(over(image, ground) for image in (again, golden))) for ground in (0, 255)]
    assert max(high for image in differences for _, high in image.getextrema()) <= 2


def over(image: Image.Image, ground: int) -> Image.Image:
    behind = Image.new("RGBA", image.size, (ground, ground, ground, 255))
    return Image.alpha_composite(behind, image).convert("RGB")


def test_a_file_is_the_same_wherever_it_is_written_and_has_all_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (24, 16, 4), dtype=np.uint8)
    told = (Image.fromarray(pixels, "RGBA"), GenerationSettings("a fox"), PROVENANCE)
    data = png_bytes(*told)
    assert write_picture(*told, tmp_path).read_bytes() == data
    assert (np.asarray(Image.open(io.BytesIO(data))) == pixels).all()


def test_parameters_are_what_other_studios_read(tmp_path):
    text = Image.open(save(tmp_path / "a.png", to_png_info(EVERY_SETTING, PROVENANCE))).text["parameters"]
    assert text == parameters_text(EVERY_SETTING, PROVENANCE)
    start = "\nNegative prompt: red\nSteps: 7, Sampler: dpm++, CFG scale: 2.5, Seed: "
    assert text.startswith(EVERY_SETTING.prompt + start)
    assert "Size: 272x320" in text and "Model hash: ababababab," in text


@pytest.mark.parametrize("prompt", ["žába", "é", "龍 🐉", "Ã©"])
def test_utf_8_in_a_latin_1_chunk_is_read_as_it_was_meant(tmp_path, prompt):
    record = {"format": 1, "settings": {"prompt": prompt}, "provenance": {}}
    plain = save(tmp_path / "plain.png", PngInfo()).read_bytes()
    text = json.dumps(record, ensure_ascii=False).encode()
    (tmp_path / "other.png").write_bytes(with_chunk(plain, b"tEXt", b"lit\0" + text))
    assert read_png(tmp_path / "other.png")[0].prompt == prompt


def record(**changes):
    return {"format": 1, "settings": {"prompt": "a dog"}, "provenance": {}} | changes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "carries its settings"),
        ("{", "damaged"),
        ("[" * 100_000, "damaged"),
        ("1" * 5000, "damaged"),
        ("[]", "damaged"),
        (json.dumps({"prompt": "a dog"}), "damaged"),
        (json.dumps(record(format=4)), "newer version"),
        (json.dumps(record(provenance=None)), "damaged"),
        (json.dumps(record(provenance={"dtype": "\ud800"})), "halves of characters"),
        (json.dumps(record(settings={"prompt": "\udfff"})), "halves of characters"),
        (json.dumps(record(settings={"seed": 1})), "at least a prompt"),
        (json.dumps(record(settings={"prompt": "a", "depth": 3})), "depth"),
        (json.dumps(record(settings={"prompt": "a", "height": "256"})), "height"),
    ],
    ids=range(13),
)
def test_pngs_with_other_or_no_settings_are_refused_in_words(tmp_path, text, words):
    info = PngInfo()
    if text is not None:
        info.add_text("lit", text)
    with pytest.raises(InputError, match=words):
        read_png(save(tmp_path / "a.png", info))


def test_files_that_are_no_png_are_refused_in_words(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    for name in ("text.png", "a.jpg", "missing.png", ".", "a\0.png"):
        with pytest.raises(InputError, match="^image: "):
            read_png(tmp_path / name)


@pytest.mark.parametrize(
    "kind", [b"gAMA", b"cHRM", b"iCCP", b"pHYs", b"tRNS", b"iTXt", b"zTXt", b"acTL", b"fcTL", b"eXIf"]
)
@pytest.mark.parametrize("data", [b"", b"x", b"a\0", b"a\0\0broken"], ids=["empty", "short", "named", "broken"])
def test_damaged_chunks_are_read_past_or_refused_in_words(tmp_path, kind, data):
    whole = save(tmp_path / "a.png", to_png_info(EVERY_SETTING, PROVENANCE)).read_bytes()
    assert read_or_refused(tmp_path, with_chunk(whole, kind, data))


def test_cut_and_flipped_files_are_read_or_refused_in_words(tmp_path):
    whole = save(tmp_path / "a.png", to_png_info(EVERY_SETTING, PROVENANCE)).read_bytes()
    for length in range(len(whole)):
        assert read_or_refused(tmp_path, whole[:length])
    rng = random.Random(0)
    for _ in range(1500):
        broken = bytearray(whole)
        for _ in range(rng.choice((1, 2, 8))):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        assert read_or_refused(tmp_path, mended(bytes(broken)) if rng.random() < 0.5 else bytes(broken))


def mended(png: bytes) -> bytes:
    """The PNG with checksums that fit, so that damage reaches those who read the chunks."""
    at, out = 8, png[:8]
    while at + 12 <= len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        out += chunk(png[at + 4 : at + 8], png[at + 8 : at + 8 + length])
        at += 12 + length
    return out


def read_or_refused(tmp_path, data: bytes) -> bool:
    (tmp_path / "broken.png").write_bytes(data)
    try:
        settings, provenance = read_png(tmp_path / "broken.png")
    except InputError as error:
        return bool(str(error))
    return isinstance(settings, GenerationSettings) and isinstance(provenance, dict)


def write(folder, prompt="A blue Dragon!", seed=7):
    settings = dataclasses.replace(EVERY_SETTING, prompt=prompt, seed=seed)
    return write_picture(Image.new("RGBA", (8, 8), "red"), settings, PROVENANCE, folder)


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "none"])
def test_files_are_named_counted_and_never_replaced(tmp_path, monkeypatch, links):
    if not links:  # as on FAT

        def link(*_):
            raise PermissionError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", link)
    names = [write(tmp_path).name for _ in range(3)]
    assert names == ["a-blue-dragon-7.png", "a-blue-dragon-7-2.png", "a-blue-dragon-7-3.png"]
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    assert all(read_png(tmp_path / name)[0].seed == 7 for name in names)


@pytest.mark.parametrize(
    ("prompt", "stem"),
    [("žába 🐉", "žába"), ("龍", "龍"), ("🐉", "sticker"), ("../../etc/passwd", "etc-passwd"), ("a" * 99, "a" * 40)],
)
def test_names_are_letters_and_digits_of_any_script(tmp_path, prompt, stem):
    assert write(tmp_path, prompt) == tmp_path / f"{stem}-7.png"


def test_a_system_with_a_small_alphabet_gets_a_name_it_can_write(tmp_path, monkeypatch):
    def ascii_only(name):
        return str(name).encode("ascii")

    monkeypatch.setattr(os, "fsencode", ascii_only)
    assert write(tmp_path, "龍").name == "sticker-7.png"


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_disk_leaves_nothing_under_any_name(tmp_path, monkeypatch, call):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    if call == "link":
        monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path)
    assert os.listdir(tmp_path) == []
