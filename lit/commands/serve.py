"""Start the studio for many people: drawing in replicas, metrics at /metrics, one log line a request and a drawing.

Without --replicas it draws in this process, as `python app.py` does. docs/serving.md says more.
"""

import argparse
from typing import TYPE_CHECKING

from lit import environment
from lit.commands.arguments import whole_number
from lit.studio.shell import launch
from lit.studio.shell.ending import Ending

if TYPE_CHECKING:
    from lit.serve.replicas.fleet import Fleet

DRAIN = 30.0  # seconds


def add_arguments(parser: argparse.ArgumentParser):
    launch.add_options(parser)
    add_size(parser)
    parser.add_argument(
        "--drain",
        metavar="SECONDS",
        type=float,
        default=DRAIN,
        help="what is being drawn when it is told to end has so long to end (default: %(default)g)",
    )
    parser.add_argument("--log-format", metavar="KIND", default="text", help="text (the default) or json")


def add_size(parser: argparse.ArgumentParser):
    """How many replicas, and of what."""
    parser.add_argument(
        "--replicas",
        metavar="N",
        type=whole_number,
        default=0,
        help="draw in so many replicas of the pipeline, on Ray Serve",
    )
    parser.add_argument(
        "--min-replicas",
        metavar="N",
        type=whole_number,
        help="in so many at least, and more under load (default: always all)",
    )
    parser.add_argument(
        "--gpus-per-replica",
        metavar="N",
        type=float,
        default=0.0,
        help="0 for processors (the default), 1, or a part such as 0.5",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=whole_number,
        default=1,
        help="of each replica on a processor (default: %(default)s)",
    )
    parser.add_argument(
        "--batch",
        metavar="N",
        type=whole_number,
        default=1,
        help="pictures that a replica is given together, at most (default: %(default)s)",
    )
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="of a Ray cluster, auto for this machine's (default: one of its own, here)"
    )


def run(arguments: argparse.Namespace) -> int:
    from lit.serve.watch import logs

    environment.open_streams()
    logs.configure(arguments.log_format)
    fleets: list[Fleet] = []  # the one, once it has been started

    def painter():
        from lit.serve.replicas.fleet import Fleet, Size

        size = Size(
            replicas=arguments.replicas,
            least=arguments.min_replicas,
            gpus=arguments.gpus_per_replica,
            threads=arguments.threads,
            batch=arguments.batch,
            address=arguments.ray,
        )
        fleets.append(Fleet(size, arguments.model))
        return fleets[0]

    def beside(studio):
        from lit.serve.beside import beside
        from lit.serve.callers import Doors
        from lit.serve.watch.metrics import Metrics
        from lit.serve.watch.watch import Watch

        doors = Doors(studio.public, environment.api_keys(), environment.login())
        return Watch(beside(studio), Metrics(studio, fleets[0] if fleets else None), doors)

    here = not arguments.replicas
    # On processors the pictures of this process are the replicas', to the byte.
    threads = None if here or arguments.gpus_per_replica else arguments.threads
    with Ending() as ending:
        return launch.run(arguments, ending, beside, None if here else painter, threads, arguments.drain)
