"""The page's way to LinearScope: pictures to choose from, one of them opened, a spot looked at, modes found.

Each method answers one kind of request (`requests.py`) with plain data (`payload.py`). `lit.scope` and torch are
imported with the first picture that is opened.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from lit.errors import LiTError
from lit.studio.languages import speaking, t
from lit.studio.tabs.scope import asking, payload
from lit.studio.tabs.scope.opening import OpenPictures, described
from lit.studio.tabs.scope.prepared import Answers
from lit.studio.tabs.scope.preparing import preparing
from lit.studio.tabs.scope.requests import REQUESTS, LookRequest, OpenRequest, PicturesRequest, Place, Spot, TaskRequest
from lit.studio.work.desk import Desk, Task
from lit.studio.work.jobs import JobStore
from lit.studio.work.teacher import OWN, TEACHER, teacher_folder
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
        self.desk = Desk(worker.lane, lambda: worker.closing, worker.memory)
        self.answers = Answers(worker.memory)
        self.opened = OpenPictures(worker.pipeline, self.answers.forget, worker.memory)

    def answering(self, name: str) -> Callable[[object], dict]:
        """The function that a page may call under a name of REQUESTS, with whatever it likes.

        What goes wrong comes back as a sentence under `error`; all in the language that the request names, since
        Gradio sends it without our headers.
        """
        parse, method = REQUESTS[name].of, getattr(self, name)

        def answer(request: object) -> dict:
            with speaking(request.get("language", "") if isinstance(request, dict) else ""):
                try:
                    return method(parse(request))
                except LiTError as error:
                    return payload.refusal(error)
                except Exception as error:
                    log.exception("LinearScope: %s failed", name)
                    return {"error": t("That failed: {kind}: {why}", kind=type(error).__name__, why=error)}

        answer.__name__ = name
        return answer

    def pictures(self, request: PicturesRequest) -> dict:
        """What there is to choose: the visitor's recent pictures, styles, models."""
        files = self.store.recent(RECENT, request.visitor if self.public else None).pictures
        models = [[OWN, t("This studio's model")]]
        if self.worker.model == "ready" and teacher_folder(self.worker.pipeline()):
            models.append([TEACHER, t("Its teacher")])
        return {
            "pictures": [picture for file in files if (picture := self._chosen_from(file))],
            "styles": payload.styles(),
            "models": models,
        }

    # Tasks: the answer is their id, their result comes by `progress`

    def open(self, request: OpenRequest) -> dict:
        """Draw a picture and keep what its steps need."""
        found = described(request, self.store, self.public)
        if self.public and found.settings.for_image(0).pixel_evaluations > PUBLIC_LIMIT:
            raise LiTError(
                "This studio is shared: one picture has at most 256 pixels a side and 40 steps, or as much in another"
                " way. On your own machine there is no such limit"
            )
        return self._begin(lambda task: self.opened.open(task, found, request.model))

    def words(self, place: Place) -> dict:
        """What each word adds to the picture; on the way all parts of a step's picture are computed."""
        return self._begin(lambda task: asking.words(task, self.opened.use(place), place))

    def sweep(self, spot: Spot) -> dict:
        """All that `look` finds, for the whole way from the noise, through all steps."""
        return self._begin(lambda task: asking.sweep(task, self.opened.use(spot.place), spot))

    def modes(self, place: Place) -> dict:
        """The strongest singular modes of a step; stopped, those found so far."""
        return self._begin(lambda task: asking.modes(task, self.opened.use(place), place))

    def prepare(self, place: Place) -> dict:
        """Find the answers of all squares of a step ahead, while there is nothing else to do."""
        return {"task": self.desk.begin_ahead(lambda task: preparing(task, self.opened, self.answers, place)).id}

    def progress(self, request: TaskRequest) -> dict:
        """How far a task is; at its end its `result`."""
        task = self.desk.task(request.task, request.away)
        if task.error:
            return {"error": task.error}
        if task.result is not None:
            return {"result": task.result}
        return {"done": task.done, "of": task.of, "said": task.said}

    def stop(self, request: TaskRequest) -> dict:
        self.desk.task(request.task).stop = True
        return {"stopping": True}

    # Questions: answered at once, also in the middle of a task. What lies ready needs neither the desk nor the lane.

    def look(self, request: LookRequest) -> dict:
        """What adds up to what is in the box, and the maps that are known; or one of the maps alone."""
        spot, part = request.spot, request.part
        self.near(spot)
        known = self.answers.get(spot)
        if part not in known:
            known = self.desk.ask(lambda: asking.find(self.answers, self.opened.use(spot.place), spot, part))
        return known[part] if part != "sum" else known["sum"] | {key: known[key] for key in known if key != "sum"}

    def near(self, spot: Spot) -> dict:
        """Prepare the squares around the box before others: a hand is there."""
        opened = self.opened.get(spot.place.drawing)
        if opened is not None:
            opened.near = spot.middle
        return {"near": opened is not None}

    # In the small

    def _begin(self, work: Callable[[Task], dict]) -> dict:
        return {"task": self.desk.begin(work).id}

    def _chosen_from(self, file: Path) -> dict | None:
        """A recent picture as the page shows it; None for a file that has been tampered with."""
        try:
            return payload.chosen_from(file, self.store.pictures)
        except (LiTError, OSError):
            return None
