"""What parts are called: what went in, the tokens of a text, and the layers that biases lie in."""

from dataclasses import dataclass

from lit.models.text import MAX_TOKENS
from lit.reading.blend import parts_of
from lit.reading.weights import parse_weights
from lit.scope.drawings.over import GIVEN
from lit.scope.tape import Origin


@dataclass(frozen=True)
class WordLabel:
    """A token of the text as people read it. piece: its letters in the prompt, "(start)" or "(end)" for the marks
    around it, the style's name for the style.  negative: it belongs to what guidance moves away from.
    style: it is the drawing style's token.  empty: padding, which contributes nothing and is never listed."""

    piece: str
    negative: bool
    style: bool = False
    empty: bool = False

    @property
    def spoken(self) -> str:
        """The token as a part is called: "dragon", "style blob", "without: blurry"."""
        name = f"style {self.piece}" if self.style and self.piece != "no style" else self.piece
        return f"without: {name}" if self.negative else name


@dataclass(frozen=True)
class InputLabel:
    """What a drawing starts from. noise: the first noise; otherwise the latents of a step."""

    noise: bool

    @property
    def spoken(self) -> str:
        return "noise" if self.noise else "latents"


@dataclass(frozen=True)
class PictureLabel:
    """The picture that is drawn over, where it comes in by itself: where it stays, and on the whole way where it is
    noised, too."""

    @property
    def spoken(self) -> str:
        return "picture drawn over"


@dataclass(frozen=True)
class LayerLabel:
    """A layer whose biases are counted together. kind: one of `LAYER_KINDS`.  number: which of its kind, from 1; 0
    where there is one alone."""

    kind: str
    number: int = 0

    @property
    def spoken(self) -> str:
        """The layer as a part is called: "block 3", "decoder level 2", "middle grey"."""
        name = LAYER_KINDS[self.kind]
        return f"{name} {self.number}" if self.number else name


LAYER_KINDS = {
    "step": "step",
    "block": "block",
    "level": "decoder level",
    "grey": "middle grey",  # what a decoder's zero stands for
    "text": "text projection",
    "transformer": "time, places and final layer",
    "decoder": "decoder ends",
}


def layer_of(origin: Origin) -> LayerLabel | PictureLabel:
    """The layer that biases of this origin are counted to; of one among several evaluations the whole step."""
    if origin.step is not None:
        return LayerLabel("step", origin.step + 1)
    names = origin.path.split(".")
    if names[-1] == GIVEN.path:
        return PictureLabel()
    for kind, lists in (("block", "blocks"), ("level", "levels")):
        if lists in names and (kind == "level" or "transformer" in names):
            return LayerLabel(kind, int(names[names.index(lists) + 1]) + 1)
    if names[-1] == "unit":
        return LayerLabel("grey")
    if names[-1] == "caption":
        return LayerLabel("text")
    return LayerLabel("transformer" if "transformer" in names else "decoder")


def word_labels(text_encoder, settings, branches: int) -> list[WordLabel]:
    """Labels in the order of the map's tokens: text of the negative branch, of the prompt, then the styles of both.

    branches: of the conditioning; with one there is no negative branch."""
    guided = branches == 2
    prompts = [(settings.negative_prompt, True)] * guided + [(settings.prompt, False)]
    labels = []
    tokens = MAX_TOKENS * max(len(parts_of(prompt)) for prompt, _ in prompts)
    for prompt, negative in prompts:
        own = []
        for part in parts_of(prompt):
            text = parse_weights(part.prompt).text
            encoding = text_encoder.tokenizer.encode(text)
            pieces = [text[start:end] for start, end in encoding.offsets]
            pieces = ["(start)", *pieces[1:-1][: MAX_TOKENS - 2], "(end)"]
            own += [WordLabel(piece, negative) for piece in pieces]
            own += [WordLabel("", negative, empty=True)] * (MAX_TOKENS - len(pieces))
        labels += own + [WordLabel("", negative, empty=True)] * (tokens - len(own))
    labels += [WordLabel("no style", True, style=True)] * guided
    return [*labels, WordLabel(settings.style or "no style", False, style=True)]
