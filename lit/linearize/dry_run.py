"""What a run would do, from a teacher's config alone: what is inherited, and what it takes. No data is read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from safetensors import safe_open
from torch import nn

from lit.checkpoint import quiet
from lit.errors import InputError
from lit.linearize import keys
from lit.linearize.costs import Costs, count, free_memory, rate
from lit.linearize.host import Host
from lit.linearize.keys import millions
from lit.linearize.pairs import pairs
from lit.linearize.self_attentions import SOFTMAX, SelfAttentions
from lit.linearize.teacher import Teacher
from lit.models.storage import SCALE, weight_files


def dry_run(
    teacher: Teacher, changes: Mapping[str, object], size: int, batch: int, steps: int, phases: Sequence = ()
) -> list[str]:
    """Lines for a screen. changes: the config's [network].  size: of a picture, in pixels a side.  phases: the
    config's, of which each has its method, or learns by LoRA.

    Where the teacher's weights are there, their names are compared with its config's. Raises InputError for a weight
    that is neither inherited nor fresh, and for what does not fit.
    """
    found, costs, learned = _planned(teacher, changes, size, phases)
    lines = [f"{teacher.architecture}, {millions(costs.teacher)} parameters", *keys.table(found)]
    if not costs.learned:
        return [*lines, "nothing is trained: the same numbers, by other arithmetic"]
    fresh = sum(key.numel for key in found if key.source == keys.FRESH)
    if not phases:
        lines.append(f"learns: {millions(costs.learned)} parameters, {millions(fresh)} of them fresh")
    for phase in phases:
        how = f", by LoRA of rank {phase.lora.rank}" if phase.lora else ""
        lines.append(f"learns in {phase.name}, {phase.loop.steps:,} steps: {millions(learned[phase.name])}{how}")
    memory, free, speed = costs.memory(batch), free_memory(), rate(costs.width)
    seconds = batch * costs.step / speed
    return [
        *lines,
        f"memory: {memory / 2**30:.1f} GiB in float32 at {batch} pictures of {size} px a step, "
        f"{batch * costs.activations / 2**30:.1f} of it activations;",
        "  without what encodes pictures and words" + ("" if free is None else f"; free here: {free / 2**30:.1f} GiB"),
        f"time: {costs.forward / 1e9:,.0f} G operations for a picture's way through the teacher, "
        f"{costs.step / 1e9:,.0f} G for a picture of a step;",
        f"  at best {seconds:.3g} s a step and {duration(seconds * steps)} for {steps:,} steps, at the "
        f"{speed / 1e12:.2g} T operations a second",
        f"  that a product of width {costs.width} reaches here",
    ]


def plan(
    teacher: Teacher, changes: Mapping[str, object], size: int, phases: Sequence = ()
) -> tuple[list[keys.Key], Costs]:
    """What `dry_run` tells, and raises; of phases what the one needs that learns most."""
    found, costs, _ = _planned(teacher, changes, size, phases)
    return found, costs


def _planned(teacher, changes, size, phases):
    """(keys, costs, parameters that learn by phase)."""
    with quiet(), torch.device("meta"):  # old configs have arguments that do nothing any more
        network = build(teacher)
        check_names(teacher, network)
        check_size(teacher, size)
        found, student, costs = _plan(teacher, network, changes, size)
        if not phases or not costs.learned:
            return found, costs, {}
        taught = network if hasattr(teacher.adapter, "student") else Host(network, teacher.adapter)
        learned = {phase.name: _learned(student, taught, phase) for phase in phases}
        return found, replace(costs, learned=max(learned.values())), learned


def _learned(student, teacher, phase) -> int:
    """Parameters that learn in a phase: additions, the mixers or what they have not inherited, or all."""
    both = pairs(student, teacher)
    if phase.lora:
        parts = [getattr(pair.mixer, part) for pair in both for part in phase.lora.of]
        return sum(phase.lora.rank * sum(part.weight.shape) for part in parts)
    learns = getattr(phase.method.arguments, "learns", None)
    if learns is None:
        return _numbers(student)
    named = [named for pair in both for named in pair.mixer.named_parameters() if not _inherited(pair.mixer, named[0])]
    return sum(one.numel() for _, one in named) if learns == "own" else sum(_numbers(pair.mixer) for pair in both)


def _inherited(mixer, name) -> bool:
    return name.split(".")[0] in mixer.inherits


def build(teacher: Teacher) -> nn.Module:
    """The teacher's network on the device of the context, without its weights."""
    try:
        return teacher.adapter.network.from_config(teacher.config)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise InputError("teacher", str(teacher.transformer), f"a config.json that fits its class ({error})") from error


def check_names(teacher: Teacher, network: nn.Module):
    """Raise InputError where weights lie there whose names are not the network's."""
    files = [file for file in weight_files(teacher.transformer) if file.is_file()]
    stored = set()
    for file in files:
        with safe_open(file, framework="pt") as weights:
            stored |= {name for name in weights.keys() if not name.endswith(SCALE)}  # noqa: SIM118 (no mapping)
    if files:
        keys.check_stored(stored, network)


def check_size(teacher: Teacher, size: int):
    """Raise InputError for pictures that are no whole number of the teacher's patches."""
    patch = teacher.adapter.downscale * teacher.config["patch_size"]
    if size % patch:
        raise InputError("stages.size", size, f"a multiple of {patch}, the pixels of one of the teacher's patches")


def own_size(teacher: Teacher) -> int:
    """The pixels a side that a teacher was trained for."""
    return teacher.config["sample_size"] * teacher.adapter.downscale


def duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.1f} minutes" if minutes < 120 else f"{minutes / 60:,.1f} hours"


def _plan(teacher, network, changes, size):
    """(keys, student, costs)."""
    total, width = _numbers(network), max(one.shape[-1] for one in network.parameters() if one.ndim == 2)
    example = teacher.adapter.example(network.config, 1, size // teacher.adapter.downscale)
    if hasattr(teacher.adapter, "student"):  # one of ours
        student = teacher.adapter.student(network, changes).eval()  # chance decides nothing on the meta device
        forward, _ = count(network.eval().requires_grad_(False), example, learns=False)
        step, activations = count(student, example)
        costs = Costs(width, total, _numbers(student), forward, forward + step, activations)
        return keys.own_keys(network, student), student, costs
    attentions = _attentions(teacher, network, changes)
    found = keys.keys(network, teacher.adapter, attentions)
    if not attentions.layers:
        return found, attentions, Costs(width, total, 0, 0, 0, 0)
    # Blocks are alike: what two cost beyond one is what each costs.
    one, two = (np.array(_block_costs(teacher, changes, example, depth)) for depth in (1, 2))
    whole = one + (len(attentions.layers) - 1) * (two - one)
    return found, attentions, Costs(width, total, _numbers(attentions), *whole.tolist())


def _block_costs(teacher, changes, example, depth):
    network = teacher.adapter.network.from_config({**teacher.config, "num_layers": depth})
    host = Host(network.requires_grad_(False), teacher.adapter)
    mixer = changes.get("token_mixer", "lit")
    if not isinstance(mixer, str):  # where blocks differ, the first that is made anew stands for them
        first = next(number for number, name in enumerate(mixer) if name != SOFTMAX)
        heads = changes.get("num_attention_heads")
        heads = heads[first] if isinstance(heads, list | tuple) else heads
        changes = {**changes, "token_mixer": mixer[first], "num_attention_heads": heads}
    forward, _ = count(host, example, learns=False)
    step, activations = count(host.with_mounted(SelfAttentions.of(network, **changes)), example)
    return forward, forward + step, activations


def _attentions(teacher, network, changes):
    if teacher.adapter.linear:
        return SelfAttentions(teacher.architecture)
    made = SelfAttentions.of(network, **changes)
    if not made.mixers:
        raise InputError("network.token_mixer", "softmax in all layers", "another kind in some layer")
    return made


def _numbers(network):
    return sum(one.numel() for one in network.parameters())
