"""A thread for work beside the drawing: questions that people wait for, and tasks that they watch.

A task, and what is asked, speaks the language of the request that it came with.

Long work calls `Task.step` between two of its steps. There the questions that have come meanwhile are answered,
in the same thread, so that they may ask about what the task works with; then the lane is offered to the drawing
worker; and whoever asked for an end gets it.

Work ahead of time is done in pieces, each only while there is no question, no task and nobody draws.
"""

import contextlib
import contextvars
import logging
import queue
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.words import in_words
from lit.studio.work.lane import Lane
from lit.studio.work.memory import Memory

log = logging.getLogger(__name__)

UNSEEN = 30.0  # seconds after which a task that no page asks about is stopped
AWAY = 600.0  # and after which, where its page has said that it is hidden and does not ask meanwhile
REMEMBERED = 100  # tasks whose end can be asked for
WAITING = 20  # tasks that may wait
AHEAD = 3  # works ahead of time at once; each holds a view
PATIENCE = 0.1  # seconds between two looks whether the drawing has ended
CLOSING = "The studio is closing"


class Stopped(Exception):
    """Raised inside a task that is to end."""


class Task:
    """Long work. done, of: steps; of is 0 while unknown.  said: that in words.

    result: plain data once it has ended well.  error: a sentence if it has not.
    """

    def __init__(self, desk: "Desk"):
        self.id = uuid.uuid4().hex
        self.done, self.of, self.said = 0, 0, t("Waiting for its turn")
        self.result: dict | None = None
        self.error = ""
        self.stop = False
        self.seen = time.monotonic()
        self._desk = desk
        self._context = contextvars.copy_context()

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

    def run(self, work: Callable[["Task"], dict]):
        """Do `work(self)` until it is done or told to end."""
        self._context.run(self._run, work)

    def _run(self, work):
        with self._ending():
            self.end_if_asked()
            self.result = work(self) or {}

    @contextlib.contextmanager
    def _ending(self):
        """What the work inside ends with, if it does not go on."""
        try:
            yield
        except Stopped:
            self.result = {"stopped": True}
        except LiTError as error:
            self.error = in_words(error)
        except BaseException as error:  # the thread has others to serve
            log.exception("a task failed")
            self.error = t("That failed: {kind}: {why}", kind=type(error).__name__, why=error)


class Ahead(Task):
    """Work ahead of time: `work(task)` is a generator that returns the result, each of its pieces ends in a yield."""

    def __init__(self, desk: "Desk", work: Callable[[Task], Iterator[None]]):
        super().__init__(desk)
        self._pieces = work(self)

    def advance(self):
        """Do one piece."""
        self._context.run(self._advance)

    def _advance(self):
        with self._ending():
            self.end_if_asked()
            try:
                next(self._pieces)
            except StopIteration as end:
                self.result = end.value or {}
        if self.ended:
            self._pieces = iter(())  # lets go of what they hold


class Desk:
    """Answers questions and works on tasks, one at a time, inside the lane that it shares with the worker.

    closing: tells whether the studio closes.  memory: the account on which results are kept, which this thread keeps
    in order, too. The thread starts with the first piece of work.
    """

    def __init__(self, lane: Lane, closing: Callable[[], bool], memory: Memory | None = None):
        self._lane, self.closing, self._memory = lane, closing, memory or Memory()
        self._questions: queue.SimpleQueue = queue.SimpleQueue()  # (Future, function)
        self._tasks: queue.SimpleQueue = queue.SimpleQueue()  # (Task, function)
        self._ahead: deque[Ahead] = deque()  # taken in turns
        self._known: OrderedDict[str, Task] = OrderedDict()
        self._guard = threading.Lock()  # of _ahead, _known, _thread and _over
        self._over = False  # the thread has ended: nothing will be answered any more
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, question: Callable[[], dict]) -> dict:
        """Compute `question()` in the thread and wait for it; its exceptions come here."""
        answer = Future()
        with self._guard:
            if self._over:
                raise LiTError(CLOSING)
            self._questions.put((answer, partial(contextvars.copy_context().run, question)))
        self._start()
        return answer.result()

    def begin(self, work: Callable[[Task], dict]) -> Task:
        """Put `work(task)` behind the other tasks. Raises LiTError if there are too many."""
        task = Task(self)
        with self._guard:
            waiting = [known for known in self._known.values() if not known.ended and not isinstance(known, Ahead)]
            if len(waiting) >= WAITING:
                raise LiTError("Too many tasks wait already. Try again in a minute")
            self._remember(task)
        self._tasks.put((task, work))
        self._start()
        return task

    def begin_ahead(self, work: Callable[[Task], Iterator[None]]) -> Ahead:
        """Work on the pieces of `work(task)` whenever there is nothing else to do. Of more than AHEAD such works the
        oldest are stopped."""
        task = Ahead(self, work)
        with self._guard:
            self._remember(task)
            self._ahead.append(task)
            works = [known for known in self._known.values() if isinstance(known, Ahead)]
            for oldest in [known for known in works if not (known.ended or known.to_end)][:-AHEAD]:
                oldest.stop = True
        self._start()
        return task

    def task(self, task_id: str, away: bool = False) -> Task:
        """The task with this id, now seen by its page; with `away` for the last time in a while. Raises LiTError if
        there is none."""
        task = self._known.get(task_id)
        if task is None:
            raise LiTError("This is no longer under way. Start it again")
        task.seen = time.monotonic() + (AWAY - UNSEEN if away else 0)
        return task

    def breathe(self):
        """Inside a task: answer the questions that wait, then let the worker draw a step."""
        self._answer_all()
        self._memory.make_room()
        self._lane.pause()

    def _start(self):
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lit-desk", daemon=True)
                self._thread.start()
        self._wake.set()

    def _remember(self, task: Task):
        self._known[task.id] = task
        while len(self._known) > REMEMBERED:
            self._memory.forget(self._known.popitem(last=False)[0])

    def _counted(self, task: Task):
        """A task's result may have pictures: it is given up where memory is short."""
        if task.result:
            self._memory.keep(task.id, partial(self._give_up, task.id))
        self._memory.make_room()

    def _give_up(self, task_id: str):
        with self._guard:
            self._known.pop(task_id, None)

    def _run(self):
        try:
            self._serve()
        finally:
            with self._guard:
                self._over = True
            while not self._questions.empty():
                self._questions.get()[0].set_exception(LiTError(CLOSING))

    def _serve(self):
        while not self.closing():
            if not (self._questions.empty() and self._tasks.empty()):
                with self._lane:
                    self._answer_all()
                    if not self._tasks.empty():
                        task, work = self._tasks.get()
                        task.run(work)
                        self._counted(task)
            elif not self._advance():
                self._wake.wait(timeout=PATIENCE if self._ahead else 1.0)
                self._wake.clear()
        while self._ahead:
            self._advance()

    def _advance(self) -> bool:
        """One piece of work ahead, or the end of what is to end; False if nothing could be done."""
        with self._guard:
            if not self._ahead:
                return False
            task = next((task for task in self._ahead if task.to_end), self._ahead[0])
            if not (task.to_end or self._lane.free):
                return False
            self._ahead.remove(task)
        if task.to_end:
            task.advance()  # which ends it, without computing
        else:
            with self._lane:
                task.advance()
                self._counted(task)
        if not task.ended:
            with self._guard:
                self._ahead.append(task)
        return True

    def _answer_all(self):
        while not self._questions.empty():
            answer, question = self._questions.get()
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)
