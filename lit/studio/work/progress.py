"""How far the job in the lane is."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lit.sampling.run import Run


class Progress:
    """What is known of the job in the lane beyond its row in the list; lives in memory only."""

    def __init__(self, job_id: str):
        self.job_id = job_id
        self.times: list[float] = [time.monotonic()]  # of the start and of each completed step
        self.finished: tuple[bytes, ...] = ()  # small versions of the pictures that are on disk
        self.drawing: tuple[bytes, ...] = ()  # and of what is being drawn
        self.preview_at = 0.0  # not before this time the next preview is drawn
        self.stop = False
        self.run: Run | None = None  # the pipeline's, once it has been started
        self.unsaved = False  # a picture is drawn and cannot be saved
        self.give_up = False  # and is not to be, any more
        self.lost = False  # another studio draws it now
        self.memory: int | None = None  # bytes of the program, at most

    def interrupt(self):
        """End it within one step."""
        self.stop = True
        if self.run is not None:
            self.run.interrupt()

    def eta(self, steps: int) -> float | None:
        """Seconds until the last step, from the mean of the steps so far without the first.

        The first step also pays for what is done once, so it counts only while it is the only one.
        """
        step = len(self.times) - 1
        if step == 0:
            return None
        first = 1 if step > 1 else 0
        mean = (self.times[-1] - self.times[first]) / (step - first)
        return max(0.0, mean * (steps - step) - (time.monotonic() - self.times[-1]))
