"""Apple Messages: regular stickers, 136 points at three times. Source: developer.apple.com, MSStickerSize and
MSMessageErrorCode.stickerFileImproperFileSize."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="apple",
    label="Apple Messages",
    still=Form(format="png", size=(408, 408), limit=500_000, margin=6),
    moving=Form(format="apng", size=(408, 408), limit=500_000, margin=6, frames=(2, 1000)),
)
