"""Train the evaluator: name and style of real stickers, from the train split alone.

    loss = CE(scale * <embedding, t_k>, concept) + STYLE_WEIGHT * CE(style logits, style)

with t_k the sentence vector of concept k's name, moved in every step towards that of a random caption of
the concept, so that a picture's vector lands near its name and not far from other words for it.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from lit.data import StickerData, captions, concept_weights
from lit.data.concepts import concept_labels
from lit.evaluation.metrics import ranks
from lit.models.evaluator import StickerEvaluator
from lit.models.text import TextEncoder
from lit.pixels import bytes_to_pixels
from lit.training.augment import augment
from lit.training.config import TrainingConfig
from lit.training.loop import fit, make_accelerator

STYLE_WEIGHT = 0.3
LABEL_SMOOTHING = 0.1
CAPTIONS_KEPT = 6  # caption vectors a concept keeps beside its name's


@torch.no_grad()
def caption_vectors(stickers, labels, num_concepts, text_encoder) -> tuple[torch.Tensor, torch.Tensor]:
    """Sentence vectors of names (K, D) and of up to CAPTIONS_KEPT further captions (K, CAPTIONS_KEPT, D).

    Captions repeat where a concept has fewer. Both lie on the CPU in float32, of length 1.
    """
    texts: list[list[str]] = [[] for _ in range(num_concepts)]
    for sticker, label in zip(stickers, labels.tolist(), strict=True):
        if label >= 0 and not texts[label] and not sticker.has_skin_tone:
            variants = captions(sticker)
            spread = [variants[1 + i * (len(variants) - 1) // CAPTIONS_KEPT] for i in range(CAPTIONS_KEPT)]
            texts[label] = [sticker.name, *spread]
    unique = sorted({text for group in texts for text in group})
    vectors = F.normalize(text_encoder.pooled(unique).float().cpu(), dim=-1)
    row = {text: i for i, text in enumerate(unique)}
    table = vectors[torch.tensor([[row[text] for text in group] for group in texts])]  # (K, 1 + kept, D)
    return table[:, 0].contiguous(), table[:, 1:].contiguous()


def hue_free(names: list[str]) -> torch.Tensor:
    """Bool (K,): concepts that stay what they are when their hue turns (no flag, no colour in the name)."""
    bound = {
        "red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey", "pink",
        "hair", "lemon", "lime", "tangerine", "rainbow",
    }  # fmt: skip
    words = [set(name.lower().replace(":", " ").split()) for name in names]
    return torch.tensor(["flag" not in said and bound.isdisjoint(said) for said in words])


@torch.no_grad()
def shrink(images_u8: torch.Tensor, size: int, chunk: int = 1024) -> torch.Tensor:
    """uint8 (N, 4, H, W) -> uint8 (N, 4, size, size) on the same device, averaging over area."""
    if images_u8.shape[-1] == size:
        return images_u8
    parts = [
        F.interpolate(part.float(), (size, size), mode="area").round_().to(torch.uint8)
        for part in images_u8.split(chunk)
    ]
    return torch.cat(parts)


class EvaluatorBatches:
    """Augmented stickers of the train split, sampled by concept, with what they are; all on `device`."""

    def __init__(self, data: StickerData, text_encoder, image_size: int, device: torch.device):
        self.names, labels = concept_labels(data.stickers)
        train = data.subset("train")
        train = train[(labels[train] >= 0).numpy()]
        self.weights = torch.as_tensor(concept_weights(data.stickers, train), dtype=torch.float32, device=device)
        self.images = shrink(torch.from_numpy(data.images[train]).to(device), image_size)
        self.concepts = labels[train].to(device)
        self.styles = torch.tensor([data.stickers[i].style_id for i in train], device=device)
        self.may_turn = hue_free(self.names).to(device)
        vectors = caption_vectors(data.stickers, labels, len(self.names), text_encoder)
        self.name_vectors, self.other_vectors = (v.to(device) for v in vectors)

    def draw(self, n: int):
        """Pixels (n, 4, S, S) in [-1, 1], concepts (n,), styles (n,), this step's vectors (K, D) of length 1.

        Randomness is torch's default generator on the device, so that a seeded step is a repeated step.
        """
        rows = torch.multinomial(self.weights, n, replacement=True)
        concepts = self.concepts[rows]
        pixels = augment(self.images[rows], self.may_turn[concepts])
        every = torch.arange(len(self.names), device=rows.device)
        pick = torch.randint(self.other_vectors.shape[1], (len(every),), device=rows.device)
        amount = torch.rand(len(every), 1, device=rows.device)
        vectors = F.normalize(self.name_vectors + 0.7 * amount * self.other_vectors[every, pick], dim=-1)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        return pixels, concepts, self.styles[rows], vectors


class EvaluatorObjective(nn.Module):
    """The loss at the top of this file; its part `wrong` is the share of concepts not ranked first."""

    def __init__(self, network: StickerEvaluator):
        super().__init__()
        self.network = network

    def forward(self, pixels, concepts, styles, vectors):
        """pixels: (B, 4, S, S) in [-1, 1].  concepts, styles: long (B,).  vectors: (K, D) of length 1."""
        embeddings, style_logits = self.network(pixels)
        # A difference of a thousandth in a cosine decides: not in bf16.
        with torch.autocast(pixels.device.type, enabled=False):
            logits = self.network.concept_logits(embeddings.float(), vectors)  # (B, K)
            loss = F.cross_entropy(logits, concepts, label_smoothing=LABEL_SMOOTHING)
            style_loss = F.cross_entropy(style_logits.float(), styles, label_smoothing=LABEL_SMOOTHING)
        wrong = (logits.argmax(1) != concepts).float().mean()
        return loss + STYLE_WEIGHT * style_loss, {"wrong": wrong, "style": style_loss.detach()}


def train_evaluator(
    config: TrainingConfig,
    data_path: str,
    out: Path,
    text_encoder: str | None = None,
    minutes: float | None = None,
) -> StickerEvaluator:
    """Train on the stickers at `data_path`; returns the EMA, also saved as `out`/network, with its scores on
    held-out stickers beside it in `out`/held_out.json."""
    accelerator = make_accelerator()
    device = accelerator.device
    torch.manual_seed(config.seed)
    encoder = TextEncoder.from_pretrained(text_encoder).to(device)
    with accelerator.main_process_first():  # the first renders, the others read its cache
        data = StickerData.open(data_path, size=config.stages[0].size)
    names, _ = concept_labels(data.stickers)
    network = StickerEvaluator(**config.network, concepts=tuple(names)).to(memory_format=torch.channels_last)
    batches = EvaluatorBatches(data, encoder, network.config.image_size, device)
    ema = fit(
        config,
        EvaluatorObjective(network).to(device),
        lambda stage: batches.draw(stage.batch_size),
        out,
        accelerator,
        minutes,
    )
    if accelerator.is_main_process:
        ema.save_pretrained(out / "network")
        scores = held_out_scores(ema, data, batches.name_vectors)
        (out / "held_out.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return ema


@torch.no_grad()
def held_out_scores(network: StickerEvaluator, data: StickerData, vectors: torch.Tensor) -> dict[str, float]:
    """Concept top-1, top-5 and style accuracy on the test split (skin tones count as their base concept).

    vectors: (K, D), of the concepts' names, on the network's device.
    """
    _, labels = concept_labels(data.stickers)
    test = data.subset("test")
    test = torch.from_numpy(test[(labels[test] >= 0).numpy()])
    hits = torch.zeros(3, dtype=torch.float64)
    for part in test.split(512):
        images = torch.from_numpy(data.images[part.numpy()]).to(network.device)
        embeddings, style_logits = network(bytes_to_pixels(images))
        place = ranks(network.concept_logits(embeddings, vectors), labels[part]).cpu()
        style = torch.tensor([data.stickers[i].style_id for i in part.tolist()])
        right = style_logits.argmax(1).cpu() == style
        hits += torch.stack([(place < 1).sum(), (place < 5).sum(), right.sum()])
    return dict(zip(("top-1", "top-5", "style"), (hits / max(len(test), 1)).tolist(), strict=True))
