"""Try on a studio what a stranger could, and say what got through: a public one at URL, or one of its own.

Exit code 1 if anything got through. docs/security.md says what is tried. Only probe a studio that is yours: some of it
fills its queue, and all of it its log.
"""

import contextlib
import json
import sys
from dataclasses import asdict

from lit.commands.arguments import local_path
from lit.probes import running
from lit.probes.running import KINDS, table
from lit.probes.studio import own_studio
from lit.probes.target import Target


def add_arguments(parser):
    parser.add_argument("url", nargs="?", help="where it is, such as https://studio.example; default: one of its own")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS), help="only these kinds")
    parser.add_argument("--json", metavar="FILE", type=local_path, help="write every probe with its outcome there")


def _probe(target: Target, arguments) -> int:
    outcomes = []
    for one in running.run(target, arguments.kind, lambda said: print(f"{said} ...", file=sys.stderr)):
        outcomes.append(one)
        if one.through:
            print(f"got through: {one.kind}: {one.name[:100]}: {one.through}", file=sys.stderr)
    print(table(outcomes))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1) + "\n", "utf-8")
    return int(any(one.through for one in outcomes))


def run(arguments) -> int:
    studio = contextlib.nullcontext(Target(arguments.url)) if arguments.url else own_studio()
    with studio as target:
        return _probe(target, arguments)
