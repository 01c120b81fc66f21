"""Making the shipped words anew, of a model that learned the stickers alone or the drawings too."""

import json
import lzma

import pyarrow as pa
import pytest
import sticker_set as made
from pyarrow import parquet

from lit.reading import build, completion, emoji, lexicon

IMAGE = made.svg(made.SHAPES["car"])
DRAWINGS = (
    ("word:windmill", "windmill", "game-icons", "train", []),
    ("word:posting-a-letter", "posting a letter", "mulberry", "train", ["action", "person"]),
    ("word:rose-bush", "rose bush", "openclipart", "train", ["plant", "menu"]),
    ("1f339", "roses", "mulberry", "train", []),  # an emoji's key
    ("word:rose", "Rose", "glitch", "train", []),  # and its name
    ("word:acorn", "acorn", "crops", "unseen", []),
    ("word:owl", "owl", "crops", "test", []),
    ("word:sad-red-cat", "sad red cat", "kawaii", "train", []),
    ("word:a", "big brown fox in a red hat", "scratch", "train", []),
)


@pytest.fixture
def sets(tmp_path):
    for folder in ("stickers", "drawings"):
        (tmp_path / folder).mkdir()
    made.write([made.row("1f339", "rose", "noto", IMAGE)], tmp_path / "stickers/all.parquet")
    rows = [made.row(key, name, style, IMAGE, split=split, keywords=tags) for key, name, style, split, tags in DRAWINGS]
    made.write(rows, tmp_path / "drawings/all.parquet")
    foreign = {"key": "1f339", "lang": "de", "name": "Rose", "keywords": ["Blume"]}
    parquet.write_table(pa.Table.from_pylist([foreign]), tmp_path / "names.parquet")
    return [f"--{name}={tmp_path / place}" for name, place in
            (("names", "names.parquet"), ("stickers", "stickers"), ("drawings", "drawings"))]  # fmt: skip


def made_of(sets, tmp_path, *options):
    build.main([*sets, f"--out={tmp_path / 'names.json.xz'}", *options])
    return json.loads(lzma.decompress((tmp_path / "names.json.xz").read_bytes()))


def test_drawings_are_concepts_where_they_are_learned(sets, tmp_path):
    alone, both = made_of(sets, tmp_path), made_of(sets, tmp_path, "--learned")
    assert [key for key, _, _ in alone["concepts"]] == ["1f339"]
    assert both["concepts"] == [
        *alone["concepts"],
        ["word:posting-a-letter", "posting a letter", ["person"]],
        ["word:rose-bush", "rose bush", ["plant"]],
        ["word:windmill", "windmill", []],
    ]
    assert {name: part for name, part in both.items() if name != "concepts"} == {
        name: part for name, part in alone.items() if name != "concepts"
    }


def test_the_page_completes_them_and_takes_none_for_an_emoji(sets, tmp_path, monkeypatch):
    made_of(sets, tmp_path, "--learned")
    kept = (lexicon.shipped, lexicon.emoji_keys, lexicon.emoji_by_name, emoji._names, emoji._signs)
    kept += (completion._names, completion._emoji, completion._index)
    monkeypatch.setattr(lexicon, "DATA", tmp_path / "names.json.xz")
    for one in kept:
        one.cache_clear()
    try:
        assert "windmill" in str(completion.complete("a wind"))
        assert list(lexicon.emoji_by_name().values()) == ["🌹"]
        assert [found.name for found in emoji.emoji_in("🌹")] == ["rose"]
    finally:
        for one in kept:
            one.cache_clear()
