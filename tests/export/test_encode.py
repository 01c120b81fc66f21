"""Writing under a limit: the best that fits, the order of what is given up, and words where nothing fits."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from lit.export.encode import Form, Refused, encode
from lit.export.fit import fit
from lit.export.loops import animate


@pytest.fixture
def frames(shape):
    return fit(animate(shape, "wiggle", 12), (96, 96))


def form(format, limit=10**9, **options) -> Form:
    return Form(format=format, size=(96, 96), limit=limit, frames=options.pop("frames", (1, 100)), **options)


def opened(encoded) -> Image.Image:
    return Image.open(io.BytesIO(encoded.data))


def durations(image) -> list[float]:
    times = []
    for frame in ImageSequence.Iterator(image):
        frame.load()  # which is when WebP tells it
        times.append(frame.info["duration"])
    return times


@pytest.mark.parametrize("format", ["apng", "webp", "gif"])
def test_frames_come_back_in_their_order_and_time(frames, format):
    encoded = encode(frames, 50, form(format))
    image = opened(encoded)
    assert image.n_frames == encoded.frames == 12
    assert durations(image) == [50] * 12 and image.info["loop"] == 0
    for i, frame in enumerate(frames):
        image.seek(i)
        back, there = (np.asarray(each.convert("RGBA"), float) for each in (image, frame))
        away = np.abs((back[..., :3] * back[..., 3:] - there[..., :3] * there[..., 3:]) / 255).mean()
        assert away < 8, f"frame {i}"


def test_a_png_with_room_keeps_every_pixel(frames):
    for picture in ([frames[0]], frames):
        image = opened(encode(picture, 50, form("apng")))
        for i, frame in enumerate(picture):
            image.seek(i)
            assert np.array_equal(np.asarray(image.convert("RGBA")), np.asarray(frame))


@pytest.mark.parametrize("format", ["png", "webp", "gif"])
def test_a_still_is_a_still(frames, format):
    encoded = encode(frames[:1], 50, form(format))
    assert getattr(opened(encoded), "n_frames", 1) == 1 and encoded.frames == 1


@pytest.mark.parametrize(("format", "count"), [("png", 1), ("webp", 1), ("apng", 12), ("webp", 12), ("gif", 12)])
def test_a_tighter_limit_is_met_with_less(frames, format, count):
    size, how = np.inf, []
    for _ in range(5):
        encoded = encode(frames[:count], 50, form(format, limit=10**9 if size == np.inf else int(size) - 1))
        assert len(encoded.data) < size
        size = len(encoded.data)
        how.append(encoded.how)
    assert len(set(how)) == 5


def test_quality_is_lowered_before_frames_are_left_out(frames):
    whole = len(encode(frames, 50, form("webp")).data)
    a_little, a_lot = (encode(frames, 50, form("webp", limit=int(part * whole))) for part in (0.8, 0.2))
    assert a_little.frames == 12 and a_little.how.startswith("quality ")
    assert a_lot.frames < 12 and f"{a_lot.frames} of 12 frames" in a_lot.how


@pytest.mark.parametrize("format", ["apng", "webp", "gif"])
def test_left_out_frames_do_not_change_the_time(frames, format):
    """10 frames by every third: 3 + 3 + 3 + 1."""
    image = opened(encode(frames[:10], 50, form(format, frames=(2, 4))))
    assert durations(image) == [150, 150, 150, 50]


def test_the_best_that_fits_is_taken(shape):
    """No higher quality would have fitted."""
    (large,) = fit([shape], (96, 96))
    limit = 2200
    chosen = int(encode([large], 50, form("webp", limit)).how.removeprefix("quality "))
    assert 1 < chosen < 95
    data = io.BytesIO()
    large.save(data, "WEBP", quality=chosen + 5, method=4)
    assert len(data.getvalue()) > limit


@pytest.mark.parametrize("format", ["png", "webp", "gif"])
def test_what_cannot_fit_is_refused_with_its_size_and_the_limit(noise, format):
    with pytest.raises(Refused, match="KB in the lowest quality; at most 0.3 KB"):
        encode(fit([noise], (96, 96)), 50, form(format, limit=300))


@pytest.mark.parametrize(
    ("count", "frame_ms", "options", "words"),
    [
        (12, 500, {"seconds": 5}, "a round takes 6 s; at most 5 s"),
        (3, 50, {"frames": (5, 20)}, "3 frames; at least 5"),
        (12, 50, {"frames": (7, 10)}, "12 frames of 50 ms; 10 at most"),
        (12, 1, {"frames": (6, 12)}, "10 ms or more each"),
    ],
)
def test_frames_that_no_way_of_writing_brings_in_are_refused(frames, count, frame_ms, options, words):
    with pytest.raises(Refused, match=words):
        encode(frames[:count], frame_ms, form("apng", **options))


@pytest.mark.parametrize(("count", "rounds"), [(5, 4), (12, 3), (10, 4)])
def test_counted_rounds_stay_within_their_time(frames, count, rounds):
    frame_ms = 100
    image = opened(encode(frames[:count], frame_ms, form("apng", seconds=4, plays=4)))
    assert image.info["loop"] == rounds
    assert image.info["loop"] * count * frame_ms <= 4000


def test_a_gif_has_whole_and_clear_pixels_alone_and_a_matte_at_its_edges(frames):
    plain, green = (opened(encode(frames, 50, form("gif"), matte)).convert("RGBA") for matte in (None, "#00ff00"))
    for image in (plain, green):
        assert set(np.unique(np.asarray(image)[..., 3])) == {0, 255}
    assert np.asarray(plain)[..., 1].max() < 40, "no colour comes in"
    assert np.asarray(green)[..., 1].max() > 80


def test_the_same_frames_give_the_same_bytes(frames):
    assert encode(frames, 50, form("apng", 40_000)) == encode(frames, 50, form("apng", 40_000))
