"""Pictures to draw over: kept for their visitor, as long as they are needed; and what the worker draws over them."""

import dataclasses
import errno
import os
import time

import numpy as np
import pytest
from PIL import Image
from serving import wait_until

from lit.errors import InputError, LiTError
from lit.settings import GenerationSettings, Source, read_png, read_source
from lit.studio.work import sources
from lit.studio.work.jobs import JobStore
from lit.studio.work.library import Library, Shelf
from lit.studio.work.worker import Worker

ALL = Shelf(None, "")
FOX = GenerationSettings("a fox", num_inference_steps=3, height=64, width=64, seed=5, output_scale=1)


def picture(seed=0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    return Image.fromarray(pixels, "RGBA")


def mask() -> Image.Image:
    mask = Image.new("L", (64, 64))
    mask.paste(255, (4, 4, 12, 12))
    return mask


@pytest.fixture
def worker(store, pipeline):
    worker = Worker(store, lambda: pipeline, public=True)
    worker.start()
    yield worker
    worker.close()


def finished(worker, job):
    wait_until(lambda: not worker.view(job.id).job.active)
    return worker.view(job.id).job


def drawn_over(worker, source, visitor="ann", **values):
    worker.store.sources.keep(visitor, source)
    return finished(worker, worker.submit(visitor, dataclasses.replace(FOX, **source.sha256, **values)))


def test_what_is_not_painted_stays_to_the_byte_and_the_file_draws_itself_again(worker, pipeline):
    source = Source(picture(), mask())
    job = drawn_over(worker, source, num_images_per_prompt=2)
    assert job.state == "done" and len(job.files) == 2
    given = np.asarray(source.image)
    for file in job.files:
        drawn = np.asarray(Image.open(file))
        assert (drawn[32:, :] == given[32:, :]).all() and (drawn[:, 32:] == given[:, 32:]).all()
        assert (drawn[4:12, 4:12] != given[4:12, 4:12]).any()
        settings, _ = read_png(file)
        (again,) = pipeline.generate(settings, **read_source(file, settings).arguments).images
        assert again.tobytes() == Image.open(file).tobytes()


def test_strength_1_without_a_mask_is_a_drawing_without_a_picture(worker):
    plain = finished(worker, worker.submit("ann", FOX))
    over = [drawn_over(worker, Source(picture()), strength=strength) for strength in (1.0, 0.5)]
    without, whole, half = (Image.open(job.files[0]).tobytes() for job in (plain, *over))
    assert whole == without != half


def test_it_is_drawn_after_the_studio_was_closed(tmp_path, pipeline):
    store = JobStore(tmp_path)
    source = Source(picture())
    store.sources.keep("ann", source)
    job = store.add("ann", dataclasses.replace(FOX, **source.sha256, strength=0.6))
    store.close()
    worker = Worker(JobStore(tmp_path), lambda: pipeline)
    worker.start()
    assert finished(worker, job).state == "done"
    worker.close()
    worker.store.close()


def test_a_picture_that_is_not_there_is_said_before_and_after_it_waits(worker, store):
    source = Source(picture(), mask())
    named = dataclasses.replace(FOX, **source.sha256)
    with pytest.raises(LiTError, match="another picture, which is needed"):
        worker.submit("ann", named)
    job = finished(worker, store.add("ann", named))  # it was there when it was asked for
    assert job.state == "failed" and "another picture, which is needed" in job.message


def test_strangers_reach_their_own_pictures_only(store):
    source = Source(picture(), mask())
    named = dataclasses.replace(FOX, **source.sha256)
    store.sources.keep("ann", source)
    kept = store.sources.of("ann", named)
    assert kept.arguments == source.arguments
    with pytest.raises(LiTError):
        store.sources.of("bob", named)
    with pytest.raises(InputError):
        store.sources.image("bob", named.image_sha256, everyone=False)
    assert store.sources.image("bob", named.image_sha256, everyone=True) == source.image
    store.sources.claim("bob", named, everyone=True)  # on a studio of one's own
    assert store.sources.of("bob", named).arguments == source.arguments
    for name in ("", "../" * 3, "f" * 64, None, ["x"]):
        with pytest.raises(InputError, match="open it again"):
            store.sources.image("ann", name, everyone=True)
    assert not any("ann" in str(path.relative_to(store.home)) for path in store.home.rglob("sources/*"))


def files(store):
    return sorted(file.stem for file in store.home.glob("sources/*/*.png"))


def test_what_is_damaged_counts_as_missing_and_can_be_kept_anew(store):
    source = Source(picture())
    named = dataclasses.replace(FOX, **source.sha256)
    store.sources.keep("ann", source)
    (file,) = store.home.glob("sources/*/*.png")
    for damage in (b"", file.read_bytes()[:-60]):
        file.write_bytes(damage)
        with pytest.raises(LiTError):
            store.sources.of("ann", named)
        store.sources.keep("ann", source)
        assert store.sources.of("ann", named).image == source.image
    Image.new("RGBA", (64, 64)).save(file)  # another picture under its name
    with pytest.raises(LiTError):
        store.sources.of("ann", named)


def test_what_nobody_needs_goes_and_what_a_drawing_needs_stays(store, monkeypatch):
    needed, opened, newer = (Source(picture(seed)) for seed in range(3))
    for one in (needed, opened, newer):
        store.sources.keep("ann", one)
    job = store.add("ann", dataclasses.replace(FOX, **needed.sha256))
    store.add("ann", dataclasses.replace(FOX, prompt='words such as "image_sha256": "x"'))
    long_ago = time.time() - sources.OPENED - 1
    for file in store.home.glob("sources/*/*.png"):
        if file.stem != newer.sha256["image_sha256"]:
            os.utime(file, (long_ago, long_ago))
    store.sources.sweep()
    assert files(store) == sorted(one.sha256["image_sha256"] for one in (needed, newer))
    monkeypatch.setattr(sources, "MOST", 0)
    store.sources.sweep()
    assert files(store) == [needed.sha256["image_sha256"]]
    store.take_next()
    store.finish(job.id, "stopped")  # with nothing drawn
    store.sources.sweep()
    assert files(store) == []


def test_a_full_disk_is_said_and_leaves_nothing_half(store, monkeypatch):
    def half(image, path, form):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(LiTError, match="cannot be kept at the moment .No space left"):
        store.sources.keep("ann", Source(picture()))
    assert files(store) == [] and not list(store.home.glob("sources/*/.*"))


def test_it_goes_with_the_last_picture_that_was_drawn_over_it(worker, store):
    source = Source(picture(), mask())
    jobs = [drawn_over(worker, source, seed=seed, num_images_per_prompt=2 - seed) for seed in range(2)]
    library, names = Library(store), [f"{job.id}/{place}" for job in jobs for place in range(len(job.files))]
    for count, name in enumerate(names, start=1):
        library.throw_away(ALL, [name])
        library.empty(ALL)
        assert len(files(store)) == (2 if count < len(names) else 0)
