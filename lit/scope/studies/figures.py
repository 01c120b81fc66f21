"""Measure LinearScope on the embedded model and draw the pictures of docs/scope.md.

    python -m lit.scope.studies.figures --out docs/scope                 # everything, some minutes on one core
    python -m lit.scope.studies.figures --out docs/scope --only errors   # one section of SECTIONS

Pictures and numbers.json go into the folder; the blocks between <!-- NAME --> and <!-- /NAME --> of the page beside it
(docs/scope.md) are written anew from the numbers.
"""

import argparse
import copy
import json
import os
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from lit.environment import prepare
from lit.models.evaluator import StickerEvaluator
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.pixels import images_to_pixels
from lit.scope.drawings.chain import Decoded, Guided
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region, magnitude_image, signed_image
from lit.scope.drawings.report import marked
from lit.scope.scope import LinearScope
from lit.scope.studies import studies
from lit.settings import GenerationSettings

SETTINGS = GenerationSettings("a red fox", style="fluent-3d", seed=3)
REGION = Region(112, 112, 144, 144)
STEP = 9  # of the pictures that show one
DEPTHS = ("guided.transformer.blocks.0", "guided.transformer.blocks.5", "guided.transformer.blocks.11", "clean", None)


def miss(a, b) -> float:
    """|a - b| / |b|."""
    return (torch.linalg.vector_norm(a - b) / torch.linalg.vector_norm(b)).item()


def laws(affine, expected) -> dict[str, float]:
    """Relative misses: reconstruction at x*, affinity and adjoint away from it, and the sum of the parts (input, every
    word, every bias) of <v, y>, in units of the sum of their sizes."""
    generator = torch.Generator().manual_seed(0)
    u, w = (torch.randn(affine.input_shape, generator=generator).to(affine.input) for _ in range(2))
    v = torch.randn(affine.output_shape, generator=generator).to(affine.input)
    forwards = affine.linear(u)
    gap = (forwards * v).sum() - (u * affine.transpose(v)).sum()
    found = affine.contributions(v)
    size = sum(abs(part) for part in [found.input, *found.words, *found.biases.values()])
    return {
        "reconstruction": miss(affine(affine.input), expected),
        "affinity": miss(affine(0.3 * u + 0.7 * w), 0.3 * affine(u) + 0.7 * affine(w)),
        "adjoint": (gap.abs() / (forwards.norm() * v.norm())).item(),
        "sum of parts": abs(found.total - (v.double() * expected.double()).sum().item()) / size,
    }


def jacobian_miss(network, affine, told, words, probes: int = 4) -> float:
    """By how much J x + words + r misses y, J the plain Jacobian, as seen through random weights v of the output."""
    x = affine.input.clone().requires_grad_()
    y = network(x, **told)
    rest = affine.bias + affine.words(words).sum(0)
    wrong, right = [], []
    for seed in range(probes):
        v = torch.randn(y.shape, generator=torch.Generator().manual_seed(seed)).to(y)
        (row,) = torch.autograd.grad(y, x, v, retain_graph=True)
        wrong.append((row * x).sum() + (v * (rest - y)).sum())
        right.append((v * y).sum())
    return (torch.stack(wrong).norm() / torch.stack(right).norm()).item()


def measure_errors(opened, tell) -> dict:
    """The laws for the guided denoiser and the decoder of the embedded model, by precision, path and step."""
    denoiser, jacobian = {}, {}
    spoken = [i for i, label in enumerate(opened.words) if not label.empty]
    for dtype in (torch.float32, torch.float64):
        transformer = nn.Module.to(copy.deepcopy(opened.pipe.transformer), dtype)
        network = Guided(transformer, opened.settings.guidance_scale).eval()
        for path in opened.paths:
            scope = LinearScope(network, path)
            for step in range(opened.steps):
                told = {"timestep": opened.time(step), **opened.conditioning.arguments()}
                told["encoder_hidden_states"] = told["encoder_hidden_states"].to(dtype)
                x = opened.latents[step].to(dtype)
                with torch.no_grad():
                    expected = network(x, **told)
                with scope.at(x, **told) as affine:
                    key = f"{str(dtype).removeprefix('torch.')} {path} {step + 1}"
                    denoiser[key] = laws(affine, expected)
                    if dtype == torch.float32 and path == "value":
                        jacobian[step + 1] = jacobian_miss(network, affine, told, spoken)
                    tell(f"{key}: {denoiser[key]}")
    decoder = {}
    for dtype in (torch.float32, torch.float64):
        network = Decoded(nn.Module.to(copy.deepcopy(opened.pipe.autoencoder), dtype)).eval()
        x = opened.latents[-1].to(dtype)
        with torch.no_grad(), LinearScope(network).at(x) as affine:
            decoder[str(dtype).removeprefix("torch.")] = laws(affine, network(x))
    return {"denoiser": denoiser, "jacobian": jacobian, "decoder": decoder}


def measure_dense(opened, tell) -> dict:
    """Singular values without and with the matrix, on a LiT of two blocks with random weights, in float64."""
    generator = torch.Generator().manual_seed(1)
    network = LiTTransformer2DModel(
        num_layers=2, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2, caption_channels=16
    )
    for parameter in network.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.25)
    network = nn.Module.double(network.eval().requires_grad_(False))
    x, words = torch.randn(1, 8, 8, 8, generator=generator), torch.randn(1, 6, 16, generator=generator)
    affine = LinearScope(network).at(x.double(), timestep=torch.tensor([300.0]), encoder_hidden_states=words.double())
    dense = affine.linear(torch.eye(x.numel(), dtype=torch.float64).view(-1, *x.shape)).flatten(1).T
    exact = torch.linalg.svdvals(dense)[:8]
    found = {}
    for steps in (26, 50, 100):
        modes = affine.modes(8, steps=steps)
        worst = ((modes.singular_values - exact).abs() / exact).max().item()
        found[steps] = {"worst": worst, "residual": modes.residuals.max().item()}
    return {"size": list(dense.shape), "modes": 8, "steps": found}


def measure_times(opened, tell) -> dict:
    """(elapsed, processor) seconds for what the page does: the latter is what it costs on a core that is free."""
    times = {}

    def clock(name, work):
        started = time.perf_counter(), time.process_time()
        result = work()
        times[name] = round(time.perf_counter() - started[0], 4), round(time.process_time() - started[1], 4)
        tell(f"{name}: {times[name]} s")
        return result

    opened._views.clear()
    view = clock("capture of a step, decoder included", lambda: opened.step(STEP))
    clock("first receptive field", lambda: view.receptive_field(REGION))
    clock("another receptive field", lambda: view.receptive_field(Region.pixel(60, 90)))
    clock("a receptive field again", lambda: view.receptive_field(REGION))
    clock("contributions, not prepared", lambda: view.contributions(Region.pixel(61, 90)))
    clock("impulse response", lambda: view.impulse_response(60, 90))
    clock("preparing all parts", view.prepare)
    clock("contributions, prepared", lambda: view.contributions(Region.pixel(62, 90)))
    clock("16 modes of the clean latents", lambda: opened.step(STEP, layer="clean").modes(16))
    clock("16 modes of the picture", lambda: view.modes(16))
    clock("contributions through the whole way", lambda: opened.trajectory().contributions(REGION))
    busy = {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    return {"seconds": times, "threads": torch.get_num_threads(), "steps": opened.steps} | busy


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
    save("region", studies.sheet([images], columns))
    words = view.word_images()[:6]
    numbers["word strengths"] = {("without: " * w.label.negative) + w.label.piece: w.strength for w in words}
    save("words", studies.sheet([[w.image for w in words]], list(numbers["word strengths"])))
    ends = (0, STEP, opened.steps - 1)
    for name, study in (("rows", studies.rows_by_depth), ("columns", studies.columns_by_depth)):
        found = study(opened, REGION, ends, DEPTHS)
        numbers[name] = {"labels": found.labels, "steps": [s + 1 for s in ends], "spread": found.spread}
        save(name, found.picture())
    shares = studies.bias_shares(opened, ends)
    numbers["shares"] = {s + 1: {name: asdict(one) for name, one in layers.items()} for s, layers in shares.items()}
    save("shares", studies.draw_shares(shares))
    moves = {step: studies.copy_or_create(opened, step, grid=3) for step in ends}
    numbers["copy"] = {
        step + 1: {
            "moved": sum(one.moved) / len(one.moved), "near": sum(one.near) / len(one.near), "radius": one.radius,
            "shares": asdict(one.shares),
        }
        for step, one in moves.items()
    }  # fmt: skip
    rows = [[studies.part_image(part) for part in one.parts] for one in moves.values()]
    save("copy", studies.sheet(rows, ["latents", "words", "biases"], [f"step {step + 1}" for step in moves]))
    values, picture = studies.singular_bases(opened.step(STEP), 8)
    numbers["singular values"] = values
    save("modes", picture)
    evaluator = StickerEvaluator.from_pretrained(Path(opened.pipe.config._name_or_path) / "evaluator").eval()
    pixels, style = images_to_pixels([opened.image]), opened.settings.style
    vote = studies.pixel_vote(evaluator, pixels, style=style)
    discard = studies.pixel_discard(evaluator, pixels, style=style)
    numbers["vote"] = {"style": style, "score": vote.score, "votes": vote.votes.sum().item(), "constant": vote.constant}
    numbers["discard"] = {"kept": discard.kept, "frozen": discard.frozen, "live": discard.live}
    save("vote", studies.sheet([[opened.image, vote.picture()]], ["drawing", f"votes for {style}"], cell=192))
    save("discard", discard.picture())
    return numbers


def _by_kind(sums):
    kinds = {kind: sum(p.amount for p in sums.parts if p.kind == kind) for kind in ("input", "word", "bias")}
    return kinds | {"value": sums.value}


SECTIONS = ("errors", "dense", "times", "tour")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/scope"))
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section; several may be named")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    arguments = parser.parse_args(argv)
    prepare(offline=True)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "numbers.json"
    numbers = json.loads(file.read_text()) if file.exists() else {}
    pipe = LiTPipeline.from_pretrained(device="cpu", torch_dtype="float32")
    pipe.set_progress_bar_config(disable=True)

    def tell(text):
        print(text, file=sys.stderr, flush=True)

    opened = OpenedDrawing.open(pipe, SETTINGS, on_progress=lambda done, total: tell(f"drawing {done}/{total}"))
    numbers["model"] = {"weights_sha256": pipe.weights_sha256, "torch": torch.__version__} | asdict(SETTINGS)
    measures = {"errors": measure_errors, "dense": measure_dense, "times": measure_times}
    for section in arguments.only or SECTIONS:
        if section == "tour":
            numbers[section] = draw_tour(opened, tell, arguments.out)
        else:
            numbers[section] = measures[section](opened, tell)
        numbers = json.loads(json.dumps(numbers))  # keys as they are read back
        file.write_text(json.dumps(numbers, indent=1))
    page = arguments.out.with_suffix(".md")
    if page.exists():
        from lit.scope.studies.figures_page import blocks

        text = page.read_text(encoding="utf-8")
        for name, block in blocks(numbers).items():
            pattern = rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)"
            text = re.sub(pattern, lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text, flags=re.S)
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
