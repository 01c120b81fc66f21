"""The queue on the page: what is drawn and what waits, how long each takes and all of it, and steering it.

On a studio of one's own every device sees all there is, and changes what is its own; on a shared one a visitor sees
his own alone.
"""

from dataclasses import dataclass, field
from itertools import accumulate

from lit.errors import LiTError
from lit.studio.languages import language, t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.tabs.generate.stage import progress
from lit.studio.words import seconds as said_seconds
from lit.studio.work import estimate
from lit.studio.work.estimate import Timing
from lit.studio.work.queue import QUEUE, Line, Moment
from lit.studio.work.worker import View, Worker


@dataclass(frozen=True)
class Seen:
    """What all who look at a moment of the queue are told alike.

    until: seconds until each job that may be drawn has been, None where that is not known.
    others: jobs that wait, by language and id, as they are told to whom they do not belong.
    """

    moment: Moment
    timings: list[Timing]
    until: dict[str, float | None]
    others: dict[tuple[str, str], dict] = field(default_factory=dict)


class Steering:
    """Answers, each from the fields of a request. Raises LiTError for what cannot be answered."""

    def __init__(self, worker: Worker):
        self.worker = worker
        self._latest: Seen | None = None

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
        queue, seen = self.worker.queue, self._seen()
        lines = queue.lines(visitor)
        seconds = next((seen.until[line.job.id] for line in reversed(lines) if line.job.id in seen.until), None)
        first = next((line.job.id for line in lines if line.job.state == "queued"), "")
        return {
            "paused": queue.paused(visitor),
            "said": t("about {time} in all", time=said_seconds(seconds)) if seconds else "",
            "lines": [self._line(line, line.job.visitor == visitor, line.job.id == first, seen) for line in lines],
        }

    def _seen(self) -> Seen:
        moment, seen = self.worker.queue.now(), self._latest
        if seen is None or seen.moment is not moment:
            timings = self.worker.history.timings()
            order = [line.job for line in moment.lines if not line.held]
            # Where nothing is known of one, nothing is known of those behind it.
            each = (estimate.seconds_left(job, timings) for job in order)
            sums = accumulate(each, lambda sum, one: None if sum is None or one is None else sum + one)
            until = {job.id: seconds for job, seconds in zip(order, sums)}
            seen = self._latest = Seen(moment, timings, until)
        return seen

    def _line(self, line: Line, mine: bool, first: bool, seen: Seen) -> dict:
        """mine: may be cancelled here.  front: may be moved there.  said: how it stands, and how long it takes."""
        if mine or line.job.state == "running":
            return self._told(line, mine, first, seen)
        key = (language(), line.job.id)
        if key not in seen.others:
            seen.others[key] = self._told(line, mine, first, seen)
        return seen.others[key]

    def _told(self, line: Line, mine: bool, first: bool, seen: Seen) -> dict:
        job, view = line.job, self.worker.view(line.job.id) if line.job.state == "running" else None
        if view is None:
            before = seen.moment.before.get(job.id, 0)
            view = View(job, None, before, (), self.worker.model, False, self.worker.trouble, line.held)
        shown = progress(view)
        told = mine or job.state == "running"
        said = [t("Paused.") if line.held else shown["said"] if told else t("In the queue.")]
        seconds = estimate.seconds_left(job, seen.timings) if job.state == "queued" else None
        said += [t("Takes about {time}.", time=said_seconds(seconds))] if seconds else []
        said += [] if mine else [t("Asked for elsewhere.")]
        kept = {name: shown[name] for name in ("id", "title", "state", "held")}
        return kept | {"mine": mine, "front": mine and job.state == "queued" and not first, "said": " ".join(said)}
