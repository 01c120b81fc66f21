"""Draw stickers from words as PNG files that carry their settings, or draw such a file again."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lit.commands.arguments import add_settings, given_settings, local_path, path, whole_number
from lit.commands.console import ending_on_ctrl_c, note, say
from lit.environment import prepare
from lit.errors import InputError
from lit.paths import check_writable
from lit.reading.blend import parts_of
from lit.reading.weights import parse_weights
from lit.sampling import registry
from lit.settings import SETTINGS, GenerationSettings, random_seed, read_png, write_picture
from lit.styles import STYLES


def add_arguments(parser: argparse.ArgumentParser):
    add_settings(
        parser,
        unless_given={
            "seed": "a random one",
            "scheduler": "the model's first",
            "num_inference_steps": "the scheduler's own, 8 with flow-map",
        },
    )
    add = parser.add_argument
    add("--size", type=whole_number, metavar="N", help="width and height in one")
    add("--from", dest="source", type=path, metavar="PNG", help="draw this file's image again; other options change it")
    add("--model", type=path, metavar="DIR", help="another model: its folder or hub name")
    add("--device", help="cpu, cuda or mps; what is there if not given")
    add("--dtype", help="float32 or bfloat16; the faster if not given")
    add("--runtime", help="torch, or openvino where it is installed")
    add("--out", type=local_path, default=Path("."), metavar="DIR", help="folder for the files (this one)")


def run(arguments: argparse.Namespace) -> int:
    """Draw and write, a line a file. Ctrl-C keeps what is finished and returns 130.

    Raises LiTError for anything a user can put right.
    """
    settings, recorded = settings_of(arguments)
    # What no model could draw is said at once; what this one cannot, when it has been loaded.
    resolved = settings.resolved()
    resolved.validate(styles=STYLES if arguments.model is None else (resolved.style,))
    check_writable(arguments.out, "--out")
    pipe = load(arguments.model, arguments.device, arguments.dtype, recorded, arguments.runtime)
    if arguments.source is None:
        settings = of_model(settings, arguments, pipe.schedulers)
    if recorded and recorded.get("weights_sha256") != pipe.weights_sha256:
        note("the file was drawn with other weights, so the image will be another")
    for part in parts_of(settings.resolved(pipe.styles).prompt):
        if unread := pipe.text_encoder.truncated(parse_weights(part.prompt).text):
            note(f"the prompt is too long; not read: {unread!r}")
    drawings = pipe.start(settings)
    with ending_on_ctrl_c(drawings.interrupt):
        started = time.perf_counter()
        for drawing in drawings:
            if drawing.finished:
                try:
                    file = write_picture(drawing.image, drawing.settings, pipe.provenance(), arguments.out)
                except OSError as error:
                    raise unwritable(arguments.out, error) from error
                say(f"{file}  {time.perf_counter() - started:.1f} s")
            started = time.perf_counter()
    return 130 if drawings.interrupted else 0


def load(model: str | None, device: str | None, dtype: str | None, recorded: dict, runtime: str | None = None):
    """The pipeline on the device and in the precision asked for, else those recorded, else the best here."""
    prepare(offline=model is None or Path(model).is_dir())
    from lit.pipeline import LiTPipeline

    dtype = dtype or recorded.get("dtype")
    pipe = LiTPipeline.from_pretrained(model, device=device, torch_dtype=dtype, runtime=runtime or "torch")
    if recorded and recorded.get("device") != pipe.transformer.device.type:
        note(f"the file was drawn on {recorded.get('device')}; here the image may differ in small things")
    if recorded and recorded.get("runtime") != pipe.provenance().get("runtime"):
        note(f"the file was drawn by {recorded.get('runtime', 'torch')}; here the image may differ in small things")
    # Nothing is drawn into a file or a pipe.
    pipe.set_progress_bar_config(disable=None, unit="step", leave=False)
    return pipe


def settings_of(arguments: argparse.Namespace) -> tuple[GenerationSettings, dict]:
    """What the arguments ask for, and the provenance of the file drawn again ({} without one)."""
    given = given_settings(arguments)
    if arguments.size is not None:
        SETTINGS["width"].check("size", arguments.size)
        given = {"width": arguments.size, "height": arguments.size} | given
    if arguments.source is not None:
        settings, provenance = read_png(arguments.source)
        return replace(settings, **given), provenance
    if arguments.prompt is None:
        raise InputError("prompt", "", "some words, such as 'a blue dragon', or --from with a PNG")
    given.setdefault("seed", random_seed())
    return GenerationSettings(**given), {}


def of_model(settings: GenerationSettings, arguments: argparse.Namespace, schedulers: Sequence[str]):
    """The settings with what was not given as the model, of which these are the schedulers, has it."""
    scheduler = arguments.scheduler or schedulers[0]
    steps = arguments.num_inference_steps or registry.find(scheduler).steps
    return replace(settings, scheduler=scheduler, num_inference_steps=steps)


def unwritable(folder: Path, error: OSError) -> InputError:
    return InputError("--out", str(folder), f"a folder that can be written ({error.strerror or error})")
