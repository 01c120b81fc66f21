"""What a page of another model than the embedded one begins with: that model's own scheduler, steps and guidance."""

from typing import TYPE_CHECKING

from lit.sampling import registry
from lit.settings import DEFAULTS, GenerationSettings

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline


def own_values(pipeline: "LiTPipeline") -> dict:
    """{name of a setting: value of its control} of what this model begins with otherwise than as declared; and
    "schedulers", those that it can be drawn with, where the declared one is not the first. {} for the embedded one."""
    names = pipeline.schedulers
    low, high = pipeline.transformer.config.get("guidance_range") or (1.0, float("inf"))
    own = {
        "scheduler": names[0],
        "num_inference_steps": registry.find(names[0]).steps,
        "guidance_scale": min(max(GenerationSettings.guidance_scale, low), high),
    }
    own = {name: value for name, value in own.items() if value != DEFAULTS[name]}
    return own | ({"schedulers": list(names)} if "scheduler" in own else {})
