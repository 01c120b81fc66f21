"""What a batch may hold: of which splits, sets and styles."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lit.data import Sampling, StickerData
from lit.data.stickers import Sticker
from lit.errors import InputError
from lit.styles import DATA_STYLES
from lit.training.batches.labelled import LabelledBatches
from lit.training.batches.latents import LatentBatches
from lit.training.batches.other_names import other_names
from lit.training.batches.pictures import DecodedBatches, PixelBatches
from lit.training.models.sources import check_styles

CPU = torch.device("cpu")
STYLES = ("blob", "game-icons", "noto", "mulberry")  # a network's own order
SPLITS = {"train": 200, "test": 100, "unseen": 50}  # and the red of their pictures


class Coder(torch.nn.Module):
    """Latents are the pictures themselves, in cells of 8 pixels."""

    downscale = 8

    def encode(self, pixels):
        return F.avg_pool2d(pixels, 8)

    def decode(self, latents):
        return F.interpolate(latents, scale_factor=8)


class Words:
    def encode_batch(self, texts, batch_size):
        vectors = torch.tensor([[float(sum(text.encode()))] for text in texts])
        return vectors[:, None], torch.ones(len(texts), 1, dtype=torch.bool)

    def pooled(self, texts):
        return F.normalize(torch.randn(len(texts), 4), dim=-1)


@pytest.fixture
def data():
    """A concept of each split in each style: its split is the picture's red, its style the green."""
    stickers, images = [], []
    for split, red in SPLITS.items():
        for style in STYLES:
            key, style_id = f"word:{split}", DATA_STYLES.index(style)
            stickers.append(Sticker(key, key, "", style, style_id, f"{split} thing", (), split, "svg"))
            picture = np.full((4, 256, 256), 255, np.uint8)
            picture[0], picture[1] = red, 20 * STYLES.index(style)
            images.append(picture)
    return StickerData(stickers, np.stack(images))


def reds(pixels: torch.Tensor) -> set[int]:
    """Of whole pictures in [-1, 1], but those that lie on another colour."""
    return {round(value) for value in ((pixels[:, 0].amax((1, 2)) + 1) * 127.5).tolist()}


def latent_batches(data, **options):
    arguments = LatentBatches.Arguments(**options)
    return LatentBatches(data, Coder(), Words(), CPU, arguments, 0, STYLES, Sampling())


def test_the_generators_batches_are_of_the_train_split_in_the_networks_numbers(data):
    batches = latent_batches(data, style_dropout=0.0)
    latents, _, _, styles = batches.draw(200, 256, 0.0)
    assert reds(latents) == {SPLITS["train"]}
    greens = ((latents[:, 1].mean((1, 2)) + 1) * 127.5 / 20).round().long()
    assert torch.equal(greens, styles) and set(styles.tolist()) == set(range(4))
    texts = {float(sum(text.encode())) for text in ("train thing", "a train thing")}
    assert texts < set(batches.words.flatten().tolist())
    assert float(sum(b"unseen thing")) not in batches.words and float(sum(b"test thing")) not in batches.words


def test_a_black_style_is_never_any_style(data):
    _, _, _, styles = latent_batches(data, style_dropout=1.0).draw(100, 256, 0.0)
    assert set(styles.tolist()) == {len(STYLES), STYLES.index("game-icons")}


def test_the_autoencoders_batches_are_of_the_train_split(data):
    other = StickerData(data.stickers, data.images.repeat(2, 2).repeat(2, 3))
    batches = PixelBatches(data, other, CPU, Sampling())
    assert {int(red) for red in batches.pictures.images[:, 0].unique()} == {SPLITS["train"]}
    assert {int(red) for red in batches.large[:, 0].unique()} == {SPLITS["train"]}
    pixels, large = batches.draw(8, 256)
    assert pixels.shape == (8, 4, 256, 256) and large.shape == (1, 4, 512, 512)
    _, decoded = DecodedBatches(data, Coder(), CPU, Sampling()).draw(4, 256)
    assert len(decoded) == 4


def test_the_evaluator_learns_what_no_generator_sees(data):
    batches = LabelledBatches(data, Words(), 32, CPU, STYLES, Sampling())
    _, concepts, styles, _ = batches.draw(200)
    assert {batches.names[number] for number in concepts.tolist()} == {"train thing", "unseen thing"}
    assert set(styles.tolist()) == set(range(4))


def test_a_style_that_the_network_lacks_is_said_with_the_list_that_would_do(data):
    check_styles(data, STYLES)
    with pytest.raises(InputError, match=r"""noto as well.*network.styles=\["blob","game-icons","mulberry","noto"\]"""):
        check_styles(data, ("blob", "game-icons", "mulberry"))


def test_without_a_sharp_picture_the_second_head_has_nothing_to_learn(data):
    small = StickerData([SimpleNamespace(**vars(one) | {"format": "webp"}) for one in data.stickers], data.images)
    with pytest.raises(InputError, match="SVG"):
        PixelBatches(data, small, CPU, Sampling())


def test_other_names_mean_about_the_same():
    class Meanings:
        def pooled(self, texts):
            known = {"sailboat": (1.0, 0.0), "yacht": (0.8, 0.6), "ketch": (0.9, 0.436), "resort": (0.1, 0.995)}
            return torch.tensor([known[text] for text in texts])

    one = Sticker("a", "a", "", "noto", 0, "sailboat", ("resort", "yacht", "ketch"), "train", "svg")
    assert other_names([one], Meanings()) == {"a": ["ketch", "yacht"]}
    assert other_names([replace(one, keywords=())], Meanings()) == {"a": []}
