"""Which pictures can be drawn together."""

from dataclasses import replace

from lit.reading.blend import parts_of
from lit.settings.generation import GenerationSettings


def batch_key(settings: GenerationSettings) -> tuple:
    """Equal for pictures that can be drawn together: they differ in words, style and noise alone, either all or none
    of them say what is not to be there, and they blend as many prompts."""
    prompts = tuple(len(parts_of(words)) for words in (settings.prompt, settings.negative_prompt))
    shared = replace(
        settings,
        prompt="",
        style=None,
        negative_prompt="some" if settings.negative_prompt else "",
        seed=0,
        num_images_per_prompt=1,
        variation_seed=0,
        variation_strength=0.0,
        variation_of="",
    )
    return shared, prompts
