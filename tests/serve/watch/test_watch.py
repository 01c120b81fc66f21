"""What whoever runs a studio sees: figures behind the same door as the API, and a log that follows a press."""

import dataclasses
import io
import json
import logging
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import wait_until
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from lit.errors import InputError
from lit.serve.callers import Doors
from lit.serve.watch import logs
from lit.serve.watch.metrics import Metrics
from lit.serve.watch.watch import Watched
from lit.settings import GenerationSettings, read_png
from lit.studio.requests import HEADER, asked_by, request_id
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox", num_inference_steps=3, height=64, width=64, seed=5)


@pytest.fixture
def studio(tmp_path, tiny_pipeline):
    store = JobStore(tmp_path)
    worker = Worker(store, lambda: tiny_pipeline)
    yield SimpleNamespace(store=store, worker=worker)
    worker.close()
    store.close()


@pytest.fixture
def lines():
    """What is logged, as JSON."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonLines())
    logger = logging.getLogger("lit")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(before)


def figures(text: str) -> dict[tuple[str, str], float]:
    """{(name, its labels' values): value} as Prometheus' own reader finds them."""
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_figures_are_of_what_waits_and_of_what_has_been_drawn(studio):
    metrics = Metrics(studio)
    jobs = [studio.worker.submit("ann", dataclasses.replace(FOX, seed=seed)) for seed in range(2)]
    failing = studio.worker.submit("ann", dataclasses.replace(FOX, scheduler="ddim"))
    studio.worker.queue.pause("bob")
    studio.worker.submit("bob", FOX)
    found = figures(metrics.text().decode())
    assert (found["lit_queue_jobs", "false"], found["lit_queue_jobs", "true"]) == (3, 1)
    assert found["lit_model_ready",] == 0 and found["lit_list_up",] == 1
    studio.worker.start()
    wait_until(lambda: not any(studio.store.get(job.id).active for job in (*jobs, failing)))
    found = figures(metrics.text().decode())
    assert (found["lit_jobs", "done"], found["lit_jobs", "queued"], found["lit_pictures_total",]) == (2, 1, 2)
    assert (found["lit_jobs_ended_total", "done"], found["lit_jobs_ended_total", "failed"]) == (2, 1)
    assert found["lit_picture_seconds_count",] == 2 and found["lit_picture_seconds_sum",] > 0
    assert found["process_resident_memory_bytes",] > 1e7


def client(studio, doors, answer=lambda request: PlainTextResponse(request_id())):
    return TestClient(Watched(Starlette(routes=[Route("/", answer)]), Metrics(studio), doors))


@pytest.mark.parametrize(
    ("doors", "shown", "status"),
    [
        (Doors(public=False), {}, 200),
        (Doors(public=True), {}, 401),
        (Doors(public=True), {"Authorization": "Bearer a secret of my own choice"}, 401),
        (Doors(public=True, keys=("sesame",)), {"Authorization": "Bearer sesame"}, 200),
        (Doors(public=False, keys=("sesame",)), {"X-API-Key": "open"}, 401),
        (Doors(public=False, login="ann:sesame"), {}, 401),
    ],
)
def test_figures_are_behind_the_same_door_as_the_api(studio, doors, shown, status):
    answer = client(studio, doors).get("/metrics", headers=shown)
    assert answer.status_code == status
    assert ("lit_queue_jobs" in answer.text) == (status == 200)


def test_a_request_has_the_id_that_it_brings_or_one_of_its_own(studio, lines):
    web = client(studio, Doors(public=False))
    answer = web.get("/?prompt=secret", headers={HEADER: "press-7"})
    assert answer.text == answer.headers[HEADER] == "press-7"
    for bad in ("a b", "x" * 65, '{"', "é"):
        answer = web.get("/", headers={HEADER: bad.encode()})
        assert answer.text == answer.headers[HEADER] != bad and answer.text
    assert web.get("/nowhere").status_code == 404
    said = [line for line in lines() if line["message"] == "answered"]
    assert said[0]["request"] == "press-7" and said[0]["path"] == "/" and "secret" not in json.dumps(said)
    assert figures(web.get("/metrics").text)["lit_http_requests_total", "404"] == 1


def test_a_log_follows_a_press_to_its_file_which_is_the_same_without(studio, lines):
    with asked_by("press-7"):
        job = studio.worker.submit("ann", FOX)
    plain = studio.worker.submit("ann", FOX)
    studio.worker.start()
    wait_until(lambda: not studio.store.get(plain.id).active)
    said = [line for line in lines() if line.get("job") == job.id]
    assert [line["message"] for line in said] == ["queued", "drawing", "saved", "ended"]
    assert {line["request"] for line in said} == {"press-7"}
    (file,), (other,) = studio.store.get(job.id).files, studio.store.get(plain.id).files
    assert said[2]["file"] == file.name and file.read_bytes() == other.read_bytes()
    assert read_png(file)[0] == FOX


def test_an_error_keeps_its_line_and_a_format_that_there_is_not_is_refused(lines):
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("lit.test").exception("broken")
    (line,) = lines()
    assert line["level"] == "error" and "ValueError: two\nlines" in line["error"]
    with pytest.raises(InputError, match="text or json"):
        logs.configure("xml")
