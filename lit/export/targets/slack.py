"""Slack's emoji. What moves is GIF. Source: second-hand; 50 frames as its users found."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="slack",
    label="Slack",
    group="Emoji",
    still=Form(format="png", size=(128, 128), limit=128_000, margin=1),
    moving=Form(format="gif", size=(128, 128), limit=128_000, margin=1, frames=(2, 50)),
    emoji=1,
    named=100,
)
