"""Train a network on the stickers; where --out holds a checkpoint, go on from it."""

import argparse
from pathlib import Path

from lit.commands.arguments import path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", required=True, help="autoencoder, evaluator, teacher, student, or a TOML file")
    parser.add_argument("--data", type=path, metavar="PATH", required=True, help="the stickers: Parquet file or folder")
    parser.add_argument(
        "--out", type=path, metavar="DIR", required=True, help="checkpoint, metrics, sheets and network"
    )
    parser.add_argument("--minutes", type=float, help="end after so long; the schedule is stretched to fit")
    parser.add_argument("--init", type=path, metavar="DIR", help="transformer: weights to start from")
    parser.add_argument(
        "--large", type=path, metavar="PATH", help="autoencoder: stickers for 512 px targets (default: --data)"
    )
    parser.add_argument(
        "--autoencoder", type=path, metavar="DIR", help="transformer: its autoencoder (default: the embedded one)"
    )
    parser.add_argument("--text-encoder", type=path, metavar="DIR", help="in place of the packaged MiniLM")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="change values of the config")


def run(args: argparse.Namespace, teacher: str | None = None) -> None:
    """Raises InputError for what does not fit, DivergedError when the loss stops being finite."""
    from lit import checkpoint
    from lit.training.config import load_config
    from lit.training.evaluator import train_evaluator
    from lit.training.train import train_autoencoder, train_transformer

    config = load_config(args.config).with_overrides(args.set)
    out = Path(args.out)
    if config.model == "autoencoder":
        train_autoencoder(config, args.data, args.large or args.data, out, args.minutes)
        return
    if config.model == "evaluator":
        train_evaluator(config, args.data, out, args.text_encoder, args.minutes)
        return
    autoencoder = args.autoencoder or str(checkpoint.EMBEDDED / "autoencoder")
    train_transformer(
        config,
        args.data,
        out,
        autoencoder,
        args.text_encoder,
        teacher=teacher,
        init=args.init,
        minutes=args.minutes,
    )
