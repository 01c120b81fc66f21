"""The shipped words: concepts, English, and fifteen languages into English. Made by lit.reading.build."""

import json
import lzma
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "names.json.xz"
AS_PICTURE = "\ufe0f"
# Characters that are signs of texts unless they are said to be pictures (Unicode's Emoji_Presentation=No), as far as
# concepts have them.
TEXT_SIGNS = frozenset(
    "©®‼⁉™ℹ↔↕↖↗↘↙↩↪⌨⏏⏭⏮⏯⏱⏲⏸⏹⏺Ⓜ▪▫▶◀◻◼☀☁☂☃☄☎☑☘☝☠☢☣☦☪☮☯☸☹☺♀♂♟♠♣♥♦♨♻♾⚒⚔⚕⚖⚗⚙⚛⚜⚠⚧⚰⚱⛈⛏⛑⛓⛩⛰⛱⛴⛷⛸⛹✂✈✉✌✍✏✒✔✖✝✡✳✴❄❇❣❤"
    "➡⤴⤵⬅⬆⬇〰〽㊗㊙🅰🅱🅾🅿🈂🈷🌡🌤🌥🌦🌧🌨🌩🌪🌫🌬🌶🍽🎖🎗🎙🎚🎛🎞🎟🏋🏌🏍🏎🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏳🏵🏷🐿👁📽🕉🕊🕯🕰🕳🕴🕵🕶🕷🕸🕹🖇🖊🖋🖌🖍🖐🖥🖨🖱🖲🖼🗂🗃🗄🗑🗒🗓🗜🗝🗞🗡🗣🗨🗯🗳🗺🛋🛍🛎🛏🛠🛡"
    "🛢🛣🛤🛥🛩🛰🛳"
)


@cache
def shipped() -> dict:
    """The file as it is.

    concepts: [key, name, keywords] each.  aliases: {key: name} of emoji that are other characters without skin tones.
    english: words.  languages: {code: [names, keywords of several emoji, keywords of one]}, each {phrase in normal
    form: English}.
    """
    return json.loads(lzma.decompress(DATA.read_bytes()))


def characters(key: str) -> str:
    """A key's emoji without variation selectors: "2764" -> "\u2764"."""
    return "".join(chr(int(code, 16)) for code in key.split("-"))


@cache
def emoji_keys() -> dict[str, str]:
    """{key: name} of the concepts that are emoji; a drawing's key is "word:" and its name."""
    return {key: name for key, name, _ in shipped()["concepts"] if ":" not in key}


@cache
def emoji_by_name() -> dict[str, str]:
    """Each concept that is an emoji by itself, by its English name, as people type it: "red heart" -> "\u2764\ufe0f".

    Left out are keycaps and what they are made of.
    """
    known = {name: characters(key) for key, name in emoji_keys().items()}
    return {
        name: "".join(sign + AS_PICTURE * (sign in TEXT_SIGNS) for sign in plain)
        for name, plain in known.items()
        if not plain[0].isascii()
    }
