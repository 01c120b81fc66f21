"""Make a LiT from a softmax teacher: inherit its weights, then learn from the data and from it together."""

import argparse
from pathlib import Path

from lit.commands import train
from lit.commands.arguments import number, path, whole_number
from lit.errors import InputError

# A method is a config for a teacher of ours and one for a teacher of diffusers: mixers, phases, what each learns. A new
# one is two files in lit/training/configs and a line here.
METHODS = {
    "lit": ("student", "mountable"),
    "transfer": ("transfer-hybrid", "mountable-transfer"),
    "lolcats": ("lolcats", "mountable-lolcats"),
    "liger": ("liger", "mountable-liger"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train.add_run_arguments(
        parser, config={"help": "in place of a method: a config's name, or a TOML file"}, needed=False
    )
    parser.add_argument(
        "--teacher", type=path, metavar="DIR_OR_NAME",
        help="a transformer of ours, or a pipeline of diffusers (DiT, PixArt, SANA), as a folder or on the hub "
        "(default: the embedded teacher)",
    )  # fmt: skip
    parser.add_argument(
        "--method", choices=METHODS,
        help="lit: inheritance and hybrid distillation (LiT); transfer: each mixer its teacher's output first, then "
        "that; lolcats: features by transfer, then LoRA; liger: gates from the teacher's keys, LoRA (lit)",
    )  # fmt: skip
    parser.add_argument(
        "--keep-softmax", type=number, metavar="SHARE",
        help="of the layers, or of the time that softmax takes more: those furthest from the teacher keep it",
    )  # fmt: skip
    parser.add_argument("--lora", type=whole_number, metavar="RANK", help="the last phase learns by LoRA of this rank")
    parser.add_argument("--resume", action="store_true", help="go on, as in any case, and only if --out holds a run")
    parser.add_argument("--dry-run", action="store_true", help="say what would be inherited and what it takes")


def run(args: argparse.Namespace) -> None:
    from lit import checkpoint
    from lit.linearize.dry_run import dry_run
    from lit.linearize.teacher import find

    teacher = find(args.teacher or checkpoint.EMBEDDED / "teacher", whole=not args.dry_run)
    config = told(args, teacher)
    if args.dry_run:
        stage = config.loop.stages[-1]
        lines = dry_run(teacher, config.network, stage.size, stage.batch_size, config.loop.steps, config.phases)
        print(*lines, sep="\n")
    elif teacher.adapter.linear:
        _exchange(teacher, args.out)
    else:
        for name in ("data", "out"):
            if getattr(args, name) is None:
                raise InputError(f"--{name}", None, "a path; only --dry-run needs none")
        if args.resume and not holds_run(args.out):
            raise InputError("--resume", str(args.out), "as --out the folder of a run that was cut")
        train.run(args, config, teacher=teacher.pipeline or teacher.transformer)


def told(args: argparse.Namespace, teacher):
    """The run's config: the method's, or the one that is given, with what the options change. Raises InputError."""
    from lit.linearize.dry_run import own_size
    from lit.training.phases import with_rank
    from lit.training.toml import load_config

    if args.config and args.method:
        raise InputError("--config", args.config, f"none beside --method {args.method}")
    if teacher.adapter.linear:
        _check_linear(args, teacher.architecture)
    ours, foreign = METHODS[args.method or "lit"]
    if hasattr(teacher.adapter, "student"):
        name, changes = args.config or ours, []
    else:
        name, changes = args.config or foreign, [] if args.config else [_stages(own_size(teacher))]
    kept = [] if args.keep_softmax is None else [f"keep_softmax={args.keep_softmax}"]
    config = load_config(name, [*changes, *args.set, *kept])
    return config if args.lora is None else with_rank(config, args.lora)


def _check_linear(args, architecture) -> None:
    """Where nothing is trained, nothing says how."""
    given = {"--method": args.method, "--keep-softmax": args.keep_softmax, "--lora": args.lora, "--config": args.config}
    for option, value in given.items():
        if value is not None:
            raise InputError(option, value, f"none for a {architecture}, which is linear already: nothing is trained")


def holds_run(out: Path) -> bool:
    """Whether a folder holds a checkpoint, of a run or of a phase of one."""
    return any(out.glob("checkpoint.pt")) or any(out.glob("*/checkpoint.pt"))


def _stages(size: int) -> str:
    """One stage of the teacher's own size, with fewer pictures where they are larger."""
    return f"stages=[{{ until = 1.0, size = {size}, batch_size = {min(max(1, 32 * 256**2 // size**2), 256)} }}]"


def _exchange(teacher, out) -> None:
    from lit.device import choose, dtype_name
    from lit.linearize.dry_run import own_size
    from lit.linearize.exchange import exchange
    from lit.paths import check_writable

    if out is not None:
        check_writable(out, "--out")
    device, dtype = choose()
    network = teacher.adapter.network.from_pretrained(teacher.transformer, dtype=dtype, use_safetensors=True)
    size = own_size(teacher)
    attentions, found = exchange(teacher, network.to(device).eval(), size // teacher.adapter.downscale)
    print(f"{teacher.architecture} is linear already: nothing is trained, its processors are exchanged.")
    print(
        f"One evaluation at {size} px on {device} in {dtype_name(dtype)}: {found.before:.3f} s before, "
        f"{found.after:.3f} s after; the two differ by {found.difference:.1e} of the greatest value"
    )
    if out is not None:
        attentions.save(out / "network")
