"""Where a loop has come to: to one picture, or to a few that take turns."""

from dataclasses import dataclass

import torch
from torch import Tensor

RESTING, AT_REST = 24, 0.03  # frames, and of a frame's size: bfloat16 alone makes them tremble by 0.01
LONGEST, TURNS = 8, 4  # periods that are looked for, and how often one must have come round
SEEN = max(RESTING, LONGEST * TURNS)  # frames that it takes to tell whether a loop has settled


@dataclass(frozen=True)
class Settled:
    """A loop that comes back for ever. period: 1 for a fixed point.  since: the first frame of it."""

    period: int
    since: int


def settled(frames: Tensor) -> Settled | None:
    """Whether a loop (frames, ...) has ended in a fixed point or a cycle of up to eight frames; None where it goes on.

    In a fixed point the last 24 frames look as the very last one. In a cycle those of the last four rounds, and 24 at
    least, look as those of the very last round, and the frames of a round do not look the same.
    """
    flat = frames.float().flatten(1)
    count, size = len(flat), AT_REST * float(flat[-1].norm())
    for period in range(1, LONGEST + 1):
        enough = max(RESTING, period * TURNS)
        if count < enough:
            break
        last = flat[-period:]
        if period > 1 and float((last - flat[-1]).norm(dim=1).max()) <= size:
            continue  # one picture that is on its way slowly
        place = torch.arange(-count, 0) % period  # in the round
        far = ((flat - last[place]).norm(dim=1) > size).nonzero()[:, 0]
        since = int(far[-1]) + 1 if len(far) else 0
        if count - since >= enough:
            return Settled(period, since)
    return None
