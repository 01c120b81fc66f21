"""The measures themselves, then a whole evaluation of an untrained model."""

import argparse
import json
import types

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from lit.commands import evaluate as evaluate_command
from lit.data import StickerData
from lit.data.stickers import Sticker
from lit.errors import CheckpointError, InputError
from lit.evaluation import evaluate as evaluation
from lit.evaluation import metrics
from lit.evaluation.report import contact_sheet, markdown_table, wrapped
from lit.models.autoencoder import StickerAutoencoder, images_to_pixels
from lit.models.evaluator import StickerEvaluator
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.styles import STYLES
from lit.training.evaluator import concept_labels


def empty(size=64, count=1):
    return torch.full((count, 4, size, size), -1.0)


def disc(pixels, x, y, radius, colour=(1.0, 1.0, 1.0)):
    """Draw a filled disc into pixels (4, H, W), positions in pixels."""
    rows = torch.arange(pixels.shape[1])[:, None]
    columns = torch.arange(pixels.shape[2])[None]
    inside = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    for channel, value in enumerate((*colour, 1.0)):
        pixels[channel][inside] = value * 2 - 1
    return pixels


# Fréchet distance


def test_a_set_is_at_no_distance_from_itself_in_any_order():
    a = torch.randn(500, 12, generator=torch.Generator().manual_seed(0))
    assert metrics.frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)
    assert metrics.frechet_distance(a, a.flip(0)) == pytest.approx(0.0, abs=1e-6)


def test_a_shift_costs_its_square():
    a = torch.randn(500, 12, generator=torch.Generator().manual_seed(0)).double()
    shift = torch.linspace(-1, 2, 12)
    assert metrics.frechet_distance(a, a + shift) == pytest.approx(float(shift.square().sum()))


def test_a_scale_costs_the_closed_form():
    # tr(C + s^2 C - 2 s C) = (s - 1)^2 tr C, and the mean moves by (s - 1) mu
    a = torch.randn(500, 6, generator=torch.Generator().manual_seed(0)).double() + 1
    expected = 2**2 * (torch.cov(a.T).trace() + a.mean(0).square().sum())
    assert metrics.frechet_distance(a, 3 * a) == pytest.approx(float(expected))


def test_covariances_that_do_not_commute():
    g = torch.Generator().manual_seed(1)
    a, b = torch.randn(300, 5, generator=g).double(), torch.randn(200, 5, generator=g).double()
    a, b = a @ torch.randn(5, 5, generator=g).double(), b @ torch.randn(5, 5, generator=g).double()
    # the trace of (Ca Cb)^1/2 by its eigenvalues, which needs no symmetric form
    product = torch.cov(a.T) @ torch.cov(b.T)
    cross = torch.linalg.eigvals(product).real.clamp_min(0).sqrt().sum()
    expected = (a.mean(0) - b.mean(0)).square().sum() + torch.cov(a.T).trace() + torch.cov(b.T).trace() - 2 * cross
    assert metrics.frechet_distance(a, b) == pytest.approx(float(expected))
    assert metrics.frechet_distance(a, b) == pytest.approx(metrics.frechet_distance(b, a))


def test_one_picture_has_no_distance():
    with pytest.raises(ValueError, match="b: got shape"):
        metrics.frechet_distance(torch.zeros(3, 2), torch.zeros(1, 2))


# Counting


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_discs_are_counted(count):
    pixels = empty(96)
    for i in range(count):
        disc(pixels[0], 16 + 32 * (i % 3), 24 + 48 * (i // 3), 9)
    assert metrics.count_objects(pixels) == [count]


def test_crumbs_and_parts_are_no_objects():
    pixels = empty(96)
    disc(pixels[0], 30, 48, 20)
    disc(pixels[0], 70, 20, 2)  # 13 pixels: less than 0.8% of the canvas
    disc(pixels[0], 70, 70, 6)  # 113 pixels: enough of the canvas, less than a fifth of the large one
    assert metrics.count_objects(pixels) == [1]
    assert len(metrics.component_areas(pixels)[0]) == 3
    assert metrics.count_objects(empty()) == [0]


def test_a_winding_line_is_one_component():
    mask = torch.zeros(1, 33, 33, dtype=torch.bool)
    mask[0, ::2] = True
    mask[0, 1::4, -1] = mask[0, 3::4, 0] = True  # the rows joined at alternating ends: a path of 561 pixels
    assert len(metrics.label_components(mask).unique()) == 2
    mask[0, 16, 16] = False
    assert len(metrics.label_components(mask).unique()) == 3


def test_components_are_those_of_a_flood_fill():
    mask = torch.rand(2, 24, 31, generator=torch.Generator().manual_seed(0)) < 0.42  # near the percolation
    # the definition: every pixel takes the largest number around it until nothing changes
    own = torch.arange(1.0, mask.numel() + 1).view(mask.shape) * mask
    while True:
        spread = F.max_pool2d(own[:, None], 3, 1, 1)[:, 0] * mask
        if torch.equal(spread, own):
            break
        own = spread
    labels = metrics.label_components(mask)
    pairs = torch.stack([labels.flatten(), own.long().flatten()]).unique(dim=1)
    assert pairs.shape[1] == len(labels.unique()) == len(own.unique()) > 20
    assert (labels > 0).equal(mask)


def test_the_largest_object_comes_alone():
    pixels = empty(64)
    disc(pixels[0], 20, 20, 12, (1, 0, 0))
    disc(pixels[0], 52, 52, 6, (0, 0, 1))
    crop = metrics.largest_object(pixels, 32)[0]
    assert crop.shape == (4, 32, 32)
    assert crop[0, 16, 16] == pytest.approx(1.0) and crop[2].max() < -0.9


# Placing


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("gap", [4, 0])
def test_two_objects_are_cut_apart(axis, gap):
    pixels = empty(64)[0]
    disc(pixels, 18, 32, 11, (1, 0, 0))
    disc(pixels, 18 + 23 + gap, 32, 11, (0, 0, 1))
    if axis == 2:
        pixels = pixels.transpose(1, 2)
    first, second = metrics.split_in_two(pixels, axis, 32)
    assert first[0, 16, 16] > 0.9 and (first[2] > 0.5).float().mean() < 0.02
    assert second[2, 16, 16] > 0.9 and (second[0] > 0.5).float().mean() < 0.02


def test_nothing_drawn_is_cut_without_an_error():
    first, second = metrics.split_in_two(empty(64)[0], 3, 16)
    assert first.shape == second.shape == (4, 16, 16) and first.max() == -1


def test_a_relation_needs_both_objects_in_their_places():
    def logits(*best):
        out = torch.linspace(0, -1, 50)
        for place, concept in enumerate(best):
            out[concept] = 10.0 - place / 10
        return out

    cat, dog = 40, 41
    judge = metrics.relation_right
    assert judge(logits(cat), logits(dog), cat, dog) == (True, True)
    assert judge(logits(dog), logits(cat), cat, dog) == (False, False)  # the wrong way round
    assert judge(logits(cat), logits(cat), cat, dog) == (False, False)  # one object twice
    assert judge(logits(*range(25), cat), logits(dog), cat, dog) == (False, True)  # a blob that is no cat
    assert judge(logits(*range(25), cat), logits(dog), cat, dog, top=26) == (True, True)


def test_ranks_count_what_is_better():
    logits = torch.tensor([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]])
    assert metrics.ranks(logits, [0, 1]).tolist() == [0, 2]


# A whole evaluation

NAMES = ("apple", "dog", "tree", "car", "boat", "house")
COLOURS = ((220, 30, 30), (200, 120, 20), (40, 160, 60), (50, 100, 220), (130, 60, 200), (250, 140, 190))


@pytest.fixture(scope="module")
def data():
    images, stickers = [], []
    for number, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True)):
        for style in STYLES[:4]:
            pixels = disc(empty(64)[0], 32, 32, 24 if number % 2 else 18, [c / 255 for c in colour])
            images.append(((pixels + 1) * 127.5).round().to(torch.uint8).numpy())
            split = "test" if STYLES.index(style) == number % 3 else "train"
            key = f"a{number}"
            stickers.append(Sticker(key, key, "x", style, STYLES.index(style), name, (name,), split, "svg"))
    return StickerData(stickers, np.stack(images))


@pytest.fixture(scope="module", params=["flow", "epsilon"])
def pipe(request, text_encoder):
    torch.manual_seed(0)
    flow = request.param == "flow"
    transformer = LiTTransformer2DModel(
        num_layers=1, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2, sample_size=8,
        prediction_type=request.param, out_channels=8 if flow else 16,
    )  # fmt: skip
    coder = StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1)
    for parameter in [*transformer.parameters(), *coder.parameters()]:
        torch.nn.init.normal_(parameter, std=0.1)  # as built, much is zero: nothing would depend on the words
    pipe = LiTPipeline(transformer.eval(), coder.eval(), text_encoder=text_encoder)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def evaluator():
    torch.manual_seed(1)
    return StickerEvaluator(
        widths=(8, 16), inner=(8, 8), depths=(1, 1), feature_dim=4, image_size=32, concepts=NAMES
    ).eval()


def test_a_picture_does_not_depend_on_its_batch(pipe):
    prompts, styles = ["apple", "dog", "tree"], [0, None, 2]
    together = evaluation.Painter(pipe, 2, 4.0, 3).draw(prompts, styles, 7, "x")
    alone = evaluation.Painter(pipe, 2, 4.0, 1).draw(prompts[2:], styles[2:], 9, "x")
    assert together.shape == (3, 4, 64, 64) and together.dtype == torch.uint8
    assert (together[2].int() - alone[0].int()).abs().max() <= 1
    assert (together[0].int() - together[1].int()).abs().max() > 1


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_what_is_judged_is_what_the_pipeline_draws(pipe, guidance):
    drawn = evaluation.Painter(pipe, 3, guidance, 4).draw(["a cat", "a dog"], [None, 2], 5, "x")
    for i, style in enumerate([None, STYLES[2]]):
        image = pipe(
            ["a cat", "a dog"][i], style=style, seed=5 + i, num_inference_steps=3, guidance_scale=guidance,
            height=64, width=64,
        ).images[0]  # fmt: skip
        there = evaluation.to_bytes(images_to_pixels([image]))[0]
        # a PNG's colours are not premultiplied: two roundings apart
        assert (there.int() - drawn[i].int()).abs().max() <= 2
    assert drawn.float().std() > 1


def test_guidance_of_one_draws_the_words_alone(pipe):
    calls = []
    hook = pipe.transformer.register_forward_pre_hook(lambda module, args: calls.append(len(args[0])))
    try:
        evaluation.Painter(pipe, 2, 1.0, 4).draw(["apple"], [0], 0, "x")
        evaluation.Painter(pipe, 2, 4.0, 4).draw(["apple"], [0], 0, "x")
    finally:
        hook.remove()
    assert calls == [1, 1, 2, 2]


def test_a_judge_that_knows_the_answer_scores_one(data):
    """An evaluator that reads the colour off a disc recognises every sticker and every real composite."""
    names, labels = concept_labels(data.stickers)
    rgb = torch.tensor(COLOURS) / 255

    class Reader(torch.nn.Module):
        device, dtype = torch.device("cpu"), torch.float32

        def forward(self, pixels):
            unit = (pixels + 1) / 2
            colour = unit[:, :3].sum((2, 3)) / unit[:, 3:].sum((2, 3)).clamp_min(1e-6)
            return -torch.cdist(colour, rgb), F.one_hot(torch.zeros(len(pixels), dtype=torch.long), 8)

        def concept_logits(self, embeddings, vectors):
            return embeddings

    judge = evaluation.Judge(Reader(), torch.empty(0))
    images = torch.from_numpy(data.images)
    styles = torch.tensor([s.style_id for s in data.stickers])
    assert judge.scores(images, labels, styles) == {"top1": 1.0, "top5": 1.0, "style": pytest.approx(0.25)}
    composer = evaluation.Composer(images, data.stickers, data.subset("train"))
    rng = np.random.default_rng(0)
    for kind in evaluation.COMPOSED:
        pictures, asked = evaluation.composed_prompts(composer, labels, kind, 20, rng)
        assert {c.kind for c in asked} == {kind} and len(asked) == len(pictures) == 20
        scores = evaluation.judge_composed(judge, pictures, asked, labels)
        assert scores["right"] >= 0.9
        # the same pictures in another order fit other prompts: the measure must notice
        wrong = evaluation.judge_composed(judge, pictures.roll(1, 0), asked, labels)
        assert wrong["right"] < 0.6


def test_train_pairs_match_the_held_out_ones(data):
    held_out = data.subset("test")
    labels = concept_labels(data.stickers)[1]
    matched = evaluation.matched_train_pairs(data, labels, held_out, np.random.default_rng(0))
    assert all(data.stickers[i].split == "train" for i in matched)
    assert [data.stickers[i].style for i in matched] == [data.stickers[i].style for i in held_out]
    assert len(set(matched.tolist())) == len(matched)
    # what is no concept has no right answer to be judged by
    nameless = labels.clone()
    nameless[matched[:2].tolist()] = -1
    assert set(matched[:2]).isdisjoint(
        evaluation.matched_train_pairs(data, nameless, held_out, np.random.default_rng(0))
    )


def test_the_whole_report(pipe, evaluator, data, tmp_path):
    report = evaluation.evaluate(pipe, evaluator, data, steps=1, samples=5, batch_size=8)
    json.dumps(report)
    assert report["concepts"] == 6 and report["pairs"]["held_out"]["n"] == 5
    assert len(report["composed"]["relation"]["prompts"]) == 5
    assert report["images_drawn"] == 5 * 2 + 5 * 3 + 5
    assert report["frechet"]["model"] > report["frechet"]["train_reals"] >= 0
    again = evaluation.evaluate(pipe, evaluator, data, steps=1, samples=5, batch_size=8)
    for key in ("pairs", "composed", "frechet"):
        assert report[key] == again[key]
    table = markdown_table(report)
    assert all(line.count("|") == 5 for line in table.splitlines())


def test_too_few_pictures_give_no_frechet_distance(pipe, evaluator, data):
    report = evaluation.evaluate(pipe, evaluator, data, steps=1, samples=3, batch_size=8)
    assert report["frechet"] == {"n": 3, "model": None, "train_reals": None}
    assert "n/a" in markdown_table(report)


def test_another_vocabulary_is_refused(pipe, data):
    other = StickerEvaluator(widths=(8,), inner=(8,), depths=(1,), concepts=("x",))
    with pytest.raises(InputError, match="--data"):
        evaluation.evaluate(pipe, other, data, steps=1, samples=2)


def test_the_contact_sheet_has_64_prompts_and_draws_them(tmp_path):
    prompts = evaluation.read_prompts()
    assert len(prompts) == 64 == len(set(prompts))
    assert all(style in STYLES for _, style in prompts)
    images = torch.zeros(9, 4, 32, 32, dtype=torch.uint8)
    images[0, 0] = images[0, 3] = 255
    contact_sheet(images, ["one"] * 9, tmp_path / "docs" / "sheet.png")
    sheet = Image.open(tmp_path / "docs" / "sheet.png")
    assert sheet.size == (8 * 192, 2 * 228)
    assert sheet.getpixel((96, 96)) == (255, 0, 0) and sheet.getpixel((96 + 192, 96)) == (255, 255, 255)


def test_captions_break_between_words():
    font = types.SimpleNamespace(getlength=len)
    assert wrapped("a green apple to the left of a red apple", font, 14) == [
        "a green apple", "to the left of", "a red apple",
    ]  # fmt: skip


# The command line


def command(*arguments):
    parser = argparse.ArgumentParser()
    evaluate_command.add_arguments(parser)
    return evaluate_command.run(parser.parse_args(arguments))


@pytest.mark.parametrize("option", ["--steps", "--samples", "--batch-size", "--guidance"])
def test_a_number_below_one_is_refused(option):
    with pytest.raises(InputError, match=f"{option}: got 0"):
        command("--data", "x", option, "0")


def test_a_model_without_an_evaluator_is_refused(pipe, tmp_path):
    pipe.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="evaluator is missing"):
        command("--data", "x", "--model", str(tmp_path), "--device", "cpu")


def test_the_command_prints_and_writes(pipe, evaluator, data, tmp_path, capsys, monkeypatch):
    pipe.save_pretrained(tmp_path / "model")
    evaluator.save_pretrained(tmp_path / "model" / "evaluator")
    monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
    monkeypatch.setattr(evaluation, "read_prompts", lambda: [("a cat", "noto"), ("a dog", None)])
    out, sheet = tmp_path / "out" / "report.json", tmp_path / "sheet.png"
    code = command(
        "--data", "x", "--model", str(tmp_path / "model"), "--steps", "1", "--samples", "3",
        "--device", "cpu", "--out", str(out), "--sheet", str(sheet),
    )  # fmt: skip
    assert code == 0
    assert "| concept top-1, 3 held-out pairs |" in capsys.readouterr().out
    report = json.loads(out.read_text())
    assert report["settings"]["steps"] == 1 and report["pairs"]["train"]["n"] == 3
    assert Image.open(sheet).width == 8 * 192
