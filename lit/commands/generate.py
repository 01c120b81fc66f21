"""Draw stickers from words as PNG files that carry their settings, or draw such a file again."""

import argparse
import re
import secrets
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from lit.environment import prepare
from lit.errors import InputError
from lit.settings import SCHEDULERS, SEEDS, GenerationSettings, read_png, to_png_info
from lit.styles import STYLES


def add_arguments(parser: argparse.ArgumentParser):
    add = parser.add_argument
    add("prompt", nargs="?", help="what to draw, such as 'a blue dragon' or 'a blue dragon, fluent 3d'")
    add("--from", dest="source", metavar="PNG", help="draw this file's image again; other options change it")
    add("--style", help="drawing style")
    add("--negative", dest="negative_prompt", metavar="WORDS", help="what should not be in it")
    add("--seed", type=whole_number, help="of the first image; a random one if not given")
    add("--steps", dest="num_inference_steps", type=whole_number, metavar="N", help="denoising steps (20)")
    add(
        "--guidance",
        dest="guidance_scale",
        type=number,
        metavar="X",
        help="weight of the words, 1 for none (4)",
    )
    add("--size", type=whole_number, metavar="PIXELS", help="width and height (256)")
    add("--width", type=whole_number, metavar="PIXELS")
    add("--height", type=whole_number, metavar="PIXELS")
    add("-n", dest="num_images_per_prompt", type=whole_number, metavar="N", help="number of images (1)")
    add("--scheduler", metavar="NAME", help=f"{', '.join(SCHEDULERS)} (the first)")
    add("--scale", dest="output_scale", type=whole_number, metavar="N", help="2 for twice the size (1)")
    add("--model", metavar="DIR", help="another model: its folder or hub name")
    add("--device", help="cpu, cuda or mps; what is there if not given")
    add("--dtype", help="float32 or bfloat16; the faster if not given")
    add("--out", type=Path, default=Path("."), metavar="DIR", help="folder for the files (this one)")


def run(arguments: argparse.Namespace) -> int:
    """Draw and write. Raises LiTError for anything a user can put right."""
    settings, recorded = settings_of(arguments)
    # What no model could draw is said at once; what this one cannot, when it has been loaded.
    resolved = settings.resolved()
    resolved.validate(styles=STYLES if arguments.model is None else (resolved.style,))
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("--out", str(arguments.out), f"a folder that can be written ({error.strerror})") from error
    pipe = load(arguments, recorded)
    if arguments.scheduler is None and arguments.source is None:
        settings = replace(settings, scheduler=pipe.schedulers[0])
    if recorded and recorded.get("weights_sha256") != pipe.weights_sha256:
        note("the file was drawn with other weights, so the image will be another")
    if unread := pipe.text_encoder.truncated(settings.resolved(pipe.styles).prompt):
        note(f"the prompt is too long; not read: {unread!r}")
    return draw(pipe, settings, arguments.out)


def draw(pipe, settings: GenerationSettings, folder: Path) -> int:
    """Draw into the folder, printing a line a file. Ctrl-C keeps what is finished and returns 130."""
    from tqdm.auto import tqdm

    stopped = False

    def stop(*_):
        nonlocal stopped
        if stopped:  # the second Ctrl-C does not wait for the step
            raise KeyboardInterrupt
        stopped = True
        run.interrupt()

    run = pipe.start(settings)
    before = signal.signal(signal.SIGINT, stop)
    try:
        started = time.perf_counter()
        for drawing in run:
            if drawing.finished:
                path = write(drawing.image, drawing.settings, pipe.provenance(), folder)
                tqdm.write(f"{path}  {time.perf_counter() - started:.1f} s", file=sys.stdout)
            started = time.perf_counter()
    finally:
        signal.signal(signal.SIGINT, before)
    return 130 if stopped else 0


def load(arguments: argparse.Namespace, recorded: dict):
    """The pipeline on the device and in the precision asked for, else those recorded, else the best here."""
    prepare(offline=arguments.model is None or Path(arguments.model).is_dir())
    from lit.pipeline import LiTPipeline

    pipe = LiTPipeline.from_pretrained(
        arguments.model, device=arguments.device, torch_dtype=arguments.dtype or recorded.get("dtype")
    )
    if recorded and recorded.get("device") != pipe.transformer.device.type:
        note(f"the file was drawn on {recorded.get('device')}; here the image may differ in small things")
    # Nothing is drawn into a file or a pipe.
    pipe.set_progress_bar_config(disable=None, unit="step", leave=False)
    return pipe


def settings_of(arguments: argparse.Namespace) -> tuple[GenerationSettings, dict]:
    """What the arguments ask for, and the provenance of the file drawn again ({} without one)."""
    fields = (
        "prompt", "style", "negative_prompt", "seed", "num_inference_steps", "guidance_scale",
        "width", "height", "num_images_per_prompt", "scheduler", "output_scale",
    )  # fmt: skip
    given = {name: getattr(arguments, name) for name in fields if getattr(arguments, name) is not None}
    if arguments.size is not None:
        given = {"width": arguments.size, "height": arguments.size} | given
    if arguments.source is not None:
        settings, provenance = read_png(arguments.source)
        return replace(settings, **given), provenance
    if arguments.prompt is None:
        raise InputError("prompt", "", "some words, such as 'a blue dragon', or --from with a PNG")
    given.setdefault("seed", secrets.randbelow(SEEDS[1] + 1))
    return GenerationSettings(**given), {}


def write(image, settings: GenerationSettings, provenance: dict, folder: Path) -> Path:
    """Save the image under a name of its own: a-blue-dragon-7.png, a-blue-dragon-7-2.png, ..."""
    stem = f"{file_stem(settings.prompt)}-{settings.seed}"
    count = 1
    while True:
        path = folder / (f"{stem}.png" if count == 1 else f"{stem}-{count}.png")
        try:
            with open(path, "xb") as file:
                image.save(file, "PNG", pnginfo=to_png_info(settings, provenance))
            return path
        except FileExistsError:
            count += 1
        except OSError as error:
            raise InputError("--out", str(folder), f"a folder that can be written ({error.strerror})") from error


def file_stem(prompt: str) -> str:
    """The prompt's letters and digits, of any script, as the start of a file's name."""
    return re.sub(r"[\W_]+", "-", prompt.lower()).strip("-")[:40].strip("-") or "sticker"


def whole_number(text):
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; a whole number") from None


def number(text):
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; a number") from None


def note(text: str):
    print(f"Note: {text}.", file=sys.stderr)
