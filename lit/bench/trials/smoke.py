"""What stands for data, teacher and judge where trials are only to be seen running."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import torch

from lit.bench.trials.rows import TINY
from lit.data import StickerData
from lit.data.concepts import concept_labels
from lit.data.rows import read_rows
from lit.models.evaluator import StickerEvaluator
from lit.models.transformer import LiTTransformer2DModel

CONCEPTS = 12


def few_stickers(paths: Sequence[Path], file: Path) -> Path:
    """All drawings of a few concepts that have some held out, as a file of their own."""
    rows = read_rows(paths)
    keys = list(dict.fromkeys(row["key"] for row in rows if row["split"] == "test"))[:CONCEPTS]
    parquet.write_table(pa.Table.from_pylist([row for row in rows if row["key"] in keys]), file)
    return file


def tiny_teacher(folder: Path):
    """Two layers that 12 heads divide."""
    torch.manual_seed(0)
    network = LiTTransformer2DModel(**TINY, token_mixer="softmax")
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    network.save_pretrained(folder)


def tiny_judge(data: StickerData) -> StickerEvaluator:
    """One that knows these stickers' concepts, and nothing of them."""
    torch.manual_seed(0)
    shape = {"widths": (8, 16), "inner": (8, 8), "depths": (1, 1), "feature_dim": 2, "image_size": 32}
    return StickerEvaluator(**shape, concepts=tuple(concept_labels(data.stickers)[0]))
