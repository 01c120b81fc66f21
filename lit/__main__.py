"""python -m lit COMMAND: the command line.

Each command lives in lit/commands/<name>.py, imported when asked for, with `add_arguments(parser)` and
`run(arguments)`, which returns the exit code or None for 0.
"""

import argparse
import importlib
import sys

from lit.commands.console import steady_streams
from lit.errors import InputError, LiTError

COMMANDS = {
    "generate": "draw stickers from words",
    "fetch": "bring a model of the hub here, to draw with",
    "sweep": "draw one prompt with settings varied, and see where the picture flips",
    "serve": "start the studio with replicas, metrics and logs, for many people",
    "export": "make pictures into sticker packs, emoji, icons and sheets",
    "read": "say how a prompt is understood",
    "scope": "show what made a pixel of a drawing",
    "evaluate": "measure how well a model draws",
    "verdicts": "draw the prompts that a person judges",
    "train": "train a network on the stickers",
    "linearize": "make a LiT from a softmax teacher",
    "distill": "make a flow map that draws in few steps",
    "ladder": "measure what a model draws at equal evaluations",
    "solvers": "fit solvers to a model and test them at equal evaluations",
    "forecast": "forecast hourly data by the fitted solvers' linear models",
    "bench": "compare the token mixers under the same conditions",
    "dynamics": "learn a known system by almost-linear RNNs",
    "dream": "draw, add noise, draw again, and read where that leads",
    "probe": "try on a studio what a stranger could",
    "ship": "put trained networks together as a model",
    "faults": "do to the studio what may happen to it",
    "soak": "let many clients use the studio for a while, and judge it",
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it. flags: the option of each argument by its name."""

    def __init__(self, *args, **kwargs):
        self.flags: dict[str, str] = {}
        super().__init__(*args, **kwargs)

    def add_argument(self, *names, **options):
        action = super().add_argument(*names, **options)
        if action.option_strings:
            self.flags[action.dest] = action.option_strings[0]
        return action

    def error(self, message):
        print(message.removeprefix("argument "), file=sys.stderr)
        raise SystemExit(2)

    def in_words(self, error: LiTError) -> str:
        """The error in one line, with the option's name where a value of it does not fit."""
        if isinstance(error, InputError):
            error = InputError(self.flags.get(error.argument, error.argument), error.got, error.expected)
        return " ".join(str(error).split())


@steady_streams()
def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns its exit code: 0, 2 for bad input or a bad checkpoint, 130 after Ctrl-C."""
    argv = sys.argv[1:] if argv is None else argv
    name = argv[0] if argv else "--help"
    if name in COMMANDS:
        command = importlib.import_module(f"lit.commands.{name}")
        parser = Parser(prog=f"python -m lit {name}", description=command.__doc__, allow_abbrev=False)
        command.add_arguments(parser)
        try:
            arguments = parser.parse_args(argv[1:])
            if getattr(arguments, "model", None):
                from lit.settings import use_styles  # not for --help
                from lit.styles import known_to, offered

                use_styles(offered(known_to(arguments.model)))
            return command.run(arguments) or 0
        except LiTError as error:
            print(parser.in_words(error), file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130
    commands = "\n".join(f"  {command:<12}{text}" for command, text in COMMANDS.items())
    if name in ("-h", "--help"):
        print(f"usage: python -m lit COMMAND [options]\n\n{commands}\n\nCOMMAND --help says more.")
        return 0
    print(f"command: got {name!r}; one of {', '.join(COMMANDS)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
