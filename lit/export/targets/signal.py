"""Signal: WebP for what is still, APNG for what moves, and manifest.json, which `signal-cli uploadStickerPack` reads.

Source: Signal Desktop's sticker creator; the number of stickers in a pack and the manifest from memory.
"""

from collections.abc import Sequence

from lit.export.encode import Form
from lit.export.platform import Entry, Platform, as_json
from lit.export.target import Made, Options


def manifest(platform: Platform, entries: Sequence[Entry], options: Options, made: Made) -> None:
    stickers = [
        {
            "file": entry.file,
            "contentType": "image/webp" if entry.file.endswith(".webp") else "image/png",
            "emoji": entry.sticker.emoji[0],
        }
        for entry in entries
    ]
    cover = {"cover": stickers[0], "stickers": stickers}
    made.files["manifest.json"] = as_json({"title": options.title, "author": options.author} | cover)


TARGET = Platform(
    name="signal",
    label="Signal",
    still=Form(format="webp", size=(512, 512), limit=300_000, margin=16),
    moving=Form(format="apng", size=(512, 512), limit=300_000, margin=16, frames=(2, 1000), seconds=3),
    pack=range(1, 201),
    emoji=1,
    extras=manifest,
)
