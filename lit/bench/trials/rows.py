"""What is trained in a trial, and how much: rows of a table that differ in one thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lit.training.config import TrainingConfig

SIDE = 128
SHIPPED = "teacher"  # the row of the softmax teacher that lies in the repository


@dataclass(frozen=True)
class Row:
    """A row of the table. config, overrides: what is trained.  teacher: `SHIPPED`, or the row that makes it; None for
    none.  paper: the FID of LiT's table that it answers to (S/2, ImageNet), "" for none."""

    title: str
    config: str = "student"
    overrides: tuple[str, ...] = ()
    teacher: str | None = SHIPPED
    paper: str = ""


@dataclass(frozen=True)
class Size:
    """Of a run. steps None: as many as the minutes hold.  samples: pictures of each set, None for all.  network: of
    rows without a teacher, in place of the config's."""

    steps: int | None
    batch: int
    pool: int
    samples: int | None
    drawing_steps: int
    batch_drawn: int
    compile: bool
    network: Mapping[str, int] = field(default_factory=dict)


WHOLE = Size(None, 1024, 8192, None, 20, 256, True)
TINY = {"num_layers": 2, "hidden_size": 48, "num_attention_heads": 6, "num_cross_attention_heads": 6}
SMOKE = Size(3, 4, 8, 4, 1, 8, False, TINY)


def config_of(row: Row, size: Size, seed: int) -> "TrainingConfig":
    """The row's config at 128 px; all rows have one batch, one share of composed pictures and one average."""
    from lit.training.config import Stage  # whose packages are extra ones
    from lit.training.toml import load_config

    config = load_config(row.config, [f"batches.composite_pool={size.pool}", *row.overrides])
    own = {
        "stages": (Stage(1.0, SIDE, size.batch, 0.33),),
        "compile": size.compile,
        "ema_decay": 0.99,  # a run is a thousand steps, of which a longer one would keep the first
        "seed": seed,
        "save_every": 10**9,
        "log_every": 20,
    }
    total = size.steps or 10**7

    def shortened(loop, share):
        return replace(loop, **own, steps=max(1, round(share * total)))

    phases = tuple(replace(phase, loop=shortened(phase.loop, phase.share)) for phase in config.phases)
    network = config.network | (size.network if row.teacher is None else {})
    return replace(config, network=network, loop=shortened(config.loop, 1.0), phases=phases)
