"""How the words are read, over HTTP, while somebody types them.

POST readings    {"prompt"} in; what has to be said about it out, within milliseconds
"""

import threading
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.reading.reading import Note, Reading, read
from lit.settings import GenerationSettings
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, fields_of, read_body
from lit.studio.tabs.generate.asked import refusal


def understood(settings: GenerationSettings) -> tuple[GenerationSettings, str]:
    """The settings with the prompt as it is read: what the model is given, and so what describes the picture; and the
    words as they were typed, "" where these are the same."""
    typed = settings.prompt.strip()
    text = read(settings.prompt).text.strip() or settings.prompt
    return replace(settings, prompt=text), "" if text == typed else typed


def routes() -> list[Route]:
    """The address. The tables of words are read behind the page as it starts, so that nobody waits for them."""
    threading.Thread(target=read, args=("ü",), name="lit-reading", daemon=True).start()

    async def reading(request: Request) -> Response:
        try:
            prompt = fields_of(await read_body(request)).get("prompt")
            if not isinstance(prompt, str):
                raise LiTError(UNCLEAR)
            return JSONResponse(_said(await run_in_threadpool(read, prompt)))
        except LiTError as error:
            return refusal(error)
        except ClientDisconnect:
            return Response(status_code=204)

    return [Route("/readings", reading, methods=["POST"])]


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
