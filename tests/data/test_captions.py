from types import SimpleNamespace

import pytest

from lit.data import captions, plural, with_article
from lit.data.captions import countability, spoken


def sticker(name, *keywords):
    return SimpleNamespace(name=name, keywords=keywords)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("dog", "a dog"),
        ("apple", "an apple"),
        ("unicorn", "a unicorn"),
        ("euro banknote", "a euro banknote"),
        ("umbrella", "an umbrella"),
        ("hourglass done", "an hourglass done"),
        ("SOS button", "an SOS button"),
        ("A button (blood type)", "an A button (blood type)"),
        ("orange car", "an orange car"),
        ("grapes", "grapes"),
        ("purple grapes", "purple grapes"),
        ("people holding hands", "people holding hands"),
        ("rice", "rice"),
        ("octopus", "an octopus"),
        ("cross mark", "a cross mark"),
        ("Santa Claus", "Santa Claus"),
        ("Leo", "Leo"),
        ("two o’clock", "two o’clock"),
        ("two-hump camel", "a two-hump camel"),
        ("one-piece swimsuit", "a one-piece swimsuit"),
        ("waving hand: medium skin tone", "a waving hand: medium skin tone"),
        ("flag of Japan", "the flag of Japan"),
    ],
)
def test_article(name, expected):
    assert with_article(name) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("dog", "dogs"),
        ("box", "boxes"),
        ("church", "churches"),
        ("butterfly", "butterflies"),
        ("monkey", "monkeys"),
        ("computer mouse", "computer mice"),
        ("fox", "foxes"),
        ("ox", "oxen"),
        ("fish", "fish"),
        ("tropical fish", "tropical fish"),
        ("person", "people"),
        ("man with beard", "men with beard"),
        ("woman pilot", "women pilots"),
        ("man walking", "men walking"),
        ("person mountain biking", "people mountain biking"),
        ("man kneeling: facing right", "men kneeling: facing right"),
        ("office building", "office buildings"),
        ("glass of milk", "glasses of milk"),
        ("leaf fluttering in wind", "leaves fluttering in wind"),
        ("bow and arrow", "bows and arrows"),
        ("merperson", "merpeople"),
        ("snowman without snow", "snowmen without snow"),
        ("superhero", "superheroes"),
        ("dodo", "dodos"),
        ("bus", "buses"),
        ("palm tree", "palm trees"),
        ("t-shirt", "t-shirts"),
        ("scissors", "scissors"),
        ("waving hand: dark skin tone", "waving hands: dark skin tone"),
    ],
)
def test_plural(name, expected):
    assert plural(name) == expected


@pytest.mark.parametrize(
    "name, expected",
    [("cat", "count"), ("socks", "plural"), ("garlic", "mass"), ("Virgo", "name"), ("rhinoceros", "count")],
)
def test_countability(name, expected):
    assert countability(name) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("flag: Japan", "flag of Japan"),
        ("keycap: 5", "keycap 5"),
        ("woman: beard", "woman with beard"),
        ("man: bald", "bald man"),
        ("waving hand: dark skin tone", "waving hand with dark skin tone"),
        ("person: dark skin tone, red hair", "person with dark skin tone and red hair"),
        ("family: man, boy", "family of man and boy"),
        ("house", "house"),
    ],
)
def test_spoken(name, expected):
    assert spoken(name) == expected


def test_captions_start_with_the_plain_name_and_never_repeat():
    lines = captions(sticker("face with tears of joy", "crying", "face", "funny", "haha", "joy", "laugh", "tear"))
    assert lines[0] == "face with tears of joy" and lines[1] == "a face with tears of joy"
    assert len(lines) == len(set(lines)) <= 10


def test_captions_keep_the_order_and_the_letters_of_the_name():
    first = captions(sticker("Christmas tree", "celebration", "tree"))
    assert first == captions(sticker("Christmas tree", "celebration", "tree"))
    assert "a Christmas tree" in first and "Christmas tree, celebration" in first


def test_a_single_keyword_is_no_caption():
    for words in (("face",), ("face", "happy"), ("animal", "animals", "dog", "dogs", "pet")):
        lines = captions(sticker("grinning dog", *words))
        assert not set(lines) & set(words)
    assert "animal, dog, pet" in lines


def test_keywords_alone_keep_the_skin_tone():
    lines = captions(sticker("waving hand: dark skin tone", "dark skin tone", "hand", "hello", "wave"))
    assert "hand, hello, wave, dark skin tone" in lines
    assert all("dark skin tone" in line for line in lines)


def test_a_sticker_without_keywords_has_captions():
    assert captions(sticker("dog"))[:2] == ["dog", "a dog"]
