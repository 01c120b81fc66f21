"""The pictures of README and page are drawn to where those look for them."""

from conftest import make_pipeline
from PIL import Image

from docs import pictures
from lit.studio.tabs.generate.controls import EXAMPLES
from lit.styles import DATA_STYLES, in_use, offered


def test_all_pictures_are_drawn_where_they_are_shown(text_encoder, tmp_path, monkeypatch):
    pipe = make_pipeline(text_encoder, styles=DATA_STYLES)
    monkeypatch.setattr(pictures, "FACE_SIDE", 16)  # noise takes WebP long
    monkeypatch.setattr(pictures, "FIRST_SIDE", 32)
    pictures.draw(pipe, tmp_path, num_inference_steps=1, height=64, width=64)
    files = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*.*"))
    first = [pictures.STATIC / one.picture for one in EXAMPLES]
    faces = [pictures.STYLE_PICTURES / f"{style}.webp" for style in offered(pipe.styles)]
    assert files == sorted([pictures.STICKERS, pictures.SCOPE, *faces, *first])
    shown = [*files, *(pictures.STYLE_PICTURES / f"{style}.webp" for style in in_use())]
    assert all((pictures.ROOT / file).is_file() for file in shown)
    assert Image.open(tmp_path / pictures.STICKERS).size == (4 * 64, 3 * 64)
    sizes = {Image.open(tmp_path / file).size for file in (*faces, *first)}
    assert sizes == {(side, side) for side in (pictures.FACE_SIDE, pictures.FIRST_SIDE)}
    assert Image.open(tmp_path / pictures.SCOPE).size == (3 * pictures.SCOPE_SIDE, pictures.SCOPE_SIDE)


def test_linear_scopes_first_picture_is_of_what_its_button_opens():
    script = (pictures.ROOT / pictures.STATIC / "scope" / "start.js").read_text("utf-8")
    told = f'{{ prompt: "{pictures.SCOPE_WORDS}", style: "", seed: "{pictures.SCOPE_SEED}" }}'
    assert f"const EXAMPLE = {told};" in script
