"""The library: what was drawn is found by its words and marks, and gone only when it was meant to be."""

import random
from io import BytesIO

import pytest
from library_rows import PROMPTS, drawn
from PIL import Image
from store_faults import full, reopened

from lit.errors import InputError
from lit.studio.work.database import StoreError
from lit.studio.work.library import KEPT, Library, Query, Shelf, thumbnail_of
from lit.studio.work.marks import Marks
from lit.studio.work.thumbnails import SIDE, thumbnail

ALL = Shelf(None, "")
ANN, BOB = Shelf("ann", "ann"), Shelf("bob", "bob")


@pytest.fixture
def library(store):
    return Library(store)


def prompts(library, shelf=ALL, **query):
    return [one.prompt for one in library.page(shelf, Query(**query)).pictures]


def names(library, shelf=ALL, **query):
    return [one.name for one in library.page(shelf, Query(**query)).pictures]


def test_search_finds_what_was_typed(store, library):
    """Each word of each prompt, its beginnings, and all of it, find it; in any case and order."""
    for words in PROMPTS:
        drawn(store, words)
    generator = random.Random(0)
    for words in PROMPTS:
        words = words.removesuffix(", noto")  # which is its style
        for word in words.split():
            for asked in (word, word.upper() if word.isascii() else word, word[: generator.randint(1, len(word))]):
                assert any(words in one for one in prompts(library, words=asked)), (words, asked)
        shuffled = words.split()
        generator.shuffle(shuffled)
        assert [words] == prompts(library, words=" ".join(shuffled)), words
    assert prompts(library, words="gruner bar") == ["ein grüner Bär"]
    assert prompts(library, words="狐狸") == ["一只蓝色的狐狸"]
    assert prompts(library, words="a zebra") == []


@pytest.mark.parametrize("words", ['"', "*", "a OR", "NEAR(", "prompt:fox", "'; DROP TABLE jobs; --", "\0", "(" * 500])
def test_no_words_are_a_command(store, library, words):
    drawn(store, "a fox")
    assert prompts(library, words=words) == []
    assert prompts(library) == ["a fox"]


def test_pages_are_all_pictures_once_newest_first(store, library):
    for number in range(7):
        drawn(store, f"fox {number}", count=3)
    seen, before = [], None
    while True:
        page = library.page(ALL, Query(), before, limit=4)
        assert page.count == 21 and len(page.pictures) <= 4
        seen += page.pictures
        if (before := page.before) is None:
            break
    assert len({one.name for one in seen}) == 21
    assert [one.number for one in seen] == sorted((one.number for one in seen), reverse=True)


def test_filters_add_up_and_choices_count_what_they_find(store, library):
    drawn(store, "a fox", style="blob", weights="a" * 64)
    drawn(store, "an owl, noto", weights="a" * 64)
    drawn(store, "a fox", style="noto", weights="b" * 64)
    assert prompts(library, style="noto") == ["a fox", "an owl"]
    assert prompts(library, style="noto", words="fox", model="b" * 10) == ["a fox"]
    choices = library.choices(ALL)
    assert choices["styles"] == [["noto", 2], ["blob", 1]]
    assert choices["models"] == [["a" * 10, 2], ["b" * 10, 1]]


def test_marks_are_of_their_owner_and_filter(store, library):
    marks = Marks(library)
    fox, owl = drawn(store, "a fox"), drawn(store, "an owl")
    marks.favourite(ALL, [fox], True)
    marks.tag(ALL, [fox, owl], " Gifts  for Ann ", True)
    board = marks.board(ALL, "Party")
    assert marks.board(ALL, "Party") == board
    marks.put(ALL, [owl], board, True)
    assert prompts(library, favourite=True) == ["a fox"]
    assert prompts(library, tag="gifts for ann") == ["an owl", "a fox"]
    assert prompts(library, board=board) == ["an owl"]
    (found,) = library.find(ALL, [fox])
    assert (found.favourite, found.tags, found.boards) == (True, ("gifts for ann",), ())
    other = Shelf(None, "someone else")
    assert prompts(library, other, board=board) == prompts(library, other, favourite=True) == []
    assert library.choices(other)["boards"] == []
    with pytest.raises(InputError, match="board"):
        marks.put(other, [fox], board, True)
    marks.favourite(ALL, [fox], False)
    assert (
        marks.tag(ALL, [fox], "gifts for ann", False) == [fox] and marks.tag(ALL, [fox], "gifts for ann", False) == []
    )
    assert marks.put(ALL, [fox, owl], board, False) == [owl] and marks.put(ALL, [owl], board, True) == [owl]
    marks.rename_board(ALL, board, "Feast")
    assert library.choices(ALL)["boards"] == [[board, "Feast", 1]]
    assert marks.remove_board(ALL, board) == ("Feast", [owl])
    assert library.choices(ALL)["boards"] == [] and len(names(library)) == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 300, "bell\x07", None, 5])
def test_a_name_that_cannot_be_is_refused_in_words(library, name):
    for call in (lambda: Marks(library).board(ALL, name), lambda: Marks(library).tag(ALL, [], name, True)):
        with pytest.raises(InputError, match="a name of 1 to 60 characters") as error:
            call()
        assert len(str(error.value)) < 120


def test_visitors_see_and_touch_their_own_pictures_only(store, library):
    fox, owl = drawn(store, "a fox", visitor="ann"), drawn(store, "an owl", visitor="bob")
    assert prompts(library, ANN) == ["a fox"] and prompts(library, BOB) == ["an owl"]
    assert library.find(ANN, [fox, owl])[0].name == fox and len(library.find(ANN, [fox, owl])) == 1
    assert library.throw_away(ANN, [owl]) == []
    Marks(library).favourite(ANN, [owl], True)
    assert prompts(library, BOB) == ["an owl"] and not library.find(BOB, [owl])[0].favourite
    library.throw_away(BOB, [owl])
    assert library.empty(ANN) == 0 and library.bring_back(ANN, [owl]) == []
    assert library.empty(BOB) == 1 and library.choices(ANN)["trash"] == 0
    assert prompts(library) == ["a fox"]


def test_what_is_thrown_away_comes_back_with_its_marks_or_is_gone_from_the_disk(store, library):
    marks = Marks(library)
    fox, owl = drawn(store, "a fox"), drawn(store, "an owl")
    marks.favourite(ALL, [fox, owl], True)
    files = [library.file(name) for name in (fox, owl)]
    thumbnail(store, fox, files[0])
    assert library.throw_away(ALL, [fox, owl, fox, "no/1", "../x"]) == [fox, owl]
    assert prompts(library) == [] and prompts(library, trash=True) == ["an owl", "a fox"]
    assert prompts(library, words="fox") == [] and store.recent(9).pictures == []
    assert library.bring_back(ALL, [owl]) == [owl]
    assert prompts(library, favourite=True) == ["an owl"] and store.recent(9).pictures == [files[1]]
    assert library.empty(ALL) == 1
    assert not files[0].exists() and not files[0].parent.exists() and files[1].exists()
    assert not thumbnail_of(store, fox).exists()
    assert library.find(ALL, [fox]) == [] and library.file(fox) is None
    assert store.get(fox.split("/")[0]) is None  # its words are gone too
    assert prompts(library, words="fox", trash=True) == []
    store = reopened(store)
    assert prompts(Library(store)) == ["an owl"]
    store.close()


def test_only_what_has_been_in_the_trash_for_long_is_swept(store, library, monkeypatch):
    fox, owl = drawn(store, "a fox"), drawn(store, "an owl")
    monkeypatch.setattr("time.time", lambda: 1000.0)
    library.throw_away(ALL, [fox])
    monkeypatch.setattr("time.time", lambda: 1001.0 + KEPT)
    library.throw_away(ALL, [owl])
    assert library.sweep() == 1
    assert prompts(library, trash=True) == ["an owl"]


def test_a_picture_of_a_drawing_that_goes_on_is_not_removed_yet(store, library):
    name = drawn(store, "a fox", finish=False)
    library.throw_away(ALL, [name])
    assert library.empty(ALL) == 0 and library.file(name).exists()
    store.finish(name.split("/")[0], "done")
    assert library.empty(ALL) == 1


def test_a_full_disk_is_said_and_changes_nothing(store, library):
    board = Marks(library).board(ALL, "Party")
    fox = drawn(store, "a fox")
    with full(store, "pictures", "favourites", "on_boards"):
        for call in (
            lambda: library.throw_away(ALL, [fox]),
            lambda: Marks(library).favourite(ALL, [fox], True),
            lambda: Marks(library).put(ALL, [fox], board, True),
        ):
            with pytest.raises(StoreError, match="full"):
                call()
    (found,) = library.find(ALL, [fox])
    assert not found.favourite and prompts(library) == ["a fox"]


def test_a_thumbnail_is_small_and_made_once(store, library):
    name = drawn(store, "a fox", side=256)
    data = thumbnail(store, name, library.file(name))
    image = Image.open(BytesIO(data))
    assert image.format == "WEBP" and image.mode == "RGBA" and max(image.size) == SIDE
    library.file(name).write_bytes(b"damaged")
    assert thumbnail(store, name, library.file(name)) == data
    other = drawn(store, "an owl")
    library.file(other).write_bytes(b"damaged")
    with pytest.raises(OSError):
        thumbnail(store, other, library.file(other))
