"""What parts are called: the tokens of a text, and the layers that biases lie in."""

from dataclasses import dataclass

from lit.models.text import MAX_TOKENS


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


def layer_of(path: str) -> str:
    """The layer of a module's path, as the chart names it: "block 3", "decoder level 2", "final layer", ..."""
    step, _, path = path.rpartition(": ")
    names = path.split(".")
    if step.startswith("step"):
        return step
    if "blocks" in names and "transformer" in names:
        return f"block {int(names[names.index('blocks') + 1]) + 1}"
    if "levels" in names:
        return f"decoder level {int(names[names.index('levels') + 1]) + 1}"
    if names[-1] == "unit":
        return "middle grey"
    if names[-1] == "caption":
        return "text projection"
    return "time, places and final layer" if "transformer" in names else "decoder ends"


def word_labels(text_encoder, settings) -> list[WordLabel]:
    """Labels in the order of the map's tokens: text of the negative branch, of the prompt, then the styles of both."""
    guided = settings.guidance_scale != 1
    prompts = [(settings.negative_prompt, True)] * guided + [(settings.prompt, False)]
    labels = []
    for prompt, negative in prompts:
        encoding = text_encoder.tokenizer.encode(prompt)
        pieces = [prompt[start:end] for start, end in encoding.offsets]
        pieces = ["(start)", *pieces[1:-1][: MAX_TOKENS - 2], "(end)"]
        labels += [WordLabel(piece, negative) for piece in pieces]
        labels += [WordLabel("", negative, empty=True)] * (MAX_TOKENS - len(pieces))
    labels += [WordLabel("no style", True, style=True)] * guided
    return [*labels, WordLabel(settings.style or "no style", False, style=True)]
