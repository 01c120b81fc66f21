"""A training run's description: one dataclass, read from a TOML file; `configs/` holds the shipped models'."""

import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from lit.errors import InputError

CONFIGS = Path(__file__).parent / "configs"
MODELS = ("transformer", "autoencoder", "evaluator")
OBJECTIVES = ("flow", "epsilon")
OPTIMIZERS = ("adamw", "muon")


@dataclass(frozen=True)
class Stage:
    """A stretch of a run, up to the share `until` of it: picture size, batch a process, share of composites."""

    until: float
    size: int
    batch_size: int
    composites: float = 0.0


@dataclass(frozen=True)
class TrainingConfig:
    """What decides a run. Steps and minutes both bound it: stages and learning rate follow the one that ends first."""

    model: str  # one of MODELS
    stages: tuple[Stage, ...]
    steps: int
    network: dict = field(default_factory=dict)  # arguments of the network's class
    objective: str = "flow"  # "flow" or "epsilon"; autoencoder and evaluator have their own
    optimizer: str = "adamw"  # or "muon" for the matrices of transformer blocks
    learning_rate: float = 1e-3
    warmup_steps: int = 500
    decay: float = 0.3  # the last share of the run, over which the learning rate falls to zero
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 1.0  # gradient norm
    ema_decay: float = 0.999
    text_dropout: float = 0.1  # guidance dropout: the share of prompts replaced by ""
    style_dropout: float = 0.1
    composite_pool: int = 32768  # composed pictures kept a process, encoded once
    distill_weight: float = 0.5  # l1 of the LiT paper: the teacher's noise (epsilon) or velocity (flow)
    variance_weight: float = 0.05  # l2: the teacher's variance (epsilon)
    latent_noise: float = 0.05  # autoencoder: what its decoder must bear with
    compile: bool = True
    seed: int = 0
    log_every: int = 50
    sheet_every: int = 4000
    save_every: int = 4000

    def stage(self, progress: float) -> Stage:
        """The stage at `progress` in [0, 1]."""
        return next((stage for stage in self.stages if progress < stage.until), self.stages[-1])

    def learning_rate_at(self, step: int, progress: float) -> float:
        """Linear warm-up, constant, then a linear fall over the last `decay` of the run."""
        warm = min(1.0, (step + 1) / max(1, self.warmup_steps))
        fall = min(1.0, (1 - progress) / self.decay) if self.decay else 1.0
        return self.learning_rate * warm * max(fall, 0.0)

    def with_overrides(self, overrides: list[str]) -> "TrainingConfig":
        """`name=value` pairs in TOML's notation, as the command line gives them."""
        changed = {}
        names = {f.name for f in fields(self)} - {"stages"}
        for pair in overrides:
            name, _, value = pair.partition("=")
            if name not in names:
                raise InputError("--set", pair, f"NAME=VALUE with NAME one of {', '.join(sorted(names))}")
            try:
                changed[name] = tomllib.loads(f"value = {value}")["value"]
            except tomllib.TOMLDecodeError:
                changed[name] = value  # a bare word is a string
        return replace(self, **changed).validate()

    def validate(self) -> "TrainingConfig":
        """Return self, or raise InputError for a name that is not known."""
        for name, known in (("model", MODELS), ("objective", OBJECTIVES), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in known:
                raise InputError(name, getattr(self, name), f"one of {', '.join(known)}")
        return self


def load_config(name: str) -> TrainingConfig:
    """A config by the name of a file in `configs/`, or by the path of a TOML file."""
    path = Path(name) if name.endswith(".toml") else CONFIGS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise InputError("--config", name, f"a TOML file, or one of {known}")
    try:
        table = tomllib.loads(path.read_text())
        stages = tuple(Stage(**stage) for stage in table.pop("stages"))
        if "betas" in table:
            table["betas"] = tuple(table["betas"])
        config = TrainingConfig(stages=stages, **table)
    except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise InputError("--config", name, f"a run's description; this one does not fit: {error}") from error
    return config.validate()
