"""deploy/: what is written there fits what the studio says and takes."""

import argparse
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from lit.commands import serve
from lit.serve.watch.metrics import Metrics
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"


def loaded(name):
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


@pytest.fixture
def names(tmp_path):
    """Names of all that /metrics tells, with replicas."""
    store = JobStore(tmp_path)
    fleet = SimpleNamespace(counts=lambda: {"RUNNING": 2}, deaths=0, memory=1)
    studio = SimpleNamespace(store=store, worker=Worker(store, lambda: None))
    metrics = Metrics(studio, fleet)
    metrics.answered(200)  # or there is no request to be told of
    text = metrics.text().decode()
    store.close()
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(text) for sample in family.samples
    }


def test_every_figure_of_the_board_is_told(names):
    board = json.loads((DEPLOY / "grafana/studio.json").read_text("utf-8"))
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = [re.findall(r"\b(?:lit|process)_\w+", expression) for expression in expressions]
    assert len(used) > 10 and all(used)
    for expression, found in zip(expressions, used, strict=True):
        assert set(found) <= set(names), expression
        for labels in re.findall(r"by \((.*?)\)", expression):
            assert labels in names[found[0]], expression
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    spots = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(spots)) == len(spots)


def test_compose_starts_a_studio_with_options_that_there_are():
    services = loaded("compose.yaml")["services"]
    docker = (DEPLOY / "Dockerfile").read_text("utf-8")
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", docker, re.M)[1])
    assert entry[:4] == ["python", "-m", "lit", "serve"]
    command = [re.sub(r"\$\{\w+:-(.*?)\}", r"\1", word) for word in services["studio"]["command"]]
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    given = parser.parse_args([*entry[4:], *command])
    assert given.host == "0.0.0.0" and given.replicas == 2 and given.allow_host == ["studio", "localhost"]
    (target,) = loaded("prometheus.yml")["scrape_configs"][0]["static_configs"][0]["targets"]
    assert target == f"studio:{given.port}"
    # As long as a drawing has to end in.
    assert int(services["studio"]["stop_grace_period"].removesuffix("s")) > given.drain
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in loaded("compose.yaml")["volumes"]


def test_what_the_dockerfile_copies_is_there():
    docker = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*)$", docker, re.M) for word in line.split()[:-1]]
    assert len(copied) > 5
    for word in copied:
        assert list(ROOT.glob(word)), word
    assert re.search(r"^USER 10001$", docker, re.M) and "HEALTHCHECK" in docker
