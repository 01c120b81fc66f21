"""Dreams, drawn in the worker's lane while there is no job: each visitor in turn, frame by frame, kept on the disk.

A job comes before every frame, as it does for sweeps. What is read of the frames, as `Dreamt.read` has it:
symbols    of the frames so far, 0 for the first that it came to
graph      {"visits", "probabilities" by row, "stays" (mean frames), "medoids" (frames)}, by symbol
reader     "sketch" while it is dreamt: cells of k-means; then "alrnn" or "k-means", whichever knew more
bits       by reader: to tell the next cell of frames that were held out
ahead      [frames ahead, the almost-linear RNN's error, that of staying], of the variance; agreement: of two seeds
rest       the frame from which on it comes back for ever, None where it wanders; period: after how many frames
eigenvalue [size, error] of the largest of the map's where it rests, and sizes: those of the largest few; away: how far
           the map moves that point, of its size. For a period of one
parts      of what the picture there is made, as shares: {"frame" before, "noise", "words": [[piece, whether it is the
           style, whether guidance moves away from it, share]], "biases"}. For a period of one
"""

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lit.errors import InputError, LiTError, Phrase
from lit.studio.work.aside import Dropped, GivesWay, in_turns
from lit.studio.work.dreamt import FILE, Dreamt, Order
from lit.studio.work.lane import Lane
from lit.studio.work.lasting import ACTIVE, Lasting
from lit.studio.work.memory import Memory, failed, room_for
from lit.studio.work.pictures import reason

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from lit.pipeline import LiTPipeline

log = logging.getLogger(__name__)

KEPT = 20  # of one visitor; of those that have ended the oldest goes
PUBLIC_KEPT = 3  # where strangers share the studio
ALL = 200  # of all visitors
OPEN = 4  # dreams whose frames are held in memory
PIECES = 5  # of a dream that is read: three to learn, one to choose by, one held out
LOOKS = 25  # times that a dream's frames so far are sketched, once it is long
RECENT = 24  # frames of which it is remembered how long they took
SAMPLE = 400  # frames whose principal components a sketch is made in, at most: their time grows with the cube
BACK = 2048  # bytes of a pixel and an evaluation that are kept for the way back through the network


class Dreams(Lasting[Dreamt]):
    """All visitors' dreams, in `folder`. Any thread may call any method but `advance`.

    lane: shared with whoever else computes.  gives_way(): whether something else is to be done first.
    wake(): called when there is something to draw.  public: strangers share the studio, each sees their own alone.
    memory: the account that frames are on, which are read from the disk again where they had to go.
    """

    file, in_all = FILE, ALL

    def __init__(
        self,
        folder: Path,
        lane: Lane,
        gives_way: Callable[[], bool],
        wake: Callable[[], None],
        public: bool = False,
        memory: Memory | None = None,
    ):
        super().__init__(folder, Dreamt.open, PUBLIC_KEPT if public else KEPT, wake, public)
        self._lane, self._gives_way, self._memory = lane, gives_way, memory or Memory()
        self._under_way: OrderedDict[str, UnderWay] = OrderedDict()
        self._taken: deque[tuple[int, float]] = deque(maxlen=RECENT)  # a frame's pixel evaluations, and its seconds

    def begin(self, visitor: str, order: Order, image: "Image | None" = None) -> Dreamt:
        """Put a dream into this visitor's line. image: what it begins with, of the size that is drawn.  Raises LiTError
        where too many of theirs are being dreamt, and where it cannot be written."""
        order = replace(order, pictured=image is not None)
        return self._add(visitor, lambda folder, now: Dreamt(folder, visitor, order, now, image))

    def seconds(self, order: Order, frames: int) -> float | None:
        """About how long so many frames will take; None where none has been drawn yet."""
        taken = list(self._taken)
        if not taken:
            return None
        pace = sum(seconds for _, seconds in taken) / sum(evaluations for evaluations, _ in taken)
        return pace * order.pixel_evaluations / order.frames * frames

    def advance(self, pipeline: "LiTPipeline") -> bool:
        """Draw the next frame, or read what is there; False if there is nothing to do. The worker's thread calls it."""
        dreamt = self._next()
        for one in [one for one in list(self._under_way.values()) if not one.dreamt.active]:
            self._let_go(one.dreamt.id)
        if dreamt is None:
            return False
        try:
            self._advance(pipeline, dreamt)
        except Dropped:
            pass
        except GivesWay:
            self._again(dreamt)
        except OSError as error:
            self._failed(
                dreamt, LiTError(Phrase("The frames cannot be saved at the moment ({why})", why=reason(error)))
            )
        except LiTError as error:
            self._failed(dreamt, error)
        except BaseException as error:  # whatever it was, there are other dreams
            log.exception("a dream failed")
            self._failed(dreamt, LiTError(failed(error)))
        return True

    def _advance(self, pipeline, dreamt: Dreamt):
        began = time.monotonic()
        self._memory.need(room_for(dreamt.order.dream.settings), Phrase("A picture of this size"))
        with in_turns(self._lane, self._gives_way, lambda: dreamt.active and not self._closed) as breathe:
            going = self._going(pipeline, dreamt)
            going.breathe = breathe
            dreamt.does(going.doing())
            if dreamt.doing == "frames":
                going.frame()
                one = dreamt.order.pixel_evaluations // dreamt.order.frames
                self._taken.append((one, time.monotonic() - began))
            elif dreamt.doing == "rest":
                self._memory.need(going.room_to_ask, Phrase("Asking why a dream rests"))
                going.ask_why()
            elif dreamt.doing == "reading":
                going.read()
            else:
                dreamt.done()

    def _going(self, pipeline, dreamt: Dreamt) -> "UnderWay":
        going = self._under_way.pop(dreamt.id, None) or UnderWay(pipeline, dreamt)
        self._under_way[dreamt.id] = going
        self._memory.keep((id(self), dreamt.id), partial(self._under_way.pop, dreamt.id, None))
        while len(self._under_way) > OPEN:
            self._let_go(next(iter(self._under_way)))
        return going

    def _failed(self, dreamt, error):
        self._let_go(dreamt.id)
        dreamt.cannot(error)

    def _let_go(self, one_id):
        self._under_way.pop(one_id, None)
        self._memory.forget((id(self), one_id))

    def _gone(self):
        return LiTError("This dream is no longer there")

    def _too_many(self, own):
        if own:
            return LiTError(Phrase("{n} dreams of yours are under way. Stop one, or wait for it", n=ACTIVE))
        return LiTError("Too many dreams are under way at the moment. Try again in a while")

    def _unsaved(self, error):
        return LiTError(Phrase("The dream cannot be saved at the moment ({why})", why=reason(error)))


class UnderWay:
    """A dream with its frames in memory. breathe: of the turn in which something is done, which lets others in."""

    breathe: Callable[[bool], None]

    def __init__(self, pipeline: "LiTPipeline", dreamt: Dreamt):
        """Raises LiTError for what this model cannot dream, or cannot dream on."""
        from lit.explore.dreams import Dreamer, Frames

        self.dreamt, self.pipeline = dreamt, pipeline
        self.dreamer = Dreamer(pipeline, dreamt.order.dream, lambda more: self.breathe(more))
        try:
            self.frames = Frames(dreamt.folder / "latents", self.dreamer.dream, pipeline.weights_sha256)
        except InputError as error:
            raise LiTError("This dream was begun with another model, and cannot go on with this one") from error
        self.latents: list[Tensor] = list(self.frames.of(0)[: dreamt.count])
        if len(self.latents) < dreamt.count:
            raise LiTError("Frames of this dream are gone, and so it cannot go on")
        self._sketched = 0

    def doing(self) -> str:
        """What is to be done next, as `Dreamt.doing` names it."""
        from lit.explore.dreams.reading import FEWEST

        read, count = self.dreamt.read, len(self.latents)
        if read.get("rest") is not None:
            return "" if "eigenvalue" in read or read.get("period", 1) > 1 else "rest"
        if count < self.dreamt.order.frames:
            return "frames"
        return "reading" if count >= FEWEST and read.get("reader") == "sketch" else ""

    def frame(self):
        """Draw the next one."""
        from lit.explore.dreams.loop import CHUNK, rests
        from lit.explore.dreams.rest import SEEN

        number = len(self.latents)
        if number:
            latents = self.dreamer.turn(self.latents[-1], number - 1)
            assert latents is not None  # nobody interrupts its run
        else:
            latents = self.dreamer.first(0, self.dreamt.first())
        (image,) = self.pipeline.preview(latents[None])
        chunk = number // CHUNK
        self.frames.write(0, [*self.latents[chunk * CHUNK :], latents], chunk)
        self.latents.append(latents)
        self.dreamt.came(image)
        rested = rests(self.dreamer.dream, self.latents[-SEEN:]) is not None
        due = len(self.latents) - self._sketched >= max(1, len(self.latents) // LOOKS)
        if rested or due or len(self.latents) == self.dreamt.order.frames:
            self._sketch(rested)

    @property
    def room_to_ask(self) -> int:
        """Bytes that `ask_why` takes: the network in float32, and what the way back needs of each evaluation."""
        settings, solver = self.dreamer.dream.settings, self.dreamer.solver
        weights = 4 * sum(weight.numel() for weight in self.pipeline.transformer.parameters())
        return weights + BACK * settings.width * settings.height * len(solver.evaluations)

    def ask_why(self):
        """The largest eigenvalues of the map where it rests, and what the picture there is made of."""
        from lit.explore.dreams.spectrum import why_it_stays

        def tell():
            self.breathe(True)

        found, parts = why_it_stays(self.dreamer.as_map(len(self.latents)), self.latents[-1], tell=tell)
        sizes = found.eigenvalues.abs().tolist()
        words = [[label.piece, label.style, label.negative, share] for label, share in parts.words]
        made = {"frame": parts.frame, "noise": parts.noise, "words": words, "biases": parts.biases}
        self.dreamt.tell(eigenvalue=[sizes[0], float(found.errors[0])], sizes=sizes, away=found.away, parts=made)

    def read(self):
        """By an almost-linear RNN and by k-means with a chain; the one that knows more is shown."""
        import torch

        from lit.explore.dreams import in_order, read

        reading = read(torch.stack(self.latents).chunk(PIECES), tell=lambda _: self.breathe(True))
        points = reading.components(torch.stack(self.latents))
        symbols = in_order(torch.cat(reading.symbols))
        bits = reading.scores["bits"]
        told = {"alrnn": bits["almost-linear RNN"], "k-means": bits["k-means and Markov"], "shuffled": bits["shuffled"]}
        ahead = [[int(n), one["almost-linear RNN"], one["stay"]] for n, one in reading.scores["ahead"].items()]
        self.dreamt.tell(
            **_graph(points, symbols),
            reader=reading.better,
            bits=told,
            ahead=ahead,
            agreement=reading.scores["agreement"],
        )

    def _sketch(self, rested):
        import torch

        from lit.explore.dreams import sketch
        from lit.explore.dreams.loop import rests
        from lit.explore.dreams.reading import Components

        frames = torch.stack(self.latents)
        self._sketched = len(frames)
        end = rests(self.dreamer.dream, self.latents) if rested else None
        rest = {"rest": None} if end is None else {"rest": end.since, "period": end.period}
        if len(frames) > 1:
            points = Components.of(frames[:: -(-len(frames) // SAMPLE)])(frames)
            self.dreamt.tell(**_graph(points, sketch(points)), reader="sketch", **rest)


def _graph(points: "Tensor", symbols: "Tensor") -> dict:
    """points: (frames, N).  symbols: (frames,), in order."""
    from lit.explore.dreams import medoids
    from lit.explore.dynamics.symbols import Graph

    graph = Graph.of(symbols)
    probabilities = [[round(one, 4) for one in row] for row in graph.probabilities.tolist()]
    told = {"visits": graph.visits.tolist(), "probabilities": probabilities, "medoids": medoids(points, symbols)}
    return {"symbols": symbols.tolist(), "graph": told | {"stays": [round(one, 2) for one in graph.dwell.tolist()]}}
