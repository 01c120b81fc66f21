"""The evaluator: from pictures and their names."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from lit.data import StickerData
from lit.data.concepts import concept_labels
from lit.errors import InputError
from lit.evaluation.metrics import ranks
from lit.models.evaluator import StickerEvaluator
from lit.models.text import TextEncoder
from lit.pixels import bytes_to_pixels
from lit.styles import numbering
from lit.training import typed
from lit.training.batches.labelled import LEARNED, LabelledBatches
from lit.training.config import Stage, TrainingConfig
from lit.training.models.sources import Sources, check_styles
from lit.training.objectives import OBJECTIVES


class EvaluatorModel:
    """Trained on all but the test split; its scores on held-out stickers are written beside it."""

    network = StickerEvaluator
    objectives = ("recognition",)
    batches = LabelledBatches
    options = ("data", "text_encoder")
    learns = LEARNED
    teachable = False
    sheet = None  # it draws nothing

    def __init__(self, config: TrainingConfig, sources: Sources, device: torch.device, process: int):
        self.config, self.sources, self.device = config, sources, device
        self.size = config.loop.stages[0].size
        self.encoder = TextEncoder.from_pretrained(sources.text_encoder).to(device)
        with typed.building(config.network, "network"):
            network = StickerEvaluator(**{"text_dim": self.encoder.width} | config.network)
        if network.config.text_dim != self.encoder.width:
            raise InputError("network.text_dim", network.config.text_dim, f"{self.encoder.width}, the text encoder's")
        network = network.to(memory_format=torch.channels_last)
        self.objective = OBJECTIVES[config.objective.name](network, config.objective.arguments).to(device)

    def open(self):
        self.data = StickerData.open(self.sources.data, self.size, sampling=self.config.data)
        self.styles = tuple(self.objective.network.config.styles)
        check_styles(self.data, self.styles)
        self.names, _ = concept_labels(self.data.stickers)

    def render(self):
        return self.data.images

    def feed(self):
        size = self.objective.network.config.image_size
        self.source = LabelledBatches(self.data, self.encoder, size, self.device, self.styles, self.config.data)

    def draw(self, stage: Stage) -> tuple:
        return self.source.draw(stage.batch_size)

    def save(self, ema: StickerEvaluator, out: Path):
        ema.register_to_config(concepts=tuple(self.names))
        ema.save_pretrained(out / "network")
        scores = held_out_scores(ema, self.data, self.source.name_vectors)
        (out / "held_out.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


@torch.no_grad()
def held_out_scores(network: StickerEvaluator, data: StickerData, vectors: torch.Tensor) -> dict[str, float]:
    """Concept top-1, top-5 and style accuracy on the test split (skin tones count as their base concept).

    vectors: (K, D), of the concepts' names, on the network's device.
    """
    _, labels = concept_labels(data.stickers)
    test = data.subset("test")
    test = torch.from_numpy(test[(labels[test] >= 0).numpy()])
    numbers = torch.tensor(numbering(network.config.styles))
    hits = torch.zeros(3, dtype=torch.float64)
    for part in test.split(512):
        images = torch.from_numpy(data.images[part.numpy()]).to(network.device)
        embeddings, style_logits = network(bytes_to_pixels(images))
        place = ranks(network.concept_logits(embeddings, vectors), labels[part]).cpu()
        style = numbers[torch.tensor([data.stickers[i].style_id for i in part.tolist()])]
        right = style_logits.argmax(1).cpu() == style
        hits += torch.stack([(place < 1).sum(), (place < 5).sum(), right.sum()])
    return dict(zip(("top-1", "top-5", "style"), (hits / max(len(test), 1)).tolist(), strict=True))
