"""A grid policy's weights against its own differential equation, and a network that goes by one."""

import pytest
import torch

from lit.errors import InputError
from lit.linearize.student import make_student
from lit.models.policy import END, mean_velocity, place_weights, way_weights
from lit.models.transformer import LiTTransformer2DModel

TINY = {
    "num_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2, "in_channels": 4,
    "out_channels": 4, "caption_channels": 16, "prediction_type": "flow-map", "guidance_range": (1.0, 8.0),
}  # fmt: skip
STRETCHES = [(1.0, 0.0), (1.0, 0.4), (0.4, 0.0), (0.7, 0.69), (0.06, 0.0), (0.03, 0.01)]


def double(*numbers):
    return [torch.tensor(number, dtype=torch.float64) for number in numbers]


@pytest.mark.parametrize("t, r", STRETCHES)
@pytest.mark.parametrize("points", [1, 2, 10])
def test_the_way_solves_the_policys_own_equation(t, r, points):
    """d(x / s) / ds = -x0(s) / s^2 between any two times, by quadrature; where the way begins it is x_t."""
    torch.manual_seed(0)
    x, velocities = torch.randn((), dtype=torch.float64), torch.randn(points, dtype=torch.float64)
    start, end = double(t, r)

    def way(s):
        return x - (t - s) * (way_weights(start.expand_as(s), end, s, points) @ velocities)

    def clean(s):
        return x - t * (place_weights(start.expand_as(s), end, s, points) @ velocities)

    last = max(r, min(t, END))
    nodes = torch.linspace(last, t, 9 * 2000 + 1, dtype=torch.float64)  # a knot of the grid is never inside a piece
    middles, widths = (nodes[1:] + nodes[:-1]) / 2, nodes.diff()
    whole = (clean(middles) / middles**2 * widths).sum()
    came = way(torch.tensor([last], dtype=torch.float64))[0]
    assert came == pytest.approx(last * (x / t + whole).item(), abs=1e-6)
    if r < last:  # straight on to the last picture
        stops = torch.tensor([last, r], dtype=torch.float64)
        goal = clean(stops)[1]
        assert way(stops)[1].item() == pytest.approx((goal + (came - goal) * r / last).item(), abs=1e-12)
    assert way(start[None])[0] == x


@pytest.mark.parametrize("dtype, near", [(torch.float64, 1e-14), (torch.float32, 1e-6)])
def test_weights_add_up_to_one_and_begin_at_the_first_point(dtype, near):
    """So the way has come from t to s, to the precision of its numbers: of c that of (t - s) c."""
    torch.manual_seed(0)
    t = torch.rand(500, dtype=dtype).clamp_min(0.01)
    r = t * torch.rand(500, dtype=dtype)
    s = r + (t - r) * torch.rand(500, dtype=dtype)
    way, places = way_weights(t, r, s, 10), place_weights(t, r, s, 10)
    torch.testing.assert_close((t - s) * way.sum(-1), t - s, atol=near, rtol=0)
    torch.testing.assert_close(places.sum(-1), torch.ones_like(t), atol=1e-6, rtol=0)
    exact = way_weights(t.double(), r.double(), s.double(), 10)
    torch.testing.assert_close((t - s)[:, None] * way, ((t - s)[:, None] * exact).to(dtype), atol=near, rtol=0)
    assert (way >= 0).all() and (places >= 0).all()
    first = torch.eye(10, dtype=dtype)[0].expand(500, -1)
    assert torch.equal(way_weights(t, r, t, 10), first) and torch.equal(way_weights(t, t, t, 10), first)


def test_a_policy_of_one_point_is_the_flows_velocity_and_of_equal_points_too():
    velocities = torch.randn(3, 4, 2, 2)
    t, r = torch.tensor([1.0, 0.5, 0.02]), torch.tensor([0.0, 0.4, 0.0])
    torch.testing.assert_close(mean_velocity(velocities, t, r, 1), velocities)
    torch.testing.assert_close(mean_velocity(velocities.repeat(1, 10, 1, 1), t, r, 10), velocities)


def inputs(batch=3):
    torch.manual_seed(1)
    t = torch.tensor([1000.0, 500.0, 300.0])[:batch]
    told = {"encoder_hidden_states": torch.randn(batch, 5, 16), "guidance": torch.tensor([1.0, 4.0, 8.0])[:batch]}
    return {"hidden_states": torch.randn(batch, 4, 8, 8), "timestep": t, "r_timestep": t / 3} | told


@torch.no_grad()
def test_a_network_grows_a_policy_and_answers_as_before_until_it_learns():
    torch.manual_seed(0)
    before = LiTTransformer2DModel(**TINY)
    for parameter in before.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    grown, given = make_student(before, {"policy_points": 10}), inputs()
    torch.testing.assert_close(grown(**given).sample, before(**given).sample)
    whole = grown(**given, whole_policy=True).sample
    assert whole.shape == (3, 40, 8, 8) and torch.equal(whole[:, :4], whole[:, 36:])
    # As it learns, its points differ; a batch is still single answers, and half a stretch has weights of its own.
    grown.unpatch.weight.normal_(std=0.1)
    answers = grown(**given).sample
    for row in range(3):
        alone = grown(**{name: value[row : row + 1] for name, value in given.items()}).sample
        torch.testing.assert_close(alone[0], answers[row])
    assert (answers - grown(**given, whole_policy=True).sample[:, :4]).abs().max() > 0.01
    now = grown(**given | {"r_timestep": given["timestep"]})
    at_once = grown(**given | {"r_timestep": given["timestep"]}, whole_policy=True)
    assert torch.equal(now.sample, at_once.sample[:, :4])  # at r = t its velocity


def test_policies_that_cannot_be_are_named():
    with pytest.raises(InputError, match="policy_points: got 0; a whole number from 1"):
        LiTTransformer2DModel(**TINY, policy_points=0)
    with pytest.raises(InputError, match="policy_points: got 4; 1: only a flow map"):
        LiTTransformer2DModel(**TINY | {"prediction_type": "flow", "guidance_range": None}, policy_points=4)
    with pytest.raises(InputError, match="network.policy_points: got 5; 4, as the weights have"):
        make_student(LiTTransformer2DModel(**TINY, policy_points=4), {"policy_points": 5})
