"""python -m lit_kernels.bench: each operator beside its floor and its peers, then networks, into kernels/README.md.

A new operator's rows are a file here, as `linear_attention.py` is one, and its name in OPERATORS. Needs an NVIDIA card;
--dry runs the same code on a CPU with tiny sizes and writes nothing.
"""

import argparse
import datetime
from pathlib import Path

import torch

from . import delta_rule, linear_attention, networks, table

OPERATORS = (linear_attention, delta_rule)  # each with ROWS and DRY_ROWS, see `table.Row`
README = Path(__file__).parents[2] / "README.md"
MARKERS = "<!-- figures: python -m lit_kernels.bench -->", "<!-- end of figures -->"


def versions(device):
    import triton

    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "no card"
    return f"{datetime.date.today()}, {card}, torch {torch.__version__}, triton {triton.__version__}"


def write(text):
    """Replace the figures in the README of a checkout; an installed package has none."""
    page = README.read_text() if README.is_file() else ""
    if not all(marker in page for marker in MARKERS):
        return
    before, rest = page.split(MARKERS[0])
    after = rest.split(MARKERS[1])[1]
    README.write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}")


def chosen(operators, wanted):
    """Each operator's rows that have one of the `wanted` texts in their names, or all; without any it is left out."""
    if wanted is None:
        return operators
    found = [[row for row in rows if any(text in row.name for text in wanted)] for rows in operators]
    if not any(found):
        names = "\n".join(row.name for rows in operators for row in rows)
        raise SystemExit(f"--rows: no row has {' or '.join(map(repr, wanted))} in its name; there are\n{names}")
    return [rows for rows in found if rows]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m lit_kernels.bench", description=__doc__.split("\n")[0])
    parser.add_argument("--dry", action="store_true", help="tiny sizes, on a CPU too; writes nothing")
    parser.add_argument("--skip-networks", action="store_true", help="operators only")
    parser.add_argument("--skip-peers", action="store_true", help="ours and the floors only: quick, while tuning")
    parser.add_argument(
        "--rows", nargs="+", metavar="TEXT", help="only operators' rows with one of these in their name; writes nothing"
    )
    options = parser.parse_args(arguments)
    if not options.dry and not torch.cuda.is_available():
        raise SystemExit("lit_kernels.bench: no NVIDIA card here; run it on one, or --dry to try its code here")
    device = torch.device("cpu" if options.dry else "cuda")
    dtype = torch.float32 if options.dry else torch.bfloat16
    torch.manual_seed(0)
    parts = [versions(device) + "."]
    rows = chosen([operator.DRY_ROWS if options.dry else operator.ROWS for operator in OPERATORS], options.rows)
    steps = [lambda: table.operators(rows, device, dtype, options.dry, not options.skip_peers)]
    if not (options.skip_networks or options.rows):
        steps.append(lambda: networks.table(device, dtype, options.dry))
    for step in steps:
        parts.append(step())
        print(f"\n{parts[-1]}", flush=True)
        if not (options.dry or options.rows):
            write("\n\n".join(parts))  # each part as it comes: a bench that is cut off keeps what it has
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
