"""What programs ask of the studio, whichever way they speak: to draw, to look, to stop, to verify.

The work is the page's own: the same queue, the same worker, so that the same settings give the same bytes.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lit.errors import InputError, LiTError
from lit.explore.variations import apart
from lit.sampling import registry
from lit.serve import answers
from lit.serve.bodies import check_known, laid_down
from lit.serve.callers import Caller
from lit.serve.errors import BROKEN, Refusal, not_there, refusal
from lit.serve.limits import Allowance
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings, read_png, schema, to_record
from lit.studio.studio import Studio
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.templates import lists_of
from lit.studio.words import recalled, t
from lit.studio.work.desk import Desk
from lit.studio.work.jobs import Job
from lit.studio.work.library import PAGE, Library, Query, Shelf
from lit.studio.work.memory import FAILED
from lit.studio.work.orders import Order
from lit.studio.work.verifying import verify
from lit.studio.work.worker import PUBLIC_LIMIT
from lit.styles import in_use, offered

SOON, LATE = 0.03, 0.3  # seconds between two looks at a job, at first and in the end
PIXELS = PUBLIC_LIMIT  # evaluations a minute of who shares the studio with strangers: one press as large as may be

Gone = Callable[[], Awaitable[bool]]


class Programs:
    """One studio's. All raise LiTError or Refusal for what cannot be done; those that are no coroutine ask the disk."""

    def __init__(self, studio: Studio):
        self.store, self.worker, self.public = studio.store, studio.worker, studio.public
        self.library = Library(studio.store)
        self.desk = Desk(self.worker.lane, lambda: self.worker.closing)
        self.pixels = Allowance(PIXELS)
        self._schedulers: tuple[str, ...] = ()  # of the model, known after a look at every weight

    # Drawing

    def settings_in(self, fields: Mapping[str, object]) -> GenerationSettings:
        """Settings from {name: value}; what is not named is as the model has it. Raises InputError."""
        check_known(fields, tuple(SETTINGS))
        values = {name: SETTINGS[name].from_json(value) for name, value in fields.items()}
        if "prompt" not in values:
            raise InputError("prompt", None, SETTINGS["prompt"].expected)
        if "style" in values:
            values["style"] = SETTINGS["style"].from_page(values["style"])
        if "scheduler" not in values:
            values["scheduler"] = self.schedulers()[0]
        if "output_scale" not in values and self.worker.model == "ready":
            values["output_scale"] = self.worker.pipeline().usual()["output_scale"]
        if "num_inference_steps" not in values and isinstance(name := values.get("scheduler"), str):
            values["num_inference_steps"] = registry.find(name).steps
        styles = (values["style"],) if isinstance(values.get("style"), str) and self.worker.model == "ready" else None
        settings = GenerationSettings(**values).validate(styles=styles)
        return apart(settings) if "variation_strength" in values and "variation_seed" not in values else settings

    def submit(self, caller: Caller, settings: GenerationSettings) -> Job:
        """Queue a drawing, its words read as the page reads them."""
        return self.submit_all(caller, [settings])[0]

    def submit_all(self, caller: Caller, every: list[GenerationSettings]) -> list[Job]:
        """Queue several drawings, all of them or none."""
        read = [understood(settings, lists_of(self.store.home)) for settings in every]
        for settings, _ in read:
            self.check(settings)
        try:
            self.worker.queue.check_room(caller.visitor, len(read))
        except LiTError as error:
            raise refusal(error) from error
        self.count(caller, sum(settings.pixel_evaluations for settings, _ in read))
        return [self._queue(caller, settings, order) for settings, order in read]

    async def draw(self, caller: Caller, settings: GenerationSettings, gone: Gone, patience: float = 0.0) -> Job:
        """Queue a drawing and wait until it has ended. gone(): whether nobody waits for it any more, then it is
        stopped. patience: seconds after which it is left to go on, 0 for never."""
        job = await run_in_threadpool(self.submit, caller, settings)
        try:
            return await self.wait(job, gone, patience)
        except BaseException:  # the task that waited has been cancelled, or there is nobody
            self.worker.stop(job.id, job.visitor)
            raise

    async def wait(self, job: Job, gone: Gone, patience: float = 0.0) -> Job:
        """The job once it has ended, or after so many seconds. Raises Refusal once `gone()`."""
        pause, waited = SOON, 0.0
        while True:
            found = await run_in_threadpool(self.store.get, job.id)
            if found is None or not found.active or (patience and waited >= patience):
                return found or job
            if await gone():
                raise Refusal(499, "", None, "a client that waits for its answer", code="client_gone")
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(LATE, pause * 1.2)

    def drawn(self, job: Job) -> list[Path]:
        """The pictures of a job that has ended. Raises Refusal for one that has none."""
        files = self.store.in_sight(job)
        if job.state == "failed" or not files:
            raise self._why(job)
        return files

    # Looking, stopping

    def job(self, caller: Caller, job_id: str) -> Job:
        """Raises Refusal 404 for another visitor's, too."""
        job = self.store.get(job_id)
        if job is None or (self.public and job.visitor != caller.visitor):
            raise not_there("job", job_id, "a job")
        return job

    def cancel(self, caller: Caller, job_id: str) -> Job:
        job = self.job(caller, job_id)
        self.worker.stop(job.id, job.visitor)
        return self.job(caller, job_id)

    def picture(self, caller: Caller, name: str) -> Path:
        """The file of a picture, by its id. Raises Refusal 404."""
        found = self.library.find(Shelf.of(caller.visitor, self.public), [name])
        if not found or not found[0].file.is_file():
            raise not_there("picture", name, "a picture")
        return found[0].file

    def history(self, caller: Caller, request: Request, words: str, before: int | None, limit: int) -> answers.History:
        shelf = Shelf.of(caller.visitor, self.public)
        page = self.library.page(shelf, Query(words=words), before, min(limit, PAGE))
        names = ("prompt", "style", "seed", "created", "favourite")
        pictures = [
            answers.Drawn(
                id=one.name,
                url=url_of(request, one.name.partition("/")[0], one.file),
                **{name: getattr(one, name) for name in names},
            )
            for one in page.pictures
        ]
        return answers.History(pictures=pictures, count=page.count, before=page.before)

    def seen(self, job: Job, request: Request) -> answers.Job:
        """A job for an answer."""
        view = self.worker.view(job.id)
        job = view.job if view else job
        settings, order = job.settings, job.order
        shown = set(self.store.in_sight(job))
        pictures = [
            answers.Picture(id=f"{job.id}/{place}", url=url_of(request, job.id, file))
            for place, file in enumerate(job.files)
            if file in shown
        ]
        return answers.Job(
            id=job.id,
            state=job.state,
            step=job.step,
            steps=job.steps,
            position=view.position if view else 0,
            seconds_left=view.eta if view else None,
            settings=to_record(settings)["settings"],
            typed=order.template or order.typed,
            pictures=pictures,
            message="" if job.active or job.state == "done" else self._why(job).said,
            created=job.created,
            started=job.started,
            finished=job.finished,
        )

    def described(self) -> answers.Described:
        """All settings, with what the model has of them."""
        ready = self.worker.model == "ready"
        styles = offered(self.worker.pipeline().styles) if ready else in_use()
        options = [
            answers.Option(
                name=name,
                label=t(setting.label),
                default=setting.to_page(DEFAULTS[name]) if name in DEFAULTS else None,
                expected=t(setting.expected),
                description=setting.description,
            )
            for name, setting in SETTINGS.items()
        ]
        model = self.worker.model if self.worker.model in ("loading", "ready") else "missing"
        return answers.Described(
            schema=schema(), settings=options, model=model, styles=list(styles), schedulers=list(self.schedulers())
        )

    def schedulers(self) -> tuple[str, ...]:
        """Names of those that the model can be drawn with, its own first; of the embedded one's while it is loaded."""
        if not self._schedulers and self.worker.model == "ready":
            self._schedulers = self.worker.pipeline().schedulers
        return self._schedulers or registry.names("flow-map")

    # Verifying

    async def verify(self, caller: Caller, file: Path, gone: Gone) -> answers.Verified:
        """A picture's file drawn again and compared."""
        settings, recorded = await run_in_threadpool(read_png, file)
        if not self.worker.models.of(recorded):  # another says itself what it cannot draw
            self.check(settings)
        self.count(caller, settings.pixel_evaluations)

        def kept(settings):
            return self.store.sources.of(caller.visitor, settings, everyone=not self.public)

        def again(task):
            try:
                return verify(task, self.worker.models.drew_with, file, kept)
            except LiTError as error:
                return {"refused": refusal(error)}

        task = self.desk.begin(again)
        try:
            while not task.ended:
                self.desk.task(task.id)  # somebody looks at it
                if await gone():
                    break
                await asyncio.sleep(SOON)
        finally:
            task.stop = True
        found = task.result or {}
        if "refused" in found:
            raise found["refused"]
        if task.error:
            raise Refusal(500, "", None, BROKEN, code="failed")
        if "identical" not in found:
            raise Refusal(503, "", None, "It was stopped; ask again", code="stopped", retry=1)
        return answers.Verified(**found)

    async def verify_data(self, caller: Caller, data: bytes, gone: Gone) -> answers.Verified:
        with laid_down(data) as file:
            return await self.verify(caller, file, gone)

    # Limits

    def check(self, settings: GenerationSettings):
        """Raise for what could not be drawn, before it waits."""
        if self.worker.model not in ("loading", "ready"):  # why may name a folder
            raise Refusal(503, "", None, "The studio has no model that it could draw with; its log says why")
        if self.worker.model == "ready":
            self.worker.pipeline().check(settings)
        if self.public and settings.pixel_evaluations > PUBLIC_LIMIT:
            cost = f"{settings.pixel_evaluations} pixels times evaluations"
            expected = f"at most {PUBLIC_LIMIT} on a shared studio: fewer pictures, fewer steps, or a smaller size"
            raise Refusal(422, "settings", cost, expected, code="too_much")

    def count(self, caller: Caller, evaluations: int):
        """Raise Refusal 429 where a caller asks for more pixels times evaluations a minute than anybody may."""
        if caller.counted and (wait := self.pixels.take(caller.counted, evaluations)):
            cost = f"{evaluations} pixels times evaluations"
            expected = f"at most {PIXELS} a minute; again in {math.ceil(wait)} s"
            raise Refusal(429, "settings", cost, expected, code="rate_limit_exceeded", retry=wait)

    # In the small

    def _queue(self, caller: Caller, settings: GenerationSettings, order: Order) -> Job:
        try:
            return self.worker.submit(caller.visitor, settings, order)
        except LiTError as error:
            raise refusal(error) from error

    def _why(self, job: Job) -> Refusal:
        """Why a job has no pictures."""
        if job.state in ("stopped", "interrupted"):
            return Refusal(503, "", None, f"The drawing was {job.state}; ask again", code=job.state, retry=1)
        error = recalled(job.message) or LiTError(job.message or "Its pictures are no longer there")
        if getattr(error.words, "template", "") == FAILED:
            return Refusal(500, "", None, BROKEN, code="failed")
        return refusal(error)


def url_of(request: Request, job_id: str, file: Path) -> str:
    """The address of a picture for whoever is told it."""
    return f"{request.base_url}pictures/{job_id}/{quote(file.name)}"
