"""An evaluation's figures for people: a Markdown table and contact sheets."""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from lit.evaluation.bars import BARS, DIVERSITY, EDGES, QUALITY, look_up, wanted
from lit.pixels import bytes_to_pixels, pixels_to_images
from lit.sheets import markdown_table, rows_of, sheet

COLUMNS, THUMBNAIL, CAPTION = 8, 192, 36  # pictures a row; their side and their caption's height, in pixels
SMALL, MARGIN, LINE = 144, 176, 18  # side by side: a picture's side, the captions' width, a head's line
GREY = "#444"
PAIRS = {
    "train": "training pairs",
    "held_out": "held-out pairs",
    "unseen": "drawings of concepts that no generator has seen",
    "new": "training pairs of concepts that are no emoji",
}
JUDGED = {
    "color": "colour right",
    "count": "count right",
    "relation": "relation right, both objects recognised",
}
SCENES = {
    "wearing": "wearing: both recognised, in place",
    "holding": "holding: both recognised, in place",
    "riding": "riding: both recognised, in place",
    "inside": "in something: both recognised, in place",
    "behind": "behind, in front of, peeking out: both recognised, in place",
    "face": "a face on a thing: both recognised",
    "sizes": "big and small: both recognised",
    "things": "two different things: both recognised",
}


def percent(value: float | None) -> str:
    """0.8249 -> "82.5%"; None -> "n/a"."""
    return "n/a" if value is None else f"{value:.1%}"


def decimals(value: float | None) -> str:
    """20.1234 -> "20.123"; None -> "n/a"."""
    return "n/a" if value is None else f"{value:.3f}"


def names(contenders: Sequence[dict]) -> list[str]:
    """What tells the contenders of a report apart: their steps, and what else they differ in."""
    settings = [one["settings"] for one in contenders]
    differ = [key for key in ("model", "scheduler", "guidance") if len({one[key] for one in settings}) > 1]

    def name(one):
        words = {"guidance": f"guidance {one['guidance']:g}"}
        steps = "1 step" if one["steps"] == 1 else f"{one['steps']} steps"
        return ", ".join([words.get(key, str(one[key])) for key in differ] + [steps])

    return [name(one) for one in settings]


def figures_table(report: dict) -> str:
    """The report of `lit.evaluation.evaluate.evaluate` as a Markdown table, and the bars in a line below it."""
    contenders, base = report["contenders"], report["contenders"][report["baseline"]]

    bars = wanted(base)

    def row(title, place, real="", share="", words=percent):
        cells = []
        for one in contenders:
            cells.append(words(look_up(one, place)))
            if one is not base and place in one["against_baseline"]:
                cells[-1] += f" ({verdict(one['against_baseline'][place])})"
        return title, *cells, real, share, bars.get(place, "")

    rows = []
    for name, part in base["pairs"].items():
        title = PAIRS[name]
        for score, words in (("top1", "concept top-1"), ("top5", "concept top-5"), ("style", "style")):
            real, share = percent(part["real"][score]), percent(part["share"][score])
            rows.append(row(f"{words}, {part['n']} {title}", f"pairs.{name}.model.{score}", real, share))
    rows.append(("", *[""] * len(contenders), "real composites: same prompts / held-out stickers", "", ""))
    for kind, part in base["composed"].items():
        second = "order" if kind == "relation" else "with_object"
        words = "relation: order alone" if kind == "relation" else f"{JUDGED[kind]} and object recognised"
        for score, title in (("right", JUDGED[kind]), (second, words)):
            real = f"{percent(part['real'][score])} / {percent(part['real_held_out'][score])}"
            rows.append(row(f"{title}, {part['n']} prompts", f"composed.{kind}.model.{score}", real))
    if "scenes" in base:
        rows.append(("", *[""] * len(contenders), "real composites / without the one part, the other", "", ""))
    for kind, part in base.get("scenes", {}).items():
        real = " / ".join([percent(part["real"]["right"]), ", ".join(map(percent, part["incomplete"]))])
        share = percent(part["model"]["right"] / part["real"]["right"]) if part["real"]["right"] else ""
        rows.append(row(f"{SCENES[kind]}, {part['n']} held-out prompts", f"scenes.{kind}.model.right", real, share))
    frechet, diverse, edges = base["frechet"], base["diversity"], base["alpha_edges"]
    words = f"Fréchet distance to held-out stickers, {frechet['n']} pictures"
    rows.append(row(words, "frechet.model", decimals(frechet["train_reals"]), words=decimals))
    words = f"diversity: distance of {diverse['seeds']} seeds, {diverse['n']} prompts"
    rows.append(row(words, DIVERSITY, words=decimals))
    rows.append(row(f"half-transparent pixels, {edges['n']} pictures", EDGES, percent(edges["real"])))
    many = len(contenders) > 1
    if many:
        places = (("PSNR, dB", "psnr"), ("distance of features", "feature_distance"))
        for words, key in places:
            cells = ["" if one is base else decimals(one["to_baseline"][key]) for one in contenders]
            rows.append((f"to the base line's pictures from the same noise: {words}", *cells, "", "", ""))
        cells = ["" if one is base else percent(lowest(one)) for one in contenders]
        rows.append(("lowest share of the base line's top-1, style, colour, count, relation", *cells, "", "", ""))
    rows.append(row("images per second", "images_per_second", words="{:.2f}".format))
    heads = names(contenders) if many else ["model"]
    first = heads[report["baseline"]]
    table = markdown_table(("figure", *heads, "real stickers", f"{first} / real", f"bar for {first}"), rows)
    return f"{table}\n\nBase line: {first}; shares of it in brackets. {BARS}" if many else table


def verdict(part: dict) -> str:
    """{"share": 0.972, "met": True} -> "97.2%, met"."""
    return percent(part["share"]) + {None: "", True: ", met", False: ", missed"}[part["met"]]


def lowest(contender: dict) -> float | None:
    """The least share of the base line's figures of QUALITY."""
    shares = (contender["against_baseline"][place]["share"] for place in QUALITY)
    return min((share for share in shares if share is not None), default=None)


def thumbnails(images: torch.Tensor, side: int) -> list[Image.Image]:
    """uint8 (N, 4, H, W) premultiplied RGBA as N pictures of this side."""
    return [one.resize((side, side), Image.Resampling.LANCZOS) for one in pixels_to_images(bytes_to_pixels(images))]


def contact_sheet(images: torch.Tensor, captions: list[str], path: str | Path) -> None:
    """uint8 (N, 4, H, W) premultiplied RGBA and their captions as one picture, on white, in rows of COLUMNS."""
    pictures = thumbnails(images, THUMBNAIL - 16)
    page = sheet(rows_of(pictures, COLUMNS), (THUMBNAIL, THUMBNAIL + CAPTION), (8, 8))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    for i, caption in enumerate(captions):
        x, y = i % COLUMNS * THUMBNAIL, i // COLUMNS * (THUMBNAIL + CAPTION)
        for line, words in enumerate(wrapped(caption, font, THUMBNAIL - 12)[:2]):
            left = x + (THUMBNAIL - font.getlength(words)) / 2
            draw.text((left, y + THUMBNAIL - 4 + 15 * line), words, fill=GREY, font=font)
    save(page, path)


def side_by_side(columns: Sequence[torch.Tensor], heads: Sequence[str], captions: list[str], path: str | Path) -> None:
    """A row for each caption, at the left of it, and in it a picture of each column uint8 (N, 4, H, W)."""
    rows = zip(*[thumbnails(images, SMALL - 8) for images in columns], strict=True)
    pictures = sheet([list(row) for row in rows], (SMALL, SMALL), (4, 4))
    font = ImageFont.load_default(14)
    titles = ["\n".join(wrapped(head, font, SMALL - 8)) for head in heads]
    top = LINE * (max(title.count("\n") for title in titles) + 1) + 8
    page = Image.new("RGB", (MARGIN + pictures.width, top + pictures.height), "white")
    page.paste(pictures, (MARGIN, top))
    draw = ImageDraw.Draw(page)
    for number, title in enumerate(titles):
        draw.text((MARGIN + SMALL * (number + 0.5), top / 2), title, fill=GREY, font=font, anchor="mm", align="center")
    for number, caption in enumerate(captions):
        words = "\n".join(wrapped(caption, font, MARGIN - 16))
        draw.text((8, top + SMALL * (number + 0.5)), words, fill=GREY, font=font, anchor="lm")
    save(page, path)


def save(page: Image.Image, path: str | Path) -> None:
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
