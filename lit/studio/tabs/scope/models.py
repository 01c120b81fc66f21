"""The models that LinearScope may look into: the studio's own, and the softmax teacher that lies in its folder."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lit.errors import InputError

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline

OWN, TEACHER = "own", "teacher"


@dataclass(frozen=True)
class Model:
    """A pipeline in float32. label: its name.  notice: what was done to it, or ""."""

    label: str
    pipeline: "LiTPipeline"
    notice: str


def make_model(name: str, own) -> Model:
    """The model called OWN or TEACHER, from the studio's own pipeline. Raises InputError for another name."""
    folder = teacher_folder(own)
    if name == OWN:
        return Model("this studio's model", *_in_float32(own))
    if name != TEACHER or folder is None:
        raise InputError("model", name, "this studio's, or its teacher where there is one")
    from lit import checkpoint
    from lit.models.transformer import LiTTransformer2DModel

    base, notice = _in_float32(own)
    with checkpoint.quiet():
        transformer = LiTTransformer2DModel.from_pretrained(folder).eval().requires_grad_(False).float()
    return Model("its teacher", _with(base, transformer.to(base.transformer.device), base.autoencoder), notice)


def teacher_folder(own) -> Path | None:
    """The folder of the teacher that a model's folder may hold."""
    folder = own.config.get("_name_or_path")
    teacher = Path(folder) / "teacher" if folder else None
    return teacher if teacher and (teacher / "config.json").is_file() else None


def _in_float32(pipeline: "LiTPipeline") -> tuple["LiTPipeline", str]:
    """The pipeline itself, or a copy of it in float32 and a sentence that says so."""
    import torch

    from lit import checkpoint
    from lit.device import dtype_name

    dtype = pipeline.transformer.dtype
    if dtype in (torch.float32, torch.float64):
        return pipeline, ""
    with checkpoint.quiet():
        parts = [copy.deepcopy(part).float() for part in (pipeline.transformer, pipeline.autoencoder)]
    return _with(pipeline, *parts), (
        f"The studio draws in {dtype_name(dtype)}. LinearScope works in float32 and has converted a copy of the model;"
        " what it draws may differ in small things."
    )


def _with(pipeline: "LiTPipeline", transformer, autoencoder) -> "LiTPipeline":
    """The pipeline with other networks."""
    from lit.pipeline import LiTPipeline

    twin = LiTPipeline(transformer, autoencoder, pipeline.scheduler, pipeline.text_encoder)
    twin.set_progress_bar_config(disable=True)
    return twin
