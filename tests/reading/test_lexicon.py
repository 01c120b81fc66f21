"""Names of emoji: one table, from which export and reading take what they need."""

from lit.reading.emoji import emoji_in
from lit.reading.lexicon import emoji_by_name, shipped


def test_every_emoji_is_read_back_as_its_concept():
    known = {name: key for key, name, _ in shipped()["concepts"]}
    assert len(emoji_by_name()) > 1800
    for name, emoji in emoji_by_name().items():
        (found,) = emoji_in(emoji)
        assert (found.start, found.end) == (0, len(emoji)), name
        plain = "-".join(f"{ord(sign):x}" for sign in emoji if sign != "\ufe0f")
        assert plain == known[name]


def test_signs_of_texts_are_said_to_be_pictures():
    emoji = emoji_by_name()
    assert (emoji["red heart"], emoji["dragon"]) == ("\u2764\ufe0f", "\U0001f409")
    assert emoji["couple with heart: man, man"] == "\U0001f468\u200d\u2764\ufe0f\u200d\U0001f468"
    assert not {"keycap: 1", "hash sign"} & set(emoji)
