"""The emoji that the model knows, by name: for a picker that is searched in the page's language."""

from collections import defaultdict
from functools import cache

from lit.data.captions import spoken
from lit.reading.lexicon import emoji_by_name, shipped

FIRST = "\U0001f300"  # below are signs of texts, which come last but for the flags


@cache
def emoji(language: str) -> list[list[str]]:
    """[emoji, name, other words to find it by] each, in the order of a picker.

    language: a code such as "de"; names are English in one that there are none of.
    """
    glyphs, english = emoji_by_name(), shipped()["concepts"]
    own = shipped()["languages"].get(language)
    names = [(glyphs[name], name, keywords) for _, name, keywords in english if name in glyphs]
    names.sort(key=lambda one: (one[1].startswith("flag:"), one[0] < FIRST, one[0]))
    if own is None:
        return [[glyph, name, " ".join(keywords)] for glyph, name, keywords in names]
    told, known = defaultdict(list), defaultdict(list)
    for phrase, meant in own[0].items():
        told[meant].append(phrase)
    for phrase, meant in (own[1] | own[2]).items():
        known[meant].append(phrase)
    found = []
    for glyph, name, keywords in names:
        here = told.get(spoken(name), [])
        words = [*here[1:], *(phrase for word in (spoken(name), *keywords) for phrase in known.get(word, ()))]
        found.append([glyph, here[0] if here else name, " ".join(dict.fromkeys([*words, *([name] if here else [])]))])
    return found
