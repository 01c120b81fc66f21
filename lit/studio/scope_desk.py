"""The thread in which LinearScope computes: questions that people wait for, and tasks that they watch.

Long work calls `Task.step` between two of its steps. There the questions that have come meanwhile are answered,
in the same thread, because the views of `lit.scope` are locked by who works with them; then the lane is offered
to the drawing worker; and whoever asked for an end gets it.
"""

import logging
import queue
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from lit.errors import LiTError
from lit.studio.fields import in_words
from lit.studio.worker import Lane

log = logging.getLogger(__name__)

UNSEEN = 30.0  # seconds after which a task that no page asks about is stopped; browsers let hidden pages sleep
REMEMBERED = 100  # tasks whose end can be asked for
WAITING = 20  # tasks that may wait
CLOSING = "The studio is closing"


class Stopped(Exception):
    """Raised inside a task that is to end."""


class Task:
    """Long work. done, of: steps; of is 0 while unknown.  said: that in words.

    result: plain data once it has ended well.  error: a sentence if it has not.
    """

    def __init__(self, desk: "Desk", work: Callable[["Task"], dict]):
        self.id = uuid.uuid4().hex
        self.done, self.of, self.said = 0, 0, "Waiting for its turn"
        self.result: dict | None = None
        self.error = ""
        self.stop = False
        self.seen = time.monotonic()
        self._desk, self._work = desk, work

    @property
    def ended(self) -> bool:
        return self.result is not None or bool(self.error)

    @property
    def to_end(self) -> bool:
        """Somebody pressed Stop, the page is gone, or the studio closes."""
        return self.stop or self._desk.closing() or time.monotonic() - self.seen > UNSEEN

    def step(self, done: int, of: int, said: str):
        """Tell how far it is, and let others in. Does not end the task: ask `to_end`, or call `end_if_asked`."""
        self.done, self.of, self.said = done, of, said
        self._desk.breathe()

    def end_if_asked(self):
        """Raise Stopped if the task is to end."""
        if self.to_end:
            raise Stopped

    def run(self):
        try:
            self.end_if_asked()
            self.result = self._work(self)
        except Stopped:
            self.result = {"stopped": True}
        except LiTError as error:
            self.error = in_words(error)
        except Exception as error:
            log.exception("LinearScope: a task failed")
            self.error = f"That failed: {type(error).__name__}: {error}"


class Desk:
    """Answers questions and works on tasks, one at a time, inside the lane that it shares with the worker.

    closing: tells whether the studio closes. The thread starts with the first piece of work.
    """

    def __init__(self, lane: Lane, closing: Callable[[], bool]):
        self._lane, self.closing = lane, closing
        self._questions: queue.SimpleQueue = queue.SimpleQueue()  # (Future, function)
        self._tasks: queue.SimpleQueue = queue.SimpleQueue()
        self._known: OrderedDict[str, Task] = OrderedDict()
        self._guard = threading.Lock()  # of _known, _thread and _over
        self._over = False  # the thread has ended: nothing will be answered any more
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, question: Callable[[], dict]) -> dict:
        """Compute `question()` in the thread and wait for it; its exceptions come here."""
        answer = Future()
        with self._guard:
            if self._over:
                raise LiTError(CLOSING)
            self._questions.put((answer, question))
        self._start()
        return answer.result()

    def begin(self, work: Callable[[Task], dict]) -> Task:
        """Put `work(task)` behind the other tasks. Raises LiTError if there are too many."""
        task = Task(self, work)
        with self._guard:
            if sum(not known.ended for known in self._known.values()) >= WAITING:
                raise LiTError("Too many people look at once. Try again in a minute")
            self._known[task.id] = task
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._tasks.put(task)
        self._start()
        return task

    def task(self, task_id: object) -> Task:
        """The task with this id, now seen by its page. Raises LiTError if there is none."""
        task = self._known.get(task_id)
        if task is None:
            raise LiTError("This is no longer under way. Start it again")
        task.seen = time.monotonic()
        return task

    def breathe(self):
        """Inside a task: answer the questions that wait, then let the worker draw a step."""
        self._answer_all()
        self._lane.pause()

    def _start(self):
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lit-scope", daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self):
        while not self.closing():
            self._wake.wait(timeout=1.0)
            self._wake.clear()
            while not (self._questions.empty() and self._tasks.empty()):
                with self._lane:
                    self._answer_all()
                    if not self._tasks.empty():
                        self._tasks.get().run()
        with self._guard:
            self._over = True
        while not self._questions.empty():
            self._questions.get()[0].set_exception(LiTError(CLOSING))

    def _answer_all(self):
        while not self._questions.empty():
            answer, question = self._questions.get()
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)
