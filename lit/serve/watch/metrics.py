"""Figures for Prometheus: what waits, what is drawn, how long a picture takes, what fails, who draws. Needs the extra
`serve` for its client: text that a scraper reads has rules of escaping and types that are better kept than written."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from lit.studio.studio import Studio
from lit.studio.work.database import StoreError
from lit.studio.work.inhand import Work
from lit.studio.work.rows import STATES

if TYPE_CHECKING:
    from lit.serve.replicas.fleet import Fleet

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)  # upper ends of the histogram's bins


class Metrics:
    """The figures of a studio. fleet: the replicas that draw for it, None where it draws itself."""

    kind = CONTENT_TYPE_LATEST

    def __init__(self, studio: Studio, fleet: "Fleet | None" = None):
        self._registry = CollectorRegistry()
        self._registry.register(_Now(studio, fleet))
        ProcessCollector(registry=self._registry)
        self._seconds = Histogram(
            "lit_picture_seconds", "From a job's start to its end, a picture", buckets=SECONDS, registry=self._registry
        )
        self._pictures = Counter("lit_pictures", "Pictures drawn and saved", registry=self._registry)
        self._ended = Counter("lit_jobs_ended", "Jobs that have ended, by how", ["state"], registry=self._registry)
        self._requests = Counter(
            "lit_http_requests", "Requests answered, by status", ["status"], registry=self._registry
        )
        for state in ("done", "stopped", "failed"):
            self._ended.labels(state)
        studio.worker.in_hand.listeners.append(self._heard)

    def answered(self, status: int):
        """A request has been answered."""
        self._requests.labels(status).inc()

    def text(self) -> bytes:
        """All figures as they are now."""
        return generate_latest(self._registry)

    def _heard(self, work: Work):
        if not work.state:
            return  # the studio closes, or another draws it
        self._ended.labels(work.state).inc()
        self._pictures.inc(len(work.files))
        if work.state == "done" and work.files:
            for _ in work.files:
                self._seconds.observe(work.seconds / len(work.files))


class _Now(Collector):
    """What is read at the moment of asking."""

    def __init__(self, studio: Studio, fleet: "Fleet | None"):
        self._store, self._worker, self._fleet = studio.store, studio.worker, fleet

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("lit_queue_jobs", "Jobs that wait, by whether a pause holds them", labels=["held"])
        jobs = GaugeMetricFamily("lit_jobs", "Jobs in the list, by state", labels=["state"])
        up = 1.0
        try:
            counts = self._store.counts()
            for held in (False, True):
                waiting.add_metric([str(held).lower()], self._store.waiting(held))
            for state in STATES:
                jobs.add_metric([state], counts.get(state, 0))
        except StoreError:
            up = 0.0
        yield waiting
        yield jobs
        yield GaugeMetricFamily("lit_list_up", "1 where the list of jobs answers", up)
        yield GaugeMetricFamily("lit_in_hand_jobs", "Jobs that this studio draws", len(self._worker.in_hand.jobs))
        ready = {"loading": 0.0, "ready": 1.0}.get(self._worker.model, -1.0)
        yield GaugeMetricFamily("lit_model_ready", "1 with the model loaded, 0 before, -1 where there is none", ready)
        if self._fleet is not None:
            yield _by("lit_replicas", "Replicas, by Serve's state", "state", self._fleet.counts)
            yield CounterMetricFamily(
                "lit_replica_deaths", "Replicas that ended in a drawing", value=self._fleet.deaths
            )
            memory = GaugeMetricFamily(
                "lit_replica_memory_bytes", "What the last replica that drew a step had in memory"
            )
            memory.add_metric([], self._fleet.memory)
            yield memory


def _by(name: str, about: str, label: str, counts: Callable[[], Mapping[str, int]]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, count in counts().items():
        family.add_metric([value.lower()], count)
    return family
