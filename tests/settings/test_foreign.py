"""Pictures of other studios, and of people who mean no good: what they say is read, and nothing more."""

import io
import json
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lit.errors import InputError
from lit.settings import GenerationSettings, parameters_text
from lit.settings.chunks import LONGEST, MOST, SIGNATURE, read_texts
from lit.settings.foreign import read_foreign


def png(**texts: str) -> io.BytesIO:
    info, file = PngInfo(), io.BytesIO()
    for key, text in texts.items():
        info.add_itxt(key, text, zip=True)
    Image.new("RGB", (4, 4)).save(file, "PNG", pnginfo=info)
    return io.BytesIO(file.getvalue())


def made(*chunks: tuple[bytes, bytes]) -> io.BytesIO:
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return io.BytesIO(SIGNATURE + b"".join(parts))


GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 5, "positive": ["9", 0], "negative": ["7", 0], "steps": 20}},
    "9": {"class_type": "ControlNetApply", "inputs": {"conditioning": ["6", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["10", 0], "clip": ["4", 1]}},
    "10": {"class_type": "String", "inputs": {"value": "a red robot"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry"}},
}


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        (
            "parameters",
            "a knight,\n<lora:detail:0.7> gold\nNegative prompt: red,\nblue\nSteps: 20, Sampler: Euler a, Seed: 42",
            ("A1111", "a knight, gold", "red, blue", 42),
        ),
        ("parameters", "just words", ("A1111", "just words", "", None)),
        ("parameters", "a cat\nSteps: 9, Seed: 99999999999", ("A1111", "a cat", "", None)),
        ("parameters", '{"prompt": "a cat", "seed": "7"}', ("Fooocus", "a cat", "", 7)),
        (
            "invokeai_metadata",
            '{"positive_prompt": "an owl", "negative_prompt": "hat", "seed": 3}',
            ("InvokeAI", "an owl", "hat", 3),
        ),
        (
            "sd-metadata",
            '{"image": {"prompt": [{"prompt": "a fox [red]"}], "seed": 4}}',
            ("InvokeAI", "a fox", "red", 4),
        ),
        ("prompt", json.dumps(GRAPH), ("ComfyUI", "a red robot", "blurry", 5)),
    ],
)
def test_the_words_and_the_seed_of_other_studios_are_read(key, text, expected):
    found = read_foreign(read_texts(png(**{key: text})))
    assert (found.source, found.prompt, found.negative_prompt, found.seed) == expected


def test_what_this_studio_writes_for_others_says_the_same():
    settings = GenerationSettings("a blue dragon", negative_prompt="red", seed=8)
    found = read_foreign({"parameters": parameters_text(settings, {})})
    assert (found.prompt, found.negative_prompt, found.seed) == ("a blue dragon", "red", 8)


@pytest.mark.parametrize("key", ["parameters", "prompt", "invokeai_metadata", "sd-metadata"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", '{"seed": NaN}', "[" * 100_000),
        *('{"prompt": {"a": 1}}', '{"image": {"prompt": [[]]}}', '{"1": 5, "2": {"inputs": 3}}'),
        '{"1": {"inputs": {"positive": ["1", 0], "text": ["1", 0], "negative": ["1", 0]}}}',
        json.dumps({str(n): {"inputs": {"positive": [n + 1], "text": [n + 2], "value": [n]}} for n in range(5000)}),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_prompt_is_none(key, text):
    found = read_foreign({key: text})
    assert found is None or (key == "parameters" and found.prompt == text.strip()[:2000])


def test_words_are_whole_printable_and_not_endless():
    found = read_foreign({"parameters": "a\x00 cat\u202e \ud800dog " + "x" * 10**6})
    assert found.prompt.startswith("a cat dog x") and len(found.prompt) == 2000


def test_a_bomb_a_giant_and_a_broken_chunk_are_passed_over_and_the_others_read():
    bomb = zlib.compress(bytes(200_000_000), 9)
    texts = read_texts(
        made(
            (b"zTXt", b"bomb\0\0" + bomb),
            (b"iTXt", b"bomb2\0\1\0\0\0" + bomb),
            (b"tEXt", b"giant\0" + b"x" * (LONGEST + 1)),
            (b"zTXt", b"broken\0\0no zlib"),
            (b"iTXt", b"short\0\1"),
            (b"tEXt", b"nothing"),
            (b"tEXt", b"\0no keyword"),
            (b"tEXt", b"good\0words"),
            (b"tEXt", b"good\0others"),
            (b"iTXt", b"japanese\0\0\0\0\0" + "青い蝶".encode()),
        )
    )
    assert texts == {"good": "words", "japanese": "青い蝶"}


def test_many_large_texts_are_read_up_to_a_limit():
    half = b"x" * (LONGEST - 100)
    texts = read_texts(made(*[(b"zTXt", b"%d\0\0" % number + zlib.compress(half)) for number in range(50)]))
    assert 0 < sum(map(len, texts.values())) <= MOST


@pytest.mark.parametrize("cut", range(8, 120, 7))
def test_a_cut_picture_says_what_stands_before_the_cut(cut):
    whole = made((b"tEXt", b"a\0one"), (b"IDAT", bytes(40)), (b"tEXt", b"b\0two")).getvalue()
    assert read_texts(io.BytesIO(whole[:cut])).items() <= {"a": "one", "b": "two"}.items()


def test_a_text_with_another_checksum_is_damaged():
    whole = bytearray(made((b"tEXt", b"a\0one")).getvalue())
    whole[-6] ^= 1
    assert read_texts(io.BytesIO(bytes(whole))) == {}


def test_what_is_no_png_is_refused_in_words(tmp_path):
    for data in (b"", b"GIF89a", b"\x89PNG"):
        with pytest.raises(InputError, match="a PNG"):
            read_texts(io.BytesIO(data))
    with pytest.raises(InputError, match="a file that exists"):
        read_texts(tmp_path / "none.png")
