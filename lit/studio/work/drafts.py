"""Live pictures: what a page asks for while somebody types. They are drafts: in memory only, in no list of jobs.

A page has one place. What it asks for last takes that place, and whatever was there before is dropped: not begun if it
waited, ended within one evaluation if it was being drawn. Visitors take turns, each with one picture, so that nobody
waits for more than one picture of each other visitor, however fast they type and however many pages they have open.
"""

import io
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from PIL import Image

from lit.errors import LiTError
from lit.settings import GenerationSettings
from lit.studio.work.memory import Memory

WAITING = 32  # pages whose drafts may wait
PAGES = 4  # of one visitor likewise; the oldest makes room
KEPT = 64  # pages of which the last pictures are remembered
SHOWN = 3  # pictures of each: the last may not be the one that is seen, when newer words have come in between
KNOWN = 1000  # pages whose last number is remembered


@dataclass(frozen=True)
class Page:
    """An open page of a visitor. Both are random names that the browser makes."""

    visitor: str
    name: str


@dataclass(frozen=True)
class Picture:
    """A live picture. id: random, also the capability to keep it.  data: WebP without loss.

    settings: those that draw it again.  seconds: it took so long.  settled: more steps would not be taken.
    """

    id: str
    settings: GenerationSettings
    provenance: dict
    data: bytes
    seconds: float
    settled: bool

    def image(self) -> Image.Image:
        """RGBA, as it was drawn."""
        with Image.open(io.BytesIO(self.data)) as image:
            return image.convert("RGBA")


class Draft:
    """A picture that has been asked for.

    settings: as the page has them.  typed: the words before they were read, "" where they are these.
    settled: nobody types any more, so that it may take more steps.
    answer: the Picture; None once it is outdated; or the LiTError that says why there is none.
    """

    def __init__(self, page: Page, number: int, settings: GenerationSettings, settled: bool, typed: str):
        self.page, self.number, self.settings, self.settled, self.typed = page, number, settings, settled, typed
        self.answer: Future[Picture | None] = Future()

    @property
    def wanted(self) -> bool:
        return not self.answer.done()

    def drop(self):
        """It is outdated, or nobody waits for it any more; from any thread."""
        self._answer(lambda: self.answer.set_result(None))

    def fail(self, error: LiTError):
        self._answer(lambda: self.answer.set_exception(error))

    def done(self, picture: Picture):
        self._answer(lambda: self.answer.set_result(picture))

    def _answer(self, give):
        with _ANSWERING:
            if self.wanted:
                give()


_ANSWERING = threading.Lock()  # an answer is given once, by whoever comes first


class Drafts:
    """The places of all pages, and the last pictures of each. Any thread may call any method. memory: the account that
    these pictures are on."""

    def __init__(self, memory: Memory | None = None):
        self._memory = memory or Memory()
        self._guard = threading.Lock()
        self._waiting: OrderedDict[str, OrderedDict[Page, Draft]] = OrderedDict()  # by visitor, in order of their turns
        self._drawing: Draft | None = None
        self._closed = False
        self._numbers: OrderedDict[Page, int] = OrderedDict()
        self._pictures: OrderedDict[Page, deque[Picture]] = OrderedDict()

    def ask(
        self, page: Page, number: int, settings: GenerationSettings, settled: bool = False, typed: str = ""
    ) -> Draft:
        """Put a draft into its page's place. number: the page counts what it asks for, and requests may overtake each
        other: one with a lower number than the last is outdated when it comes.

        Raises LiTError where too many wait.
        """
        draft = Draft(page, number, settings, settled, typed)
        with self._guard:
            if self._closed:
                raise LiTError("The studio is closing")
            if number < self._numbers.get(page, 0):
                draft.drop()
                return draft
            mine = self._waiting.get(page.visitor, OrderedDict())
            if page not in mine and len(mine) < PAGES and self._count() >= WAITING:
                raise LiTError("Too many people draw while they type at the moment. Generate works as always")
            _remember(self._numbers, page, number, KNOWN)
            if self._drawing is not None and self._drawing.page == page:
                self._drawing.drop()
            if page in mine:
                mine[page].drop()
            elif len(mine) == PAGES:
                mine.popitem(last=False)[1].drop()
            mine[page] = draft  # a place that was taken keeps its turn
            self._waiting.setdefault(page.visitor, mine)
        return draft

    def take(self) -> Draft | None:
        """The draft whose turn it is, from now on being drawn; its visitor's next comes after all others'."""
        with self._guard:
            self._drawing = None
            while self._waiting and self._drawing is None:
                visitor, mine = self._waiting.popitem(last=False)
                draft = mine.popitem(last=False)[1]
                if mine:
                    self._waiting[visitor] = mine
                if draft.wanted:
                    self._drawing = draft
            return self._drawing

    def put_back(self, draft: Draft):
        """What has been begun and had to give way comes first again, unless something newer is in its place."""
        with self._guard:
            self._drawing = None
            mine = self._waiting.setdefault(draft.page.visitor, OrderedDict())
            if draft.page in mine:
                draft.drop()
            mine.setdefault(draft.page, draft)
            mine.move_to_end(draft.page, last=False)
            self._waiting.move_to_end(draft.page.visitor, last=False)

    def close(self):
        """Whatever waits or is being drawn is answered, and nothing more can be asked for."""
        with self._guard:
            self._closed = True
            for mine in self._waiting.values():
                for draft in mine.values():
                    draft.drop()
            if self._drawing is not None:
                self._drawing.drop()

    def finish(self, draft: Draft, picture: Picture):
        """A draft has been drawn: its page's last picture from now on."""
        with self._guard:
            mine = self._pictures.get(draft.page, deque(maxlen=SHOWN))
            mine.append(picture)
            forgotten = _remember(self._pictures, draft.page, mine, KEPT)
        self._memory.forget(forgotten)
        self._memory.keep(draft.page, partial(self._give_up, draft.page))
        draft.done(picture)

    def _give_up(self, page: Page):
        with self._guard:
            self._pictures.pop(page, None)

    def picture(self, picture_id: str) -> Picture:
        """The picture with this id. Raises LiTError for one that is no longer there."""
        with self._guard:
            known = [picture for mine in self._pictures.values() for picture in mine]
        found = next((picture for picture in known if picture.id == picture_id), None)
        if found is None:
            raise LiTError("This live picture is no longer there. Press Generate to draw it")
        return found

    def _count(self):
        """How many wait, without those that have been dropped meanwhile."""
        return sum(draft.wanted for mine in self._waiting.values() for draft in mine.values())


def _remember(known: OrderedDict, key, value, most: int):
    """Returns the key that made room, None for none."""
    known[key] = value
    known.move_to_end(key)
    return known.popitem(last=False)[0] if len(known) > most else None
