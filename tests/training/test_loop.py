"""The loop: a run that was cut goes on as if it had not been; a loss that is not finite stops it."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from lit.errors import InputError
from lit.models.transformer import LiTTransformer2DModel
from lit.training.config import Stage, TrainingConfig, load_config
from lit.training.loop import CHECKPOINT, DivergedError, fit, make_accelerator, make_optimizers
from lit.training.objectives import EpsilonObjective, FlowObjective


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


CONFIG = TrainingConfig(
    "test", (Stage(1.0, 0, 8),), steps=6, compile=False,
    warmup_steps=1, log_every=1, save_every=3, sheet_every=99, decay=0,
)  # fmt: skip


def noise(stage):
    return (torch.randn(stage.batch_size, 4),)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_cut_and_resumed_is_uninterrupted(optimizer, tmp_path):
    accelerator, config = make_accelerator(), replace(CONFIG, optimizer=optimizer)
    whole = fit(config, Regression(), noise, tmp_path / "whole", accelerator)
    fit(replace(config, steps=3), Regression(), noise, tmp_path / "cut", accelerator)
    resumed = fit(config, Regression(), noise, tmp_path / "cut", accelerator)
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
        fit(CONFIG, Regression(), breaks, tmp_path, make_accelerator())
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert state["step"] == 3 and state["network"]["last.weight"].isfinite().all()
    assert len([json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]) == 4


class Oracle(nn.Module):
    """Knows the latents are zero: the noise is then x_t over its share, and the velocity equals it."""

    def __init__(self, share, channels):
        super().__init__()
        self.share, self.channels = share, channels

    def forward(self, x, timestep, *conditions, return_dict):
        noise = x / self.share(timestep).view(-1, 1, 1, 1)
        return (torch.cat([noise, torch.zeros_like(noise)], 1)[:, : self.channels],)


def test_flow_loss_of_the_truth_is_zero():
    objective = FlowObjective(Oracle(lambda t: t / 1000, 2))
    loss, _ = objective(torch.zeros(64, 2, 4, 4), None, None, None)
    assert loss < 1e-8


def test_epsilon_loss_of_the_truth_is_its_variance_bound():
    objective = EpsilonObjective(None)
    objective.network = Oracle(lambda t: (1 - objective.kept[t.long()]).sqrt(), 4)
    _, parts = objective(torch.zeros(64, 2, 4, 4), None, None, None)
    assert parts["simple"] < 1e-8
    assert parts["vlb"].isfinite() and parts["vlb"] < 1.0


def test_schedule():
    config = load_config("teacher")
    assert config.stage(0.0).size == 128 and config.stage(0.99).size == 256
    assert config.stage(0.3).composites == 0
    assert config.learning_rate_at(10**6, 0.5) == config.learning_rate
    assert config.learning_rate_at(10**6, 1.0) == 0


@pytest.mark.parametrize("pair, words", [
    ("speed=3", "--set: got"), ("stages=1", "--set: got"), ("optimizer=sgd", "optimizer: got 'sgd'; one of adamw"),
])  # fmt: skip
def test_unknown_settings_are_named(pair, words):
    with pytest.raises(InputError, match=words):
        load_config("teacher").with_overrides([pair])


@pytest.mark.parametrize("kind", [FlowObjective, EpsilonObjective])
def test_compiling_block_by_block_changes_nothing(kind):
    """Each block of network and teacher is compiled, and the loss stays what it was."""
    tiny = {"num_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    tiny |= {"in_channels": 4, "out_channels": 8} if kind is EpsilonObjective else {"in_channels": 4, "out_channels": 4}
    objective = kind(LiTTransformer2DModel(**tiny), LiTTransformer2DModel(**tiny, token_mixer="softmax"))
    for parameter in objective.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    batch = (torch.randn(2, 4, 8, 8), torch.randn(2, 5, 384), torch.ones(2, 5, dtype=torch.bool), torch.zeros(2).long())

    def loss():
        torch.manual_seed(0)
        return objective(*batch)[0]

    before, compiled = loss(), []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    objective.compile(backend=backend, dynamic=False)
    torch.testing.assert_close(loss(), before)
    assert len(compiled) == 2  # not four: one for the network's blocks, one for the teacher's
