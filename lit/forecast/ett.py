"""ETTh1 as the forecasting papers use it, and its forecasts in closed form beside the published ones.

The data: Zhou et al., "Informer", AAAI 2021 (arXiv 2012.07436), https://github.com/zhouhaoyi/ETDataset, CC BY-ND 4.0.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lit.errors import InputError
from lit.forecast.closed_form import Forecast, Moments, dlinear, linear, nlinear

COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
SPLIT = (8640, 2880, 2880)  # rows to train, validate and test: 12, 4 and 4 months of 30 days
PAST = 336  # hours that a forecast sees
HORIZONS = (96, 192, 336, 720)
STRENGTHS = tuple(10.0**k for k in range(-6, 2))  # of the ridge
AT_ONCE = 2048  # windows
MODELS: dict[str, Callable[[Moments, float], Forecast]] = {"Linear": linear, "DLinear": dlinear, "NLinear": nlinear}
# MSE and MAE of arXiv 2205.13504, multivariate, by horizon: one training run each, by gradient descent.
PUBLISHED = {
    "Linear": ((0.375, 0.397), (0.418, 0.429), (0.479, 0.476), (0.624, 0.592)),
    "DLinear": ((0.375, 0.399), (0.405, 0.416), (0.439, 0.443), (0.472, 0.490)),
    "NLinear": ((0.374, 0.394), (0.408, 0.415), (0.429, 0.427), (0.440, 0.453)),
}


@dataclass(frozen=True)
class Cell:
    """One forecast's errors on the test windows, in standardised units. windows: trained on, tested on.
    strength: of the ridge, the best on the validation windows; None where nothing is fitted."""

    model: str
    horizon: int
    mse: float
    mae: float
    windows: tuple[int, int]
    strength: float | None


def read(path: Path, rows: int = sum(SPLIT)) -> Tensor:
    """The seven columns of the first `rows` rows, float64 (rows, 7). Raises InputError, naming what is wrong."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError("--data", str(path), f"a CSV file with the columns {', '.join(missing)} as well")
            values = [_numbers(path, line, row) for line, row in zip(range(2, rows + 2), reader, strict=False)]
    except OSError as error:
        raise InputError("--data", str(path), f"a CSV file that can be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("--data", str(path), f"a CSV file in UTF-8 ({error})") from error
    if len(values) < rows:
        raise InputError("--data", f"{len(values)} rows in {path}", f"at least {rows}, an hour each")
    return torch.tensor(values, dtype=torch.float64)


def _numbers(path, line, row):
    found = []
    for name in COLUMNS:
        try:
            found.append(float(row[name]))
        except (TypeError, ValueError):
            found.append(float("nan"))
        if not np.isfinite(found[-1]):
            raise InputError("--data", row[name], f"a number in column {name}, line {line} of {path}")
    return found


def parts(values: Tensor, past: int = PAST, split: Sequence[int] = SPLIT) -> list[Tensor]:
    """Rows to train, validate and test, standardised by the training rows; the latter two reach `past` rows back."""
    train = values[: split[0]]
    deviation = train.std(0, correction=0)
    # A column that stands still has no unit of its own.
    values = (values - train.mean(0)) / torch.where(deviation > 0, deviation, 1.0)
    ends = np.cumsum([0, *split]).tolist()
    return [values[max(0, start - past) : end] for start, end in zip(ends, ends[1:], strict=False)]


def windows(values: Tensor, past: int, horizon: int, at_once: int = AT_ONCE) -> Iterator[tuple[Tensor, Tensor]]:
    """All windows of all columns, some at a time: x (samples, past) and y (samples, horizon)."""
    for column in values.T:
        for part in column.unfold(0, past + horizon, 1).split(at_once):
            yield part[:, :past], part[:, past:]


def moments(values: Tensor, past: int, horizon: int, at_once: int = AT_ONCE) -> Moments:
    """Of all windows of all columns: they share their weights."""
    return reduce(add, (Moments.of(x, y) for x, y in windows(values, past, horizon, at_once)))


def measured(
    forecast: Callable[[Tensor], Tensor], values: Tensor, past: int, horizon: int, at_once: int = AT_ONCE
) -> tuple[float, float]:
    """MSE and MAE over all windows, steps and columns."""
    squares = absolutes = count = 0.0
    for x, y in windows(values, past, horizon, at_once):
        difference = forecast(x) - y
        squares, absolutes = squares + difference.square().sum(), absolutes + difference.abs().sum()
        count += y.numel()
    return float(squares / count), float(absolutes / count)


def benchmark(
    values: Tensor, past: int = PAST, horizons: Sequence[int] = HORIZONS, split: Sequence[int] = SPLIT
) -> list[Cell]:
    """Repeat (the last value) and each of MODELS at each horizon; the ridge is chosen on the validation rows."""
    train, validation, test = parts(values, past, split)
    cells = []
    for horizon in horizons:
        counts = tuple(len(part) - past - horizon + 1 for part in (train, test))
        repeated = measured(lambda x, h=horizon: x[:, -1:].expand(-1, h), test, past, horizon)
        cells.append(Cell("Repeat", horizon, *repeated, counts, None))
        seen, unseen = (moments(part, past, horizon) for part in (train, validation))
        for name, fit in MODELS.items():
            fits = {strength: fit(seen, strength) for strength in STRENGTHS}
            best = min(fits, key=lambda strength: float(unseen.errors(fits[strength]).mean()))
            cells.append(Cell(name, horizon, *measured(fits[best], test, past, horizon), counts, best))
    return cells
