"""Pictures are rendered once, whatever sets they come with, and what does not render is named."""

import pytest
import sticker_set as made

from lit.data import StickerData
from lit.data import rendering as module
from lit.errors import InputError


@pytest.mark.parametrize("width, height", [(100, 50), (50, 100)])
def test_an_image_that_is_not_square_is_centred_whole(width, height):
    shape = f'<rect width="{width}" height="{height}" fill="#0f0"/>'
    alpha = module.render(made.svg(shape, width, height), "svg", 64)[3]
    if height > width:
        alpha = alpha.T
    assert (alpha[17:47] == 255).all() and not alpha[:15].any() and not alpha[49:].any()


def test_a_second_opening_reads_the_cache(folder, tmp_path, monkeypatch):
    first = StickerData.open(folder, size=32, cache_dir=tmp_path).images

    def fail(*_):
        raise AssertionError("rendered again")

    monkeypatch.setattr(module, "render", fail)
    assert (StickerData.open(folder, size=32, cache_dir=tmp_path).images == first).all()


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


def test_another_set_beside_renders_only_what_is_new(rows, tmp_path, monkeypatch):
    one, two = made.write(rows[:9], tmp_path / "one.parquet"), made.write(rows[9:], tmp_path / "two.parquet")
    StickerData.open(one, size=32, cache_dir=tmp_path).images.sum()
    drawn, render = [], module.render

    def counted(*arguments):
        drawn.append(arguments[0])
        return render(*arguments)

    monkeypatch.setattr(module, "render", counted)
    both = StickerData.open([two, one], size=32, cache_dir=tmp_path)
    whole = both.images
    assert sorted(drawn) == sorted(row["image"] for row in rows[9:])
    assert (StickerData.open([one, two], size=32, cache_dir=tmp_path / "anew").images == whole).all()
    drawn.clear()
    assert len(StickerData.open(two, size=32, cache_dir=tmp_path).images) == len(rows) - 9 and not drawn


def test_what_does_not_render_is_named_and_left_out(rows, tmp_path, capsys):
    broken = [rows[0], {**rows[1], "image": b"<svg"}, {**rows[2], "image": b"no webp", "format": "webp"}, rows[3]]
    file = made.write(broken, tmp_path / "bad.parquet")
    for _ in range(2):  # rendered, then from the cache
        data = StickerData.open(file, size=32, cache_dir=tmp_path / "cache")
        assert data.images.any((1, 2, 3)).sum() == 2
        left = {data.stickers[i].style for i in range(4)} - {data.stickers[i].style for i in data.subset("train")}
        assert len(data.subset("train")) == 2 and left <= {"twemoji", "blob"}
        said = capsys.readouterr().err
        assert "2 of 4 do not render" in said and "a0 in twemoji" in said and "a0 in blob" in said


def test_nothing_that_renders_is_an_error_and_leaves_nothing(rows, tmp_path):
    file = made.write([{**rows[0], "image": b"<svg"}], tmp_path / "bad.parquet")
    with pytest.raises(InputError, match="a0 in noto"):
        _ = StickerData.open(file, size=32, cache_dir=tmp_path / "cache").images
    assert list((tmp_path / "cache").iterdir()) == []
