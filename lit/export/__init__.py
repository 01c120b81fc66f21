"""Export: stickers as the files, packs and sheets that other places take.

    report = export([read_sticker("a-blue-dragon-3.png")], "whatsapp", "out")

What moves is a sticker of several frames: `Sticker.drawn(frames, settings)` of any list, or a loop of a still by
`Options(loop="bob")`. TARGETS has a file each in lit/export/targets/.
"""

from lit.export.export import LICENCE, Pack, Report, add_to_zip, check, check_target, export, pack
from lit.export.loops import LOOPS, animate
from lit.export.sticker import Sticker, check_picture, named_sticker, read_sticker
from lit.export.target import GROUPS, File, Options, Target
from lit.export.targets import TARGETS

__all__ = [
    "GROUPS",
    "LICENCE",
    "LOOPS",
    "TARGETS",
    "File",
    "Options",
    "Pack",
    "Report",
    "Sticker",
    "Target",
    "add_to_zip",
    "animate",
    "check",
    "check_picture",
    "check_target",
    "export",
    "named_sticker",
    "pack",
    "read_sticker",
]
