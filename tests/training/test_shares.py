"""The table of shares in a config."""

import pytest

from lit.data.compose import KINDS
from lit.errors import InputError
from lit.training.batches.latents import LatentBatches
from lit.training.typed import parse


def test_without_a_table_the_mixture_is_the_shipped_models():
    assert parse(LatentBatches.Arguments, {}, "batches").shares == KINDS


@pytest.mark.parametrize(
    "shares, named",
    [({"collage": 1}, "collage"), ({"color": -1}, "color"), ({"color": 0}, "above 0"), ({"color": "much"}, "shares")],
)
def test_a_table_that_cannot_be_is_named_before_any_work(shares, named):
    with pytest.raises(InputError, match=named):
        parse(LatentBatches.Arguments, {"shares": shares}, "batches")
