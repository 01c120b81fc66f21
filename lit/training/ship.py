"""Put trained networks together as a model in diffusers' layout, such as the one that ships in the repository."""

import json
from pathlib import Path

from diffusers import FlowMatchEulerDiscreteScheduler

from lit import checkpoint
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.preview_decoder import PreviewDecoder
from lit.models.transformer import LiTTransformer2DModel
from lit.paths import check_writable
from lit.training.guided import SHIFT
from lit.training.models.sources import load

KINDS = {
    "transformer": LiTTransformer2DModel,
    "autoencoder": StickerAutoencoder,
    "evaluator": StickerEvaluator,
    "preview_decoder": PreviewDecoder,
    "teacher": LiTTransformer2DModel,
}


def ship(out: Path, **folders: Path | None) -> None:
    """Write the given networks (`transformer=`, `autoencoder=`, `evaluator=`, ...: folders as training leaves them) at
    one byte a weight into `out`; parts not given stay as they are. Raises InputError or CheckpointError, before
    anything is written."""
    given = {name: folder for name, folder in folders.items() if folder}
    if not given:
        raise InputError("parts", "none", f"some of --{', --'.join(KINDS).replace('_', '-')}")
    networks = {name: load(KINDS[name], Path(folder), name.replace("_", "-")) for name, folder in given.items()}
    for name in checkpoint.MODELS:
        if name not in networks and not (out / name).is_dir():
            raise InputError(f"--{name}", "none", f"a folder: {out} has no {name} yet")
    check_writable(out, "--out")
    for name, network in networks.items():
        network.save_int8(out / name)
    if transformer := networks.get("transformer"):
        shift = SHIFT if transformer.config.prediction_type == "flow-map" else 1.0
        FlowMatchEulerDiscreteScheduler(shift=shift).save_pretrained(out / "scheduler")
    index = {
        "_class_name": "LiTPipeline",
        "transformer": ["lit.models.transformer", "LiTTransformer2DModel"],
        "autoencoder": ["lit.models.autoencoder", "StickerAutoencoder"],
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    }
    (out / checkpoint.INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    checkpoint.record_sha256(out)
