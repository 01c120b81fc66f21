"""What a student has of its teacher, weight by weight: inherited or fresh, and why."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import ModuleType

from torch import nn

from lit.errors import InputError
from lit.linearize.self_attentions import SelfAttentions
from lit.models.mixers import is_own

INHERITED, FRESH = "inherited", "fresh"
COMPUTED = ("pos_embed.pos_embed",)  # in some files, though it is no weight: sines and cosines
PROJECTION = "the way out of attention; learns on"
INSTEAD = "the mixer's own: LiT found no gain in the teacher's"
TAKEN = "the mixer starts from the teacher's; learns on"
NEW = "the mixer's own, which the teacher has not"
SAME = "as it was"


@dataclass(frozen=True)
class Key:
    """A weight: its name at the teacher (of what it has not, at the student), its size, where it comes from and why."""

    name: str
    numel: int
    source: str
    why: str


def keys(teacher: nn.Module, adapter: ModuleType, attentions: SelfAttentions) -> list[Key]:
    """All weights of a student whose teacher is a transformer of diffusers. Raises InputError for one of the teacher's
    that its adapter does not know."""
    found = []
    taken = bool(attentions.mixers) and all("qkv" in layer.inherits for layer in attentions.mixers)
    for name, tensor in teacher.state_dict().items():
        if name in COMPUTED:
            continue
        why = next((why for pattern, why in adapter.INHERITED.items() if fnmatchcase(name, pattern)), None)
        if why is not None:
            found.append(Key(name, tensor.numel(), INHERITED, why))
        elif re.fullmatch(r"transformer_blocks\.\d+\.attn1\.to_out\.0\.(weight|bias)", name):
            found.append(Key(name, tensor.numel(), INHERITED, PROJECTION))
        elif re.fullmatch(r"transformer_blocks\.\d+\.attn1\.to_[qkv]\.(weight|bias)", name):
            found.append(Key(name, tensor.numel(), INHERITED if taken else FRESH, TAKEN if taken else INSTEAD))
        else:
            raise InputError("teacher", name, "weights that its adapter knows: this one is neither inherited nor fresh")
    for name, tensor in attentions.state_dict().items():
        if name.split(".")[2] not in ("qkv", "proj"):
            layer, rest = name.removeprefix("layers.").split(".", 1)
            found.append(Key(f"transformer_blocks.{layer}.attn1.processor.{rest}", tensor.numel(), FRESH, NEW))
    return found


def own_keys(teacher: nn.Module, student: nn.Module) -> list[Key]:
    """All weights of a student of ours: what its mixers have for their own, and what its teacher has not, is fresh."""
    taught = teacher.state_dict()
    found = []
    for name, tensor in student.state_dict().items():
        if name not in taught:
            found.append(Key(name, tensor.numel(), FRESH, NEW))
        elif is_own(student, teacher, name):
            found.append(Key(name, tensor.numel(), FRESH, INSTEAD))
        else:
            found.append(Key(name, tensor.numel(), INHERITED, SAME))
    return found


def check_stored(stored: Iterable[str], teacher: nn.Module):
    """Raise InputError where the names in a teacher's files are not those of its config's network."""
    wrong = set(stored).symmetric_difference(teacher.state_dict()) - set(COMPUTED)
    if wrong:
        raise InputError("teacher", ", ".join(sorted(wrong)[:3]), "weights that are those of its config.json")


def table(found: Sequence[Key]) -> list[str]:
    """Lines for a screen: those that differ in a block's number or in being weight or bias in one."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for key in found:
        name = re.sub(r"\.\d+\.", ".*.", key.name, count=1)
        name = re.sub(r"\.(weight|bias)$", "", name)
        name = re.sub(r"attn1\.to_[qkv]$", "attn1.to_{q,k,v}", name)
        for part in ("attn2", "ff", "mlp", "cross", "norm1", "caption_projection", "adaln_single", "time_embed"):
            name = re.sub(rf"(^|\.){part}\..*", rf"\1{part}.*", name)
        count = groups.setdefault((key.source, name, key.why), [0, 0])
        count[0] += 1
        count[1] += key.numel
    lines = []
    for source in (INHERITED, FRESH):
        some = {name: (count, why) for (kind, name, why), count in groups.items() if kind == source}
        tensors, numbers = (sum(count[i] for count, _ in some.values()) for i in (0, 1))
        lines.append(f"{source}: {tensors} tensors, {millions(numbers)}")
        wide = max(map(len, some), default=0)
        for name, ((count, size), why) in some.items():
            lines.append(f"  {name:<{wide}} {count:>4} {millions(size):>9}  {why}")
    return lines


def millions(number: float) -> str:
    return f"{number / 1e6:,.1f} M" if number >= 1e5 else f"{number:,.0f}"
