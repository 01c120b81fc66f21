"""A folder of anybody's pictures: what they show by the folder they lie in, or by a text beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from lit.errors import InputError

KINDS = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class Picture:
    """label: the name of its folder inside the one that was given, None where it lies there itself.  caption: the text
    of the file of its name and .txt, "" where there is none."""

    file: Path
    label: str | None
    caption: str

    def pixels(self, size: int) -> np.ndarray:
        """Its middle, square, as uint8 (size, size, 3); what is transparent is white."""
        with Image.open(self.file) as image:
            image = ImageOps.exif_transpose(image).convert("RGBA")
            image = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
            white = Image.new("RGBA", image.size, "white")
            return np.array(Image.alpha_composite(white, image).convert("RGB"))


def read_pictures(folders: Path | Sequence[Path]) -> list[Picture]:
    """All PNG, JPEG and WebP pictures in some folders, by name. Raises InputError where there are none, and for a file
    that is none."""
    found = []
    for folder in [folders] if isinstance(folders, Path) else folders:
        if not folder.is_dir():
            raise InputError("--data", str(folder), "a folder of pictures")
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in KINDS)
        if not files:
            raise InputError("--data", str(folder), f"a folder of pictures: none ends in {', '.join(KINDS)}")
        for file in files:
            inside, text = file.relative_to(folder).parts[:-1], file.with_suffix(".txt")
            try:
                with Image.open(file):
                    pass
                caption = text.read_text(encoding="utf-8-sig").strip() if text.is_file() else ""
            except (OSError, ValueError) as error:
                raise InputError("--data", str(file), "a picture that can be read, and a text in UTF-8") from error
            found.append(Picture(file, inside[0] if inside else None, caption))
    return found
