"""Telegram: stickers as its bot @stickers takes them one by one. What moves is WEBM: VP9 with alpha, without sound.

Source: core.telegram.org/stickers and the Bot API's InputSticker; a still's limit of bytes from the Bot API's older
versions.
"""

from lit.export.encode import Form
from lit.export.platform import Platform

MARGIN = 8
SHORTEST = 34  # milliseconds of a frame: it takes 30 a second
TARGET = Platform(
    name="telegram",
    label="Telegram",
    still=Form(format="png", size=(512, 512), limit=512_000, margin=MARGIN),
    moving=Form(
        format="webm", size=(512, 512), limit=256_000, margin=MARGIN, frames=(2, 1000), shortest=SHORTEST, seconds=3
    ),
    pack=range(1, 121),
    emoji=20,
)
