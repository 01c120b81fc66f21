"""The page's way to LinearScope: pictures to choose from, one of them opened, a spot looked at, modes found.

Each method answers one kind of request (`requests.py`) with plain data (`payload.py`). `lit.scope` and torch are
imported with the first picture that is opened.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from lit.errors import LiTError
from lit.studio.tabs.scope import asking, payload
from lit.studio.tabs.scope.models import OWN, TEACHER, teacher_folder
from lit.studio.tabs.scope.opening import Opened, OpenPictures, described
from lit.studio.tabs.scope.prepared import Answers
from lit.studio.tabs.scope.preparing import preparing
from lit.studio.tabs.scope.requests import REQUESTS, OpenRequest, PicturesRequest, Place, Spot, TaskRequest
from lit.studio.work.desk import Desk, Task
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

log = logging.getLogger(__name__)

RECENT = 24  # pictures to choose from
PUBLIC_LIMIT = 256 * 256 * 40  # pixel evaluations of a picture that strangers may open


class ScopeSession:
    """All visitors' way to LinearScope. public: strangers share the studio.

    answers: what lies ready.  opened: the pictures under the scope, changed by the desk's thread only.
    """

    def __init__(self, store: JobStore, worker: Worker, public: bool = False):
        self.store, self.worker, self.public = store, worker, public
        self.desk = Desk(worker.lane, lambda: worker.closing)
        self.answers = Answers()
        self.opened = OpenPictures(worker.pipeline, self.answers.forget)

    def answer(self, name: str, request: object) -> dict:
        """Answer what a page asks. name: one of REQUESTS.  request: what came, unchecked.

        What goes wrong comes back as a sentence under `error`.
        """
        try:
            return getattr(self, name)(REQUESTS[name].of(request))
        except LiTError as error:
            return payload.refusal(error)
        except Exception as error:
            log.exception("LinearScope: %s failed", name)
            return {"error": f"That failed: {type(error).__name__}: {error}"}

    def pictures(self, request: PicturesRequest) -> dict:
        """What there is to choose: the visitor's recent pictures, styles, models."""
        files = self.store.recent(RECENT, request.visitor if self.public else None).pictures
        models = [[OWN, "This studio's model"]]
        if self.worker.model == "ready" and teacher_folder(self.worker.pipeline()):
            models.append([TEACHER, "Its teacher"])
        return {
            "pictures": [picture for file in files if (picture := self._chosen_from(file))],
            "styles": payload.styles(),
            "models": models,
        }

    # Tasks: the answer is their id, their result comes by `progress`

    def open(self, request: OpenRequest) -> dict:
        """Draw a picture and keep what its steps need."""
        settings, recorded = described(request, self.store)
        if self.public and settings.for_image(0).pixel_evaluations > PUBLIC_LIMIT:
            raise LiTError(
                "This studio is shared: one picture has at most 256 pixels a side and 40 steps, or as much in another"
                " way. On your own machine there is no such limit"
            )
        return self._begin(lambda task: self.opened.open(task, settings, recorded, request.model))

    def words(self, place: Place) -> dict:
        """What each word adds to the picture; on the way all parts of a step's picture are computed."""
        return self._begin(lambda task: asking.words(task, self.opened.use(place), place))

    def sweep(self, spot: Spot) -> dict:
        """`look`, `reads` and `spreads` for the whole way from the noise, through all steps."""
        return self._begin(lambda task: asking.sweep(task, self.opened.use(spot.place), spot))

    def modes(self, place: Place) -> dict:
        """The strongest singular modes of a step; stopped, those found so far."""
        return self._begin(lambda task: asking.modes(task, self.opened.use(place), place))

    def prepare(self, place: Place) -> dict:
        """Find the answers of all squares of a step ahead, while there is nothing else to do."""
        return {"task": self.desk.begin_ahead(lambda task: preparing(task, self.opened, self.answers, place)).id}

    def progress(self, request: TaskRequest) -> dict:
        """How far a task is; at its end its `result`."""
        task = self.desk.task(request.task)
        if task.error:
            return {"error": task.error}
        if task.result is not None:
            return {"result": task.result}
        return {"done": task.done, "of": task.of, "said": task.said}

    def stop(self, request: TaskRequest) -> dict:
        self.desk.task(request.task).stop = True
        return {"stopping": True}

    # Questions: answered at once, also in the middle of a task. What lies ready needs neither the desk nor the lane.

    def look(self, spot: Spot) -> dict:
        """What adds up to what is in the box; and where it reads and spreads, if that is known."""
        self.near(spot)
        known = self._known(spot, "sum")
        return known["sum"] | {name: known[name] for name in ("reads", "spreads") if name in known}

    def reads(self, spot: Spot) -> dict:
        """Where the box reads."""
        return self._known(spot, "reads")["reads"]

    def spreads(self, spot: Spot) -> dict:
        """Where the box spreads."""
        return self._known(spot, "spreads")["spreads"]

    def near(self, spot: Spot) -> dict:
        """Prepare the squares around the box before others: a hand is there."""
        opened = self.opened.get(spot.place.drawing)
        if opened is not None:
            opened.near = spot.middle
        return {"near": opened is not None}

    # In the small

    def _begin(self, work: Callable[[Task], dict]) -> dict:
        return {"task": self.desk.begin(work).id}

    def _known(self, spot: Spot, part: str) -> dict:
        """The parts of an answer that are known, `part` among them: found now if it is not."""
        known = self.answers.get(spot)
        return known if part in known else self.desk.ask(lambda: self._find(spot, part))

    def _find(self, spot: Spot, part: str) -> dict:
        import torch

        opened: Opened = self.opened.use(spot.place)
        with torch.inference_mode(False):  # the task in whose midst this is asked may be drawing
            found = asking.found(opened.view(spot.place), opened.region(spot), part)
        return self.answers.add(spot, found)

    def _chosen_from(self, file: Path) -> dict | None:
        """A recent picture as the page shows it; None for a file that has been tampered with."""
        try:
            return payload.chosen_from(file, self.store.pictures)
        except (LiTError, OSError):
            return None
