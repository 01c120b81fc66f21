"""Pictures under the scope: drawn with the captures that their maps need, and kept while somebody may look."""

import hashlib
import json
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lit.errors import InputError, LiTError, Phrase
from lit.settings import GenerationSettings, Source, read_png, read_source
from lit.studio.languages import t
from lit.studio.tabs.scope import payload
from lit.studio.tabs.scope.models import OWN, Model, make_model
from lit.studio.tabs.scope.requests import OpenRequest, Place, Spot, Upload, shown
from lit.studio.work.desk import Stopped, Task
from lit.studio.work.jobs import JobStore
from lit.studio.work.memory import Memory
from lit.studio.work.rows import Job

if TYPE_CHECKING:
    from lit.scope.drawings.drawing import OpenedDrawing

KEPT = 24  # opened pictures, some MB each; their captures, which are large, are the account's (captures.py)
CLOSED = "This picture is no longer open. Open it again"


@dataclass
class Opened:
    """A picture under the scope. previews: what the model saw at each step, as data URLs.
    near: the pixel around which squares are prepared first."""

    drawing: "OpenedDrawing"
    previews: list[str]
    near: tuple[float, float]

    def view(self, place: Place, whole_way: bool = False):
        """The map that a place means. whole_way: it may be that of all steps, which answers slowly.

        Raises LiTError for a step, layer or path that does not exist.
        """
        if not place.whole_way:
            return self.drawing.step(place.step, path=place.path, layer=place.layer or None)
        if not whole_way:
            raise LiTError("This is found for one step at a time. Follow something else than all steps")
        return self.drawing.trajectory(path=place.path)

    def region(self, spot: Spot):
        """The box of a spot as a `Region` of the picture. Raises InputError for one that is not inside it."""
        from lit.scope.drawings.regions import Region

        return Region(*spot.box, spot.place.channel).validate(*self.drawing.size)


@dataclass(frozen=True)
class Described:
    """What to draw. recorded: the provenance that its file tells, {} without a file.  source: what it is drawn over."""

    settings: GenerationSettings
    recorded: dict = field(default_factory=dict)
    source: Source | None = None


class OpenPictures:
    """The opened pictures by their ids, the latest KEPT of them, and the models they are drawn with.

    own(): the studio's pipeline.  forget(id): what to do about a picture that made room.  memory: whose account their
    captures are on. Changed by one thread only.
    """

    def __init__(self, own: Callable[[], Any], forget: Callable[[str], None], memory: Memory):
        self._own, self._forget, self._memory = own, forget, memory
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._models: dict[str, Model] = {}

    def get(self, drawing: str) -> Opened | None:
        """The picture with this id, None if it is not open."""
        return self._opened.get(drawing)

    def use(self, place: Place) -> Opened:
        """The picture of a place, from now on the last to make room. Raises LiTError if it is not open."""
        opened = self._opened.get(place.drawing)
        if opened is None:
            raise LiTError(CLOSED)
        self._opened.move_to_end(place.drawing)
        return opened

    def open(self, task: Task, described: Described, model_name: str) -> dict:
        """Draw a picture, or find that it is open, and describe it for the page."""
        settings = described.settings
        task.step(0, 0, t("Getting the model ready"))
        model = self._model(model_name)
        label = "" if model_name == OWN else t(model.label)
        notice = self._notice(model, described.recorded)
        key = hashlib.sha256(json.dumps([asdict(settings), model_name]).encode()).hexdigest()
        if key not in self._opened:
            self._keep(key, _drawn(task, model, described, self._memory))
        self._opened.move_to_end(key)
        known = self._opened[key]
        return payload.opened(key, known.drawing, known.previews, label, notice)

    def _model(self, name: str) -> Model:
        """The model to draw and look with, made once."""
        if name not in self._models:
            self._models[name] = make_model(name, self._own())
        return self._models[name]

    def _notice(self, model: Model, recorded: dict) -> str:
        """What to say of the model and the file. Raises LiTError for a file of another model."""
        if recorded.get("pipeline"):
            text = (
                "{model} drew this picture. Here only pictures of this studio's own model and of its teacher"
                " can be opened"
            )
            raise LiTError(Phrase(text, model=shown(recorded.get("model") or recorded["pipeline"])))
        notices = [t(model.notice)]
        own, weights = self._own().weights_sha256, str(recorded.get("weights_sha256") or "")
        if weights and weights != own:  # whichever model is to draw it again
            raise LiTError(
                Phrase(
                    "This picture was drawn by another model: its weights begin with {recorded}, this studio's with"
                    " {own}. Only a picture of the same model can be opened",
                    recorded=shown(weights[:10]),
                    own=own[:10],
                )
            )
        if recorded and not weights:
            notices.append(t("The file does not say which weights drew it; here it is drawn by these."))
        if "stopped_after" in recorded:
            stopped = "The file was stopped after step {step}. Here it is drawn to its end."
            notices.append(t(stopped, step=shown(recorded["stopped_after"])))
        return " ".join(notice for notice in notices if notice)

    def _keep(self, key: str, opened: Opened):
        self._opened[key] = opened
        while len(self._opened) > KEPT:
            oldest, closed = self._opened.popitem(last=False)
            closed.drawing.kept.clear()
            self._forget(oldest)


def _drawn(task: Task, model: Model, described: Described, memory: Memory) -> Opened:
    from lit.scope.drawings.drawing import OpenedDrawing
    from lit.scope.modes import Cancelled
    from lit.studio.tabs.scope.captures import Counted

    previews = []

    def tell(done, of):
        task.step(done, of, t("Drawing: step {step} of {all}", step=done, all=of))

    try:
        drawing = OpenedDrawing.open(
            model.pipeline,
            described.settings,
            source=described.source,
            kept=Counted(memory, described.settings),
            on_progress=tell,
            on_preview=lambda image: previews.append(payload.data_url(image)),
            cancelled=lambda: task.to_end,
        )
    except Cancelled as cancelled:
        raise Stopped from cancelled
    for step, latents in enumerate(drawing.latents):
        if not latents.isfinite().all():
            raise LiTError(
                Phrase(
                    "This picture cannot be looked into: its numbers are not finite after step {step}. The model's"
                    " weights may be damaged",
                    step=step,
                )
            )
    previews[-1] = payload.data_url(drawing.image)
    task.step(drawing.steps, drawing.steps, t("Getting ready to look"))
    drawing.step(payload.story(drawing.steps))  # which the page shows first
    width, height = drawing.size
    return Opened(drawing, previews, (width / 2, height / 2))


def described(request: OpenRequest, store: JobStore, public: bool) -> Described:
    """What to draw for a request. public: strangers share the studio, and what others have drawn over is not theirs.

    Raises InputError for a file that cannot be drawn again, LiTError where what it was drawn over is not there.
    """
    source = request.source
    if isinstance(source, GenerationSettings):
        return Described(source)
    if not isinstance(source, Upload):
        job, file = _recent(source, store)
        return _read(file, lambda settings: store.sources.of(job.visitor, settings))
    with tempfile.TemporaryDirectory(prefix="lit-scope-") as folder:
        file = Path(folder) / "picture.png"
        file.write_bytes(source.data)
        try:
            return _read(file, lambda settings: store.sources.of(request.visitor, settings, everyone=not public))
        except InputError as error:
            if error.argument != "image":
                raise
            raise InputError("image", source.name, error.expected) from error


def _read(file: Path, kept: Callable[[GenerationSettings], Source | None]) -> Described:
    """A PNG; what it was drawn over is inside, or else `kept`."""
    settings, recorded = read_png(file)
    return Described(settings, recorded, read_source(file, settings) or kept(settings))


def _recent(name: str, store: JobStore) -> tuple[Job, Path]:
    """The picture that `pictures` gave this name, and its job, whose id is its folder: who knows it may see it."""
    job = store.get(name.split("/")[0])
    if job is not None:
        for file in job.files:
            if file.relative_to(store.pictures).as_posix() == name and file.exists():
                return job, file
    raise InputError("image", name.split("/")[-1], "a picture that is still there")
