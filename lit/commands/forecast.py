"""Forecast ETTh1 by Linear, DLinear and NLinear in closed form, beside the last value and the published errors."""

import argparse
import time

from lit.commands.arguments import local_path
from lit.commands.console import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--data", type=local_path, metavar="FILE", required=True, help="ETTh1.csv of github.com/zhouhaoyi/ETDataset"
    )


def run(args: argparse.Namespace) -> int:
    """Print the table. Raises InputError for a file that does not fit."""
    from lit.forecast.ett import HORIZONS, PAST, PUBLISHED, benchmark, read
    from lit.sheets import markdown_table

    values = read(args.data)
    started = time.perf_counter()
    cells = benchmark(values)
    seconds = time.perf_counter() - started
    rows = []
    for name in dict.fromkeys(cell.model for cell in cells):
        ours = [cell for cell in cells if cell.model == name]
        rows.append((name, *(f"{cell.mse:.3f} / {cell.mae:.3f}" for cell in ours)))
        if name in PUBLISHED:
            rows.append((f"{name}, published", *(f"{mse:.3f} / {mae:.3f}" for mse, mae in PUBLISHED[name])))
    rows.append(("windows: train, test", *("{}, {}".format(*cell.windows) for cell in ours)))
    say(markdown_table((f"MSE / MAE, {PAST} hours seen", *(f"{horizon} ahead" for horizon in HORIZONS)), rows))
    say(f"\nFitted and tested in {seconds:.1f} s.")
    return 0
