"""A small sticker set written in the tests: simple shapes in three styles, as Parquet."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image

SHAPES = {
    "apple": '<circle cx="50" cy="50" r="40" fill="#d22"/><rect x="46" width="8" height="14" fill="#111"/>',
    "dog": '<rect x="10" y="20" width="80" height="60" fill="#c80"/>',
    "tree": '<polygon points="50,5 95,95 5,95" fill="#2a3"/>',
    "car": '<rect x="0" y="35" width="100" height="40" fill="#36d"/>',
    "flag: Japan": '<rect x="5" y="20" width="90" height="60" fill="#e33"/>',
    "grapes": '<circle cx="35" cy="40" r="30" fill="#83c"/><circle cx="65" cy="60" r="30" fill="#83c"/>',
    "waving hand": '<ellipse cx="50" cy="50" rx="25" ry="45" fill="#fc2"/>',
}
TONES = {"light": "1f3fb", "dark": "1f3ff"}
STYLES = ("noto", "twemoji", "blob")


def svg(shape: str, width: int = 100, height: int = 100) -> bytes:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    return f"{head}{shape}</svg>".encode()


def row(key: str, name: str, style: str, image: bytes, **rest) -> dict:
    return {
        "key": key, "emoji": "x", "style": style, "name": name, "keywords": ["thing", name, "shape"],
        "split": "train", "format": "svg", "image": image, "license": "MIT", **rest,
    }  # fmt: skip


def write(rows: list[dict], file: Path) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows), file)
    return file


def rows() -> list[dict]:
    """All rows of the set: one of them in the test split, two with skin tones, one as WebP."""
    out = []
    for number, (name, shape) in enumerate(SHAPES.items()):
        for style in STYLES:
            split = "test" if (name, style) == ("tree", "blob") else "train"
            out.append(row(f"a{number}", name, style, svg(shape), split=split))
    hand = svg(SHAPES["waving hand"])
    for tone, code in TONES.items():
        out.append(row(f"a6-{code}", f"waving hand: {tone} skin tone", "noto", hand))
    picture = io.BytesIO()
    Image.new("RGBA", (256, 256), (255, 0, 0, 128)).save(picture, "webp", lossless=True)
    out.append(row("b0", "half", "fluent-3d", picture.getvalue(), format="webp"))
    return out
