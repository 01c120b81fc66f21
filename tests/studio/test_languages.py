"""The page in six languages: every text in each of them, and each request answered in the one that it asks for."""

import json
import re
import string

import httpx
import pytest
from serving import serving
from texts import STATIC, bare, english, used

from lit.errors import InputError, LiTError, Phrase
from lit.settings import SETTINGS
from lit.studio.languages import CODES, ERRORS, FOLDER, asked_for, catalogue, language, number, plural, speaking, t
from lit.studio.shell.app import create_app
from lit.studio.words import in_words, kept, told
from lit.studio.work.desk import Desk
from lit.studio.work.lane import Lane

OTHERS = [code for code in CODES if code != "en"]
FORMS = {"de": {"one", "other"}, "es": {"one", "other"}, "fr": {"one", "other"}, "ja": {"other"}, "zh": {"other"}}
# Names of languages, of headers and kinds, and of keys.
NOT_TEXTS = {"English", "Deutsch", "Files", "Picture", "Caption", "Settled", "Arrow", "Alt", "Control", "Ctrl", "Dead"}
NOT_TEXTS |= {"Esc", "Meta", "Process", "Shift", "Space", "Unidentified", "name of the pack"}


def no_model():
    raise LiTError("There is no model")


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """All that the page says."""
    return used(create_app(no_model, home=tmp_path_factory.mktemp("home")).state.studio.blocks)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(no_model, tmp_path_factory.mktemp("home")) as studio:
        yield studio


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_has_every_text_and_no_other(code, texts):
    assert all(map(len, texts)) and len(texts[0]) > 400
    for folder, said in zip((FOLDER, FOLDER / ERRORS), texts, strict=True):
        file = folder / f"{code}.json"
        known = set(json.loads(file.read_text("utf-8")))
        assert not said - known, f"add these to {file}"
        assert not known - said, f"nothing says these any more: take them out of {file}"


def test_an_error_with_values_keeps_its_template():
    assert not list(english()), "give these as a Phrase, or only English is spoken"


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_names_what_its_text_names(code):
    for text, said in catalogue(code).items():
        for one in said.values() if isinstance(said, dict) else [said]:
            assert names(one) == names(text), (text, one)
            assert one.strip() == one != "", text


@pytest.mark.parametrize("code", OTHERS)
def test_numbers_have_the_forms_that_the_language_has(code):
    counted = {text: set(said) for text, said in catalogue(code).items() if isinstance(said, dict)}
    assert counted and all(forms == FORMS[code] for forms in counted.values()), counted


def names(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_a_catalogue_is_in_order_so_that_two_changes_to_it_can_be_merged():
    for file in FOLDER.rglob("*.json"):
        told = json.loads(file.read_text("utf-8"))
        assert file.read_text("utf-8") == json.dumps(told, ensure_ascii=False, indent=0, sort_keys=True) + "\n", (
            file.name
        )


def test_no_script_says_anything_past_the_catalogues():
    assert not [found for found in bare() if found[1].strip('"') not in NOT_TEXTS]


def test_the_page_offers_the_languages_that_there_are():
    listed = re.search(r"NAMES = \{(.*)\}", (STATIC / "languages.js").read_text("utf-8"))
    assert listed and set(re.findall(r"(\w+): \"", listed[1])) == set(CODES) and len(CODES) == 6


def test_a_text_is_said_with_its_values_in_the_language_that_is_spoken():
    assert t("Step {step} of {all}", step=3, all=8) == "Step 3 of 8"
    assert [plural(n, "{n} picture", "{n} pictures") for n in (0, 1, 2)] == ["0 pictures", "1 picture", "2 pictures"]
    with speaking("de"):
        assert t("Step {step} of {all}", step=3, all=8) == "Schritt 3 von 8"
        assert plural(1, "{n} picture", "{n} pictures") == "1 Bild"
        assert number(1234.56, 1) == "1.234,6"
        with speaking("ja"):
            assert plural(1, "{n} picture", "{n} pictures") == "1 枚" and number(0.5, 1) == "0.5"
        assert language() == "de"
    with speaking("fr"):
        assert plural(0, "{n} picture", "{n} pictures") == "0 image"
    assert t("a text that nobody has translated, of {n}", n="{n}") == "a text that nobody has translated, of {n}"


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("it,fr;q=0.5,es;q=0.7", "es"),
        ("zh-TW", "zh"),
        ("", "en"),
        ("*", "en"),
        ("de;q=much, ja", "ja"),
        ("\x00;;,=", "en"),
    ],
)
def test_a_request_names_its_language(accepted, code):
    assert asked_for(accepted) == code


def test_errors_are_said_in_the_language_too():
    with speaking("de"):
        assert in_words(LiTError("This picture is no longer there")) == "Dieses Bild ist nicht mehr da."
        said = in_words(InputError("seed", -5, SETTINGS["seed"].expected))
        assert said == "Seed kann nicht -5 sein. Wählbar: eine ganze Zahl von 0 bis 4294967295."
        assert in_words(InputError("image", "x", "a PNG")) == "Bild: „x“ passt nicht. Gebraucht: ein PNG."


def test_a_phrase_is_said_by_its_template_however_deep_it_lies():
    most = Phrase("at most {most} pixels a side; make it smaller first", most=512)
    assert most == "at most 512 pixels a side; make it smaller first"
    wrong = InputError("a.png", Phrase("{width} x {height} pixels", width=900, height=80), most)
    assert str(wrong) == f"a.png: got '900 x 80 pixels'; {most}"
    with speaking("de"):
        assert t(most) == "höchstens 512 Pixel je Seite; zuerst verkleinern"
        assert t(Phrase("{error}. Drawing goes on by itself as soon as it can.", error=most)).startswith(t(most))
        assert in_words(wrong) == f"A.png: „900 x 80 Pixel“ passt nicht. Gebraucht: {t(most)}."
    assert t(most) == most


@pytest.mark.parametrize(
    "error",
    [
        LiTError("This picture is no longer there"),
        LiTError(Phrase("The picture was drawn but could not be saved ({why})", why="full")),
        InputError("seed", -5, SETTINGS["seed"].expected),
        InputError("image", None, "a PNG"),
        InputError("mask", Phrase("nothing painted"), Phrase("the image's size, {size}", size="9 x 9")),
    ],
)
def test_an_error_that_the_list_keeps_is_said_in_the_language_of_whoever_reads_it(error):
    message = kept(error)
    for code in CODES:
        with speaking(code):
            assert told(message) == in_words(error)
    assert told("The studio was closed while this was being drawn.").startswith("The studio was closed")
    assert all(told(damaged) == damaged for damaged in ("[", "[1, 2]", '[{"a": 1}]', "[broken]"))


def test_a_request_is_answered_in_its_language(served):
    def asked(**headers):
        return httpx.post(f"{served.url}/drawings/open", json={"visitor": ""}, headers=headers).json()["error"]

    english = "The page asked for something else than this studio answers. Reload it."
    assert asked(**{"Accept-Language": "it"}) == english
    assert asked(**{"Accept-Language": "de"}).endswith("Bitte neu laden.")
    assert asked(**{"Accept-Language": "ja,en;q=0.5"}).endswith("再読み込みしてください。")


def test_a_task_speaks_the_language_of_who_began_it():
    closing = False
    desk = Desk(Lane(), lambda: closing)
    with speaking("es"):
        task = desk.begin(lambda _: {"said": language()})
        assert desk.ask(lambda: {"said": language()}) == {"said": "es"}
    assert task.result == {"said": "es"} and desk.ask(lambda: {"said": language()}) == {"said": "en"}
    closing = True
