"""All that the page says, found where it is said: in scripts, in templates, in Python, and in Gradio's controls."""

import ast
import importlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import gradio as gr

from lit.export import GROUPS, LOOPS, TARGETS
from lit.export.sticker import BEGINNINGS
from lit.reading.languages import LANGUAGES
from lit.reading.reading import SENTENCES
from lit.sampling import registry
from lit.settings import SETTINGS
from lit.settings.declaration import Choice, Number
from lit.studio.export.asked import FIELDS
from lit.studio.shell.scripts import texts_of as texts_of_control
from lit.styles import STYLE_LABELS

ROOT = Path(__file__).parents[1]
LIT = ROOT / "lit"
STUDIO = LIT / "studio"
STATIC = STUDIO / "static"
ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")  # of a template, that people read
STRING = r'"(?:[^"\\\n]|\\.)*"'
# A word with a capital alone or before another, or two words with nothing but a space between them.
KEYS = "Enter|Escape|Home|End|Delete|Backspace|Tab|Event"
SENTENCE = re.compile(rf"^(?!(?:{KEYS})$)[A-Z][a-z]+(?:$|[ .,:?!])|\b[a-z]{{2,}} [a-z]{{2,}} [a-z]{{2,}}")
WORDS = re.compile(r"[^\W\d_]{2}")  # what has no two letters together is nothing to translate
# Whose errors the page shows. What tells of weights, folders and options is said to who starts the studio, in English.
# Neither does the page have series of one's own to give to an AL-RNN.
NOT_SHOWN = ("explore/dynamics",)
ROOMS = ("settings", "explore", "export", "reading", "sampling", "scope/drawings", "stock", "studio")
OTHERS = {"guards.py", "launch.py", "folder.py", "schema.py", "sqlite.py", "postgres.py"}
OTHERS |= {"fetching.py", "build.py", "inputs.py", "report.py"}
# Functions that take parts of an InputError as they are: where its argument is, and where what would do.
CARRIERS = {"InputError": (0, 2), "Phrase": (0,), "_whole": (0, 2), "_name": (0,), "check_words": (0,), "_fail": (2,)}
ERRORS = ("LiTError", "StoreError", "Refused")


def used(blocks) -> tuple[set[str], set[str]]:
    """The English texts of the whole page, those with numbers in their plural; and the words of errors, which only the
    studio says. blocks: the page's."""
    found = {*in_scripts(), *in_templates(), *in_python(), *of_settings(), *in_controls(blocks)}
    examples = {getattr(setting, "example", "") for setting in SETTINGS.values()}
    page = found - {"", *STYLE_LABELS.values(), *registry.names(), *examples}
    return page, {*in_errors()} - {"", *page}


def in_controls(blocks) -> Iterator[str]:
    """What Gradio's controls say, and the components that are written in Python."""
    for block in blocks.blocks.values():
        for name, said in texts_of_control(block).items():
            yield from (label for label, value in said if label != str(value)) if name == "choices" else [said]
        if isinstance(block, gr.HTML):
            yield from read_in(block.html_template.replace("${value}", str(block.value or "")))


def bare() -> Iterator[tuple[str, str]]:
    """(script, text): what looks like English in the scripts and is not given to t or plural."""
    given = rf"\b(?:t|marked)\(\s*{STRING}|\bplural\([^;]*?,\s*{STRING},\s*{STRING}"
    given += rf"|\bconsole\.\w+\([^;]*;|\bconst [A-Z_]+ = {STRING}"
    for script in STATIC.rglob("*.js"):
        code = re.sub(given, "t(", without_comments(script.read_text("utf-8")))
        for text in re.findall(rf"{STRING}|`(?:[^`\\]|\\.)*`", code):
            said = re.sub(r"\$\{.*?\}", " ", text[1:-1])
            if SENTENCE.search(said):
                yield script.relative_to(STATIC).as_posix(), text


def in_scripts() -> Iterator[str]:
    """What is given to t and plural, as it stands or by the name of a constant of the module."""
    for script in STATIC.rglob("*.js"):
        code = without_comments(script.read_text("utf-8"))
        for given in re.findall(rf"\b(?:t|marked)\(\s*({STRING}|[A-Z_]+(?=\s*[,)]))", code):
            yield literal(given if given[0] == '"' else re.search(rf"\bconst {given} = ({STRING})", code)[1])
        yield from map(literal, re.findall(rf"\bplural\([^;]*?,\s*{STRING},\s*({STRING})", code))


def in_templates() -> Iterator[str]:
    for template in STATIC.rglob("*.html"):
        yield from read_in(template.read_text("utf-8"))


def in_python() -> Iterator[str]:
    """What is given to t and plural, and the sentences of errors that are whole."""
    for file, tree, call, name in calls():
        place = {"t": 0, "plural": 2}.get(name, 0 if name in ERRORS else 9)
        for given in call.args[place : place + 1]:
            yield from texts_of(given, tree, file)


def in_errors() -> Iterator[str]:
    """The words of errors, with what is given to Phrase."""
    for target in TARGETS.values():
        yield getattr(target, "no_loop", "")
    yield from (*(kind for _, kind in BEGINNINGS), *FIELDS.values())
    for setting in SETTINGS.values():  # which the page for programs says without an error
        yield getattr(setting.expected, "template", setting.expected)
    for file, tree, call, name in calls():
        for given in (call.args[i] for i in CARRIERS.get(name, ()) if i < len(call.args)):
            said = set(texts_of(given, tree, file)) - set(() if name == "Phrase" else SETTINGS)
            yield from (text for text in said if not text.startswith("--"))


def calls() -> Iterator[tuple[Path, ast.Module, ast.Call, str]]:
    """(file, its tree, a call in it, the name of what is called), of all rooms whose errors the page shows."""
    files = [LIT / "errors.py", *(file for room in ROOMS for file in (LIT / room).rglob("*.py"))]
    elsewhere = {LIT / room for room in NOT_SHOWN}
    for file in (file for file in files if file.name not in OTHERS and not elsewhere & {*file.parents}):
        tree = ast.parse(file.read_text("utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            yield file, tree, call, ast.unparse(call.func).removeprefix("self.")


def english() -> Iterator[str]:
    """Where an error's words have values in them and are no Phrase, so that no other language can say them."""
    for file, tree, call, name in calls():
        wheres = (0, 1, 2) if name == "InputError" else CARRIERS.get(name, (0,) if name in ERRORS else ())
        for given in (call.args[i] for i in wheres if i < len(call.args)):
            for one in [given, *named(given, tree)]:
                if isinstance(one, ast.JoinedStr) and any(
                    WORDS.search(part.value) for part in one.values if isinstance(part, ast.Constant)
                ):
                    yield f"{file.relative_to(ROOT)}:{one.lineno}: {ast.unparse(one)}"


def named(given: ast.expr, tree: ast.Module) -> list[ast.expr]:
    """What is assigned, anywhere in the module, to the name that is given."""
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(given, ast.Name)]
    return [node.value for node in assigned if [given.id] == [getattr(one, "id", "") for one in node.targets]]


def texts_of(given: ast.expr, tree: ast.Module, file: Path) -> Iterator[str]:
    """Of an argument: a text, a text that a name stands for here, or those of a constant of the module."""
    if isinstance(given, ast.Constant):
        yield from [given.value] if isinstance(given.value, str) else []
    elif isinstance(given, ast.IfExp):
        yield from (*texts_of(given.body, tree, file), *texts_of(given.orelse, tree, file))
    elif isinstance(given, ast.Name | ast.Subscript):
        name = given.id if isinstance(given, ast.Name) else given.value.id if isinstance(given.value, ast.Name) else ""
        if name.isupper():
            found = getattr(importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts)), name)
            yield from [found] if isinstance(found, str) else found.values() if isinstance(found, dict) else found
        here = [] if name.isupper() else named(given, tree)
        yield from (value.value for value in here if isinstance(value, ast.Constant) and isinstance(value.value, str))


def of_settings() -> Iterator[str]:
    """What t is given by other rooms: settings with their choices, notes on what is read, names of layers."""
    from lit.studio.shell.bodies import TOO_LONG
    from lit.studio.tabs import TABS
    from lit.studio.tabs.compare.axes import VARIED
    from lit.studio.tabs.scope.payload import LABELS
    from lit.studio.tabs.sweep.asked import PART_LABEL
    from lit.studio.tabs.sweep.examples import EXAMPLES

    for target in TARGETS.values():
        yield from (target.label, target.group, target.limits)
    yield from (PART_LABEL, *(example[name] for example in EXAMPLES for name in ("title", "said")))
    yield from (*GROUPS, *(loop.capitalize() for loop in LOOPS))
    yield from (TOO_LONG, *TABS.values(), *SENTENCES, *LABELS, *(language.label for language in LANGUAGES.values()))
    for setting in {**SETTINGS, **VARIED}.values():
        yield from filter(None, (setting.label, setting.hint))
        if isinstance(setting, Choice):
            yield from (label for label, value in setting.options if label not in (*STYLE_LABELS.values(), str(value)))
        if isinstance(setting, Number):
            yield setting.unit


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts: list[str] = []
        self.silent = False

    def handle_starttag(self, tag, attrs):
        self.silent = tag in ("style", "script")
        self.texts += [value for name, value in attrs if name in ATTRIBUTES and value]

    def handle_endtag(self, tag):
        self.silent = False

    def handle_data(self, data):
        self.texts += [] if self.silent else [" ".join(data.split())]


def read_in(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return [text for text in reader.texts if WORDS.search(text)]


def without_comments(code: str) -> str:
    return re.sub(rf"({STRING}|`(?:[^`\\]|\\.)*`)|//[^\n]*|/\*.*?\*/", lambda found: found[1] or "", code, flags=re.S)


def literal(string: str) -> str:
    return ast.literal_eval(string)
