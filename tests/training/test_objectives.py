"""Every objective, alone and with every method of learning from a teacher: the laws of a loss."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from lit.linearize.methods import METHODS
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.preview_decoder import PreviewDecoder
from lit.models.transformer import LiTTransformer2DModel
from lit.training.batches.ways import Fresh, Stretches
from lit.training.guided import GuidedFlow
from lit.training.models import MODELS
from lit.training.objectives import OBJECTIVES, EpsilonObjective, FlowObjective

MODEL_OF = {name: kind for kind in MODELS.values() for name in kind.objectives}


def transformer(objective, token_mixer="lit"):
    return LiTTransformer2DModel(
        num_layers=2, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2, in_channels=4,
        out_channels=4 * objective.outputs, caption_channels=16, prediction_type=objective.predicts,
        token_mixer=token_mixer, guidance_range=(1.0, 8.0) if objective.predicts == "flow-map" else None,
        policy_points=4 if objective is OBJECTIVES["pi-flow"] else 1,
    )  # fmt: skip


def latents():
    words, mask = torch.randn(6, 5, 16), torch.arange(5).expand(6, 5) < 4
    return torch.randn(6, 4, 8, 8), words, mask, torch.arange(6)


def ways():
    x, *told = latents()
    told.append(torch.tensor([1.0, 2.0, 4.0, 4.0, 6.0, 8.0]))
    t = torch.linspace(1, 0.5, 6)
    r = t * torch.tensor([0.0, 0.5, 0.0, 0.5, 0.0, 0.5])
    return Fresh(x, *told), Stretches(torch.randn_like(x), t, r, torch.randn_like(x), *told)


def seen():
    return *latents(), torch.randn(6, 12, 3, 3)


def beside_a_judge(network, arguments):
    arguments = replace(arguments, align_block=1, min_snr=5.0, time_mean=0.5, shift=2.0)
    return OBJECTIVES["aligned-flow"](network, arguments, 12)


def taught_by_a_flow(network, arguments):
    teacher = transformer(FlowObjective)
    for parameter in teacher.parameters():
        nn.init.normal_(parameter, std=0.1)
    flow = GuidedFlow(teacher, torch.randn(1, 5, 16), torch.ones(1, 5) > 0)
    if network.config.policy_points > 1:
        return OBJECTIVES["pi-flow"](network, arguments, flow)
    coder = StickerAutoencoder(latent_channels=4, encoder_channels=(8, 8, 8), decoder_channels=(8, 8, 8), blocks=1)
    return OBJECTIVES["flow-map"](network, arguments, flow, coder.requires_grad_(False).decode)


def pictures():
    return torch.rand(8, 4, 32, 32) * 2 - 1, torch.rand(1, 4, 64, 64) * 2 - 1


def decoded():
    return torch.randn(6, 8, 4, 4), torch.rand(6, 4, 32, 32) * 2 - 1


def labelled():
    vectors = nn.functional.normalize(torch.randn(5, 12), dim=-1)
    return torch.rand(6, 4, 32, 32) * 2 - 1, torch.arange(6) % 5, torch.arange(6), vectors


def make(name):
    """An objective with a tiny network whose every weight matters, and a batch for it."""
    kind = OBJECTIVES[name]
    torch.manual_seed(0)
    network, batch = {
        "transformer": (lambda: transformer(kind), seen if name == "aligned-flow" else latents),
        "flow-map": (lambda: transformer(kind), ways),
        "pi-flow": (lambda: transformer(kind), lambda: ways()[0]),
        "autoencoder": (
            lambda: StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1), pictures
        ),
        "evaluator": (
            lambda: StickerEvaluator(
                widths=(8, 16), inner=(8, 8), depths=(1, 1), feature_dim=8, text_dim=12, image_size=32, dropout=0.0,
                drop_path=0.0, concepts=tuple("abcde"),
            ), labelled,
        ),
        "preview-decoder": (lambda: PreviewDecoder(channels=(16, 8, 8), blocks=1), decoded),
    }[next(model for model, one in MODELS.items() if one is MODEL_OF[name])]  # fmt: skip
    network = network()
    for parameter in network.parameters():  # as built, some are zero, and what lies before them would not learn
        if parameter.ndim >= 2:
            nn.init.normal_(parameter, std=0.1)
    made = {"flow-map": taught_by_a_flow, "pi-flow": taught_by_a_flow, "aligned-flow": beside_a_judge}.get(name, kind)
    return made(network, kind.Arguments()).train(), batch()


def with_teacher(objective, method, token_mixer="softmax"):
    """The same objective as a student of a random teacher."""
    teacher = transformer(objective, token_mixer)
    for parameter in teacher.parameters():
        nn.init.normal_(parameter, std=0.1)
    return METHODS[method](objective, teacher, METHODS[method].Arguments()).train()


OURS = [name for name in OBJECTIVES if name != "hosted-epsilon"]  # whose host tests/linearize/test_run.py has
ALL = [(name, None) for name in OURS]
TAUGHT = [(name, method) for name in OURS if MODEL_OF[name].teachable for method in METHODS]


def case(name, method):
    objective, batch = make(name)
    return (with_teacher(objective, method) if method else objective), batch


def test_every_objective_trains_some_model():
    assert set(OBJECTIVES) == set(MODEL_OF)


@pytest.mark.parametrize("name, method", ALL + TAUGHT)
def test_the_loss_is_finite_and_every_parameter_learns(name, method):
    objective, batch = case(name, method)
    loss, parts = objective(*batch)
    assert loss.isfinite() and loss > 0 and all(part.isfinite() and not part.requires_grad for part in parts.values())
    loss.backward()
    parameters = dict(objective.network.named_parameters())
    learning = {key: p for key, p in parameters.items() if p.requires_grad}
    assert [key for key, p in learning.items() if p.grad is None or not p.grad.abs().sum() > 0] == []
    expected = {key for key in parameters if method != "transfer" or ".attn." in key}  # which teaches mixers alone
    assert set(learning) == expected


@pytest.mark.parametrize("name, method", ALL + TAUGHT)
def test_the_same_seed_is_the_same_loss(name, method):
    objective, batch = case(name, method)
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        losses.append(objective(*batch)[0].item())
    assert losses[0] == losses[1]
    if name not in ("recognition", "decoding"):  # which have no noise of their own
        assert losses[1] != losses[2]


@pytest.mark.parametrize("name, method", ALL + TAUGHT)
def test_steps_lower_the_loss(name, method):
    objective, batch = case(name, method)
    optimizer = torch.optim.AdamW([p for p in objective.parameters() if p.requires_grad], lr=3e-3)
    losses = []
    for _ in range(12):
        torch.manual_seed(0)
        loss = objective(*batch)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name, method", TAUGHT)
def test_the_teacher_stays_as_it_is(name, method):
    objective, batch = case(name, method)
    before = copy.deepcopy(objective.teacher.state_dict())
    optimizer = torch.optim.AdamW(objective.parameters(), lr=1e-2, weight_decay=0.1)
    objective(*batch)[0].backward()
    optimizer.step()
    assert all(p.grad is None and not p.requires_grad for p in objective.teacher.parameters())
    assert not objective.teacher.training and objective.network.training
    assert all(torch.equal(value, before[key]) for key, value in objective.teacher.state_dict().items())


@pytest.mark.parametrize("name, method", [(name, method) for name, method in TAUGHT if method != "transfer"])
def test_a_student_that_is_its_teacher_has_nothing_to_learn_from_it(name, method):
    objective, batch = make(name)
    alone = objective
    taught = METHODS[method](objective, copy.deepcopy(objective.network), METHODS[method].Arguments())
    torch.manual_seed(1)
    expected = alone(*batch)[0]
    torch.manual_seed(1)
    loss, parts = taught(*batch)
    assert torch.equal(loss, expected)
    assert all(value == 0 for key, value in parts.items() if key.startswith("distill")) and "distill" in parts
    with torch.no_grad():
        next(objective.network.blocks.parameters()).add_(0.3)
    assert taught(*batch)[1]["distill"] > 0


class Oracle(nn.Module):
    """Knows the latents are zero: the noise is then x_t over its share, and the velocity equals it."""

    def __init__(self, share, channels):
        super().__init__()
        self.share, self.channels = share, channels

    def forward(self, x, timestep, *conditions, return_dict):
        noise = x / self.share(timestep).view(-1, 1, 1, 1)
        return (torch.cat([noise, torch.zeros_like(noise)], 1)[:, : self.channels],)


def test_flow_loss_of_the_truth_is_zero():
    objective = FlowObjective(Oracle(lambda t: t / 1000, 2), FlowObjective.Arguments())
    loss, _ = objective(torch.zeros(64, 2, 4, 4), None, None, None)
    assert loss < 1e-8


@pytest.mark.parametrize("changes", [{}, {"time_mean": 1.0}, {"time_scale": 0.5}, {"shift": 3.0}])
def test_times_are_logit_normal_then_shifted(changes):
    arguments = FlowObjective.Arguments(**changes)
    times = FlowObjective(nn.Identity(), arguments).times(torch.randn(20_000))
    assert times.min() > 0 and times.max() < 1
    unshifted = times / (arguments.shift - (arguments.shift - 1) * times)
    logits = torch.logit(unshifted.double())
    assert logits.mean().item() == pytest.approx(arguments.time_mean, abs=0.03)
    assert logits.std().item() == pytest.approx(arguments.time_scale, abs=0.03)


def test_min_snr_counts_errors_of_the_picture_by_the_lesser_of_snr_and_gamma_and_one_in_the_mean():
    objective = FlowObjective(nn.Identity(), FlowObjective.Arguments(min_snr=5.0, time_mean=0.3))
    t = objective.times(torch.randn(100_000))
    assert (objective.min_snr(t) / objective.mean_weight).mean().item() == pytest.approx(1, abs=0.01)
    snr = ((1 - t) / t) ** 2
    torch.testing.assert_close(objective.min_snr(t), t**2 * snr.clamp(max=5.0))
    output, velocity = torch.randn(2, 64, 3, 4, 4)
    loss, _ = objective.loss(output, (velocity, t[:64]))
    of_picture = (t[:64, None] * (output - velocity).flatten(1)).square().mean(1)  # x_0 = x_t - t v
    expected = (snr[:64].clamp(max=5.0) * of_picture).mean() / objective.mean_weight
    torch.testing.assert_close(loss, expected)


def test_alignment_is_zero_for_what_looks_alike_and_two_for_the_opposite():
    objective, (*batch, places) = make("aligned-flow")
    objective.beside = nn.Identity()
    inputs, truth = objective.noised(*batch, places)
    output = objective.predict(inputs)
    hidden = objective._hidden.detach()
    assert truth[-1].shape == (6, 16, 12) and hidden.shape == (6, 16, 32)
    for sign, expected in ((1.0, 0.0), (-3.0, 2.0)):
        objective._hidden = hidden
        _, parts = objective.loss(output, (*truth[:-1], sign * hidden))
        assert parts["aligned"].item() == pytest.approx(expected, abs=1e-5)
    assert objective._hidden is None


def test_epsilon_loss_of_the_truth_is_its_variance_bound():
    objective = EpsilonObjective(None, EpsilonObjective.Arguments())
    objective.network = Oracle(lambda t: (1 - objective.kept[t.long()]).sqrt(), 4)
    _, parts = objective(torch.zeros(64, 2, 4, 4), None, None, None)
    assert parts["simple"] < 1e-8
    assert parts["vlb"].isfinite() and parts["vlb"] < 1.0


@pytest.mark.parametrize("name, method", TAUGHT)
def test_compiling_block_by_block_changes_nothing(name, method):
    """Each block of network and teacher is compiled, and the loss stays what it was."""
    objective, batch = case(name, method)

    def loss():
        torch.manual_seed(0)
        return objective(*batch)[0]

    before, compiled = loss(), []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    objective.compile(backend=backend, dynamic=False)
    torch.testing.assert_close(loss(), before)
    # Not one a block: one for the network's blocks and one for the teacher's, whose outputs a transfer looks at inside.
    assert len(compiled) == (1 if method == "transfer" else 2)
