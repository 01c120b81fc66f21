"""Telegram's custom emoji. Source: core.telegram.org/stickers; their number in a set from memory, and the bytes of one
that moves second-hand: its page says 256 KB, @stickers takes 64.
"""

from lit.export.encode import Form
from lit.export.platform import Platform
from lit.export.targets.telegram import SHORTEST

TARGET = Platform(
    name="telegram-emoji",
    label="Telegram emoji",
    group="Emoji",
    still=Form(format="png", size=(100, 100), limit=512_000, margin=1),
    moving=Form(format="webm", size=(100, 100), limit=64_000, margin=1, frames=(2, 1000), shortest=SHORTEST, seconds=3),
    pack=range(1, 201),
    emoji=20,
)
