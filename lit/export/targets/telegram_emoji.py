"""Telegram's custom emoji. Source: core.telegram.org/stickers; their number in a set from memory.

Moving ones are WEBM or Lottie, as its stickers.
"""

from lit.export.encode import Form
from lit.export.platform import Platform
from lit.export.targets.telegram import NO_LOOP

TARGET = Platform(
    name="telegram-emoji",
    label="Telegram emoji",
    group="Emoji",
    still=Form(format="png", size=(100, 100), limit=512_000, margin=1),
    no_loop=NO_LOOP,
    pack=range(1, 201),
    emoji=20,
)
