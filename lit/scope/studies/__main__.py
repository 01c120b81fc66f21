"""Measure LinearScope on the embedded model and draw the pictures of docs/scope.md.

    python -m lit.scope.studies --out docs/scope                 # everything, some minutes on one core
    python -m lit.scope.studies --out docs/scope --only errors   # one section of SECTIONS

Pictures and numbers.json go into the folder; the blocks between <!-- NAME --> and <!-- /NAME --> of the page beside it
(docs/scope.md) are written anew from the numbers.
"""

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from lit.environment import prepare
from lit.pipeline import LiTPipeline
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.studies.measure import measure_dense, measure_errors, measure_times
from lit.scope.studies.page import blocks
from lit.scope.studies.tour import SETTINGS, draw_tour

SECTIONS = ("errors", "dense", "times", "tour")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/scope"))
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section; several may be named")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    arguments = parser.parse_args(argv)
    prepare(offline=True)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "numbers.json"
    numbers = json.loads(file.read_text()) if file.exists() else {}
    pipe = LiTPipeline.from_pretrained(device="cpu", torch_dtype="float32")
    pipe.set_progress_bar_config(disable=True)

    def tell(text):
        print(text, file=sys.stderr, flush=True)

    opened = OpenedDrawing.open(pipe, SETTINGS, on_progress=lambda done, total: tell(f"drawing {done}/{total}"))
    numbers["model"] = {"weights_sha256": pipe.weights_sha256, "torch": torch.__version__} | asdict(SETTINGS)
    measures = {"errors": measure_errors, "dense": measure_dense, "times": measure_times}
    for section in arguments.only or SECTIONS:
        if section == "tour":
            numbers[section] = draw_tour(opened, tell, arguments.out)
        else:
            numbers[section] = measures[section](opened, tell)
        numbers = json.loads(json.dumps(numbers))  # keys as they are read back
        file.write_text(json.dumps(numbers, indent=1))
    page = arguments.out.with_suffix(".md")
    if page.exists():
        text = page.read_text(encoding="utf-8")
        for name, block in blocks(numbers).items():
            pattern = rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)"
            text = re.sub(pattern, lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text, flags=re.S)
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
