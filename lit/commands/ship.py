"""Put trained networks together as a model that draws, at one byte a weight; parts not named stay as they are."""

import argparse

from lit.commands.arguments import local_path
from lit.commands.console import say

PARTS = {
    "transformer": "what draws",
    "autoencoder": "pictures to latents and back",
    "evaluator": "what judges",
    "preview_decoder": "latents to pictures, quickly",
    "teacher": "what the transformer was distilled from",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=local_path, metavar="DIR", required=True, help="the model's folder, such as lit/weights"
    )
    for name, what in PARTS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=local_path, metavar="DIR", help=f"{what}: a folder that training left"
        )


def run(args: argparse.Namespace) -> None:
    """Raises InputError or CheckpointError for a folder that does not fit, before anything is written."""
    from lit.training.ship import ship

    ship(args.out, **{name: getattr(args, name) for name in PARTS})
    say(str(args.out))
