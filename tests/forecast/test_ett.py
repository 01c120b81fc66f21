"""The benchmark on hourly data: how windows are counted, what is refused, and that it ends where it must."""

import math
from functools import partial

import pytest
import torch

from lit.commands.forecast import run
from lit.errors import InputError
from lit.forecast import ett
from lit.forecast.closed_form import Forecast

SMALL = (240, 80, 80)


def hours():
    """Seven columns of daily waves and noise, float64 (rows, 7)."""
    generator = torch.Generator().manual_seed(0)
    rows = sum(SMALL)
    waves = torch.sin(torch.arange(rows)[:, None] * 2 * math.pi / 24 + torch.arange(7))
    return (10 * waves + torch.randn(rows, 7, generator=generator)).double()


def write(file, values, columns=ett.COLUMNS):
    lines = [",".join(("date", *columns))]
    lines += [f"hour {i}," + ",".join(f"{value:.6f}" for value in row) for i, row in enumerate(values.tolist())]
    file.write_text("\n".join(lines) + "\n")
    return file


def test_windows_are_counted_as_the_papers_count_them():
    values = torch.zeros(sum(ett.SPLIT), 1, dtype=torch.float64)
    train, validation, test = ett.parts(values)
    published = {96: (8209, 2785), 192: (8113, 2689), 336: (7969, 2545), 720: (7585, 2161)}
    for horizon, counts in published.items():
        found = [sum(len(x) for x, _ in ett.windows(part, 336, horizon)) for part in (train, test)]
        assert tuple(found) == counts
    assert len(validation) == len(test) == 2880 + 336


def test_parts_are_standardised_by_the_training_rows_alone():
    train, _, test = ett.parts(hours(), 24, SMALL)
    torch.testing.assert_close(train.mean(0), torch.zeros(7, dtype=torch.float64), rtol=0, atol=1e-12)
    torch.testing.assert_close(train.std(0, correction=0), torch.ones(7, dtype=torch.float64))
    changed = hours()
    changed[SMALL[0] :] *= 100
    assert torch.equal(ett.parts(changed, 24, SMALL)[0], train)
    assert not torch.equal(ett.parts(changed, 24, SMALL)[2], test)


def test_how_many_windows_at_a_time_changes_nothing():
    part = ett.parts(hours(), 24, SMALL)[0]
    forecast = ett.nlinear(ett.moments(part, 24, 12), 1e-3)
    errors = [ett.measured(forecast, part, 24, 12, at_once) for at_once in (7, 64, 10_000)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-12) and errors[1] == pytest.approx(errors[2], rel=1e-12)
    few, many = (ett.moments(part, 24, 12, at_once) for at_once in (5, 10_000))
    torch.testing.assert_close(few.xy, many.xy)


def test_each_model_is_far_better_than_the_last_value():
    cells = {cell.model: cell for cell in ett.benchmark(hours(), 24, (12,), SMALL)}
    assert set(cells) == {"Repeat", *ett.MODELS}
    train, _, test = ett.parts(hours(), 24, SMALL)
    x, y = (torch.cat(part) for part in zip(*ett.windows(test, 24, 12), strict=True))
    assert cells["Repeat"].mse == pytest.approx(float((x[:, -1:] - y).square().mean()))
    assert all(cells[name].mse < 0.2 * cells["Repeat"].mse for name in ett.MODELS)
    assert cells["Linear"].windows == (240 - 24 - 12 + 1, 80 - 12 + 1)
    # The ridge was chosen without the rows that it is tested on.
    fit = ett.linear(ett.moments(train, 24, 12), cells["Linear"].strength)
    assert isinstance(fit, Forecast)
    assert cells["Linear"].mse == pytest.approx(float((fit(x) - y).square().mean()))


def test_a_series_that_stands_still_is_forecast_without_error():
    still = torch.full((sum(SMALL), 7), 3.5, dtype=torch.float64)
    assert all(cell.mse == 0 for cell in ett.benchmark(still, 24, (12,), SMALL))


def test_what_is_read_is_what_was_written(tmp_path):
    file = write(tmp_path / "hours.csv", hours())
    torch.testing.assert_close(ett.read(file, 300), hours()[:300], rtol=0, atol=1e-6)


def test_columns_are_found_by_their_names(tmp_path):
    backwards = write(tmp_path / "hours.csv", hours().flip(1), ett.COLUMNS[::-1])
    torch.testing.assert_close(ett.read(backwards, 300), hours()[:300], rtol=0, atol=1e-6)


def broken(text):
    return lambda file: file.write_text(text)


GOOD = ",".join(ett.COLUMNS)
REFUSED = {
    "no file": (lambda file: None, "a CSV file that can be read"),
    "a folder": (lambda file: file.mkdir(), "a CSV file that can be read"),
    "empty": (broken(""), "columns HUFL, HULL"),
    "columns missing": (broken(GOOD.replace("MULL", "x").replace("OT", "y") + "\n"), "columns MULL, OT as well"),
    "a word": (broken(f"{GOOD}\n1,2,3,4,5,6,7\n1,2,cold,4,5,6,7\n"), "got 'cold'; a number in column MUFL, line 3"),
    "not a number": (broken(f"{GOOD}\n1,2,3,4,5,6,nan\n"), "got 'nan'; a number in column OT, line 2"),
    "a short line": (broken(f"{GOOD}\n1,2,3\n"), "got None; a number in column MULL, line 2"),
    "too few rows": (broken(f"{GOOD}\n1,2,3,4,5,6,7\n"), "got '1 rows in .*'; at least 14400"),
    "no text": (lambda file: file.write_bytes(b"\xff\xfe\x00date"), "a CSV file in UTF-8"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_such_file_is_refused(case, tmp_path):
    make, message = REFUSED[case]
    make(tmp_path / "x.csv")
    with pytest.raises(InputError, match=f"--data: .*{message}"):
        ett.read(tmp_path / "x.csv")


def test_the_command_prints_all_models_beside_the_published(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ett, "read", partial(ett.read, rows=sum(SMALL)))
    monkeypatch.setattr(ett, "benchmark", partial(ett.benchmark, past=24, horizons=(12,) * 4, split=SMALL))

    class Arguments:
        data = write(tmp_path / "hours.csv", hours())

    assert run(Arguments()) == 0
    said = capsys.readouterr().out
    assert "| NLinear, published | 0.374 / 0.394 | 0.408 / 0.415 |" in said
    assert all(f"| {name} | 0." in said for name in ett.MODELS)
    assert "| windows: train, test | 205, 69 |" in said
