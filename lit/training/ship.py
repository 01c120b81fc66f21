"""Put trained networks together as the model that ships in the repository."""

import json
from pathlib import Path

from diffusers import FlowMatchEulerDiscreteScheduler

from lit import checkpoint
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.transformer import LiTTransformer2DModel

KINDS = {
    "transformer": LiTTransformer2DModel,
    "autoencoder": StickerAutoencoder,
    "evaluator": StickerEvaluator,
    "teacher": LiTTransformer2DModel,
}


def ship(out: Path, **folders: str | None):
    """Write the given networks (`transformer=`, `autoencoder=`, `evaluator=`, `teacher=`: folders as training
    leaves them) at one byte a weight into `out`, in diffusers' layout; parts not given stay as they are."""
    for name, folder in folders.items():
        if folder:
            KINDS[name].from_pretrained(folder).save_int8(out / name)
    FlowMatchEulerDiscreteScheduler(shift=1.0).save_pretrained(out / "scheduler")
    index = {
        "_class_name": "LiTPipeline",
        "transformer": ["lit.models.transformer", "LiTTransformer2DModel"],
        "autoencoder": ["lit.models.autoencoder", "StickerAutoencoder"],
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    }
    (out / checkpoint.INDEX).write_text(json.dumps(index, indent=2) + "\n")
    checkpoint.record_sha256(out)
