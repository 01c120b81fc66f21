"""A flow map's critic: what it sees, what it learns from, where it sends the network."""

import torch
import torch.nn.functional as F

from lit.models.transformer import LiTTransformer2DModel
from lit.training.batches.ways import Stretches
from lit.training.critic import Critic, hinge
from lit.training.guided import GuidedFlow, draw_stretches, wide
from lit.training.objectives.flow_map import FlowMapObjective, rms

SMALL = {
    "in_channels": 2, "out_channels": 2, "patch_size": 1, "num_layers": 4, "hidden_size": 32, "num_attention_heads": 2,
    "num_cross_attention_heads": 2, "caption_channels": 4, "sample_size": 4,
}  # fmt: skip


def flow():
    torch.manual_seed(0)
    network = LiTTransformer2DModel(**SMALL)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    return network.requires_grad_(False)


def told(n):
    return torch.randn(n, 3, 4), torch.ones(n, 3, dtype=torch.bool), torch.zeros(n).long()


def stretches(n):
    t, r = draw_stretches(n, 0.05, "cpu", last=0.5)
    x = torch.randn(n, 2, 4, 4)
    return Stretches(x, t, r, torch.randn_like(x), *told(n), torch.full((n,), 4.0))


def objective(**arguments):
    guided = GuidedFlow(flow(), torch.zeros(1, 3, 4), torch.ones(1, 3, dtype=torch.bool))
    chosen = FlowMapObjective.Arguments(adversarial=1.0, **arguments)
    return FlowMapObjective(flow(), chosen, guided, lambda latents: latents.repeat(1, 2, 8, 8))


def test_it_sees_each_watched_block_and_trains_nothing_but_its_heads():
    network = flow()
    critic, latents = Critic(network), torch.randn(3, 2, 4, 4)
    seen = critic.see(latents, torch.randn_like(latents), torch.rand(3), *told(3))
    assert [tuple(one.shape) for one in seen] == [(3, 32, 4, 4)] * 4
    assert critic.score(seen).shape == (3, 4, 4, 4)
    trained = {name for name, weight in critic.named_parameters() if weight.requires_grad}
    assert trained and all(name.startswith("heads.") for name in trained)
    # The flow's own weights, and the flow itself as it was.
    assert {id(weight) for weight in critic.flow.parameters()} == {id(weight) for weight in network.parameters()}
    assert type(network.blocks[3]).__name__ == "Block"


def test_heads_learn_to_tell_two_kinds_of_pictures_apart():
    critic = Critic(flow())
    optimizer = torch.optim.Adam(critic.heads.parameters(), lr=1e-2)
    words = told(16)
    for _ in range(60):
        real = F.interpolate(torch.randn(16, 2, 2, 2), 4)  # of larger patches
        drawn, noise, t = torch.randn(16, 2, 4, 4), torch.randn(16, 2, 4, 4), torch.full((16,), 0.1)
        scores = [critic.score(critic.see(latents, noise, t, *words)) for latents in (real, drawn)]
        loss = hinge(*scores)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert scores[0].mean() > scores[1].mean() + 0.5


def test_the_pull_leads_away_from_what_scores_more():
    made, along = objective(criticised=64), stretches(128)
    answer = torch.randn_like(along.velocity)
    shown, pull, judged, scores = made.persuade(along, answer)
    far = ((along.r == 0) & (along.t > 0.5))[shown]
    assert far.any() and not pull[~far].any() and rms(pull[far]).mean().isclose(torch.tensor(1.0), atol=0.3)
    x, t, words = along.x[shown][far], wide(along.t[shown][far]), [part[shown][far] for part in along[4:7]]
    noise, time = torch.randn_like(x), torch.full((len(x),), 0.3)

    def score(answer):
        return made.critic.score(made.critic.see(x - t * answer, noise, time, *words)).mean()

    here = answer[shown][far]
    assert score(here - 0.05 * pull[far]) > score(here) > score(here + 0.05 * pull[far])
    assert judged.requires_grad and set(scores) == {"real", "drawn", "steep"}


def test_few_guided_rows_are_not_shown():
    made, along = objective(), stretches(64)
    assert not made.persuade(along._replace(scale=torch.ones(64)), along.velocity)[1].any()


def test_last_steps_begin_where_one_or_two_steps_do():
    torch.manual_seed(0)
    t, r = draw_stretches(4000, 0.05, "cpu", last=1.0)
    assert not r.any() and torch.unique(t).tolist() == [torch.tensor(2 / 3).item(), 1.0]
    assert 0.45 < (t == 1).float().mean() < 0.55
