"""Drawings for tests of the library, without drawing them."""

from PIL import Image

from lit.settings import GenerationSettings, write_picture
from lit.studio.work.jobs import JobStore

PROMPTS = (
    "a blue fox",
    "an owl on a half-moon, noto",
    'the "quoted" dragon & 50% of_it',
    "ein grüner Bär",
    "Éléphant à vélo",
    "一只蓝色的狐狸",
    "青い蝶とねこ",
    "синяя бабочка",
    "नीली तितली",
    "🐱🎩 a cat",
    "NEAR OR NOT (a* AND b)",
    "it's ONE-two_three.png",
)


def drawn(store: JobStore, prompt: str, visitor="ann", count=1, finish=True, side=16, weights="", **settings) -> str:
    """Pictures of a job that is done, or goes on without `finish`; the name of the first."""
    settings = GenerationSettings(prompt, num_images_per_prompt=count, **settings)
    job = store.add(visitor, settings)
    store.take_next()
    folder = store.pictures / job.id
    folder.mkdir()
    provenance = {"weights_sha256": weights} if weights else {}
    image = Image.new("RGBA", (side, side), (255, 0, 0, 128))
    store.keep(job.id, [write_picture(image, settings.for_image(i), provenance, folder) for i in range(count)])
    if finish:
        store.finish(job.id, "done")
    return f"{job.id}/0"
