"""One copy of the pipeline in a process of its own, as a deployment of Ray Serve."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any

from lit.serve.replicas.events import Errand, Event, Stepped

OFTEN = 0.1  # seconds between two steps that are told: each goes through Ray into the list of jobs
STUCK = 300.0  # seconds without a step after which a replica that draws is no longer healthy


class Stops:
    """Who is to stop what: an actor of the studio's, which replicas ask while they draw. It ends with the studio, and
    whoever asks it then stops drawing."""

    def __init__(self):
        self._jobs: defaultdict[str, asyncio.Queue] = defaultdict(asyncio.Queue)

    async def next(self, errand: str) -> str | None:
        """Wait for a job of this errand that is to stop; None once the errand is over."""
        return await self._jobs[errand].get()

    async def stop(self, errand: str, job: str):
        self._jobs[errand].put_nowait(job)

    async def over(self, errand: str):
        self._jobs.pop(errand, asyncio.Queue()).put_nowait(None)


class Replica:
    """Draws one request at a time. model: a checkpoint's folder, None for the embedded one.

    device, dtype: as `LiTPipeline.from_pretrained` takes them.  threads: of a processor, None for all.
    """

    def __init__(self, model: str | None, device: str, dtype: str | None, threads: int | None):
        import torch

        from lit.pipeline import LiTPipeline
        from lit.studio.work.inhand import Previews

        if threads is not None:
            torch.set_num_threads(threads)
        self._pipe: LiTPipeline = LiTPipeline.from_pretrained(model, device=device, torch_dtype=dtype)
        self._pipe.set_progress_bar_config(disable=True)
        self._previews = Previews()
        self._last_step: float | None = None  # while it draws

    async def draw(
        self, errand: str, errands: Sequence[Errand], stops: Any, at_once: int | None = None
    ) -> AsyncIterator[Event]:
        """What `Together` tells, as it comes. errand: its name at `stops`, the studio's Stops."""
        from lit.serve.replicas.together import Together

        loop, events = asyncio.get_running_loop(), asyncio.Queue()

        def tell(event: Event | None):
            if isinstance(event, Stepped):
                self._last_step = time.monotonic()
            loop.call_soon_threadsafe(events.put_nowait, event)

        together = Together(self._pipe, errands, tell, at_once, self._previews, OFTEN)
        self._last_step = time.monotonic()
        drawing = loop.run_in_executor(None, together.draw)
        drawing.add_done_callback(lambda _: events.put_nowait(None))
        heeding = asyncio.ensure_future(_heed(stops, errand, together))
        try:
            while (event := await events.get()) is not None:
                yield event
            await drawing  # raises what it has raised
        finally:
            together.stop()
            heeding.cancel()
            self._last_step = None

    def check_health(self):
        """Raises where a drawing has not advanced for so long that it never will; Serve then starts another replica."""
        if self._last_step is not None and time.monotonic() - self._last_step > STUCK:
            raise RuntimeError(f"no step for {STUCK:.0f} s")


async def _heed(stops, errand, together):
    try:
        while (job := await stops.next.remote(errand)) is not None:
            together.stop(job)
    except asyncio.CancelledError:
        raise
    except Exception:  # the studio is gone, and nobody waits for the pictures
        together.stop()
