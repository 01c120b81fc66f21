"""The queue on the page: what is drawn and what waits, how long each takes and all of it, and steering it.

On a studio of one's own every device sees all there is, and changes what is its own; on a shared one a visitor sees
his own alone.
"""

from collections.abc import Sequence

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.tabs.generate.stage import progress
from lit.studio.words import seconds as said_seconds
from lit.studio.work import estimate
from lit.studio.work.estimate import Timing
from lit.studio.work.queue import QUEUE, Line
from lit.studio.work.worker import View, Worker


class Steering:
    """Answers, each from the fields of a request. Raises LiTError for what cannot be answered."""

    def __init__(self, worker: Worker):
        self.worker = worker

    def pause(self, fields: dict) -> dict:
        visitor = checked_name(fields.get("visitor"))
        (self.worker.queue.pause if fields.get("on") is True else self.worker.queue.go_on)(visitor)
        return self.shown(visitor)

    def front(self, fields: dict) -> dict:
        """One that waits no longer stays as it is."""
        visitor = checked_name(fields.get("visitor"))
        self.worker.queue.to_front(visitor, checked_name(fields.get("job")))
        return self.shown(visitor)

    def cancel(self, fields: dict) -> dict:
        """End one job of this visitor, or all where none is named. `waited`: those that `back` brings back; `drawn`:
        whether one was being drawn, which is stopped."""
        visitor = checked_name(fields.get("visitor"))
        job = checked_name(fields["job"]) if "job" in fields else None
        ended = self.worker.stop_all(visitor) if job is None else {job: self.worker.stop(job, visitor)}
        waited = [job for job, how in ended.items() if how == "waited"]
        return self.shown(visitor) | {"waited": waited, "drawn": "drawn" in ended.values()}

    def back(self, fields: dict) -> dict:
        """Let jobs wait again that were cancelled."""
        visitor, jobs = checked_name(fields.get("visitor")), fields.get("jobs")
        if not isinstance(jobs, list) or len(jobs) > 2 * QUEUE:
            raise LiTError(UNCLEAR)
        self.worker.bring_back(visitor, list(map(checked_name, jobs)))
        return self.shown(visitor)

    def shown(self, visitor: str) -> dict:
        """lines: as `_line` has them.  paused: this visitor has paused.  said: how long all of it takes, or ""."""
        queue, timings = self.worker.queue, self.worker.history.timings()
        lines, order = queue.lines(visitor), queue.drawn_next()  # seen; and of all visitors, who comes before
        places = {job.id: place for place, job in enumerate(order)}
        last = max((places.get(line.job.id, -1) for line in lines), default=-1)
        seconds = estimate.waiting(order[: last + 1], timings)
        first = next((line.job.id for line in lines if line.job.state == "queued"), "")
        return {
            "paused": queue.paused(visitor),
            "said": t("about {time} in all", time=said_seconds(seconds)) if seconds else "",
            "lines": [
                self._line(line, places.get(line.job.id, 0), line.job.visitor == visitor, line.job.id == first, timings)
                for line in lines
            ],
        }

    def _line(self, line: Line, place: int, mine: bool, first: bool, timings: Sequence[Timing]) -> dict:
        """mine: may be cancelled here.  front: may be moved there.  said: how it stands, and how long it takes."""
        job, view = line.job, self.worker.view(line.job.id) if line.job.state == "running" else None
        if view is None:
            view = View(job, None, place, (), self.worker.model, False, self.worker.trouble, line.held)
        shown = progress(view)
        told = mine or job.state == "running"
        said = [t("Paused.") if line.held else shown["said"] if told else t("In the queue.")]
        seconds = estimate.seconds_left(job, timings) if job.state == "queued" else None
        said += [t("Takes about {time}.", time=said_seconds(seconds))] if seconds else []
        said += [] if mine else [t("Asked for elsewhere.")]
        kept = {name: shown[name] for name in ("id", "title", "state", "held")}
        return kept | {"mine": mine, "front": mine and job.state == "queued" and not first, "said": " ".join(said)}
