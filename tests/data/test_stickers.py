import numpy as np
import pytest
import sticker_set as made

from lit.data import StickerData
from lit.data.concepts import concept_labels
from lit.data.stickers import without_skin_tones


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


def test_order_and_pixels_do_not_depend_on_how_rows_are_spread_over_files(rows, data, tmp_path):
    file = made.write(rows[::-1], tmp_path / "all.parquet")
    other = StickerData.open(file, size=64, cache_dir=tmp_path)
    assert other.stickers == data.stickers
    assert (other.images == data.images).all()


def test_another_image_is_another_cache(rows, tmp_path):
    first = StickerData.open(made.write(rows[:3], tmp_path / "a.parquet"), size=32, cache_dir=tmp_path)
    changed = [{**rows[0], "image": made.svg(made.SHAPES["car"])}, *rows[1:3]]
    second = StickerData.open(made.write(changed, tmp_path / "b.parquet"), size=32, cache_dir=tmp_path)
    assert not (first.images == second.images).all()


def test_writing_to_the_pixels_does_not_reach_the_cache(folder, tmp_path):
    StickerData.open(folder, size=32, cache_dir=tmp_path).images[:] = 0
    assert StickerData.open(folder, size=32, cache_dir=tmp_path).images.any()


def test_lit_cache_names_the_default_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LIT_CACHE", str(tmp_path / "here"))
    assert StickerData.open(folder, size=32).images.shape[2] == 32
    assert len(list((tmp_path / "here").glob("*.npy"))) == 1


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


def test_all_names_of_a_concept_are_one_label_and_the_emojis_is_said(tmp_path):
    image = made.svg(made.SHAPES["car"])
    rows = [
        made.row("1f34e", "red apple", "noto", image),
        made.row("1f34e", "apples", "mulberry", image),
        made.row("1f680", "Rocket", "noto", image),
        made.row("word:rocket", "rocket", "glitch", image),
        made.row("word:kidney", "kidneys", "mulberry", image, split="unseen"),
        made.row("word:kidney", "kidney", "bioicons", image),
    ]
    data = StickerData.open(made.write(rows, tmp_path / "all.parquet"), size=16, cache_dir=tmp_path)
    names, labels = concept_labels(data.stickers)
    assert names == ["red apple", "Rocket", "kidney"]
    assert [names[label] for label in labels] == ["red apple"] * 2 + ["Rocket", "kidney", "kidney", "Rocket"]
    assert [data.stickers[i].style for i in data.subset("unseen")] == ["mulberry"]
    assert len(data.subset("train", "unseen")) == len(data)
