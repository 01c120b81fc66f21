"""The pictures of docs/scope.md, and the numbers that their captions need."""

from dataclasses import asdict
from pathlib import Path

from lit.models.evaluator import StickerEvaluator
from lit.pixels import images_to_pixels
from lit.scope.drawings.regions import Region, magnitude_image, part_image, signed_image
from lit.scope.drawings.report import marked
from lit.scope.studies.layers import (
    bias_shares,
    columns_by_depth,
    copy_or_create,
    draw_shares,
    rows_by_depth,
    singular_bases,
)
from lit.scope.studies.sheet import sheet
from lit.scope.studies.votes import pixel_discard, pixel_vote
from lit.settings import GenerationSettings

SETTINGS = GenerationSettings("a red fox", style="fluent-3d", seed=3, output_scale=1)
REGION = Region(112, 112, 144, 144)
STEP = 3  # of the pictures that show one
DEPTHS = ("guided.transformer.blocks.0", "guided.transformer.blocks.5", "guided.transformer.blocks.11", "clean", None)


def draw_tour(opened, tell, folder: Path) -> dict:
    """The pictures, and the numbers that their captions need."""
    numbers = {}

    def save(name, image):
        image.quantize(192).save(folder / f"{name}.png", optimize=True)
        tell(f"{name}.png")

    view, size = opened.step(STEP), opened.size
    sums, field = view.contributions(REGION), view.receptive_field(REGION)
    numbers["step sums"] = _by_kind(sums)
    way = opened.trajectory()
    whole = way.contributions(REGION)
    numbers["whole sums"] = _by_kind(whole) | {"miss": whole.miss}
    numbers["whole words"] = {part.label: part.amount for part in whole.parts if part.kind == "word"}
    first = way.receptive_field(REGION)
    columns = ["region", f"reads, step {STEP + 1}", "gave", "reads, first noise", "gave"]
    images = [marked(opened.image, REGION), field.image, signed_image(field.reads, size)]
    images += [magnitude_image(first.magnitude, size), signed_image(first.reads, size)]
    save("region", sheet([images], columns))
    words = view.word_images()[:6]
    numbers["word strengths"] = {("without: " * w.label.negative) + w.label.piece: w.strength for w in words}
    save("words", sheet([[w.image for w in words]], list(numbers["word strengths"])))
    ends = (0, STEP, opened.steps - 1)
    for name, study in (("rows", rows_by_depth), ("columns", columns_by_depth)):
        found = study(opened, REGION, ends, DEPTHS)
        numbers[name] = {"labels": found.labels, "steps": [s + 1 for s in ends], "spread": found.spread}
        save(name, found.picture())
    shares = bias_shares(opened, ends)
    numbers["shares"] = {s + 1: {name: asdict(one) for name, one in layers.items()} for s, layers in shares.items()}
    save("shares", draw_shares(shares))
    moves = {step: copy_or_create(opened, step, grid=3) for step in ends}
    numbers["copy"] = {
        step + 1: {
            "moved": sum(one.moved) / len(one.moved), "near": sum(one.near) / len(one.near), "radius": one.radius,
            "shares": asdict(one.shares),
        }
        for step, one in moves.items()
    }  # fmt: skip
    rows = [[part_image(part) for part in one.parts] for one in moves.values()]
    save("copy", sheet(rows, ["latents", "words", "biases"], [f"step {step + 1}" for step in moves]))
    values, picture = singular_bases(opened.step(STEP), 8)
    numbers["singular values"] = values
    save("modes", picture)
    evaluator = StickerEvaluator.from_pretrained(Path(opened.pipe.config._name_or_path) / "evaluator").eval()
    pixels, style = images_to_pixels([opened.image]), opened.settings.style
    vote = pixel_vote(evaluator, pixels, style=style)
    discard = pixel_discard(evaluator, pixels, style=style)
    numbers["vote"] = {"style": style, "score": vote.score, "votes": vote.votes.sum().item(), "constant": vote.constant}
    numbers["discard"] = {"kept": discard.kept, "frozen": discard.frozen, "live": discard.live}
    save("vote", sheet([[opened.image, vote.picture()]], ["drawing", f"votes for {style}"], cell=192))
    save("discard", discard.picture())
    return numbers


def _by_kind(sums):
    kinds = {kind: sum(p.amount for p in sums.parts if p.kind == kind) for kind in ("input", "word", "bias")}
    return kinds | {"value": sums.value}
