"""Discord's emoji. What moves is WebP, which keeps soft edges. Source: discord.com/developers/docs/resources/emoji; the
rule of names from memory."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="discord-emoji",
    label="Discord emoji",
    group="Emoji",
    still=Form(format="png", size=(128, 128), limit=256_000, margin=1),
    moving=Form(format="webp", size=(128, 128), limit=256_000, margin=1, frames=(2, 1000)),
    emoji=1,
    named=32,
    joint="_",
)
