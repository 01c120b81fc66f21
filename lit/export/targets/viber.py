"""Viber: still PNG. Source: its sticker creator's guide, which names no limit of bytes; this is its peers'."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="viber",
    label="Viber",
    still=Form(format="png", size=(490, 490), limit=500_000, margin=8),
    no_loop="none: Viber takes still stickers; leave the loop out",
)
