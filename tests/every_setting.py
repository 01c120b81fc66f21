"""Settings that all differ from their defaults."""

from lit.settings import GenerationSettings

EVERY_SETTING = GenerationSettings(
    prompt='a "blue" dragon\nwith wings',
    style="fluent-3d",
    negative_prompt="red",
    num_inference_steps=7,
    guidance_scale=2.5,
    height=320,
    width=256 + 16,
    seed=2**32 - 1,
    num_images_per_prompt=3,
    scheduler="dpm++",
    output_scale=2,
    variation_strength=0.3,
    variation_seed=11,
    variation_of="5:0.4 4294967295:1.0",
    strength=0.6,
    image_sha256="12" * 32,
    mask_sha256="34" * 32,
)
PROVENANCE = {"weights_sha256": "ab" * 32, "versions": {"lit": "0.1.0"}, "device": "cpu", "dtype": "float32"}
