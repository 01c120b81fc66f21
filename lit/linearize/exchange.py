"""A transformer that is linear already: its arithmetic exchanged for this project's, and what that is worth."""

import time
from statistics import median
from typing import NamedTuple

import torch
from torch import nn

from lit.linearize.host import Host
from lit.linearize.mount import put_on, take_off
from lit.linearize.self_attentions import SelfAttentions, fingerprint
from lit.linearize.teacher import Teacher

REPEATS = 5


class Exchange(NamedTuple):
    """Seconds of one evaluation before and after; the greatest difference of what is predicted, as a share of the
    greatest value there."""

    before: float
    after: float
    difference: float


@torch.no_grad()
def exchange(teacher: Teacher, network: nn.Module, side: int) -> tuple[SelfAttentions, Exchange]:
    """What mounts, and the two compared on one picture of noise of `side` latents a side, told noise; the network, on
    its device and in its precision, is left as it was. Median of five, in turns, after one of each."""
    attentions = SelfAttentions(teacher.architecture, made_from=fingerprint(network))
    host, generator = Host(network, teacher.adapter), torch.Generator().manual_seed(0)
    example = teacher.adapter.example(network.config, 1, side)
    told = [torch.randn(one.shape, generator=generator).to(network.device, network.dtype) for one in example]
    told[1], told[-1] = told[1].abs() * 300, torch.ones_like(told[-1])  # a time, and a mask of words all heard
    seconds, made = ([], []), [None, None]
    for _ in range(1 + REPEATS):
        for which in (0, 1):
            if which:
                put_on(network, attentions)
            started = time.perf_counter()
            made[which] = host(*told)[0]
            if network.device.type == "cuda":
                torch.cuda.synchronize()
            seconds[which].append(time.perf_counter() - started)
            if which:
                take_off(network)
    before, after = (median(one[1:]) for one in seconds)
    difference = (made[0] - made[1]).abs().max() / made[0].abs().max()
    return attentions, Exchange(before, after, difference.item())
