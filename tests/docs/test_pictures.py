"""The pictures of README and page are drawn to where those look for them."""

from PIL import Image

from docs import pictures
from lit.styles import STYLES


def test_all_pictures_are_drawn_where_they_are_shown(tiny_pipeline, tmp_path):
    pictures.draw(tiny_pipeline, tmp_path, num_inference_steps=1, height=64, width=64)
    files = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*.*"))
    assert files == sorted([pictures.STICKERS, *(pictures.STYLE_PICTURES / f"{style}.webp" for style in STYLES)])
    assert all((pictures.ROOT / file).is_file() for file in files)
    assert Image.open(tmp_path / pictures.STICKERS).size == (4 * 64, 2 * 64)
    assert Image.open(tmp_path / files[-1]).size == (pictures.FACE_SIDE, pictures.FACE_SIDE)
