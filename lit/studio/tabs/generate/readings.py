"""How the words are read, over HTTP, while somebody types them.

POST readings             {"prompt"} in; what has to be said about it out, within milliseconds
POST readings/completions {"prompt"}, the words up to the caret, in; what they may become out: {"found"}
POST readings/earlier     {"visitor"} in; their drawings' words out, the newest first: {"prompts"}
"""

import contextlib
import threading
from dataclasses import replace

from starlette.routing import Route

from lit.errors import InputError, LiTError
from lit.reading.completion import complete
from lit.reading.lexicon import emoji_by_name
from lit.reading.reading import Note, Reading, read
from lit.reading.template import expand, parse_template
from lit.settings import GenerationSettings
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name
from lit.studio.studio import Studio
from lit.studio.tabs.generate.asked import answering
from lit.studio.tabs.generate.templates import NO_LISTS, Lists, counted, limit, lists_of, most_of
from lit.studio.words import in_words
from lit.studio.work.orders import Order

COMPLETIONS = 5
EARLIER = 100  # drawings
SHOWN = 40  # characters of each prompt that a template is said to have


def understood(
    settings: GenerationSettings, lists: Lists = NO_LISTS, reads: bool = True
) -> tuple[GenerationSettings, Order]:
    """The settings with the prompt as it is read: what the model is given, and so what describes the picture; and what
    was typed where that is something else. Of a template it is one of its prompts, by lot from the seed.
    reads: else the words stay as they are, for a model with words of its own.
    Raises InputError for a template that is none."""
    prompt, template = settings.prompt.strip(), ""
    if not parse_template(settings.prompt, lists).plain:
        template = settings.prompt
        (prompt,) = expand(settings.prompt, settings.seed, "random", lists, most=1).prompts
    text = (reads and read(prompt).text.strip()) or prompt
    return replace(settings, prompt=text), Order("" if text == prompt.strip() else prompt.strip(), template=template)


def routes(studio: Studio) -> list[Route]:
    """The addresses. The tables of words are read behind the page as it starts, so that nobody waits for them."""
    threading.Thread(target=_warm, name="lit-reading", daemon=True).start()
    store = studio.store

    def reading(fields: dict) -> dict:
        return _read(_prompt(fields), lists_of(store.home), most_of(studio.public))

    def completions(fields: dict) -> dict:
        glyphs = emoji_by_name()
        found = complete(_prompt(fields), COMPLETIONS)
        return {"found": [{"name": one.name, "emoji": glyphs.get(one.name, ""), "text": one.text} for one in found]}

    def earlier(fields: dict) -> dict:
        prompts = []
        for job in store.newest_of(checked_name(fields.get("visitor")), EARLIER):
            with contextlib.suppress(LiTError):  # what cannot be read is said elsewhere
                prompts.append(job.order.template or job.order.typed or job.settings.prompt)
        return {"prompts": prompts}

    answers = {"": reading, "/completions": completions, "/earlier": earlier}
    return [Route(f"/readings{path}", answering(answer), methods=["POST"]) for path, answer in answers.items()]


def _warm():
    read("ü")
    complete("ca")


def _prompt(fields: dict) -> str:
    prompt = fields.get("prompt")
    if not isinstance(prompt, str):
        raise LiTError(UNCLEAR)
    return prompt


def _read(prompt: str, lists: Lists, most: int) -> dict:
    """`_said` of the prompt, with "template": null, or {"said", "all": how many there are to draw all of, 0 for too
    many} for a template, of which the first prompt is the one that is read."""
    try:
        template = parse_template(prompt, lists)
    except InputError as error:
        wrong = {"kind": "syntax", "words": [], "sentence": in_words(error), "english": "", "last": True}
        return {"notes": [wrong], "read": prompt, "cut": "", "template": None}
    if template.plain:
        return _said(read(prompt)) | {"template": None}
    count = template.count
    some = ", ".join(template.prompt(number)[:SHOWN] for number in range(min(count, 3)))
    said = f"{counted(count)}: {some}{', …' if count > 3 else '.'}"
    if count > most:
        said = t("{prompts}, {limit}.", prompts=counted(count), limit=limit(most))
    told = {"said": said[0].upper() + said[1:], "all": count if count <= most else 0}
    return _said(read(template.prompt(0))) | {"template": told}


def _said(reading: Reading) -> dict:
    """A reading for the page. last: the note is about the word at the end, which may still be typed.
    read, cut: the prompt up to where it is read, and what is not, "" for nothing."""
    prompt = reading.prompt.encode("utf-8", "replace").decode()  # half a character, which JSON does not have
    cuts = [span for note in reading.notes if note.kind == "cut" for span in note.spans]
    reach = min((start for start, _ in cuts), default=len(prompt))
    notes = [
        {
            "kind": note.kind,
            "words": [prompt[start:end] for start, end in note.spans],
            "sentence": _sentence(note),
            "english": note.english,
            "last": any(end == len(prompt) for _, end in note.spans),
        }
        for note in reading.notes
    ]
    return {"notes": notes, "read": prompt[:reach], "cut": prompt[reach:] if cuts else ""}


def _sentence(note: Note) -> str:
    values = note.values | ({"language": t(note.values["language"])} if note.kind == "language" else {})
    return t(note.text, **values).encode("utf-8", "replace").decode()
