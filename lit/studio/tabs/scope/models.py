"""The models that LinearScope may look into: the studio's own, and the softmax teacher that lies in its folder."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lit.errors import InputError, Phrase
from lit.studio.work.teacher import OWN, TEACHER, load_teacher, teacher_folder

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline


CONVERTED = (
    "The studio draws in {format}. LinearScope works in float32 and has converted a copy of the model; what it draws"
    " may differ in small things."
)


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
        return Model(Phrase("this studio's model"), *_in_float32(own))
    if name != TEACHER or folder is None:
        raise InputError("model", name, "this studio's, or its teacher where there is one")
    base, notice = _in_float32(own)
    return Model(Phrase("its teacher"), load_teacher(base, folder), notice)


def _in_float32(pipeline: "LiTPipeline") -> tuple["LiTPipeline", str]:
    """The pipeline in float32, and a sentence that says so where that is a copy."""
    from lit import checkpoint
    from lit.device import dtype_name

    with checkpoint.quiet():
        converted = pipeline.in_float32()
    if converted is pipeline:
        return pipeline, ""
    return converted, Phrase(CONVERTED, format=dtype_name(pipeline.transformer.dtype))
