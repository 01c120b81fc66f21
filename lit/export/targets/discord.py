"""Discord's stickers. Source: discord.com/developers/docs/resources/sticker, Create Guild Sticker."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="discord",
    label="Discord",
    still=Form(format="png", size=(320, 320), limit=512_000, margin=5),
    moving=Form(format="apng", size=(320, 320), limit=512_000, margin=5, frames=(2, 1000), seconds=5),
    emoji=1,
    alt=100,
    alt_moving=100,
    named=30,
    shortest=2,
)
