"""Drawings for tests of the library, without drawing them."""

import uuid

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
    # One that is done never waits in the queue: a running studio's worker would draw it too.
    job_id = uuid.uuid4().hex if finish else _begun(store, visitor, settings)
    folder = store.pictures / job_id
    folder.mkdir()
    provenance = {"weights_sha256": weights} if weights else {}
    image = Image.new("RGBA", (side, side), (255, 0, 0, 128))
    files = [write_picture(image, settings.for_image(i), provenance, folder) for i in range(count)]
    if finish:
        store.add_drawn(job_id, visitor, settings, files, seconds=0.01)
    else:
        store.keep(job_id, files)
    return f"{job_id}/0"


def _begun(store: JobStore, visitor: str, settings: GenerationSettings) -> str:
    job = store.add(visitor, settings)
    store.take_next()
    return job.id
