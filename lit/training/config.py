"""A training run's description: the loop, which model, and each part's own arguments. `toml.py` reads it."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from lit.data.sampling import Sampling
from lit.errors import InputError
from lit.linearize.lora import LoRA

OPTIMIZERS = ("adamw", "muon")
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Stage:
    """A stretch of a run, up to the share `until` of it: picture size, batch a process, share of composites."""

    until: Share
    size: PositiveInt
    batch_size: PositiveInt
    composites: Share = 0.0


@dataclass(frozen=True)
class Choice:
    """One of a registry by name, with arguments of its own kind."""

    name: str
    arguments: Any


@dataclass(frozen=True)
class Loop:
    """What decides a run whatever it trains. Steps and minutes both bound it: stages and learning rate follow the one
    that ends first."""

    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    steps: PositiveInt
    optimizer: str = "adamw"  # or "muon" for the matrices of transformer blocks
    learning_rate: NonNegativeFloat = 1e-3
    beside_rate: PositiveFloat = 1.0  # times it, for what an objective trains beside its network
    warmup_steps: NonNegativeInt = 500
    decay: Share = 0.3  # the last share of the run, over which the learning rate falls to zero
    weight_decay: NonNegativeFloat = 0.01
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.99)
    clip: PositiveFloat = 1.0  # gradient norm
    ema_decay: Share = 0.999
    ema_long: Share | None = None  # of a second average, which is saved as OUT/long/network
    compile: bool = True
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    log_every: PositiveInt = 50
    sheet_every: PositiveInt = 4000
    save_every: PositiveInt = 4000

    def __post_init__(self):
        if self.optimizer not in OPTIMIZERS:
            raise InputError("optimizer", self.optimizer, f"one of {', '.join(OPTIMIZERS)}")

    def stage(self, progress: float) -> Stage:
        """The stage at `progress` in [0, 1]."""
        return next((stage for stage in self.stages if progress < stage.until), self.stages[-1])

    def learning_rate_at(self, step: int, progress: float) -> float:
        """Linear warm-up, constant, then a linear fall over the last `decay` of the run."""
        warm = min(1.0, (step + 1) / max(1, self.warmup_steps))
        fall = min(1.0, (1 - progress) / self.decay) if self.decay else 1.0
        return self.learning_rate * warm * max(fall, 0.0)


@dataclass(frozen=True)
class Phase:
    """A stretch of a student's run with a loss and a schedule of its own: the share of the steps and of the minutes
    that it has, how it learns, and whether by LoRA, with additions that end inside the weights."""

    name: str
    share: float
    loop: Loop
    method: Choice
    lora: LoRA | None = None


@dataclass(frozen=True)
class TrainingConfig:
    """A run: the loop, which model, and each part's own arguments.

    phases: one after the other, each from where the one before ended; without any, `loop` and `method` are all.
    keep_softmax: the share of a student's layers that stay their teacher's (`lit.linearize.keep`).
    """

    model: str
    loop: Loop
    network: dict[str, Any]
    batches: Any
    objective: Choice
    method: Choice
    data: Sampling = field(default_factory=Sampling)
    phases: tuple[Phase, ...] = ()
    keep_softmax: float = 0.0
