"""The softmax teacher that may lie in a model's folder: what the linear transformer was made from."""

from pathlib import Path
from typing import TYPE_CHECKING

from lit.errors import LiTError

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline

OWN, TEACHER = "own", "teacher"  # the names of a studio's models


def teacher_folder(own: "LiTPipeline") -> Path | None:
    """The folder of the teacher that a model's folder may hold."""
    folder = own.config.get("_name_or_path")
    teacher = Path(folder) / "teacher" if folder else None
    return teacher if teacher and (teacher / "config.json").is_file() else None


def load_teacher(own: "LiTPipeline", folder: Path | None = None) -> "LiTPipeline":
    """A pipeline that draws with the teacher in `folder`, None for that of the own pipeline; on the own one's device,
    in its dtype, with its autoencoder and text encoder. Raises LiTError where there is none, CheckpointError for one
    that is damaged."""
    from lit.stock.loading import with_network

    folder = folder or teacher_folder(own)
    if folder is None:
        raise LiTError("There is no teacher in this model's folder")
    return with_network(own, folder)  # a softmax transformer is of the same class as a linear one
