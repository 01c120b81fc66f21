"""Training the evaluator: labels, augmentation, and a loss that falls."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lit.data import Sampling, StickerData
from lit.data.concepts import concept_labels
from lit.data.stickers import Sticker, without_skin_tones
from lit.models.evaluator import StickerEvaluator
from lit.pixels import bytes_to_pixels
from lit.styles import STYLES
from lit.training.batches import labelled
from lit.training.batches.augment import augment, recolour
from lit.training.batches.labelled import LabelledBatches, caption_vectors, hue_free, shrink
from lit.training.models.evaluator import held_out_scores
from lit.training.objectives.recognition import RecognitionObjective

TINY = {
    "widths": (16, 32), "inner": (16, 16), "depths": (1, 1), "feature_dim": 32, "text_dim": 16,
    "image_size": 32, "dropout": 0.0, "drop_path": 0.0,
}  # fmt: skip


def sticker(key, name, style="noto", split="train"):
    base = without_skin_tones(key) or key
    return Sticker(key, base, "x", style, STYLES.index(style), name, ("one", "two"), split, "svg")


class Words:
    """A text encoder whose sentence vectors are random, but the same for the same words."""

    def pooled(self, texts):
        def vector(text):
            return torch.randn(16, generator=torch.Generator().manual_seed(sum(text.encode())))

        return F.normalize(torch.stack([vector(text) for text in texts]), dim=-1)


@pytest.fixture
def data():
    """Four concepts of plain colours in two styles (full and half the canvas); one pair is held out."""
    images, stickers = [], []
    for number, (name, colour) in enumerate({"rose": 0, "leaf": 1, "sea": 2, "ghost": 3}.items()):
        for style in ("noto", "blob"):
            picture = np.zeros((4, 32, 32), np.uint8)
            rows = slice(4, 28) if style == "noto" else slice(4, 14)
            picture[3, rows, 4:28] = 255
            picture[colour, rows, 4:28] = 255
            images.append(picture)
            split = "test" if (name, style) == ("leaf", "blob") else "train"
            stickers.append(sticker(f"a{number}", name, style, split))
    return StickerData(stickers, np.stack(images))


def test_skin_tones_have_the_label_of_their_concept():
    stickers = [
        sticker("1f44d-1f3fb", "thumbs up: light skin tone"),
        sticker("1f44d", "thumbs up"),
        sticker("1f3fb", "light skin tone"),  # a bare swatch is no concept
        sticker("1f46b", "woman and man holding hands"),
        # the toned couple is written in other code points than the plain one
        sticker("1f469-1f3fb-200d-1f91d-200d-1f468-1f3ff", "woman and man holding hands: light, dark"),
        sticker("1f44d", "thumbs up", "blob"),
    ]
    names, labels = concept_labels(stickers)
    assert names == ["thumbs up", "woman and man holding hands"]
    assert labels.tolist() == [0, 0, -1, 1, 1, 0]


def test_colours_stay_where_the_name_holds_them():
    assert hue_free(["dragon", "flag: Japan", "blue heart", "man: red hair"]).tolist() == [
        True, False, False, False,
    ]  # fmt: skip


def test_augmented_pictures_are_still_premultiplied_and_differ():
    picture = torch.zeros(64, 4, 32, 32, dtype=torch.uint8)
    picture[:, 0, 8:24, 8:24] = picture[:, 3, 8:24, 8:24] = 200
    out = augment(picture, torch.ones(64, dtype=torch.bool), torch.Generator().manual_seed(0))
    assert out.shape == (64, 4, 32, 32) and out.min() >= -1 and out.max() <= 1
    assert len({tuple(p.flatten()[:600].tolist()) for p in out}) > 60
    same = augment(picture, torch.ones(64, dtype=torch.bool), torch.Generator().manual_seed(0))
    torch.testing.assert_close(out, same)


def test_recolouring_turns_hues_only_where_it_may():
    red = torch.zeros(200, 4, 4, 4)
    red[:, 0] = red[:, 3] = 0.8
    held = recolour(red, torch.zeros(200, dtype=torch.bool), torch.Generator().manual_seed(0))
    assert (held[:, :3].argmax(1) == 0).all()
    turned = recolour(red, torch.ones(200, dtype=torch.bool), torch.Generator().manual_seed(0))
    share = (turned[:, :3].argmax(1) != 0).float().mean()
    assert 0.02 < share < 0.2  # one in ten turns, by any angle
    for x in (held, turned):
        assert (x[:, :3] <= x[:, 3:]).all() and (x[:, 3] == red[:, 3]).all()


def test_shrinking_averages():
    images = torch.randint(0, 256, (3, 4, 64, 64), dtype=torch.uint8)
    expected = F.avg_pool2d(images.float(), 2).round()
    torch.testing.assert_close(shrink(images, 32).float(), expected, atol=1, rtol=0)


def test_a_few_steps_learn_eight_pictures(data):
    torch.manual_seed(0)
    objective = RecognitionObjective(StickerEvaluator(**TINY), RecognitionObjective.Arguments()).train()
    pixels = bytes_to_pixels(torch.from_numpy(data.images))
    _, concepts = concept_labels(data.stickers)
    styles = torch.tensor([s.style_id for s in data.stickers])
    vectors = Words().pooled(["rose", "leaf", "sea", "ghost"])
    optimizer = torch.optim.AdamW(objective.parameters(), lr=5e-3)
    losses = []
    for _ in range(25):
        loss, parts = objective(pixels, concepts, styles, vectors)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]
    assert parts["wrong"] == 0.0


def test_batches_hold_what_the_train_split_shows(data):
    batches = LabelledBatches(data, Words(), 32, torch.device("cpu"), STYLES, Sampling())
    torch.manual_seed(0)
    pixels, concepts, styles, vectors = batches.draw(64)
    assert pixels.shape == (64, 4, 32, 32) and vectors.shape == (4, 16)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    pairs = set(zip(concepts.tolist(), styles.tolist(), strict=True))
    held_out = (1, STYLES.index("blob"))
    assert pairs == {(c, STYLES.index(s)) for c in range(4) for s in ("noto", "blob")} - {held_out}
    torch.manual_seed(0)
    torch.testing.assert_close(batches.draw(64)[0], pixels)


def test_a_concept_with_one_caption_alone_has_it_for_all(monkeypatch, data):
    monkeypatch.setattr(labelled, "captions", lambda sticker, synonyms: [sticker.name])
    names, others = caption_vectors(data.stickers, concept_labels(data.stickers)[1], 4, Words())
    torch.testing.assert_close(others, names[:, None].expand_as(others))


def test_scores_count_what_is_ranked_first(data):
    class Sure(torch.nn.Module):
        """Knows the held-out leaf for a leaf, and every style for noto."""

        device = torch.device("cpu")
        config = SimpleNamespace(styles=STYLES)

        def forward(self, pixels):
            return torch.eye(4)[[1] * len(pixels)], torch.eye(8)[[STYLES.index("noto")] * len(pixels)]

        def concept_logits(self, embeddings, vectors):
            return embeddings @ vectors.T

    scores = held_out_scores(Sure(), data, torch.eye(4))
    assert scores == {"top-1": 1.0, "top-5": 1.0, "style": 0.0}
