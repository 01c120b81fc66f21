"""Telegram: static stickers, as its bot @stickers takes them one by one.

Source: core.telegram.org/stickers and the Bot API's InputSticker; the limit of bytes from the Bot API's older versions.
Moving stickers are WEBM (VP9 with alpha) or Lottie, which Pillow does not write.
"""

from lit.export.encode import Form
from lit.export.platform import Platform

MARGIN = 8
NO_LOOP = "none: Telegram's moving stickers are WEBM video, which is not written here; leave the loop out"
TARGET = Platform(
    name="telegram",
    label="Telegram",
    still=Form(format="png", size=(512, 512), limit=512_000, margin=MARGIN),
    no_loop=NO_LOOP,
    pack=range(1, 121),
    emoji=20,
)
