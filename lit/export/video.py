"""Moving pictures as WEBM: VP9 with alpha, written by PyAV, whose wheel brings libvpx. An optional extra,
`pip install 'lit-studio[video]'`."""

import importlib.util
import io
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from PIL import Image

MISSING = (
    "none: WEBM video is written by PyAV, which is not here: pip install 'lit-studio[video]', or leave the loop out"
)
WORST = 63  # of VP9's scale of quality, whose best is 0


def available() -> bool:
    """Whether PyAV is installed."""
    return importlib.util.find_spec("av") is not None


def webm(frames: Sequence[Image.Image], durations: Sequence[int], quality: int) -> bytes:
    """RGBA frames of one size, of so many milliseconds each, as a video without sound: the same bytes every time.

    quality: from 0 to 100.
    """
    import av

    data, millisecond, now = io.BytesIO(), Fraction(1, 1000), 0
    with av.open(data, "w", format="webm", options={"fflags": "+bitexact"}) as file:  # no date, no random name
        options = {
            "crf": str(round(WORST * (1 - quality / 100))),
            "deadline": "realtime",  # a twentieth more bytes than the slower ways, in a third of the time
            "cpu-used": "6",
            "auto-alt-ref": "0",  # frames that are never shown: libvpx has none with alpha
        }
        stream = file.add_stream("libvpx-vp9", Fraction(1000, durations[0]), options=options)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt, stream.bit_rate, stream.codec_context.time_base = "yuva420p", 0, millisecond
        for frame, duration in zip(frames, durations, strict=True):
            picture = av.VideoFrame.from_ndarray(np.asarray(frame), format="rgba")
            picture = picture.reformat(format="yuva420p")
            picture.pts, picture.time_base, picture.duration = now, millisecond, duration
            file.mux(stream.encode(picture))
            now += duration
        file.mux(stream.encode())
    return data.getvalue()
