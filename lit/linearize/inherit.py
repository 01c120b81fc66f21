"""From a softmax teacher to a linear student: weight inheritance (LiT, section 3.2)."""

import torch
from torch import nn

from lit.errors import InputError
from lit.models.mixers import TokenMixer, is_own


def inherit(student: nn.Module, teacher: nn.Module, own: tuple[str, ...] = ()) -> list[str]:
    """Copy every weight of the teacher into the student but those that a mixer of another kind than its teacher's does
    not say it `inherits` (of LiT's: queries, keys, values, the depth-wise convolution). Returns the names to learn.

    own: beginnings of names that are not the teacher's to give.  Raises InputError where any other weight is
    missing on one side or differs in shape.
    """
    taught, state = teacher.state_dict(), student.state_dict()
    shared = {name for name in state if not is_own(student, teacher, name) and not name.startswith(own)}
    wrong = shared ^ {name for name in taught if not is_own(student, teacher, name) and not name.startswith(own)}
    wrong |= {name for name in shared - wrong if state[name].shape != taught[name].shape}
    if wrong:
        some = ", ".join(sorted(wrong)[:5])
        raise InputError("teacher", some, "a teacher of the student's shape: these weights do not fit")
    student.load_state_dict({name: taught[name] for name in shared}, strict=False)
    return sorted(set(state) - shared)


def take_over(mixer: TokenMixer, attention: nn.Module):
    """Copy into a mixer what it inherits of a self-attention of diffusers, which has its projections one by one."""
    given = {
        "qkv": [attention.to_q, attention.to_k, attention.to_v],
        "proj": [attention.to_out[0]],
    }
    for name in set(mixer.inherits) & set(given):  # queries and keys have no norms there
        linear, parts = getattr(mixer, name), given[name]
        linear.weight.data.copy_(torch.cat([part.weight for part in parts]))
        biases = [torch.zeros_like(part.weight[:, 0]) if part.bias is None else part.bias for part in parts]
        linear.bias.data.copy_(torch.cat(biases))
