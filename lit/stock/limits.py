"""What a stock model cannot draw, said before anything of it is loaded. Imports neither torch nor diffusers."""

from lit.errors import InputError, Phrase
from lit.reading.blend import parts_of
from lit.reading.weights import parse_weights
from lit.settings import GenerationSettings
from lit.stock.facts import Facts


def check(facts: Facts, settings: GenerationSettings) -> GenerationSettings:
    """The settings, if the model can draw them. Raises InputError."""
    family = facts.family
    assert family is not None  # a model of ours says by itself what it can draw
    side, multiple = facts.sizes
    styles = (settings.style,) if isinstance(settings.style, str) else None  # said below
    settings.validate(styles=styles, multiple=multiple or None, schedulers=facts.schedulers)
    for name in ("width", "height"):
        if not multiple and getattr(settings, name) != side:
            expected = Phrase("{side}: this model draws no other size", side=side)
            raise InputError(name, getattr(settings, name), expected)
    if settings.style is not None:
        raise InputError("style", settings.style, "no style: this model knows none")
    if settings.output_scale != 1:
        raise InputError("output_scale", settings.output_scale, "the size as drawn: this model has no other")
    if settings.image_sha256:
        raise InputError("image", Phrase("a picture"), "nothing: this model draws from words alone")
    if settings.negative_prompt and not family.NEGATIVE:
        raise InputError("negative_prompt", settings.negative_prompt, "nothing: this model hears no such words")
    if settings.variations and not family.LATENTS:
        raise InputError("variation_strength", settings.variation_strength, "0: this model makes its noise by itself")
    for name in ("prompt", "negative_prompt"):
        words = getattr(settings, name)
        if len(parts_of(words)) > 1 or parse_weights(words).spans:
            raise InputError(name, words, "words without weights, and no blend: this model knows neither")
    family.check(facts, settings)
    return settings
