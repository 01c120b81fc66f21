"""What the LinearScope tab asks for: pictures to choose from, one of them opened, a spot looked at, modes found.

Requests and answers are plain data, the latter made by scope_payload.py. `lit.scope` and torch are imported with
the first picture that is opened.
"""

import base64
import binascii
import hashlib
import json
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lit.errors import InputError, LiTError
from lit.settings import GenerationSettings, read_png
from lit.studio.fields import ANY_STYLE, STYLE_LABELS
from lit.studio.tabs.scope import payload
from lit.studio.tabs.scope.models import OWN, TEACHER, Model, make_model, teacher_folder
from lit.studio.tabs.scope.prepared import Answers, Asked, preparing
from lit.studio.work.desk import Desk, Stopped, Task
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker
from lit.styles import STYLES

KEPT = 3  # opened pictures; each holds up to some 1.5 GB of captures of the embedded model
RECENT = 24  # pictures to choose from
MODES = 16
UPLOAD = 20_000_000  # characters of a PNG as base64
PUBLIC_LIMIT = 256 * 256 * 40  # pixel evaluations of a picture that strangers may open
WHOLE_WAY = "trajectory"  # among the layers: from the first noise, through all steps


@dataclass
class Opened:
    """A picture under the scope. previews: what the model saw at each step, as data URLs.
    near: the pixel around which squares are prepared first."""

    drawing: object
    previews: list[str]
    near: tuple[float, float]


class ScopeSession:
    """All visitors' way to LinearScope. public: strangers share the studio."""

    # What the page may call, each with one request and one answer.
    ANSWERS = (
        "pictures", "open", "look", "reads", "spreads", "near",
        "words", "sweep", "modes", "prepare", "progress", "stop",
    )  # fmt: skip

    def __init__(self, store: JobStore, worker: Worker, public: bool = False):
        self.store, self.worker, self.public = store, worker, public
        self.desk = Desk(worker.lane, lambda: worker.closing)
        self._opened: OrderedDict[str, Opened] = OrderedDict()  # changed by the desk's thread only
        self._models: dict[str, Model] = {}  # likewise
        self.answers = Answers()

    def pictures(self, request: dict) -> dict:
        """What there is to choose: the visitor's recent pictures, styles, models."""
        visitor = str(request.get("visitor") or "")
        files = self.store.recent(RECENT, visitor if self.public else None)
        models = [[OWN, "This studio's model"]]
        if self.worker.model == "ready" and teacher_folder(self.worker.pipeline()):
            models.append([TEACHER, "Its teacher"])
        return {
            "pictures": [picture for file in files if (picture := self._chosen_from(file))],
            "styles": [[ANY_STYLE, "Any"], *([style, STYLE_LABELS[style]] for style in STYLES)],
            "models": models,
        }

    # Tasks: the answer is their id, their result comes by `progress`

    def open(self, request: dict) -> dict:
        """Draw a picture and keep what its steps need.

        request: a PNG as base64 in `png` with its name in `file`, or the name of one of `pictures` in `recent`,
        or `prompt`, `style` and `seed`; and `model`.
        """
        settings, recorded = self._settings(request)
        model = request.get("model") or OWN
        if self.public and settings.for_image(0).pixel_evaluations > PUBLIC_LIMIT:
            raise LiTError(
                "This studio is shared: one picture has at most 256 pixels a side and 40 steps, or as much in another"
                " way. On your own machine there is no such limit"
            )
        return {"task": self.desk.begin(lambda task: self._open(task, settings, recorded, model)).id}

    def words(self, request: dict) -> dict:
        """What each word adds to the picture, in the order of the sum's words.

        On the way all parts of a step's picture are computed: from then on a spot is a matter of adding up.
        """

        def work(task: Task) -> dict:
            view, region = self._view(request, whole_way=True)
            if not request.get("layer"):
                self._cancellable(task, "Making answers instant: part {} of {}", view.prepare)
            images = self._cancellable(task, "Finding words: {} of {}", view.word_images)
            return payload.words(images, view.words, region.channel)

        return {"task": self.desk.begin(work).id}

    def sweep(self, request: dict) -> dict:
        """`look`, `reads` and `spreads` for the whole way from the noise: through all steps, so it takes its time."""

        def work(task: Task) -> dict:
            view, region = self._view(request, whole_way=True)
            found = self._cancellable(task, "Adding up: step {} of {}", view.contributions, region)
            field = self._cancellable(task, "Where it reads: step {} of {}", view.receptive_field, region)
            spread = "Where it spreads: step {} of {}"
            response = self._cancellable(task, spread, view.response, region)
            return payload.sum_of(found, region, view) | {
                "reads": payload.reads(field, whole_way=True),
                "spreads": payload.spreads(response, region, whole_way=True),
            }

        return {"task": self.desk.begin(work).id}

    def modes(self, request: dict) -> dict:
        """The strongest singular modes of a step; stopped, those found so far."""

        def work(task: Task) -> dict:
            view, _ = self._view(request)

            def tell(done, of):
                task.step(done, of, f"Round {done} of at most {of}")

            return payload.modes(view.modes(MODES, on_progress=tell, cancelled=lambda: task.to_end), MODES)

        return {"task": self.desk.begin(work).id}

    def prepare(self, request: dict) -> dict:
        """Find the answers of all squares of a step ahead, so that a click on one gets everything at once.

        Done while there is nothing else to do, those near the last spot first.
        """
        return {"task": self.desk.begin_ahead(lambda task: self._preparing(task, request)).id}

    def progress(self, request: dict) -> dict:
        """How far a task is; at its end its `result`."""
        task = self.desk.task(request.get("task"))
        if task.error:
            return {"error": task.error}
        if task.result is not None:
            return {"result": task.result}
        return {"done": task.done, "of": task.of, "said": task.said}

    def stop(self, request: dict) -> dict:
        self.desk.task(request.get("task")).stop = True
        return {"stopping": True}

    # Questions: answered at once, also in the middle of a task. What lies ready needs neither the desk nor the lane.

    def look(self, request: dict) -> dict:
        """What adds up to what is in `box` = [left, top, right, bottom]; and where it reads and spreads, if known."""
        self.near(request)
        known = self._answer(request, "sum")
        return known["sum"] | {name: known[name] for name in ("reads", "spreads") if name in known}

    def reads(self, request: dict) -> dict:
        """Where `box` reads."""
        return self._answer(request, "reads")["reads"]

    def spreads(self, request: dict) -> dict:
        """Where `box` spreads."""
        return self._answer(request, "spreads")["spreads"]

    def near(self, request: dict) -> dict:
        """Prepare the squares around `box` before others: a hand is there."""
        opened, asked = self._opened.get(request.get("drawing")), Asked.of(request)
        if opened is not None and asked is not None:
            opened.near = asked.middle
        return {"near": asked is not None}

    # In the small

    def _answer(self, request: dict, part: str) -> dict:
        """The parts of an answer that are known, `part` among them: found now if it is not."""
        known = self.answers.get(Asked.of(request))
        return known if part in known else self._ask(lambda: self._find(request, part, *self._view(request)))

    def _find(self, request: dict, part: str, view, region) -> dict:
        """Find a part of an answer and keep it; returns all that is known of the answer."""
        found = {}
        if part == "sum":
            found["sum"] = payload.sum_of(view.contributions(region), region, view)
        if part == "reads" or view.knows_field(region):
            found["reads"] = payload.reads(view.receptive_field(region))
        if part == "spreads":
            found["spreads"] = payload.spreads(view.response(region), region)
        asked = Asked.of(request)
        if asked is None:
            return found
        self.answers.add(asked, found)
        return self.answers.get(asked) | found

    def _preparing(self, task: Task, request: dict) -> Iterator[None]:
        """The pieces of `prepare`."""
        from lit.scope.drawings.regions import squares

        view, whole = self._view(request | {"box": None})
        drawing = self._opened[request["drawing"]].drawing
        regions, seen = {}, drawing.image.getchannel("A")
        for region in squares(drawing.size, drawing.square, whole.channel):
            box = [region.left, region.top, region.right, region.bottom]
            regions[Asked.of(request | {"box": box})] = region, box

        def find(asked, part):
            self._drawing(request)  # which may have been closed
            region, box = regions[asked]
            self._find(request | {"box": box}, part, view, region)

        def tell(done, of):
            task.done, task.of = done, of
            task.said = f"{done} of {of} squares answer at once"

        if view.layer is None:
            task.said = "Getting the steps beside this one"
            yield from self._neighbours(drawing, request)
        there = {asked: seen.crop(asked.box).getextrema()[1] > 0 for asked in regions}
        yield from preparing(there, self.answers, find, lambda: self._drawing(request).near, tell, view.prepared)
        return {"squares": len(regions)}

    def _neighbours(self, drawing, request: dict) -> Iterator[None]:
        """Capture the steps before and after, in pieces: the timeline's next stop is most often one of them.

        With the step in use these are as many views as a drawing keeps; that one stays the last to go.
        """
        step, path = request["step"], request.get("path") or "value"
        for beside in (step - 1, step + 1):
            if not 0 <= beside < drawing.steps:
                continue
            neighbour = drawing.step(beside, path=path)
            drawing.step(step, path=path)
            yield
            neighbour.map.warm()
            yield

    def _ask(self, question) -> dict:
        def apart():
            import torch

            with torch.inference_mode(False):  # the task around it may be drawing
                return question()

        return self.desk.ask(apart)

    def _cancellable(self, task: Task, said: str, method, *arguments):
        """Call a method of a view that reports its progress and can be stopped."""
        from lit.scope.modes import Cancelled

        def tell(done, of):
            task.step(done, of, said.format(done, of))

        try:
            return method(*arguments, on_progress=tell, cancelled=lambda: task.to_end)
        except Cancelled as cancelled:
            raise Stopped from cancelled

    def _settings(self, request: dict) -> tuple[GenerationSettings, dict]:
        """What to draw, and the provenance that a file tells; {} without a file."""
        if "png" in request:
            return self._read_upload(request)
        if "recent" in request:
            return read_png(self._recent_file(request["recent"]))
        style, seed = request.get("style"), request.get("seed")
        settings = GenerationSettings(
            prompt=str(request.get("prompt") or "").strip(),
            style=None if style in (None, "", ANY_STYLE) else str(style),
            seed=int(seed) if str(seed).isascii() and str(seed).isdecimal() else str(seed),
        )
        return settings.validate(), {}

    def _read_upload(self, request):
        name = Path(str(request.get("file") or "")).name[-60:] or "picture.png"  # a file system's 255 bytes
        encoded = request["png"]
        if not isinstance(encoded, str) or len(encoded) > UPLOAD:
            raise InputError("image", name, f"a PNG of at most {UPLOAD * 3 // 4 // 1_000_000} MB")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise InputError("image", name, "a PNG") from error
        with tempfile.TemporaryDirectory(prefix="lit-scope-") as folder:
            file = Path(folder) / name  # the readers' errors name the file
            file.write_bytes(data)
            return read_png(file)

    def _chosen_from(self, file: Path) -> dict | None:
        """A recent picture as the page shows it; None for a file that has been tampered with."""
        try:
            return payload.chosen_from(file, self.store.pictures)
        except (LiTError, OSError):
            return None

    def _recent_file(self, name):
        """The picture that `pictures` gave this name. Its folder is a job's id: who knows it may see it."""
        job = self.store.get(str(name).split("/")[0])
        for file in job.files if job else ():
            if file.relative_to(self.store.pictures).as_posix() == name and file.exists():
                return file
        raise InputError("image", str(name).split("/")[-1], "a picture that is still there")

    def _open(self, task: Task, settings: GenerationSettings, recorded: dict, model_name: str) -> dict:
        from lit.scope.drawings.drawing import OpenedDrawing
        from lit.scope.modes import Cancelled

        task.step(0, 0, "Getting the model ready")
        model = self._model(model_name)
        label = "" if model_name == OWN else model.label
        own, weights = self.worker.pipeline().weights_sha256, str(recorded.get("weights_sha256") or "")
        if weights and weights != own:  # whichever model is to draw it again
            raise LiTError(
                f"This picture was drawn by another model: its weights begin with {weights[:10]}, this studio's with"
                f" {own[:10]}. Only a picture of the same model can be opened"
            )
        notice = model.notice
        if recorded and not weights:
            notice = f"{notice} The file does not say which weights drew it; here it is drawn by these.".strip()
        if "stopped_after" in recorded:
            stopped = f"The file was stopped after step {recorded['stopped_after']}. Here it is drawn to its end."
            notice = f"{notice} {stopped}".strip()
        key = hashlib.sha256(json.dumps([asdict(settings), model_name]).encode()).hexdigest()
        if key in self._opened:
            self._opened.move_to_end(key)
            known = self._opened[key]
            return payload.opened(key, known.drawing, known.previews, label, notice)
        previews = []

        def tell(done, of):
            task.step(done, of, f"Drawing: step {done} of {of}")

        try:
            drawing = OpenedDrawing.open(
                model.pipeline,
                settings,
                on_progress=tell,
                on_preview=lambda image: previews.append(payload.data_url(image)),
                cancelled=lambda: task.to_end,
            )
        except Cancelled as cancelled:
            raise Stopped from cancelled
        for step, latents in enumerate(drawing.latents):
            if not latents.isfinite().all():
                raise LiTError(
                    f"This picture cannot be looked into: its numbers are not finite after step {step}. The model's"
                    " weights may be damaged"
                )
        previews[-1] = payload.data_url(drawing.image)
        task.step(drawing.steps, drawing.steps, "Getting ready to look")
        drawing.step(drawing.steps - 1)  # which the page shows first
        width, height = drawing.size
        self._opened[key] = Opened(drawing, previews, (width / 2, height / 2))
        while len(self._opened) > KEPT:
            self.answers.forget(self._opened.popitem(last=False)[0])
        return payload.opened(key, drawing, previews, label, notice)

    def _model(self, name: str) -> Model:
        """The model to draw and look with, made once."""
        if name not in self._models:
            self._models[name] = make_model(name, self.worker.pipeline())
        return self._models[name]

    def _drawing(self, request: dict) -> Opened:
        opened = self._opened.get(request.get("drawing"))
        if opened is None:
            raise LiTError("This picture is no longer open. Open it again")
        return opened

    def _view(self, request: dict, whole_way: bool = False):
        """The map and region that a request means. Raises LiTError for what does not exist.

        whole_way: the map may be that of all steps, which answers slowly.
        """
        from lit.scope.drawings.regions import Region

        opened = self._drawing(request)
        self._opened.move_to_end(request["drawing"])
        layer, path = request.get("layer") or None, request.get("path") or "value"
        if layer == WHOLE_WAY and not whole_way:
            raise LiTError("This is found for one step at a time. Follow something else than all steps")
        if layer == WHOLE_WAY:
            view = opened.drawing.trajectory(path=path)
        else:
            view = opened.drawing.step(request.get("step"), path=path, layer=layer)
        box = request.get("box") or [0, 0, 1, 1]
        if not isinstance(box, list) or len(box) != 4 or not all(type(side) is int for side in box):
            raise InputError("point", box, "two whole numbers, or four for a box")
        region = Region(*box, str(request.get("channel") or "luminance"))
        return view, region.validate(*opened.drawing.size)
