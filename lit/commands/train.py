"""Train a network on the stickers; where --out holds a checkpoint, go on from it."""

import argparse
from pathlib import Path

from lit.commands.arguments import add_data, local_path

PATHS = {
    "large": "autoencoder: stickers for 512 px targets (default: --data)",
    "autoencoder": "transformer, preview decoder: their autoencoder (default: the embedded one)",
    "text_encoder": "in place of the packaged MiniLM",
    "init": "transformer, autoencoder: weights to start from",
    "evaluator": "aligned-flow: whose features the network shall see (default: the embedded one)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    config = "autoencoder, evaluator, teacher, student, preview-decoder, or a TOML file"
    add_run_arguments(parser, config={"required": True, "help": config})


def add_run_arguments(parser: argparse.ArgumentParser, config: dict, needed: bool = True) -> None:
    """What every run takes. config: how --config is declared.  needed: whether there is none without --data, --out."""
    parser.add_argument("--config", **config)
    add_data(parser, required=needed)
    parser.add_argument(
        "--out", type=local_path, metavar="DIR", required=needed, help="checkpoint, metrics, sheets and network"
    )
    parser.add_argument("--minutes", type=float, help="end after so long; the schedule is stretched to fit")
    for name, what in PATHS.items():
        metavar = "PATH" if name == "large" else "DIR"
        parser.add_argument(f"--{name.replace('_', '-')}", type=local_path, metavar=metavar, help=what)
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", help="change values of the config, such as steps=100"
    )


def run(args: argparse.Namespace, config=None, **others: Path | None) -> None:
    """config: what to train, None for what --config and --set say.  others: of `Sources`, beside those of PATHS. Raises
    InputError for what does not fit, DivergedError when the loss stops being finite."""
    from lit.training.models.sources import Sources
    from lit.training.toml import load_config
    from lit.training.train import train

    sources = Sources(args.data, **{name: getattr(args, name) for name in PATHS}, **others)
    train(config or load_config(args.config, args.set), sources, args.out, args.minutes)
