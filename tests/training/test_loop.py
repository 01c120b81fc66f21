"""The loop: a run that was cut goes on as if it had not been; a loss that is not finite stops it."""

import json
import time
from dataclasses import replace

import pytest
import torch
from torch import nn

from lit.models.transformer import LiTTransformer2DModel
from lit.training.busy import Meter, sampler
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


def test_a_longer_average_and_what_is_trained_beside_resume_too(tmp_path):
    config = replace(CONFIG, ema_decay=0.1, ema_long=0.5)

    def run(out, *steps):
        for number in steps:
            objective = WithCompany()
            trainer = Trainer(replace(config, steps=number), objective, out, make_accelerator())
            trainer.fit(noise)
        return trainer.ema.state_dict(), trainer.long.state_dict(), objective.beside.state_dict()

    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole, resumed = run(tmp_path / "whole", 6), run(tmp_path / "cut", 3, 6)
    for one, other in zip(whole, resumed, strict=True):
        assert all(torch.equal(value, other[name]) for name, value in one.items())
    kept = torch.load(tmp_path / "whole" / CHECKPOINT, weights_only=True)
    last, short, long = (kept[name]["last.weight"] for name in ("network", "ema", "long"))
    assert (long - last).norm() > (short - last).norm() > 0
    # One that no checkpoint has yet starts as the shorter.
    torch.save({name: part for name, part in kept.items() if name != "long"}, tmp_path / "cut" / CHECKPOINT)
    trainer = Trainer(replace(config, steps=6), WithCompany(), tmp_path / "cut", make_accelerator())
    assert torch.equal(trainer.long.last.weight.cpu(), short.cpu())


def test_figures_of_a_run_are_written_and_said(tmp_path, capsys):
    def slow(stage):
        time.sleep(0.02)
        return noise(stage)

    fit(replace(CONFIG, log_every=2), Regression(), slow, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert all(line["images_per_second"] == line["images_per_process"] > 0 for line in lines)
    assert all(0.2 < line["drawing"] <= 1 and "busy" not in line for line in lines)
    assert "48 images in" in capsys.readouterr().err


def test_a_gpu_is_busy_for_the_mean_of_its_samples():
    meter = Meter(["printf", r"80\n[N/A]\n100\n"])
    deadline = time.monotonic() + 10
    while len(meter._samples) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert meter.take() == pytest.approx(0.9) and meter.take() is None
    meter.close()
    assert Meter(["a-program-that-is-not-there"]).take() is None and Meter(sampler(torch.device("cpu"))).take() is None
