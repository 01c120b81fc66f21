"""What the LinearScope tab gets: numbers as plain JSON values, pictures as data URLs, sentences around them."""

import base64
import io
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from lit.errors import InputError, LiTError
from lit.settings import read_png
from lit.studio.languages import language, number, t
from lit.studio.words import MARKS, caption, in_words, style_name, word_name
from lit.styles import in_use

THUMB = 96  # pixels a side, at most
MAP = 128  # likewise, of what is laid over a picture
MODE = 112

# Colours of maps, to be seen over light and dark: strength; what adds and what takes away.
STRENGTH = (226, 51, 112)
ADDS, TAKES = (240, 122, 18), (40, 120, 226)

MEASURES = {
    "luminance": "Brightness",
    "red": "Red",
    "green": "Green",
    "blue": "Blue",
    "alpha": "Opacity",
}
BIASES = {"grey": "Middle grey, where all begin", "decoder": "Decoder, first and last layer"}  # by kind of layer
LABELS = (  # of layers and of marks in the text, as LinearScope gives them
    *("picture", "clean latents", "after block {n} of {all}", "block {n}", "decoder level {n}", "step {n}"),
    *("text projection", "time, places and final layer", "(start)", "(end)", "no style"),
)
PATHS = {"value": "values: who is looked at", "query": "queries: who looks"}

PICTURE = (
    "What the model sees at this step, followed back through the decoder and the transformer to all that went in:"
    " the noisy picture, every word, and the biases, which are the same for every noise. Late steps mostly pass on what"
    " is there already; early ones show the words at work."
)
CLEAN = "The same, before the decoder makes pixels of it; values are in the units of the latents."
BLOCK = (
    "What flows in the transformer here. The number is the mean strength in the box along its own direction; no"
    " pixels exist yet."
)
WHOLE_WAY = (
    "From the finished picture through every step back to the first noise. Each answer goes over all steps, so it"
    " takes a while."
)
STAYS = "Where nothing was painted, the picture drawn over stays and gives everything."
NOISED = "The picture drawn over is a part of its own: mixed with the first noise, and wherever it stays."

READS = "Where it reads (receptive field): the stronger, the more this place of the noisy picture counts here."
READS_NOISE = "Where it reads (receptive field): the stronger, the more this place of the first noise counts here."
SPREADS = "Where it spreads (impulse response): what the noisy picture right here gives (orange) and takes (blue)."
SPREADS_NOISE = "Where it spreads (impulse response): what the first noise right here gives (orange) and takes (blue)."
STRENGTHENED = (
    "Patterns that this step strengthens most. Large: what is drawn; small: where in the noisy picture it is read. The"
    " number is the singular value, by how much."
)


def data_url(image: Image.Image, side: int | None = None) -> str:
    """A picture as a data URL: WebP, lossless where it is small. side: shrunk to so many pixels, None for as it is."""
    if side is not None and max(image.size) > side:
        image = image.copy()
        image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=max(image.size) <= MAP, quality=85, method=0)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def refusal(error: LiTError) -> dict:
    """What the page gets where something does not go: a sentence in its own words, and the field that it is about."""
    return {"error": in_words(error), "field": error.argument if isinstance(error, InputError) else ""}


def styles() -> list[list[str]]:
    """The styles to choose from, as names with their labels; "" is any."""
    return [["", t("Any")], *([style, style_name(style)] for style in in_use())]


def chosen_from(file: Path, pictures: Path) -> dict:
    """A drawn picture as one to choose: its name inside the folder `pictures`, caption, and a small version."""
    thumb, told = _kept(file)
    return {"name": file.relative_to(pictures).as_posix(), "caption": caption(*told), "thumb": thumb}


@lru_cache(512)
def _kept(file: Path) -> tuple[str, tuple]:
    with Image.open(file) as image:
        thumb = data_url(image.convert("RGBA"), THUMB)
    return thumb, read_png(file)


def opened(key: str, drawing, previews: list[str], model: str, notice: str) -> dict:
    """An `OpenedDrawing` as the page needs it. previews: data URLs, one a step.  model: its name, if worth saying."""
    width, height = drawing.size
    layers = [[layer.name or "", _capital(_translated(layer.label))] for layer in drawing.layers]
    explain = {name: t(BLOCK) for name, _ in layers}
    explain |= {"": t(PICTURE), "clean": t(CLEAN), "trajectory": t(WHOLE_WAY)}
    if drawing.source is not None:
        explain["trajectory"] += f" {t(NOISED)}"
        if drawing.source.mask is not None:
            explain |= {name: f"{explain[name]} {t(STAYS)}" for name in ("", "clean")}
    return {
        "id": key,
        "caption": caption(drawing.settings, {}) + (f" · {model}" if model else ""),
        "note": notice,
        "width": width,
        "height": height,
        "square": drawing.square,
        "first": story(drawing.steps),
        "steps": [
            {"said": t("time {time}, where 1000 is all noise", time=f"{time:.0f}"), "picture": picture}
            for time, picture in zip(drawing.timesteps, previews, strict=True)
        ],
        "layers": [layers[0], ["trajectory", t("Picture, through all steps")], *layers[1:]],
        "paths": [[path, t(PATHS[path])] for path in drawing.paths],
        "channels": [[name, t(label)] for name, label in MEASURES.items()],
        "explain": explain,
    }


def story(steps: int) -> int:
    """The step that is shown first, from 0: a quarter in the words are at work; the last ones pass on what is there."""
    return round((steps - 1) / 4)


def sum_of(found, region, view) -> dict:
    """A `RegionSum`: the parts in the order of the chart, what they add up to, and that in a sentence."""
    parts = [_part(part) for part in found.parts]
    return {
        "box": [region.left, region.top, region.right, region.bottom],
        "parts": parts,
        "total": found.value,
        "said": sum_said(parts, found.value, t(MEASURES[region.channel]) if view.layer is None else ""),
    }


def _part(part) -> dict:
    group = {"group": group_of(part.source)} if part.kind == "word" else {}
    return {"kind": part.kind, "name": part_name(part), "value": part.amount} | group


def group_of(label) -> str:
    """Of a `WordLabel`: "yours", what somebody asked for; "marks", which every text has around it; "without", what
    guidance moves away from."""
    if label.negative:
        return "without"
    return "marks" if label.piece in MARKS else "yours"


def part_name(part) -> str:
    """A part as people call it: "The noisy picture", "dragon", "Block 3"."""
    if part.kind == "input":
        return t("The first noise") if part.source.noise else t("The noisy picture")
    if part.kind == "picture":
        return t("The picture drawn over")
    if part.kind == "bias":
        return t(BIASES[part.source.kind]) if part.source.kind in BIASES else _capital(_translated(part.label))
    return _word(part.source)


def sum_said(parts: list[dict], total: float, measure: str) -> str:
    """The sum in one plain sentence or two: how much there is, what gives most, what takes most. measure: what is
    measured of a picture, "" for the strength of anything else."""
    value = number(total, 3)
    said = t("{measure} {value}, where 0 is none and 1 is full.", measure=measure, value=value) if measure else ""
    said = said or t("Strength {value}.", value=value)
    most = max(parts, key=lambda part: part["value"])
    least = min(parts, key=lambda part: part["value"])
    if most["value"] > 0:
        given = {"most": _called(most), "gives": number(most["value"], 3)}
        if least["value"] < 0:
            both = "Most is given by {most} (+{gives}), most taken away by {least} (−{takes})."
            return f"{said} {t(both, **given, least=_called(least), takes=number(-least['value'], 3))}"
        return f"{said} {t('Most is given by {most} (+{gives}).', **given)}"
    return said


def _called(part: dict) -> str:
    if part["kind"] in ("input", "picture"):
        return _lowered(part["name"])
    if part["kind"] == "word":
        return t("the word “{word}”", word=part["name"])
    return t("a bias (“{name}”)", name=_lowered(part["name"]))


def _lowered(name: str) -> str:
    """A name in the middle of a sentence; German nouns keep their capitals."""
    return name if language() == "de" else name.lower()


def _translated(label: str) -> str:
    """What a layer is called, such as "after block 3 of 12", in the page's language."""
    numbers = dict(zip(("n", "all"), re.findall(r"\d+", label)))
    for name, value in numbers.items():
        label = re.sub(rf"(?<!\w){value}(?!\w)", f"{{{name}}}", label, count=1)
    return t(label, **numbers)


def _word(label) -> str:
    """What a `WordLabel` is called: `spoken`, in the page's language."""
    return word_name(label.piece, label.style, label.negative)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def reads(field, whole_way: bool = False) -> dict:
    """A `ReceptiveField` as a map at the size of the latents."""
    return {
        "picture": data_url(strength_map(_numbers(field.magnitude))),
        "said": t(READS_NOISE if whole_way else READS),
    }


def spreads(response, region, whole_way: bool = False) -> dict:
    """An `ImpulseResponse` as a map over the picture."""
    return {
        "picture": data_url(part_map(response.pixels, region.channel), MAP),
        "said": t(SPREADS_NOISE if whole_way else SPREADS),
    }


def words(images: list, labels: list, channel: str) -> dict:
    """`WordImage`s in the order of `labels`: a small picture of what each draws, and a map to lay over the picture.

    All on one scale, so that a word which gives next to nothing shows next to nothing.  full: the value of full colour.
    """
    by_label = {id(image.label): image for image in images}
    shown = [(label, by_label[id(label)]) for label in labels if id(label) in by_label]
    full = max((_largest(measured(image.pixels, channel)) for _, image in shown), default=0.0)
    strongest = max((_largest(_strength(image.pixels)) for _, image in shown), default=0.0)
    return {
        "words": [
            {
                "picture": data_url(drawn(image.pixels, image.gain, strongest), THUMB),
                "part": data_url(part_map(image.pixels, channel, full), MAP),
                "group": group_of(label),
            }
            for label, image in shown
        ],
        "full": full,
    }


def modes(found, wanted: int) -> dict:
    """`ModeImages`: a pair of pictures and the singular value of each."""
    values = found.modes.singular_values.tolist()
    count = len(values)
    said = t(STRENGTHENED)
    if count:
        percent = number(100 * found.modes.residuals.max().item(), 1)
        said += " " + t("Each is found to within {percent}% of the strongest value.", percent=percent)
    if not found.modes.finished:
        said = f"{t('Stopped with {n} of {all}, not yet exact.', n=count, all=wanted)} {said}"
    return {
        "modes": [
            {"value": value, "picture": data_url(output, MODE), "reads": data_url(read, MODE // 2)}
            for value, output, read in zip(values, found.outputs, found.inputs, strict=True)
        ],
        "said": said,
    }


def strength_map(values: np.ndarray, full: float | None = None) -> Image.Image:
    """Values (h, w) >= 0 as one colour, the more opaque the larger. full: the opaque value, None for the largest."""
    unit = values / max(_largest(values) if full is None else full, 1e-30)
    return _tinted(np.broadcast_to(np.array(STRENGTH, np.uint8), (*values.shape, 3)), unit)


def drawn(pixels, gain: float, strongest: float) -> Image.Image:
    """A part of a picture as it changes the colours of grey paper; of an inner layer its strength.

    gain: by which the one is amplified.  strongest: the value at which the other is opaque.
    """
    from lit.scope.drawings.regions import part_image

    if len(pixels) != 4:
        return strength_map(_strength(pixels), strongest)
    return part_image(pixels, gain)


def part_map(pixels, channel: str, full: float | None = None) -> Image.Image:
    """A part of a picture, (channels, h, w) of either sign, as what it adds to the measured channel and what it takes
    away. full: the size of an opaque value, None for the largest."""
    values = measured(pixels, channel)
    colour = np.where(values[..., None] >= 0, np.array(ADDS, np.uint8), np.array(TAKES, np.uint8))
    return _tinted(colour, np.abs(values) / max(_largest(values) if full is None else full, 1e-30))


def measured(pixels, channel: str) -> np.ndarray:
    """(h, w): the measured channel of RGBA (4, h, w), the strength of anything else."""
    from lit.scope.drawings.regions import CHANNELS

    values = _numbers(pixels)
    if len(values) != len(CHANNELS[channel]):
        return _strength(pixels)
    return np.tensordot(np.array(CHANNELS[channel], np.float32), values, axes=1)


def _strength(pixels):
    """(h, w): how much there is at each place, whatever it is."""
    return np.linalg.norm(_numbers(pixels), axis=0)


def _largest(values) -> float:
    return float(np.abs(values).max())


def _tinted(colour, opacity):
    """Square root of the opacity, so that weak places are still seen."""
    alpha = np.uint8(np.sqrt(np.clip(opacity, 0, 1)) * 240)
    return Image.fromarray(np.dstack([colour, alpha]), "RGBA")


def _numbers(tensor):
    return tensor.detach().float().cpu().numpy()
