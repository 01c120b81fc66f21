"""The pictures of README and page are drawn to where those look for them."""

from PIL import Image

from docs import pictures
from lit.studio.tabs.generate.controls import EXAMPLES
from lit.styles import STYLES


def test_all_pictures_are_drawn_where_they_are_shown(tiny_pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "FACE_SIDE", 16)  # noise takes WebP long
    monkeypatch.setattr(pictures, "FIRST_SIDE", 32)
    pictures.draw(tiny_pipeline, tmp_path, num_inference_steps=1, height=64, width=64)
    files = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*.*"))
    first = [pictures.STATIC / one.picture for one in EXAMPLES]
    faces = [pictures.STYLE_PICTURES / f"{style}.webp" for style in STYLES]
    assert files == sorted([pictures.STICKERS, *faces, *first])
    assert all((pictures.ROOT / file).is_file() for file in files)
    assert Image.open(tmp_path / pictures.STICKERS).size == (4 * 64, 2 * 64)
    sizes = {Image.open(tmp_path / file).size for file in (*faces, *first)}
    assert sizes == {(side, side) for side in (pictures.FACE_SIDE, pictures.FIRST_SIDE)}
