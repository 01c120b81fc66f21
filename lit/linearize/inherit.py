"""Weight inheritance (LiT, arXiv 2501.12976, section 3.2)."""

from collections.abc import Callable

from torch import nn

from lit.errors import InputError


def inherit(student: nn.Module, teacher: nn.Module, is_own: Callable[[str], bool]) -> list[str]:
    """Copy every weight of the teacher into the student but those that a token mixer has for its own, which the
    student learns anew. Returns the names left to learn.

    is_own: whether a weight's name is one of those, on either side.  Raises InputError where any other weight is
    missing on one side or differs in shape.
    """
    taught, state = teacher.state_dict(), student.state_dict()
    shared = {name for name in state if not is_own(name)}
    wrong = shared ^ {name for name in taught if not is_own(name)}
    wrong |= {name for name in shared - wrong if state[name].shape != taught[name].shape}
    if wrong:
        some = ", ".join(sorted(wrong)[:5])
        raise InputError("teacher", some, "a teacher of the student's shape: these weights do not fit")
    student.load_state_dict({name: taught[name] for name in shared}, strict=False)
    return sorted(set(state) - shared)
