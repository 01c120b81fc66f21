"""WhatsApp: packs of WebP, all still or all moving, as its sample applications and sticker makers read them.

Source: github.com/WhatsApp/stickers, the README and the Android sample's StickerPackValidator.
"""

import hashlib
from collections.abc import Sequence

from lit.export.encode import Form
from lit.export.platform import Entry, Platform, as_json, moves
from lit.export.target import Made, Options

TRAY = Form(format="png", size=(96, 96), limit=50_000, margin=2)


def contents(platform: Platform, entries: Sequence[Entry], options: Options, made: Made) -> None:
    """The picture that stands for the pack, and contents.json."""
    first = entries[0].sticker
    made.add("tray.png", platform.encoded(first, TRAY, options), TRAY.size, TRAY.limit)
    pack = {
        # The same pictures are the same pack, so that an application replaces it and does not add another.
        "identifier": hashlib.sha256(b"".join(made.files[entry.file] for entry in entries)).hexdigest()[:32],
        "name": options.title,
        "publisher": options.author,
        "tray_image_file": "tray.png",
        "image_data_version": "1",
        "avoid_cache": False,
        "animated_sticker_pack": moves(first, options),
        "stickers": [
            {
                "image_file": entry.file,
                "emojis": entry.sticker.emoji[: platform.emoji],
                "accessibility_text": platform.alt_of(entry.sticker, options),
            }
            for entry in entries
        ],
    }
    made.files["contents.json"] = as_json({"sticker_packs": [pack]})


TARGET = Platform(
    name="whatsapp",
    label="WhatsApp",
    still=Form(format="webp", size=(512, 512), limit=100_000, margin=8),
    moving=Form(
        format="webp", size=(512, 512), limit=500_000, margin=8, frames=(2, 1000), shortest=8, seconds=10
    ),
    pack=range(3, 31),
    emoji=3,
    alt=125,
    alt_moving=255,
    named=128,
    border=8,
    one_kind=True,
    extras=contents,
)  # fmt: skip
