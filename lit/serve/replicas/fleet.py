"""The replicas of a studio on Ray Serve: started, asked to draw, counted, ended. Needs the extra `serve`."""

import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from lit.errors import InputError, LiTError, Phrase
from lit.serve.replicas.events import Errand, Stepped, hear
from lit.serve.replicas.replica import Replica, Stops
from lit.studio.work.inhand import Work
from lit.studio.work.memory import FAILED

log = logging.getLogger(__name__)

APP = "lit-studio"
DEATHS = 3  # replicas that may end while they draw a job, before it is taken for the reason
COUNTED = 2.0  # seconds for which a count of replicas is believed


@dataclass(frozen=True)
class Size:
    """What a fleet is made of.

    replicas, least: how many there are at most, and at least: between them it follows the load.
    gpus: of each replica, 0 for a processor, a part such as 0.5 for replicas that share one.  threads: of each replica
    on a processor.  batch: pictures that are drawn together, at most.
    address: of a Ray cluster that is there, None for one on this machine that ends with the studio.
    """

    replicas: int = 1
    least: int | None = None
    gpus: float = 0.0
    threads: int = 1
    batch: int = 1
    address: str | None = None

    def __post_init__(self):
        if self.replicas < 1:
            raise InputError("replicas", self.replicas, "1 or more")
        if self.least is not None and not 1 <= self.least <= self.replicas:
            raise InputError("min-replicas", self.least, Phrase("from 1 to {most}", most=self.replicas))
        if self.gpus < 0:
            raise InputError("gpus-per-replica", self.gpus, "0 or more, such as 1, or 0.5 for two on a GPU")
        if self.threads < 1:
            raise InputError("threads", self.threads, "1 or more")
        if not 1 <= self.batch <= 64:
            raise InputError("batch", self.batch, "from 1 to 64")


class Fleet:
    """A Painter: each job is drawn by a replica that is free, or by another where that one ends meanwhile.

    model, device, dtype: as `Replica` takes them; device None for "cuda" where a replica has a GPU, else "cpu".
    Starting takes some ten seconds. Raises LiTError where there is no Ray, or not as much as the fleet needs.
    """

    def __init__(self, size: Size, model: str | None = None, dtype: str | None = None, device: str | None = None):
        try:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anyone
            # Its ports listen on all addresses, so who has no token is refused.
            os.environ.setdefault("RAY_AUTH_MODE", "token")
            import ray  # pyright: ignore[reportMissingImports]  (an extra)
            from ray import serve  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise LiTError("Replicas need Ray: pip install 'lit-studio[serve]'") from error
        self.size, self.hands, self.batch = size, size.replicas, size.batch
        self._ray, self._serve = ray, serve
        self._counted: tuple[float, dict[str, int]] = (-COUNTED, {})
        self._counting = threading.Lock()
        self.deaths = 0  # replicas that ended while they drew
        self.memory = 0  # bytes that a replica had, after the last step that one drew
        self._connect()
        needed = size.gpus * (size.least or size.replicas)
        if needed > (there := ray.cluster_resources().get("GPU", 0)):
            self.close()
            raise InputError(
                "gpus-per-replica", size.gpus, Phrase("no more than there are, {there:g} in all", there=there)
            )
        self._stops = ray.remote(num_cpus=0, max_concurrency=10_000)(Stops).remote()
        scaled = (
            {"num_replicas": size.replicas}
            if size.least in (None, size.replicas)
            else {
                "autoscaling_config": {
                    "min_replicas": size.least,
                    "max_replicas": size.replicas,
                    "target_ongoing_requests": 1,
                    "upscale_delay_s": 3,
                    "downscale_delay_s": 60,
                }
            }
        )
        deployment = serve.deployment(
            Replica,
            name="replica",
            # Ray counts processors but binds nobody to them; how many a replica uses is its `threads`.
            ray_actor_options={"num_cpus": 0, "num_gpus": size.gpus},
            max_ongoing_requests=1,
            graceful_shutdown_timeout_s=120,  # a replica that is no longer needed ends what it draws
            health_check_period_s=5,
            health_check_timeout_s=30,
            **scaled,
        )
        device = device or ("cuda" if size.gpus else "cpu")
        threads = size.threads if device == "cpu" else None
        bound = deployment.bind(model, device, dtype, threads)
        try:
            self._handle = serve.run(bound, name=APP, route_prefix=None).options(stream=True)
        except RuntimeError as error:
            self.close()
            raise LiTError(Phrase("The replicas could not be started: {why}", why=error)) from error

    def paint(self, works: Sequence[Work]):
        """As in `Painter`. What a replica that has ended had in hand is drawn by others, job by job, so that one which
        ends replicas is found out."""
        self._paint(works, deaths=0)

    @property
    def _at_once(self) -> int | None:
        # On a processor the pictures of a batch are drawn one by one, or their bytes would not be those of singles.
        return self.batch if self.size.gpus and self.batch > 1 else None

    def counts(self) -> dict[str, int]:
        """How many replicas are in each state of Serve's, such as RUNNING; what was known two seconds ago will do."""
        with self._counting:
            if time.monotonic() - self._counted[0] >= COUNTED:
                app = self._serve.status().applications.get(APP)
                states = app.deployments["replica"].replica_states if app else {}
                self._counted = time.monotonic(), {str(getattr(key, "value", key)): n for key, n in states.items()}
            return self._counted[1]

    def close(self):
        """End the replicas, where they are this studio's own."""
        if self.size.address is None:
            self._ray.shutdown()  # with all that it has started

    def _connect(self):
        # It takes SIGTERM for itself.
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._join()
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in handlers.items():
                    signal.signal(number, handler)

    def _join(self):
        if self.size.address is not None:
            try:
                self._ray.init(address=self.size.address, logging_level="warning")
            except ConnectionError as error:
                raise InputError("ray", self.size.address, f"the address of a Ray cluster ({error})") from error
        else:
            self._ray.init(include_dashboard=False, log_to_driver=False, logging_level="warning")
        for name in ("ray", "ray.serve"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._serve.start(proxy_location="Disabled")  # the studio stands in front

    def _paint(self, works, deaths):
        errand, by_id = uuid.uuid4().hex, {work.job.id: work for work in works}
        errands = [Errand(work.job.id, tuple(work.pictures_left), work.source) for work in works]
        for work in works:
            work.begin(lambda job=work.job.id: self._stops.stop.remote(errand, job))
        try:
            for event in self._handle.draw.remote(errand, errands, self._stops, self._at_once):
                if isinstance(event, Stepped):
                    self.memory = event.memory or 0
                hear(event, by_id[event.job])
            return
        except self._ray.exceptions.RayTaskError as error:
            why = Phrase(FAILED, kind=type(error.cause).__name__, why=error.cause)
            raise LiTError(why) from error
        except self._ray.exceptions.RayActorError:
            self.deaths += 1
            log.warning("a replica ended while it drew %s", ", ".join(by_id))
        finally:
            self._stops.over.remote(errand)
        if deaths + 1 == DEATHS:
            raise LiTError(Phrase("{n} replicas have ended while they drew this", n=DEATHS))
        for work in works:
            if not work.ended:
                try:
                    self._paint([work], deaths + 1)
                except LiTError as error:
                    work.finish(error)
