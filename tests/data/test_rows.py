"""Rows of one or several data sets, and words for those that are none."""

import importlib.util
import random

import pyarrow as pa
import pytest
import sticker_set as made
from pyarrow import parquet

from lit.data import StickerData
from lit.data import rows as module
from lit.data.rows import read_rows
from lit.errors import InputError, LiTError


def test_what_a_system_writes_beside_the_files_is_not_read(rows, tmp_path):
    made.write(rows[:3], tmp_path / "one.parquet")
    (tmp_path / "._one.parquet").write_bytes(b"\0\5\26\7")
    assert len(read_rows(tmp_path)) == 3


def test_sets_are_read_as_one_in_one_order(rows, tmp_path):
    """Whatever files they lie in, and however often a file is named; several drawings may have one key and style."""
    poses = [made.row("word:bat", "bat", "scratch", made.svg(made.SHAPES[shape])) for shape in ("dog", "car", "tree")]
    every = [*rows, *poses]
    random.Random(1).shuffle(every)
    for folder in ("sets/a", "sets/b"):
        (tmp_path / folder).mkdir(parents=True)
    one = made.write(every[:7], tmp_path / "sets/a/one.parquet")
    made.write(every[7:], tmp_path / "sets/b/two.parquet")
    expected = read_rows([tmp_path / "sets/b", one])
    assert len(expected) == len(every)
    assert read_rows(tmp_path / "sets") == expected
    assert read_rows([one, tmp_path / "sets/a", tmp_path / "sets/b", one]) == expected
    assert read_rows(made.write(every[::-1], tmp_path / "all.parquet")) == expected


def test_a_set_may_be_without_licences(rows, tmp_path):
    bare = [{name: value for name, value in row.items() if name != "license"} for row in rows[:2]]
    assert [row["license"] for row in read_rows(made.write(bare, tmp_path / "bare.parquet"))] == ["", ""]


def test_pictures_with_helpers_are_left_out(rows, tmp_path, monkeypatch):
    assert len(module.set_aside()) == len(module.SET_ASIDE.read_text().splitlines()) - 4
    assert all(len(mark) == 16 and int(mark, 16) for mark in module.set_aside())
    aside = tmp_path / "aside.txt"
    digest = module.hashlib.sha256(rows[1]["image"]).hexdigest()[:16]
    aside.write_text(f"# pictures\n{digest} {rows[1]['name']}\n")
    monkeypatch.setattr(module, "SET_ASIDE", aside)
    module.set_aside.cache_clear()
    try:
        left = read_rows(made.write(rows, tmp_path / "all.parquet"))
    finally:
        module.set_aside.cache_clear()
    assert left and len(left) == len(rows) - sum(row["image"] == rows[1]["image"] for row in rows)


def test_nothing_to_read_says_so(tmp_path):
    with pytest.raises(InputError, match="path.*parquet"):
        StickerData.open(tmp_path)
    with pytest.raises(InputError, match="path"):
        StickerData.open(tmp_path / "missing.parquet")


def test_a_missing_column_is_named(rows, tmp_path):
    bare = [{name: value for name, value in row.items() if name != "keywords"} for row in rows[:2]]
    with pytest.raises(InputError, match="keywords"):
        StickerData.open(made.write(bare, tmp_path / "bare.parquet"))


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"not a table")
    with pytest.raises(InputError, match="bad.parquet"):
        StickerData.open(tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("style", "crayon", "style: got 'crayon'; one of noto"),
        ("split", "validation", "split: got 'validation'; one of train, test, unseen"),
        ("format", "gif", "format: got 'gif'"),
        ("name", None, "row 1 has no name"),
        ("image", None, "row 1 has no image"),
    ],
)
def test_a_value_that_nobody_knows_is_named_before_anything_is_drawn(rows, tmp_path, column, value, said):
    with pytest.raises(InputError, match=said):
        read_rows(made.write([rows[0], {**rows[1], column: value}], tmp_path / "odd.parquet"))


def test_another_schema_is_named(rows, tmp_path):
    table = pa.Table.from_pylist(rows[:2])
    place = table.schema.get_field_index("keywords")
    parquet.write_table(table.set_column(place, "keywords", pa.array(["a, b", "c"])), tmp_path / "odd.parquet")
    with pytest.raises(InputError, match="column keywords is string.; a list of strings"):
        read_rows(tmp_path)


@pytest.mark.parametrize("absent, package", [("pyarrow", "pyarrow"), ("resvg_py", "resvg-py")])
def test_a_package_that_only_reading_needs_is_named(absent, package, folder, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == absent else find(name, *rest))
    with pytest.raises(LiTError, match=f"pip install {package}"):
        StickerData.open(folder)
