"""The page's way to the library: each method of ASKED answers one kind of request with plain data."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from lit.errors import LiTError, Phrase
from lit.settings import SETTINGS, GenerationSettings, read_png
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.tabs.generate.controls import to_values
from lit.studio.tabs.generate.drawings import model_of
from lit.studio.tabs.library import asked
from lit.studio.words import caption, in_words, seconds, style_name
from lit.studio.work import estimate
from lit.studio.work.desk import Desk
from lit.studio.work.jobs import JobStore
from lit.studio.work.library import PAGE, Found, Library, Shelf
from lit.studio.work.marks import Marks
from lit.studio.work.pictures import reason
from lit.studio.work.verifying import verify
from lit.studio.work.worker import Worker


class LibrarySession:
    """All visitors' way to the library. public: strangers share the studio, each sees their own."""

    def __init__(self, store: JobStore, worker: Worker, public: bool = False):
        self.store, self.worker, self.public = store, worker, public
        self.library = Library(store)
        self.marks = Marks(self.library)
        self.desk = Desk(worker.lane, lambda: worker.closing)

    def shelf(self, fields: dict) -> Shelf:
        return Shelf.of(asked.visitor(fields), self.public)

    # What there is

    def page(self, fields: dict) -> dict:
        """A page of what fits a query, from `before` on; the first one sweeps the trash."""
        before = asked.number(fields, "before") if fields.get("before") is not None else None
        if before is None:
            self._removing(self.library.sweep)
        page = self.library.page(self.shelf(fields), asked.query(fields), before, PAGE)
        return {"pictures": list(map(_shown, page.pictures)), "count": page.count, "before": page.before}

    def choices(self, fields: dict) -> dict:
        found = self.library.choices(self.shelf(fields))
        styles = [[style, style_name(style), count] for style, count in found["styles"]]
        return found | {"styles": styles}

    def picture(self, fields: dict) -> dict:
        """One picture with what its file says: `settings` as the controls have them, `caption`, `link`."""
        (one,) = self._some(fields)[:1]
        settings, provenance = _read(one.file)
        return _shown(one) | {
            "caption": caption(settings, provenance),
            "values": values_of(settings),
            "drawn_by": model_of(self.worker.models, provenance),
            "size": [settings.width * settings.output_scale, settings.height * settings.output_scale],
        }

    # Marks and the trash

    def favourite(self, fields: dict) -> dict:
        on = fields.get("on") is True
        return {"pictures": self.marks.favourite(self.shelf(fields), asked.names(fields), on)}

    def tag(self, fields: dict) -> dict:
        tag, on = asked.text(fields, "tag"), fields.get("on") is True
        return {"pictures": self.marks.tag(self.shelf(fields), asked.names(fields), tag, on)}

    def board(self, fields: dict) -> dict:
        return {"board": self.marks.board(self.shelf(fields), asked.text(fields, "name"))}

    def rename_board(self, fields: dict) -> dict:
        self.marks.rename_board(self.shelf(fields), asked.number(fields, "board"), asked.text(fields, "name"))
        return {}

    def remove_board(self, fields: dict) -> dict:
        name, pictures = self.marks.remove_board(self.shelf(fields), asked.number(fields, "board"))
        return {"name": name, "pictures": pictures}

    def put(self, fields: dict) -> dict:
        on, board = fields.get("on") is True, asked.number(fields, "board")
        return {"pictures": self.marks.put(self.shelf(fields), asked.names(fields), board, on)}

    def throw_away(self, fields: dict) -> dict:
        return {"pictures": self.library.throw_away(self.shelf(fields), asked.names(fields))}

    def bring_back(self, fields: dict) -> dict:
        return {"pictures": self.library.bring_back(self.shelf(fields), asked.names(fields))}

    def empty(self, fields: dict) -> dict:
        """Off the disk: the named pictures of the trash, or all of it where none are named."""
        names = asked.names(fields) if fields.get("pictures") is not None else None
        return {"count": self._removing(lambda: self.library.empty(self.shelf(fields), names))}

    # Long work, in turns with the drawing

    def verify(self, fields: dict) -> dict:
        """A task: the picture is drawn again and compared."""
        (one,) = self._some(fields)[:1]
        visitor = asked.visitor(fields)

        def kept(settings):
            return self.store.sources.of(visitor, settings, everyone=not self.public)

        return {"task": self.desk.begin(lambda task: verify(task, self.worker.models.drew_with, one.file, kept)).id}

    def progress(self, fields: dict) -> dict:
        task = self.desk.task(asked.text(fields, "task"), fields.get("away") is True)
        if task.error:
            return {"error": task.error}
        if task.result is not None:
            return {"result": task.result}
        return {"done": task.done, "of": task.of, "said": task.said}

    def stop(self, fields: dict) -> dict:
        self.desk.task(asked.text(fields, "task")).stop = True
        return {}

    def estimate(self, fields: dict) -> dict:
        """What a drawing of `values` will take here, and what comes before it: seconds, bytes, and both in words;
        null and "" where no former drawing says."""
        asked.visitor(fields)
        timings = self.worker.history.timings()
        model = fields.get("model") or ""
        found = estimate.estimate(timings, to_settings(fields.get("values")), str(model))
        before = estimate.waiting(self.worker.queue.drawn_next(), timings)
        if found is None:
            return {"seconds": None, "memory": None, "before": before, "said": ""}
        said = str(found)
        if before:
            said = t("{estimate}, after {time} of others", estimate=said, time=seconds(before))
        return {"seconds": found.seconds, "memory": found.memory, "before": before, "said": said}

    # In the small

    def _some(self, fields: dict) -> list[Found]:
        found = self.library.find(self.shelf(fields), asked.names(fields))
        if not found:
            raise LiTError("This picture is no longer there")
        return found

    def _removing(self, remove: Callable[[], int]) -> int:
        try:
            return remove()
        except OSError as error:
            raise LiTError(
                Phrase("A picture cannot be removed from the disk ({why}); it stays", why=reason(error))
            ) from error


# What a page may call, by name.
ASKED = (
    *("page", "choices", "picture", "favourite", "tag", "board", "rename_board", "remove_board", "put"),
    *("throw_away", "bring_back", "empty", "verify", "progress", "stop", "estimate"),
)


def answer(session: LibrarySession, name: str, fields: object) -> dict:
    """The answer to a request; what goes wrong is a sentence under `error`."""
    try:
        if name not in ASKED or not isinstance(fields, dict):
            raise LiTError(UNCLEAR)
        return getattr(session, name)(fields)
    except LiTError as error:
        return {"error": in_words(error)}


def to_settings(values: object) -> GenerationSettings:
    """Settings from {name: value of its control}; what is left out is as declared. Raises LiTError."""
    if not isinstance(values, dict) or set(values) - set(SETTINGS):
        raise LiTError(UNCLEAR)
    told: dict = {"prompt": ""} | {name: SETTINGS[name].from_page(value) for name, value in values.items()}
    return GenerationSettings(**told).validate()


def values_of(settings: GenerationSettings) -> dict:
    """Settings as {name: value of its control}."""
    return dict(zip(SETTINGS, to_values(settings)))


def _read(file: Path):
    settings, provenance = read_png(file)
    return settings.for_image(0), provenance


def _shown(one: Found) -> dict:
    """A picture as the page shows it. day: in the studio's own time."""
    when = datetime.fromtimestamp(one.created)
    return {
        "name": one.name,
        "prompt": one.prompt,
        "style": one.style,
        "label": style_name(one.style) if one.style else t("any style"),
        "seed": one.seed,
        "model": one.model,
        "day": when.strftime("%Y-%m-%d"),
        "favourite": one.favourite,
        "tags": list(one.tags),
        "boards": list(one.boards),
        "file": one.file.name,
    }
