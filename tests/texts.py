"""All that the page says, found where it is said: in scripts, in templates, in Python, and in Gradio's controls."""

import ast
import importlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import gradio as gr

from lit.export import GROUPS, LOOPS, TARGETS
from lit.reading.languages import LANGUAGES
from lit.reading.reading import SENTENCES
from lit.sampling import registry
from lit.settings import SETTINGS
from lit.settings.declaration import Choice, Number, Words
from lit.studio.shell.scripts import texts_of as texts_of_control
from lit.styles import STYLE_LABELS

ROOT = Path(__file__).parents[1]
STUDIO = ROOT / "lit" / "studio"
STATIC = STUDIO / "static"
ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")  # of a template, that people read
STRING = r'"(?:[^"\\\n]|\\.)*"'
# A word with a capital alone or before another, or two words with nothing but a space between them.
KEYS = "Enter|Escape|Home|End|Delete|Backspace|Tab|Event"
SENTENCE = re.compile(rf"^(?!(?:{KEYS})$)[A-Z][a-z]+(?:$|[ .,:?!])|\b[a-z]{{2,}} [a-z]{{2,}} [a-z]{{2,}}")
WORDS = re.compile(r"[^\W\d_]{2}")  # what has no two letters together is nothing to translate


def used(blocks) -> set[str]:
    """The English texts of the whole page, those with numbers in their plural. blocks: the page's."""
    found = {*in_scripts(), *in_templates(), *in_python(), *of_settings(), *in_controls(blocks)}
    examples = {setting.example for setting in SETTINGS.values() if isinstance(setting, Words)}
    return found - {"", *STYLE_LABELS.values(), *registry.names(), *examples}


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
    for file in [*STUDIO.rglob("*.py")]:
        tree = ast.parse(file.read_text("utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and call_of(node)):
            name = call_of(call)
            if name in ("t", "plural"):
                yield from texts_of(call.args[2 if name == "plural" else 0], tree, file)
            elif name in ("LiTError", "Refused") and call.args and isinstance(call.args[0], ast.Constant | ast.Name):
                yield from texts_of(call.args[0], tree, file)


def call_of(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def texts_of(given: ast.expr, tree: ast.Module, file: Path) -> Iterator[str]:
    """Of an argument: a text, a text that a name stands for here, or those of a constant of the module."""
    if isinstance(given, ast.Constant):
        yield given.value
    elif isinstance(given, ast.IfExp):
        yield from (*texts_of(given.body, tree, file), *texts_of(given.orelse, tree, file))
    elif isinstance(given, ast.Name | ast.Subscript):
        name = given.id if isinstance(given, ast.Name) else given.value.id if isinstance(given.value, ast.Name) else ""
        if name.isupper():
            found = getattr(importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts)), name)
            yield from [found] if isinstance(found, str) else found.values() if isinstance(found, dict) else found
        assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and not name.isupper()]
        here = [node.value for node in assigned if [name] == [getattr(one, "id", "") for one in node.targets]]
        yield from (value.value for value in here if isinstance(value, ast.Constant) and isinstance(value.value, str))


def of_settings() -> Iterator[str]:
    """What t is given by other rooms: settings with their choices, notes on what is read, names of layers."""
    from lit.studio.shell.bodies import TOO_LONG
    from lit.studio.tabs import TABS
    from lit.studio.tabs.compare.axes import VARIED
    from lit.studio.tabs.scope.payload import LABELS

    for target in TARGETS.values():
        yield from (target.label, target.group, target.limits)
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
