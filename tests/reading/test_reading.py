"""Reading a prompt: English stays, emoji and known things of fifteen languages are understood, nothing is silent."""

import random
from types import SimpleNamespace

import pytest

from lit.data import captions
from lit.data.captions import spoken
from lit.minilm import MAX_TOKENS
from lit.models.text import TextEncoder
from lit.reading.blend import parts_of
from lit.reading.lexicon import emoji_keys, shipped
from lit.reading.reading import read

NAMES = [name for _, name, _ in shipped()["concepts"]]


def kinds(prompt):
    return [note.kind for note in read(prompt).notes]


def test_no_name_that_the_model_knows_is_changed_or_called_unknown():
    wrong = [name for name in NAMES if read(name).text != name or read(name).notes]
    assert len(NAMES) > 8000 and not wrong


def test_english_is_never_rewritten():
    """What the network was taught by, all of it, composed prompts and sentences that name nothing."""
    drawn = [SimpleNamespace(name=name, keywords=keywords) for _, name, keywords in shipped()["concepts"]]
    taught = [caption for sticker in random.Random(0).sample(drawn, 300) for caption in captions(sticker)]
    composed = [
        "a blue dragon", "three pink pigs", "a purple cat on top of a yellow car, fluent 3d", "a casa in a sombrero",
        "a chat on a rose", "a boa and a mango", "the end of the world", "a quiet Sunday morning, noto", "x-ray",
        "T-Rex", "a robot die", "an angel with a gift on a pink background", "A button (blood type)", "  a   cat  ", "",
    ]  # fmt: skip
    for prompt in [*taught, *composed]:
        assert read(prompt).text == prompt
        assert read(prompt).language == "en"


@pytest.mark.parametrize(
    "prompt, english",
    [
        ("ein blauer Schmetterling", "a blue butterfly"),
        ("drei rote Äpfel", "three red apples"),
        ("Katze", "cat"),
        ("ein Hund auf rotem Hintergrund und blauem Hintergrund", "a dog and a blue background on a red background"),
        ("trzy psy", "three dogs"),
        ("ثلاثة كلاب", "three dogs"),
        ("كلب وقطة", "a dog and a cat"),
        ("개와 고양이", "a dog and a cat"),
        ("un lapin blanc à côté d’un arbre", "a white rabbit next to a tree"),
        ("ein Hund links von einem Haus auf blauem Hintergrund", "a dog to the left of a house on a blue background"),
        ("un chat sur une voiture", "a cat on top of an automobile"),
        ("une voiture rouge", "a red automobile"),
        ("trois chats noirs et deux chiens", "three black cats and two dogs"),
        ("un perro verde a la izquierda de una casa", "a green dog to the left of a house"),
        ("los gatos", "cats"),
        ("una rosa rossa con un gatto su sfondo blu", "a red rose with a cat on a blue background"),
        ("um gato azul em cima de um carro vermelho", "a blue cat on top of a red automobile"),
        ("een blauwe vlinder op een rode achtergrond", "a blue butterfly on a red background"),
        ("czerwony kot obok domu", "a red cat next to a house"),
        ("три собаки", "three dogs"),
        ("синяя бабочка на зеленом фоне", "a blue butterfly on a green background"),
        ("arabanın üstündeki mavi kedi", "a blue cat on top of an automobile"),
        ("tiga anjing di atas mobil merah", "three dogs on top of a red automobile"),
        ("قطة زرقاء فوق سيارة", "a blue cat above an automobile"),
        ("कार पर नीली बिल्ली", "a blue cat on top of a car"),
        ("파란 배경의 고양이 세 마리", "three cats on a blue background"),
        ("青い蝶", "a blue butterfly"),
        ("家の左の犬", "a dog to the left of a house"),
        ("青い背景の三匹の猫", "three cats on a blue background"),
        ("一只猫在汽车上面", "a cat on top of an automobile"),
        ("房子左边的两只红色的狗", "two red dogs to the left of a house"),
        ("ein Hund, fluent 3d", "a dog, fluent 3d"),
        ("EIN BLAUER SCHMETTERLING", "a blue butterfly"),
    ],
)
def test_other_languages(prompt, english):
    reading = read(prompt)
    assert reading.text == english
    (note,) = (note for note in reading.notes if note.kind == "language")
    assert note.english in english and note.english in note.sentence
    assert reading.language != "en" and read(reading.text).notes == ()


def test_a_foreign_word_that_nobody_knows_stays_and_is_said():
    reading = read("ein blauer Quatschkopf und ein Hund")
    assert "Quatschkopf" in reading.text and "a dog" in reading.text
    (note,) = (note for note in reading.notes if note.kind == "unknown")
    ((start, end),) = note.spans
    assert reading.prompt[start:end] == "Quatschkopf"


@pytest.mark.parametrize(
    "prompt, english",
    [
        ("🦋", "a butterfly"),
        ("blue 🦋", "blue butterfly"),
        ("two 🦋 on a 🚗", "two butterflies on an automobile"),
        ("two blue 🦋!", "two blue butterflies!"),
        ("🐱🐱🐱", "three cat faces"),
        ("🐱🚗", "a cat face and an automobile"),
        ("❤️", "a red heart"),
        ("👋🏽", "a waving hand with medium skin tone"),
        ("👩🏻‍🤝‍👨🏿", "a woman and man holding hands with light skin tone and dark skin tone"),
        ("🇩🇪", "the flag of Germany"),
        ("ein blaues 🚗", "a blue automobile"),
        ("© 5 cats", "© 5 cats"),
    ],
)
def test_emoji_are_read_by_their_names(prompt, english):
    reading = read(prompt)
    assert reading.text == english
    for note in reading.notes:
        if note.kind == "emoji":
            ((start, end),) = note.spans
            assert prompt[start:end] in note.sentence and note.english in note.sentence


def test_every_emoji_has_the_name_of_its_concept():
    for key, name in emoji_keys().items():
        sign = "".join(chr(int(code, 16)) for code in key.split("-"))
        shown = sign if len(sign) > 1 or ord(sign) > 0x2300 else sign + "\ufe0f"
        assert [note.english for note in read(shown).notes] == [spoken(name)]


@pytest.mark.parametrize("word", ["glorbix", "platypus", "elephnat", "Schmettrling", "собакевич", "מכונית"])
def test_words_that_the_text_encoder_has_only_in_pieces_are_said(word):
    (note,) = read(f"a {word} on a car").notes
    assert note.kind == "unknown" and word in note.sentence
    ((start, end),) = note.spans
    assert f"a {word} on a car"[start:end] == word


def test_words_made_of_words_are_known():
    for word in ("zebrafish", "skateboarding", "butterflies", "snowmen", "2024"):
        assert "unknown" not in kinds(f"a {word}")


@pytest.fixture(scope="module")
def text_encoder():
    return TextEncoder.from_pretrained()


def test_what_is_cut_is_what_the_text_encoder_does_not_read(text_encoder):
    lot = random.Random(1)
    for _ in range(60):
        prompt = " ".join(lot.choice(NAMES[300:]) for _ in range(lot.randrange(1, 25)))
        reading = read(prompt)
        unread = text_encoder.truncated(prompt)
        cut = [note for note in reading.notes if note.kind == "cut"]
        assert reading.tokens == len(text_encoder.tokenizer.encode(prompt).ids)
        assert bool(cut) == bool(unread) == (reading.tokens > MAX_TOKENS)
        if cut:
            ((start, end),) = cut[0].spans
            assert prompt[start:end] == unread


def test_what_is_cut_of_another_language_is_said_in_the_prompt_s_own_place():
    prompt = "ein Hund und " * 20 + "eine Katze"
    (cut,) = (note for note in read(prompt).notes if note.kind == "cut")
    assert cut.spans[-1][1] == len(prompt) and cut.spans[0][0] > 40


def test_weights_stay_on_their_words():
    assert read("a (blue:1.3) cat").text == "a (blue:1.3) cat"
    assert read("ein (blauer:1.3) Schmetterling").text == "a (blue:1.3) butterfly"
    assert read("une (voiture rouge:0.5), noto").text == "a (red automobile:0.5), noto"
    assert read("a (🦋:1.5) here").text == "a (butterfly:1.5) here"
    assert read("a (blue:1.4) 🦋 (on a big:0.5) 🚗").text == "a (blue:1.4) butterfly (on a big:0.5) automobile"
    assert kinds("(cat:9)") == ["syntax"] and read("(cat:9)").text == "(cat:9)"


STRANGE = [
    "\ud800", "a\udfffb cat", "\x00\x01\x1b", "\u202e abc \u202c", "e\u0301" * 500, "a" + "\u0300" * 5_000,
    "\ufe0f" * 100, "🏳️‍" * 200, "\U0001f3fb", "़" * 50, "::(:1.3)", "(:1)", "((((cat:1.5", "\\", "ﷺ" * 300,
    "ｶﾞ" * 100, "㍿" * 100,
    "\u3000", "İ" * 1_000, "ß" * 100, "​" * 50, "{a|b}", ",", ", noto", "的" * 3_000, "ein " * 2_000, "🦋" * 5_000,
    "a" * 100_000, "a b " * 25_000, "(" * 100_000, "(a:1.1)" * 10_000, "ein Hund " * 10_000, " " * 100_000 + "cat",
    "(a" * 50_000 + ":1)" * 50_000, "() " * 30_000, "ж" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("prompt", STRANGE, ids=range(len(STRANGE)))
def test_any_string_is_read(prompt, text_encoder):
    reading = read(prompt)
    reading.text.encode()  # an encoder takes it
    for note in reading.notes:
        assert note.sentence and all(0 <= start <= end <= len(prompt) for start, end in note.spans)
        note.sentence.encode()


def test_any_characters_in_any_order_are_read():
    lot = random.Random(2)
    signs = "aeiou ,.:()|{}\\_-1.5 ein une два 三 🦋 👋🏽 \u0301\u094d\u200d\ufe0f\ud83d ا ل ğ"
    for _ in range(500):
        read("".join(lot.choice(signs) for _ in range(lot.randrange(60)))).text.encode()


def test_the_prompts_of_a_blend_are_read_each_by_itself():
    reading = read("ein (blauer:1.3) Hund :1|🦋🦋, noto : 2")
    assert reading.text == "a (blue:1.3) dog :1|two butterflies, noto : 2" and reading.language == "de"
    told = [(note.kind, [reading.prompt[start:end] for start, end in note.spans]) for note in reading.notes]
    assert told == [("language", ["ein (blauer:1.3) Hund"]), ("emoji", ["🦋"]), ("emoji", ["🦋"])]
    assert [part.prompt for part in parts_of(reading.text)] == ["a (blue:1.3) dog", "two butterflies, noto"]
    english = " a cat:0.25| a robot:0.75"
    assert read(english).text == english and not read(english).notes
