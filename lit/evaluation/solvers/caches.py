"""Caches inside the network by measured time: diffusers' First-Block-Cache, and its TaylorSeer on features.

They skip blocks of an evaluation, not evaluations, so only a clock tells what they save; and they decide for a whole
batch at once, so every picture is drawn alone. Beside them, by the same clock, Euler and AB2 in fewer steps.
"""

import contextlib
import time
from collections.abc import Iterator

import numpy as np
import torch
from diffusers.hooks import (
    FirstBlockCacheConfig,
    TaylorSeerCacheConfig,
    apply_first_block_cache,
    apply_taylorseer_cache,
)
from diffusers.hooks._helpers import TransformerBlockMetadata, TransformerBlockRegistry
from diffusers.models.cache_utils import CacheMixin
from torch import nn

from lit.evaluation.solvers.classical import adams_bashforth, shifted_times
from lit.evaluation.solvers.compare import euler
from lit.evaluation.solvers.fit import GRID
from lit.evaluation.solvers.measures import latents_psnr
from lit.evaluation.solvers.pairs import Pairs
from lit.models.transformer import Block
from lit.sampling.solvers.flow_fitted import Multistep

PICTURES = 8
THRESHOLDS = (0.05, 0.1, 0.2)  # of First-Block-Cache: how much the first block's residual may change
INTERVALS = (2, 3, 5)  # of TaylorSeer: steps from one whole evaluation to the next
STEPS = (14, 10, 8, 6)  # of the classical solvers beside
PARTS = r"blocks\.\d+\.(attn|cross|mlp)"  # whose outputs TaylorSeer forecasts

FIRST_BLOCK = {f"First-Block-Cache, {threshold:g}": FirstBlockCacheConfig(threshold) for threshold in THRESHOLDS}
TAYLOR = {
    f"TaylorSeer, every {every}": TaylorSeerCacheConfig(
        cache_interval=every, cache_identifiers=[PARTS], taylor_factors_dtype=torch.float32
    )
    for every in INTERVALS
}
CACHES = FIRST_BLOCK | TAYLOR


@contextlib.contextmanager
def cached(network: nn.Module, config: FirstBlockCacheConfig | TaylorSeerCacheConfig) -> Iterator[None]:
    """The network with a cache for one picture; afterwards as it was."""
    if isinstance(config, FirstBlockCacheConfig):
        # The hook asks for "hidden_states", which our blocks are given first.
        told = TransformerBlockMetadata(0, None, _cls=Block, _cached_parameter_indices={"hidden_states": 0})
        TransformerBlockRegistry.register(Block, told)
        apply_first_block_cache(network, config)
    else:
        apply_taylorseer_cache(network, config)
    try:
        with CacheMixin.cache_context(network, "drawing"):  # of any module; ours is not of that class
            yield
    finally:
        for module in network.modules():
            if registry := getattr(module, "_diffusers_hook", None):
                for name in list(registry.hooks):
                    registry.remove_hook(name, recurse=False)
                del module._diffusers_hook
                vars(module).pop("forward", None)  # a hook's removal leaves the bound method behind


def caches(pairs: Pairs, fine: int) -> dict:
    """For JSON: where it ran, and rows: what drew, the median seconds a picture, the median of its share of the time of
    Euler in GRID steps for the same picture, and the latents' mean PSNR to the fine solution of `fine` steps. The first
    PICTURES of the pairs, one after the other, each drawn by all before the next."""
    network = pairs.pipe.transformer
    ways = {f"Euler, {GRID} steps": (GRID, 1, None)} | {name: (GRID, 1, config) for name, config in CACHES.items()}
    ways |= {f"{name}, {n} steps": (n, order, None) for name, order in (("Euler", 1), ("AB2", 2)) for n in STEPS}
    seconds, psnr = ({name: [] for name in ways} for _ in range(2))
    for number, settings in enumerate([pairs.settings[0], *pairs.settings[:PICTURES]]):
        alone = Pairs(pairs.pipe, [settings], 1)
        truth = euler(alone, fine)
        for name, (steps, order, config) in ways.items():
            times = shifted_times(steps, 1.0)
            solver = Multistep(alone.objective, times, adams_bashforth(times, order))
            with contextlib.nullcontext() if config is None else cached(network, config):
                started = time.perf_counter()
                latents = alone.solve(solver)
                distance = float(latents_psnr(latents, truth))  # waits for the card
                taken = time.perf_counter() - started
            if number:  # the first only warms up
                seconds[name].append(taken)
                psnr[name].append(distance)
    plain = np.array(seconds[f"Euler, {GRID} steps"])
    rows = [
        {
            "what": name,
            "seconds": float(np.median(seconds[name])),
            "share": float(np.median(np.array(seconds[name]) / plain)),
            "fine": float(np.mean(psnr[name])),
        }
        for name in ways
    ]
    return {"device": network.device.type, "dtype": str(network.dtype).split(".")[-1], "rows": rows}
