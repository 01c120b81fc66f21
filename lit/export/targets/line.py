"""LINE Creators Market: numbered PNG, the set's main picture and its tab.

Source: creator.line.me/en/guideline, of stickers and of animation stickers.
"""

from collections.abc import Sequence

from lit.export.encode import Form
from lit.export.platform import Entry, Platform, moves
from lit.export.target import Made, Options

MAIN = Form(format="png", size=(240, 240), limit=1_000_000, margin=10)
MAIN_MOVING = Form(format="apng", size=(240, 240), limit=300_000, margin=10, frames=(5, 20), seconds=4, plays=4)
TAB = Form(format="png", size=(96, 74), limit=1_000_000, margin=2)


def main_and_tab(platform: Platform, entries: Sequence[Entry], options: Options, made: Made) -> None:
    first = entries[0].sticker
    for name, form in (("main.png", MAIN_MOVING if moves(first, options) else MAIN), ("tab.png", TAB)):
        made.add(name, platform.encoded(first, form, options), form.size, form.limit)


TARGET = Platform(
    name="line",
    label="LINE",
    still=Form(format="png", size=(370, 320), limit=1_000_000, margin=10),
    moving=Form(
        format="apng", size=(320, 270), limit=300_000, margin=2, frames=(5, 20), seconds=4, plays=4
    ),
    pack=range(8, 41, 8),
    pack_moving=range(8, 25, 8),
    numbered=True,
    one_kind=True,
    extras=main_and_tab,
)  # fmt: skip
