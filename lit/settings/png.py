"""Pictures as PNG files that carry their settings: written whole or not at all, read with whatever else is in them."""

import io
import json
import os
import re
import secrets
import zlib
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile, PngInfo, iTXt

from lit.errors import InputError, Phrase
from lit.sampling import tables
from lit.settings.codec import from_record, to_record
from lit.settings.generation import GenerationSettings
from lit.settings.outside import check_parts, check_size
from lit.settings.source import Source

TEXT_KEY = "lit"
WHOLE = "a PNG whose settings are not damaged"


def parameters_text(settings: GenerationSettings, provenance: dict) -> str:
    """The settings as other studios write them into `parameters`, for their readers."""
    variation = {"Variation seed": settings.variation_seed, "Variation seed strength": settings.variation_strength}
    variation = variation if settings.variation_strength else {}
    fields = {
        "Steps": settings.num_inference_steps,
        "Sampler": settings.scheduler,
        "CFG scale": f"{settings.guidance_scale:g}",
        "Seed": settings.seed,
        "Size": f"{settings.width}x{settings.height}",
        "Style": settings.style,
        "Hires upscale": settings.output_scale if settings.output_scale > 1 else None,
        **variation,
        "Denoising strength": f"{settings.strength:g}" if settings.image_sha256 else None,
        "Model hash": (provenance.get("weights_sha256") or "")[:10] or None,
        "Version": f"LiT Studio {provenance.get('versions', {}).get('lit', '')}".strip(),
    }
    lines = [settings.prompt]
    if settings.negative_prompt:
        lines.append(f"Negative prompt: {settings.negative_prompt}")
    lines.append(", ".join(f"{name}: {value}" for name, value in fields.items() if value is not None))
    return "\n".join(lines)


def to_png_info(settings: GenerationSettings, provenance: dict, source: Source | None = None) -> PngInfo:
    """Chunks for `image.save(path, pnginfo=...)`: the texts `parameters`, and all of it as JSON under `lit`; and the
    picture that was drawn over, unless it is too large to carry.

    provenance: what beside the settings decides the bytes, as `LiTPipeline.provenance()` gives it.
    """
    info = PngInfo()
    table = tables.provenance(settings.scheduler, settings.num_inference_steps)
    record = to_record(settings) | {"provenance": provenance | table}
    _add_text(info, "parameters", parameters_text(settings, provenance))
    _add_text(info, TEXT_KEY, json.dumps(record, ensure_ascii=False))
    for cid, data in source.chunks() if source else []:
        info.add(cid, data)
    return info


def png_bytes(
    image: Image.Image, settings: GenerationSettings, provenance: dict, source: Source | None = None
) -> bytes:
    """The image as a PNG file with its settings, the same wherever it is written; arguments as of `to_png_info`.

    Drawn pixels hardly ever repeat but as runs, so looking for nothing else makes files as small as zlib's usual way in
    a third of its time.
    """
    data = io.BytesIO()
    image.save(data, "PNG", pnginfo=to_png_info(settings, provenance, source), compress_type=zlib.Z_RLE)
    return data.getvalue()


def write_picture(
    image: Image.Image,
    settings: GenerationSettings,
    provenance: dict,
    folder: str | Path,
    source: Source | None = None,
) -> Path:
    """Save an image with its settings under a name of its own: a-blue-dragon-7.png, a-blue-dragon-7-2.png, ...

    No file is replaced, and none appears before it is whole. Raises OSError where the folder cannot hold it.
    """
    folder = Path(folder)
    data = png_bytes(image, settings, provenance, source)
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # some file systems notice only then that they are full
        return _publish(part, folder, f"{_file_stem(settings.prompt)}-{settings.seed}")
    finally:
        part.unlink(missing_ok=True)


def read_png(path: str | Path) -> tuple[GenerationSettings, dict]:
    """The settings and provenance that `to_png_info` put into a PNG, checked as `from_record` does.

    Raises InputError for a file that is missing, no PNG, without settings, damaged, of a newer version, or drawn by a
    fitted solver's table that is not here.
    """
    text, _ = _read(Path(path))
    name = Path(path).name
    try:
        record = json.loads(text)
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "image", name, Phrase("{whole}; halves of characters are in these", whole=Phrase(WHOLE))
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError("image", name, Phrase("{whole}; these are no JSON", whole=Phrase(WHOLE))) from error
    if not isinstance(record, dict) or "format" not in record or not isinstance(record.get("provenance"), dict):
        raise InputError("image", name, Phrase("{whole}; these lack their parts", whole=Phrase(WHOLE)))
    settings, provenance = from_record(record), record["provenance"]
    tables.check(settings.scheduler, settings.num_inference_steps, provenance)
    return settings, provenance


def read_source(path: str | Path, settings: GenerationSettings) -> Source | None:
    """The picture that the picture of a PNG, whose settings these are, was drawn over; None where it carries none.

    Raises InputError for one that is damaged, or not the one that the settings name.
    """
    return Source.from_chunks(_read(Path(path))[1], settings)


def _publish(part, folder, stem):
    """Give a whole file the first name that is free."""
    count = 1
    while True:
        path = folder / (f"{stem}.png" if count == 1 else f"{stem}-{count}.png")
        try:
            _link(part, path)
            return path
        except FileExistsError:
            count += 1


def _link(part, path):
    """Let the file be found under `path` in one step. FileExistsError where there is one: a rename would replace it."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links here (FAT, some network folders): take the name first, then fill it
        open(path, "xb").close()
        try:
            os.replace(part, path)
        except OSError:
            path.unlink()
            raise


def _file_stem(prompt: str) -> str:
    """The prompt's letters and digits, of any script, as the start of a file's name."""
    stem = re.sub(r"[\W_]+", "-", prompt.lower()).strip("-")[:40].strip("-") or "sticker"
    try:
        os.fsencode(stem)
    except UnicodeEncodeError:  # a system set to a smaller alphabet
        return "sticker"
    return stem


def _add_text(info, key, text):
    """Text as tEXt, which is Latin-1, where that suffices, else as iTXt, which is UTF-8."""
    if _as_meant(text) == text:
        info.add_text(key, text)  # which takes iTXt itself for what Latin-1 has not
    else:
        info.add_itxt(key, text)


def _as_meant(text):
    """Text of a tEXt chunk, which Pillow reads as Latin-1: other programs write UTF-8 there all the same."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _read(path):
    """The text of the settings, and the chunks that no standard knows."""
    try:
        with open(path, "rb") as file:
            check_parts("image", path.name, file)
        with Image.open(path, formats=["PNG"]) as image:
            check_size("image", image)  # texts may stand behind the pixels, which are unpacked on the way
            assert isinstance(image, PngImageFile)  # as the formats say
            text, chunks = image.text.get(TEXT_KEY), [chunk[:2] for chunk in image.private_chunks]
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError("image", str(path), "a file that exists") from error
    except UnidentifiedImageError as error:
        raise InputError("image", path.name, "a PNG") from error
    except Exception as error:  # whatever a damaged chunk raises in Pillow: struct.error, zlib.error, SyntaxError, ...
        raise InputError("image", path.name, Phrase("a PNG that can be read ({why})", why=error)) from error
    if text is None:
        raise InputError("image", path.name, "a PNG drawn by this studio, which carries its settings")
    return str(text) if isinstance(text, iTXt) else _as_meant(text), chunks
