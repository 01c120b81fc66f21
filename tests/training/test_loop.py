"""The loop: a run that was cut goes on as if it had not been; a loss that is not finite stops it."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from lit.models.transformer import LiTTransformer2DModel
from lit.training.config import Loop, Stage
from lit.training.loop import CHECKPOINT, DivergedError, Trainer, make_accelerator, make_optimizers
from lit.training.toml import load_config


class TwoLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks, self.last = nn.ModuleList([nn.Linear(4, 4)]), nn.Linear(4, 1)

    def forward(self, x):
        return self.last(self.blocks[0](x))


class Regression(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.network = TwoLayers()

    def forward(self, x):
        return (self.network(x) - x.sum(1, keepdim=True)).square().mean(), {}


CONFIG = Loop(
    (Stage(1.0, 0, 8),), steps=6, compile=False,
    warmup_steps=1, log_every=1, save_every=3, sheet_every=99, decay=0,
)  # fmt: skip


def fit(config, objective, draw, out):
    out.mkdir(exist_ok=True)
    return Trainer(config, objective, out, make_accelerator()).fit(draw)


def noise(stage):
    return (torch.randn(stage.batch_size, 4),)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_cut_and_resumed_is_uninterrupted(optimizer, tmp_path):
    config = replace(CONFIG, optimizer=optimizer)
    whole = fit(config, Regression(), noise, tmp_path / "whole")
    fit(replace(config, steps=3), Regression(), noise, tmp_path / "cut")
    resumed = fit(config, Regression(), noise, tmp_path / "cut")
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], weight, rtol=0, atol=0)


def test_muon_takes_the_blocks_matrices_and_each_weight_has_one_optimizer():
    network = LiTTransformer2DModel(num_layers=2, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2)
    rest, hidden = (
        [p for group in optimizer.param_groups for p in group["params"]]
        for optimizer in make_optimizers(network, replace(CONFIG, optimizer="muon"))
    )
    linear = [name for name, m in network.blocks.named_modules() if isinstance(m, nn.Linear)]
    assert len(hidden) == len(linear) == 2 * 7 and all(p.ndim == 2 for p in hidden)
    assert sorted(map(id, rest + hidden)) == sorted(map(id, network.parameters()))
    (alone,) = make_optimizers(network, CONFIG)
    assert sum(len(group["params"]) for group in alone.param_groups) == len(list(network.parameters()))


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_checkpoint(tmp_path):
    steps = iter(range(100))

    def breaks(stage):
        return (torch.full((8, 4), float("nan") if next(steps) == 4 else 1.0),)

    with pytest.raises(DivergedError, match="step 5"):
        fit(CONFIG, Regression(), breaks, tmp_path)
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert state["step"] == 3 and state["network"]["last.weight"].isfinite().all()
    assert len([json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]) == 4


def test_schedule():
    config = load_config("teacher").loop
    assert config.stage(0.0).size == 128 and config.stage(0.99).size == 256
    assert config.stage(0.3).composites == 0
    assert config.learning_rate_at(10**6, 0.5) == config.learning_rate
    assert config.learning_rate_at(10**6, 1.0) == 0


class WithCompany(Regression):
    """Trains a layer beside its network, which nobody keeps."""

    def __init__(self):
        super().__init__()
        self.beside = nn.Linear(4, 1)

    def forward(self, x):
        loss, parts = super().forward(x)
        return loss + (self.beside(x) - 3 * self.network(x).detach()).square().mean(), parts


def test_what_is_trained_beside_resumes_too_at_its_own_rate(tmp_path):
    config = replace(CONFIG, beside_rate=2.0)
    whole, cut, resumed = WithCompany(), WithCompany(), WithCompany()
    before = whole.beside.weight.detach().clone()
    fit(replace(config, steps=1), whole, noise, tmp_path / "first")
    # Adam's first step is the learning rate, whatever the gradient.
    torch.testing.assert_close((whole.beside.weight - before).abs(), torch.full((1, 4), 2 * config.learning_rate))
    fit(config, whole, noise, tmp_path / "first")
    fit(replace(config, steps=3), cut, noise, tmp_path / "cut")
    fit(config, resumed, noise, tmp_path / "cut")
    torch.testing.assert_close(resumed.beside.weight, whole.beside.weight, rtol=0, atol=0)
