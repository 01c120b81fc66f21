"""The command: what it refuses, does and writes."""

import argparse
import json

import pytest
from conftest import make_pipeline

from lit.commands import solvers as command
from lit.data import StickerData
from lit.errors import InputError
from lit.evaluation.solvers import experiment
from lit.evaluation.solvers.report import page
from lit.sampling import tables


def run(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--fit", "7"), ("--fit", "513"), ("--test", "0"), ("--fine", "50"), ("--fine", "0"), ("--evaluations", "1"),
     ("--evaluations", "21"), ("--batch-size", "0"), ("--out", "FILE/here")],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_first(option, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("")
    given = {"--data": "nowhere", "--out": "out", "--model": "nowhere"} | {option: value}
    with pytest.raises(InputError, match=f"{option}: got"):
        run(*[word for pair in given.items() for word in pair])


def test_a_model_of_noise_is_refused(tiny_epsilon_pipeline, data, tmp_path, monkeypatch):
    tiny_epsilon_pipeline.save_pretrained(tmp_path / "model")
    monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
    with pytest.raises(InputError, match="--model: got .* a model of the flow"):
        run("--data", "x", "--out", str(tmp_path), "--model", str(tmp_path / "model"), "--device", "cpu")


def test_a_part_alone_wants_a_report_to_put_it_in(tmp_path):
    with pytest.raises(InputError, match="--only: got .* report.json of a whole run"):
        run("--data", "x", "--out", str(tmp_path), "--only", "caches")


@pytest.mark.slow
def test_the_command_fits_tests_and_writes(data, tmp_path, capsys, monkeypatch, text_encoder):
    make_pipeline(text_encoder, sample_size=8).save_pretrained(tmp_path / "model")
    monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
    monkeypatch.setattr(experiment, "TRANSFERRED", (3,))
    monkeypatch.setattr(experiment, "halves", lambda fit, test, fine: [])
    monkeypatch.setattr(experiment, "caches", lambda test, fine: {})
    out, model = tmp_path / "out", str(tmp_path / "model")
    (out / "tables").mkdir(parents=True)
    (out / "tables" / "fitted-5.json").write_text("of an older run")
    code = run("--data", "x", "--out", str(out), "--model", model, "--fit", "8", "--test", "8", "--fine", "20",
               "--evaluations", "3", "--device", "cpu", "--dtype", "float32")  # fmt: skip
    assert code == 0
    report = json.loads((out / "report.json").read_text())
    assert (out / "report.md").read_text() == page(report)
    assert "| evaluations | best classical solver |" in capsys.readouterr().out

    found = {"device": "cpu", "dtype": "float32", "rows": []}
    monkeypatch.setattr(experiment, "caches", lambda test, fine: found)
    again = ("--data", "x", "--out", str(out), "--model", model, "--test", "8", "--device", "cpu", "--only", "caches")
    assert run(*again) == 0
    assert json.loads((out / "report.json").read_text()) == report | {"caches": found}
    assert "by the clock" in (out / "report.md").read_text()

    part = report["counts"]["3"]
    names = {row["name"]: row for row in part["rows"]}
    assert len(names) == len(part["rows"]) == 12
    assert all(row["evaluations"] == 3 for row in names.values())
    assert report["euler_to_fine"] == 100  # as fine as each other here
    rivals = {name: row for name, row in names.items() if name not in experiment.LEARNED}
    assert part["rival"] == max(rivals, key=lambda name: rivals[name]["fine"]["latents"])
    gain = names[experiment.FITTED]["fine"]["latents"] - names[part["rival"]]["fine"]["latents"]
    assert part["gain"] == pytest.approx(gain, abs=1e-4)
    assert len(report["transfer"]) == 4

    # A table is written for what is offered and nothing else, and is what the report says.
    written = {int(file.stem.removeprefix("fitted-")) for file in (out / "tables").iterdir()}
    assert written == ({3} if part["offered"] else set())
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    found = tables.Table(**{name: value for name, value in part["table"].items() if name != "sha256"})
    tables.write(found, tmp_path)
    assert tables.load(3).sha256 == part["table"]["sha256"]
