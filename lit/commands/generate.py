"""Draw stickers from words as PNG files that carry their settings, or draw such a file again."""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lit.commands.arguments import add_settings, given_settings, local_path, path, whole_number
from lit.commands.console import ending_on_ctrl_c, note, say
from lit.environment import prepare
from lit.errors import InputError
from lit.explore.canvas import canvas_of, open_picture, placed, placed_mask, scale_of, with_room
from lit.explore.templates import Templated, templated
from lit.explore.variations import apart
from lit.paths import check_writable
from lit.reading.blend import parts_of
from lit.reading.template import MODES, MOST, read_lists
from lit.reading.weights import parse_weights
from lit.sampling import registry
from lit.settings import (
    SETTINGS,
    GenerationSettings,
    Source,
    is_opaque,
    random_seed,
    read_png,
    read_source,
    strength_of,
    write_picture,
)
from lit.stock.facts import find, is_hub_name, is_stock
from lit.styles import offered

if TYPE_CHECKING:
    from lit.stock.draws import Draws


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
    add("--size", type=whole_number, metavar="N", help="width and height in one; the picture is --scale times as large")
    add("--from", dest="source", type=path, metavar="PNG", help="draw this file's image again; other options change it")
    add("--image", type=path, metavar="FILE", help="draw over this picture; --strength says how much (0.75)")
    add("--mask", type=path, metavar="FILE", help="draw it anew where this one is white, and leave the rest as it is")
    add("--room", metavar="L,T,R,B", help="or fill this much room around it: left, top, right, bottom")
    add("--expand", choices=MODES, help="draw what a template {red|blue} [a|b] __list__ stands for: all, or by lot")
    add("--lists", type=local_path, metavar="DIR", help="with --expand: a folder with the lists, NAME.txt")
    add("--most", type=whole_number, default=MOST, metavar="N", help=f"with --expand: prompts at most ({MOST})")
    add("--all-styles", action="store_true", help="draw it in every style that the model offers")
    add("--model", type=path, metavar="DIR", help="another model: its folder or hub name (docs/models.md)")
    add("--mount", type=local_path, metavar="DIR", help="with a stock --model: self-attentions that linearize made")
    add("--device", help="cpu, cuda or mps; what is there if not given")
    add("--dtype", help="float32 or bfloat16; the faster if not given")
    add("--runtime", help="torch, or openvino where it is installed")
    add("--out", type=local_path, default=Path("."), metavar="DIR", help="folder for the files (this one)")


def run(arguments: argparse.Namespace) -> int:
    """Draw and write, a line a file. Ctrl-C keeps what is finished and returns 130.

    Raises LiTError for anything a user can put right.
    """
    settings, recorded = settings_of(arguments)
    settings, source = source_of(arguments, settings)
    # What no model could draw is said at once; what this one cannot, when it has been loaded.
    resolved = settings.resolved()
    resolved.validate(styles=None if arguments.model is None else (resolved.style,))
    prompts = expanded(settings, arguments)
    if prompts.sentence:
        note(prompts.sentence)
    check_writable(arguments.out, "--out")
    if arguments.model is None and recorded.get("pipeline"):
        raise InputError("--model", None, f"the folder of {recorded.get('model')}, which drew {arguments.source}")
    pipe, named = model_of(arguments, recorded)
    if arguments.source is None:
        settings = of_model(settings, arguments, pipe)
    if recorded and recorded.get("weights_sha256") != pipe.weights_sha256:
        note("the file was drawn with other weights, so the image will be another")
    images = [replace(settings, prompt=one.prompt).resolved(pipe.styles) for one in prompts.settings]
    for part in dict.fromkeys(part for one in images for part in parts_of(one.prompt)):
        if unread := pipe.unread(parse_weights(part.prompt).text):
            note(f"the prompt is too long; not read: {unread!r}")
    if arguments.all_styles:
        if not pipe.styles:
            raise InputError("--all-styles", str(arguments.model), "a model that has styles")
        images = [replace(one, style=style) for one in images for style in offered(pipe.styles)]
    origin = prompts.provenance
    if arguments.prompt is None and "template" in recorded:  # drawn again: it is from there as before
        origin = {"template": recorded["template"]}
    drawings = pipe.start(images, **source.arguments if source else {})
    with ending_on_ctrl_c(drawings.interrupt):
        started = time.perf_counter()
        for drawing in drawings:
            if drawing.finished:
                try:
                    provenance = pipe.provenance() | named | origin
                    file = write_picture(drawing.image, drawing.settings, provenance, arguments.out, source)
                except OSError as error:
                    raise unwritable(arguments.out, error) from error
                say(f"{file}  {time.perf_counter() - started:.1f} s")
            started = time.perf_counter()
    return 130 if drawings.interrupted else 0


def model_of(arguments: argparse.Namespace, recorded: dict) -> tuple["Draws", dict]:
    """What draws, ours or a stock pipeline, and what its pictures say of its name."""
    folder = arguments.model and Path(arguments.model)
    if folder and not folder.is_dir() and "/" in arguments.model and is_hub_name(arguments.model):
        prepare(offline=False)
        from lit.stock.fetching import fetch

        folder = fetch(arguments.model)
    if not folder or not folder.is_dir() or not is_stock(folder):
        if arguments.mount is not None:
            raise InputError("--mount", str(arguments.mount), "a --model of diffusers beside it")
        return load(arguments.model, arguments.device, arguments.dtype, recorded, arguments.runtime), {}
    if arguments.runtime not in (None, "torch"):
        raise InputError("--runtime", arguments.runtime, "torch for this model")
    prepare(offline=True)
    facts = find(folder, arguments.mount)
    from lit.stock.loading import load as load_stock

    note(f"{facts.label}, licence {facts.licence or 'not said'}, {facts.stored / 1e9:.2f} GB")
    pipe = load_stock(facts, device=arguments.device, dtype=arguments.dtype or recorded.get("dtype"))
    pipe.set_progress_bar_config(disable=None, unit="step", leave=False)
    return pipe, {"model": arguments.model if is_hub_name(arguments.model) else facts.name}


def load(model: str | None, device: str | None, dtype: str | None, recorded: dict, runtime: str | None = None):
    """The pipeline on the device and in the precision asked for, else those recorded, else the best here."""
    prepare(offline=model is None or Path(model).is_dir())
    from lit.pipeline import LiTPipeline

    dtype = dtype or recorded.get("dtype")
    pipe = LiTPipeline.from_pretrained(model, device=device, torch_dtype=dtype, runtime=runtime or "torch")
    if recorded and recorded.get("device") != pipe.provenance()["device"]:
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
    settings = GenerationSettings(**given)
    return settings if "variation_seed" in given or not settings.variation_strength else apart(settings), {}


def expanded(settings: GenerationSettings, arguments: argparse.Namespace) -> Templated:
    """The settings for each prompt that is to be drawn."""
    if arguments.expand is None:
        if arguments.lists is not None:
            raise InputError("--lists", str(arguments.lists), "--expand all or --expand random beside it")
        return Templated((settings,), {}, 1)
    lists = read_lists(arguments.lists) if arguments.lists else {}
    return templated(settings, arguments.expand, lists, arguments.most)


def source_of(arguments: argparse.Namespace, settings: GenerationSettings) -> tuple[GenerationSettings, Source | None]:
    """What is drawn over, and the settings that are of its size: the file that is given, or what the one drawn again
    carries."""
    if arguments.image is None:
        for name in ("mask", "room"):
            if getattr(arguments, name) is not None:
                raise InputError(f"--{name}", getattr(arguments, name), "an --image beside it")
        if not settings.image_sha256:
            return settings, None
        source = read_source(arguments.source, settings)
        if source is None:
            raise InputError("--image", None, f"the picture that {arguments.source} was drawn over: it is not inside")
        return settings, source
    image, mask = open_picture(arguments.image), None
    if is_opaque(image):
        note(f"{arguments.image} is opaque: its background is drawn like the rest of it")
    if arguments.mask is not None:
        mask = open_picture(arguments.mask)
        if mask.size != image.size:
            expected = f"the image's size, {image.size[0]} x {image.size[1]}"
            raise InputError("--mask", f"{mask.size[0]} x {mask.size[1]}", expected)
    # The picture of a file that could not carry it is given again: all else is as that file says.
    again = bool(settings.image_sha256)
    sized = again or any(getattr(arguments, name) is not None for name in ("size", "width", "height"))
    scale = settings.output_scale
    if sized and not arguments.room:
        page = settings.width * scale, settings.height * scale
    else:
        page = canvas_of(image.size)
        if not again and arguments.output_scale is None:
            scale = scale_of(page)
        elif scale > scale_of(page):
            page = page[0] * scale, page[1] * scale
    image, mask = placed(image, page), None if mask is None else placed_mask(mask, page)
    if arguments.room is not None:
        if mask is not None:
            raise InputError("--room", arguments.room, "either room or a --mask")
        image, mask = with_room(image, *four_numbers("--room", arguments.room))
    source = Source.of(image, mask)
    if source is not None and again and source.sha256["image_sha256"] != settings.image_sha256:
        note(f"{arguments.source} was drawn over another picture, so the image will be another")
    width, height = (side // scale for side in image.size)
    settings = replace(settings, width=width, height=height, output_scale=scale, image_sha256="", mask_sha256="")
    if not again:
        settings = replace(settings, strength=strength_of(arguments.strength, source))
    return settings, source


def four_numbers(name: str, text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise InputError(name, text, "four whole numbers such as 0,0,128,0")
    return [int(part) for part in parts]


def of_model(settings: GenerationSettings, arguments: argparse.Namespace, pipe: "Draws") -> GenerationSettings:
    """The settings with what was not given as the model has it."""
    given, usual = given_settings(arguments), pipe.usual()
    if arguments.image is not None:
        given |= {"output_scale": settings.output_scale}  # the picture that is drawn over says it
    if getattr(arguments, "size", None) is not None:
        given |= {"width": arguments.size, "height": arguments.size}
    if given.get("scheduler", usual["scheduler"]) != usual["scheduler"]:
        usual["num_inference_steps"] = registry.find(given["scheduler"]).steps
    return replace(settings, **{name: value for name, value in usual.items() if name not in given})


def unwritable(folder: Path, error: OSError) -> InputError:
    return InputError("--out", str(folder), f"a folder that can be written ({error.strerror or error})")
