"""The bench of large networks: real shapes on paper, tiny ones measured."""

import json

import pytest
import torch
from linearize import tiny

from lit.__main__ import main
from lit.bench import large
from lit.linearize.teacher import adapter

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "real"), [("SANA 0.6B", "Sana_600M_1024px"), ("PixArt-Sigma", "PixArt-Sigma-XL-2-1024-MS")]
)
def test_shapes_are_those_of_the_hub(name, real):
    model, expected = large.MODELS[name], tiny.REAL[real]
    found = adapter(model.architecture)
    with torch.device("meta"):
        made, there = (found.network.from_config(one) for one in (model.sized(1024 // found.downscale), expected))
    shapes = [{key: one.shape for key, one in network.state_dict().items()} for network in (made, there)]
    assert shapes[0] == shapes[1]
    assert all(made.config[key] == value for key, value in expected.items() if key in model.sized(128))


def test_the_larger_sana_has_the_parameters_it_is_called_by():
    with torch.device("meta"):
        made = adapter("SanaTransformer2DModel").network.from_config(large.MODELS["SANA 1.6B"].sized(32))
    assert sum(one.numel() for one in made.parameters()) == pytest.approx(1.6e9, rel=0.01)


def test_sana_exchanged_predicts_the_same():
    row = large.measure(large.SMOKE["SANA 0.6B"], 64, CPU, torch.float32, repeats=1)
    assert set(row["seconds"]) == set(large.WAYS) and all(taken > 0 for taken in row["seconds"].values())
    assert 0 < row["difference"] < 1e-5
    assert row["ratio"] == pytest.approx(row["seconds"]["stock"] / row["seconds"]["ours"])


def test_through_the_command_line_rows_are_kept_and_the_page_says_them(tmp_path, monkeypatch, capsys):
    (tmp_path / "linearize.md").write_text(f"# Before\n\n{large.MARKS[0]}\nstale\n{large.MARKS[1]}\n\nAfter\n")
    command = ["bench", "large", "--smoke", "--device", "cpu", "--out", str(tmp_path)]
    assert main([*command, "--minutes", "1e-9"]) == 0
    assert "left, for the same command: SANA 0.6B at 64 px" in capsys.readouterr().out
    assert main(command) == 0
    rows = json.loads((tmp_path / "large-models.json").read_text())
    assert [(row["model"], row["pixels"]) for row in rows] == [
        (name, size) for size in (64, 128) for name in ("SANA 0.6B", "PixArt-Sigma")
    ]
    monkeypatch.setattr(large, "measure", lambda *told: pytest.fail("measured again"))
    assert main(command) == 0
    text = (tmp_path / "linearize.md").read_text()
    assert text.startswith("# Before\n") and text.endswith("\nAfter\n") and "stale" not in text
    assert text.count("| PixArt-Sigma, ") == 2 and text.count("fresh mixers") == 2


def test_where_memory_does_not_suffice_a_row_says_why(monkeypatch):
    model = large.SMOKE["PixArt-Sigma"]
    with monkeypatch.context() as patch:
        patch.setattr(large, "free_memory", lambda: 2**10)
        row = large.measure(model, 64, CPU, torch.float32)
    assert row["why"].startswith("needs some ") and "seconds" not in row

    def exhausted(*told):
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(large, "_measured", exhausted)
    assert "out of memory" in large.measure(model, 64, CPU, torch.float32)["why"]
    about = {"device": "a card", "precision": "bfloat16", "model": "PixArt-Sigma", "pixels": 64}
    cells = large.table([about | row]).splitlines()[-1].split("|")
    assert len(cells) == 9 and row["why"] in cells[3]


def test_each_way_is_recorded_and_launched_with_what_it_is_told():
    asked = []
    hosts = {name: lambda *told, name=name: (asked.append((name, told)) or told[0] + 1,) for name in large.WAYS}
    found = large._replayed(hosts, [torch.zeros(2), torch.ones(1)])
    assert list(found) == list(large.WAYS) and all(taken > 0 for taken in found.values())
    assert [name for name, _ in asked] == list(large.WAYS) and all(len(told) == 2 for _, told in asked)


def test_what_the_card_takes_alone_has_columns_where_it_was_measured():
    row = {"device": "a card", "precision": "bfloat16", "model": "SANA 0.6B", "pixels": 1024, "parameters": 591.7e6}
    row |= {"seconds": {"stock": 0.02, "ours": 0.04, "without": 0.005}, "ratio": 0.5, "difference": 1e-3}
    made = large.table([row | {"card": {"stock": 0.006, "ours": 0.003, "without": 0.002}}, row]).splitlines()
    assert "| 1024 | 20 | 40 | 0.50 | 5 | 6 | 3 | 2.00 | 2 | 1.0e-03 |" in made[-2]
    assert "| 1024 | 20 | 40 | 0.50 | 5 |  |  |  |  | 1.0e-03 |" in made[-1]
    assert len({line.count("|") for line in made if line.startswith("|")}) == 1


def test_memory_has_columns_where_it_was_measured():
    row = {"device": "a card", "precision": "bfloat16", "model": "SANA 0.6B", "pixels": 1024, "parameters": 591.7e6}
    row |= {"seconds": {"stock": 0.02, "ours": 0.01, "without": 0.005}, "ratio": 2.0, "difference": 1e-3}
    made = large.table([row | {"memory": {"stock": 3 * 2**30, "ours": 2 * 2**30, "without": 2**30}}])
    assert "| SANA 0.6B, 591.7 M | 1024 | 20 | 10 | 2.00 | 5 | 1.0e-03 | 3.00 | 2.00 |" in made


@pytest.mark.parametrize("option", [["--seeds", "2"], ["--tasks", "listops"], ["--minutes", "0"]])
def test_what_means_nothing_here_is_refused(option, tmp_path, capsys):
    assert main(["bench", "large", "--out", str(tmp_path), *option]) == 2
    assert f"{option[0].removeprefix('--') if option[0] == '--minutes' else option[0]}: got" in capsys.readouterr().err
