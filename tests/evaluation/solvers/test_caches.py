"""Caches inside the network: they save blocks, and leave the network as it was."""

import pytest
import torch
from conftest import make_pipeline
from diffusers.hooks import FirstBlockCacheConfig, TaylorSeerCacheConfig

from lit.evaluation.solvers import caches
from lit.evaluation.solvers.compare import euler
from lit.evaluation.solvers.pairs import Pairs
from lit.settings import GenerationSettings


@pytest.fixture(scope="module")
def pairs(text_encoder):
    pipe = make_pipeline(text_encoder, sample_size=8)
    with torch.no_grad():  # a new network is zero at its end and has nothing to cache
        for parameter in pipe.transformer.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
    settings = [GenerationSettings("a dog", height=64, width=64, seed=i, scheduler="flow-euler") for i in range(2)]
    return Pairs(pipe, settings, 1)


def asked(pairs, config):
    """How often a last block is asked in eight steps of Euler with a cache, and the latents."""
    network, calls = pairs.pipe.transformer, []
    last = network.blocks[-1].mlp[0]
    with caches.cached(network, config):
        hook = last.register_forward_hook(lambda *_: calls.append(1))
        latents = Pairs(pairs.pipe, pairs.settings[:1], 1).solve(solver(pairs))
        hook.remove()
    return len(calls), latents


def solver(pairs, steps=8):
    times = caches.shifted_times(steps, 1.0)
    return caches.Multistep(pairs.objective, times, caches.adams_bashforth(times, 1))


def test_a_cache_that_never_serves_changes_nothing_and_none_stays(pairs):
    alone = Pairs(pairs.pipe, pairs.settings[:1], 1)
    plain = euler(alone, 8)
    before = {name: set(vars(module)) for name, module in pairs.pipe.transformer.named_modules()}
    every = TaylorSeerCacheConfig(cache_interval=1, cache_identifiers=[caches.PARTS])
    whole, latents = asked(pairs, every)
    assert torch.equal(latents, plain)
    for never in (FirstBlockCacheConfig(threshold=-1.0), every):
        count, latents = asked(pairs, never)
        assert count == whole and torch.equal(latents, plain)
    assert {name: set(vars(module)) for name, module in pairs.pipe.transformer.named_modules()} == before
    assert torch.equal(euler(alone, 8), plain)


@pytest.mark.parametrize("config", [FirstBlockCacheConfig(threshold=10.0), caches.TAYLOR["TaylorSeer, every 5"]])
def test_a_cache_asks_fewer_blocks_and_draws_something_else(pairs, config):
    whole, plain = asked(pairs, FirstBlockCacheConfig(threshold=-1.0))
    count, latents = asked(pairs, config)
    assert 0 < count < whole
    assert not torch.equal(latents, plain)
    assert torch.isfinite(latents).all()


def test_the_rows_are_of_all_ways(pairs, monkeypatch):
    few = dict(list(caches.CACHES.items())[::3])
    for name, value in {"PICTURES": 1, "STEPS": (6,), "CACHES": few}.items():
        monkeypatch.setattr(caches, name, value)
    found = caches.caches(pairs, fine=20)
    names = [row["what"] for row in found["rows"]]
    assert names == ["Euler, 20 steps", *few, "Euler, 6 steps", "AB2, 6 steps"]
    assert found["rows"][0]["share"] == 1 and found["rows"][0]["fine"] == pytest.approx(100)  # its own fine solution
    assert all(row["seconds"] > 0 for row in found["rows"])
