import importlib.util

import numpy as np
import pytest
import sticker_set as made

from lit.data import StickerData, concept_weights
from lit.data import stickers as module
from lit.data.concepts import concept_labels
from lit.data.stickers import without_skin_tones
from lit.errors import InputError, LiTError


def index_of(data, name, style="noto"):
    return next(i for i, s in enumerate(data.stickers) if (s.name, s.style) == (name, style))


def test_pixels_are_premultiplied_and_drawn_where_the_shape_is(data):
    assert data.images.shape == (len(data), 4, 64, 64) and data.images.dtype == np.uint8
    assert (data.images[:, :3] <= data.images[:, 3:]).all()
    car = data.images[index_of(data, "car")]
    assert tuple(car[:, 32, 32]) == (0x33, 0x66, 0xDD, 255)
    assert not car[:, 5].any() and not car[:, 60].any()


def test_half_transparent_webp_is_premultiplied_and_resized(data):
    red, green, blue, alpha = data.images[index_of(data, "half", "fluent-3d")][:, 32, 32]
    assert (green, blue, alpha) == (0, 0, 128) and abs(int(red) - 128) <= 1


@pytest.mark.parametrize("width, height", [(100, 50), (50, 100)])
def test_an_image_that_is_not_square_is_centred_whole(width, height):
    shape = f'<rect width="{width}" height="{height}" fill="#0f0"/>'
    alpha = module.render(made.svg(shape, width, height), "svg", 64)[3]
    if height > width:
        alpha = alpha.T
    assert (alpha[17:47] == 255).all() and not alpha[:15].any() and not alpha[49:].any()


def test_order_and_pixels_do_not_depend_on_how_rows_are_spread_over_files(rows, data, tmp_path):
    file = made.write(rows[::-1], tmp_path / "all.parquet")
    other = StickerData.open(file, size=64, cache_dir=tmp_path)
    assert other.stickers == data.stickers
    assert (other.images == data.images).all()


def test_a_second_opening_reads_the_cache(folder, tmp_path, monkeypatch):
    first = StickerData.open(folder, size=32, cache_dir=tmp_path).images

    def fail(*_):
        raise AssertionError("rendered again")

    monkeypatch.setattr(module, "render", fail)
    assert (StickerData.open(folder, size=32, cache_dir=tmp_path).images == first).all()


def test_another_image_is_another_cache(rows, tmp_path):
    first = StickerData.open(made.write(rows[:3], tmp_path / "a.parquet"), size=32, cache_dir=tmp_path)
    changed = [{**rows[0], "image": made.svg(made.SHAPES["car"])}, *rows[1:3]]
    second = StickerData.open(made.write(changed, tmp_path / "b.parquet"), size=32, cache_dir=tmp_path)
    assert not (first.images == second.images).all()


def test_what_a_system_writes_beside_the_files_is_not_read(rows, tmp_path):
    made.write(rows[:3], tmp_path / "one.parquet")
    (tmp_path / "._one.parquet").write_bytes(b"\0\5\26\7")
    assert len(module.read_rows(tmp_path)) == 3


def test_an_interrupted_rendering_leaves_no_cache(folder, tmp_path, monkeypatch):
    drawn, render = [], module.render

    def interrupted(*arguments):
        drawn.append(1)
        if len(drawn) == 5:
            raise KeyboardInterrupt
        return render(*arguments)

    monkeypatch.setattr(module, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _ = StickerData.open(folder, size=32, cache_dir=tmp_path).images
    assert list(tmp_path.iterdir()) == []


def test_worker_processes_draw_what_one_process_draws(rows, data, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "POOL_FROM", 1)
    monkeypatch.setattr(module, "CHUNK", 10)
    file = made.write(rows, tmp_path / "all.parquet")
    assert (StickerData.open(file, size=64, cache_dir=tmp_path).images == data.images).all()


def test_writing_to_the_pixels_does_not_reach_the_cache(folder, tmp_path):
    StickerData.open(folder, size=32, cache_dir=tmp_path).images[:] = 0
    assert StickerData.open(folder, size=32, cache_dir=tmp_path).images.any()


def test_lit_cache_names_the_default_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LIT_CACHE", str(tmp_path / "here"))
    assert StickerData.open(folder, size=32).images.shape[2] == 32
    assert len(list((tmp_path / "here").glob("*.npy"))) == 1


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


def test_an_image_that_does_not_render_is_named_and_leaves_nothing(rows, tmp_path):
    file = made.write([{**rows[0], "image": b"<svg"}], tmp_path / "bad.parquet")
    with pytest.raises(InputError, match="a0 in noto"):
        _ = StickerData.open(file, size=32, cache_dir=tmp_path / "cache").images
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    "key, base",
    [
        ("1f44b-1f3fb", "1f44b"),
        ("1f9d1-1f3ff-200d-1f91d-200d-1f9d1-1f3fb", "1f9d1-200d-1f91d-200d-1f9d1"),
        ("1f436", "1f436"),
        ("1f3fb", ""),
    ],
)
def test_a_key_without_its_skin_tones(key, base):
    assert without_skin_tones(key) == base


def test_skin_tones_share_a_concept_named_without_them(data):
    names, labels = concept_labels(data.stickers)
    hands = [i for i, s in enumerate(data.stickers) if s.base_key == "a6"]
    assert len(hands) == 5 and {names[labels[i]] for i in hands} == {"waving hand"}
    assert [data.stickers[i].has_skin_tone for i in hands].count(True) == 2


def test_splits_part_the_data(data):
    train, test = data.subset("train"), data.subset("test")
    assert [data.stickers[i].name for i in test] == ["tree"]
    assert sorted([*train, *test]) == list(range(len(data)))


def test_concepts_count_alike_whatever_their_variants(data):
    indices = np.arange(len(data))
    weights = concept_weights(data.stickers, indices)
    assert weights.sum() == pytest.approx(1)
    total = {}
    for index, weight in zip(indices, weights):
        key = data.stickers[index].base_key
        total[key] = total.get(key, 0) + weight
    flag = total.pop("a4")
    assert max(total.values()) == pytest.approx(min(total.values()))
    assert flag == pytest.approx(0.4 * total["a0"])


def test_styles_of_a_concept_count_alike_and_its_tones_share(data):
    indices = np.arange(len(data))
    weights = concept_weights(data.stickers, indices)
    hands = [i for i in indices if data.stickers[i].base_key == "a6"]
    noto = [weights[i] for i in hands if data.stickers[i].style == "noto"]
    blob = [weights[i] for i in hands if data.stickers[i].style == "blob"]
    assert len(noto) == 3 and sum(noto) == pytest.approx(sum(blob)) and max(noto) == pytest.approx(min(noto))


@pytest.mark.parametrize("absent, package", [("pyarrow", "pyarrow"), ("resvg_py", "resvg-py")])
def test_a_package_that_only_reading_needs_is_named(absent, package, folder, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == absent else find(name, *rest))
    with pytest.raises(LiTError, match=f"pip install {package}"):
        StickerData.open(folder)
