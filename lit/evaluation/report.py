"""An evaluation's figures for people: a Markdown table and a contact sheet."""

from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from lit.pixels import bytes_to_pixels, pixels_to_images
from lit.sheets import markdown_table, rows_of, sheet

COLUMNS, THUMBNAIL, CAPTION = 8, 192, 36  # pictures a row; their side and their caption's height, in pixels
JUDGED = {
    "color": "colour right",
    "count": "count right",
    "relation": "relation right, both objects recognised",
}


def percent(value: float | None) -> str:
    """0.8249 -> "82.5%"; None -> "n/a"."""
    return "n/a" if value is None else f"{value:.1%}"


def figures_table(report: dict) -> str:
    """The report of `lit.evaluation.evaluate.evaluate` as a Markdown table."""
    rows = []
    for name, title in (("train", "training pairs"), ("held_out", "held-out pairs")):
        part = report["pairs"][name]
        for score, words in (("top1", "concept top-1"), ("top5", "concept top-5"), ("style", "style")):
            rows.append(
                (f"{words}, {part['n']} {title}", percent(part["model"][score]), percent(part["real"][score]),
                 percent(part["share"][score]))
            )  # fmt: skip
    rows.append(("", "model", "real composites: same prompts / held-out stickers", ""))
    for kind, part in report["composed"].items():
        second = "order" if kind == "relation" else "with_object"
        words = "relation: order alone" if kind == "relation" else f"{JUDGED[kind]} and object recognised"
        for score, title in (("right", JUDGED[kind]), (second, words)):
            real = f"{percent(part['real'][score])} / {percent(part['real_held_out'][score])}"
            rows.append((f"{title}, {part['n']} prompts", percent(part["model"][score]), real, ""))
    frechet = report["frechet"]
    model, floor = ("n/a" if v is None else f"{v:.3f}" for v in (frechet["model"], frechet["train_reals"]))
    rows.append((f"Fréchet distance to held-out stickers, {frechet['n']} pictures", model, floor, ""))
    rows.append(("images per second", f"{report['images_per_second']:.2f}", "", ""))
    return markdown_table(("figure", "model", "real stickers", "model / real"), rows)


def contact_sheet(images: torch.Tensor, captions: list[str], path: str | Path) -> None:
    """uint8 (N, 4, H, W) premultiplied RGBA and their captions as one picture, on white, in rows of COLUMNS."""
    small = (THUMBNAIL - 16, THUMBNAIL - 16)
    pictures = [one.resize(small, Image.Resampling.LANCZOS) for one in pixels_to_images(bytes_to_pixels(images))]
    page = sheet(rows_of(pictures, COLUMNS), (THUMBNAIL, THUMBNAIL + CAPTION), (8, 8))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    for i, caption in enumerate(captions):
        x, y = i % COLUMNS * THUMBNAIL, i // COLUMNS * (THUMBNAIL + CAPTION)
        for line, words in enumerate(wrapped(caption, font, THUMBNAIL - 12)[:2]):
            left = x + (THUMBNAIL - font.getlength(words)) / 2
            draw.text((left, y + THUMBNAIL - 4 + 15 * line), words, fill="#444", font=font)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    page.save(path, optimize=True, quality=90)  # whichever of the two the format knows


def wrapped(text: str, font, width: float) -> list[str]:
    """Break a caption between words into lines no wider than `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
