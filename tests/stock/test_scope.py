"""LinearScope replays networks of stock models: an affine map, and the network itself where it was taken."""

import pytest
import torch
from linearize import tiny
from stock.making import dit, pixart

from lit.scope import LinearScope
from lit.scope.tape import UnknownUnit

WORDS = {"encoder_hidden_states": torch.ones(1, 3, 16)}
NONE = {"resolution": None, "aspect_ratio": None}


@pytest.mark.parametrize(
    ("make", "told"),
    [(dit, {"class_labels": torch.tensor([1])}), (pixart, WORDS | {"added_cond_kwargs": NONE})],
)
@torch.no_grad()
def test_a_stock_networks_map_is_affine_and_is_the_network(make, told):
    torch.manual_seed(0)
    network, told = make().transformer.double(), {"timestep": torch.tensor([5])} | told
    told = {name: one.double() if name in WORDS else one for name, one in told.items()}
    x, y, z = torch.randn(3, 1, 4, 8, 8, dtype=torch.float64)
    found = LinearScope(network.requires_grad_(False)).at(x, **told)
    torch.testing.assert_close(found(x), network(x, **told, return_dict=False)[0])
    torch.testing.assert_close(found(0.3 * y + 0.7 * z), 0.3 * found(y) + 0.7 * found(z))


def test_what_is_not_known_of_sana_is_named():
    with pytest.raises(UnknownUnit, match="caption_norm"):
        LinearScope(tiny.sana()).at(torch.randn(1, 4, 8, 8), timestep=torch.tensor([5]), **WORDS)
