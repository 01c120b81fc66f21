"""Export: stickers as the files, packs and sheets that other places take.

    report = export([read_sticker("a-blue-dragon-3.png")], "whatsapp", "out")

What moves is a sticker of several frames: `Sticker.drawn(frames, settings)` of any list, or a loop of a still by
`Options(loop="bob")`. TARGETS has a file each in lit/export/targets/.
"""

from lit.export.export import Report, check_target, export
from lit.export.loops import LOOPS, animate
from lit.export.sticker import Sticker, read_sticker
from lit.export.target import File, Options, Target
from lit.export.targets import TARGETS

__all__ = [
    "LOOPS",
    "TARGETS",
    "File",
    "Options",
    "Report",
    "Sticker",
    "Target",
    "animate",
    "check_target",
    "export",
    "read_sticker",
]
