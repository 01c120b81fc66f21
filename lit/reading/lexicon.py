"""The shipped words: concepts, English, and fifteen languages into English. Made by lit.reading.build."""

import json
import lzma
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "names.json.xz"


@cache
def shipped() -> dict:
    """The file as it is.

    concepts: [key, name, keywords] each.  aliases: {key: name} of emoji that are other characters without skin tones.
    english: words.  languages: {code: [names, keywords of several emoji, keywords of one]}, each {phrase in normal
    form: English}.
    """
    return json.loads(lzma.decompress(DATA.read_bytes()))
