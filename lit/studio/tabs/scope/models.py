"""The models that LinearScope may look into: the studio's own, and the softmax teacher that lies in its folder."""

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

    base, notice = _in_float32(own)
    with checkpoint.quiet():
        # A softmax transformer is of the same class as a linear one.
        teacher = type(base.transformer).from_pretrained(folder).eval().requires_grad_(False).float()
    return Model("its teacher", base.with_networks(teacher.to(base.transformer.device), base.autoencoder), notice)


def teacher_folder(own) -> Path | None:
    """The folder of the teacher that a model's folder may hold."""
    folder = own.config.get("_name_or_path")
    teacher = Path(folder) / "teacher" if folder else None
    return teacher if teacher and (teacher / "config.json").is_file() else None


def _in_float32(pipeline: "LiTPipeline") -> tuple["LiTPipeline", str]:
    """The pipeline in float32, and a sentence that says so where that is a copy."""
    from lit import checkpoint
    from lit.device import dtype_name

    with checkpoint.quiet():
        converted = pipeline.in_float32()
    if converted is pipeline:
        return pipeline, ""
    return converted, (
        f"The studio draws in {dtype_name(pipeline.transformer.dtype)}. LinearScope works in float32 and has converted"
        " a copy of the model; what it draws may differ in small things."
    )
