"""The Generate tab: words in, stickers out.

The page only looks at jobs. Each press of Generate puts one in the queue; from then on its scripts (static/generate/)
ask how it stands until it has ended. A page that was reloaded finds its visitor's job and asks on from there.

They ask over HTTP (drawings.py), and not by Gradio's events: its stream of events is closed when the last of them has
ended, and an event that begins in that moment is never heard of again (seen with 6.31, once in some twenty openings
of the page); and what asks by itself can say that the studio has gone, and go on when it is back. Gradio's controls
tell the scripts what they say, and are set by them, in the browser.
"""

import asyncio
import json

import gradio as gr
from starlette.concurrency import run_in_threadpool

from lit.errors import LiTError
from lit.sampling import registry
from lit.settings import DEFAULTS, SETTINGS
from lit.studio.shell.scripts import MOUNT, starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.generate import actions, drawings, live, models, readings
from lit.studio.tabs.generate.controls import EXAMPLES, PLACES, Controls, build_how, build_words, to_settings
from lit.studio.tabs.generate.endpoint import endpoint
from lit.studio.tabs.generate.following import TEXTS, told
from lit.studio.tabs.generate.stage import outcome
from lit.studio.words import in_words

POLL = 0.1  # seconds between two looks at a job of a program


def build(studio: Studio):
    """Lay the tab out and connect it. In the order of a narrow page: words, picture, how it is drawn."""
    with gr.Row(elem_classes="lit-columns"):
        with gr.Column(min_width=0, elem_classes="lit-card lit-words"):
            made = build_words()
        with gr.Column(min_width=0, elem_classes="lit-card lit-result"):
            _build_stage()
        with gr.Column(min_width=0, elem_classes="lit-card lit-how"):
            controls = build_how(made, studio.worker.models.allowed)
            fill = gr.Button("Fill in", elem_id="fill")  # not seen: by it the scripts set the controls
    _connect(studio, controls, fill)
    studio.routes.extend(
        [
            *drawings.routes(studio),
            *actions.routes(studio),
            *live.routes(studio.worker),
            *readings.routes(studio),
            *models.routes(studio),
        ]
    )


def _build_stage():
    stage, row = ((ASSETS / file).read_text("utf-8") for file in ("generate/stage.html", "actions/row.html"))
    examples = [
        {"words": one.words, "style": one.style, "seed": one.seed, "picture": f"{MOUNT[1:]}/{one.picture}"}
        for one in EXAMPLES
    ]
    gr.HTML(
        "",
        label="Stickers",
        html_template=stage.replace("<!-- row -->", row),
        js_on_load=starting(
            "generate/start.js",
            names=list(SETTINGS),
            texts=list(TEXTS),
            kept=[name for name, setting in SETTINGS.items() if setting.control != "hidden"],
            places=PLACES,
            examples=examples,
            tabs=TABS,
            defaults={name: setting.to_page(DEFAULTS.get(name)) for name, setting in SETTINGS.items()},
        ),
        elem_id="stage",
    )


def _connect(studio: Studio, controls: Controls, fill: gr.Button):
    visitor, named = studio.visitor.state, studio.visitor.named
    js_only = {"fn": None, "api_visibility": "private"}
    says = {"inputs": [visitor, *controls.fields], **js_only}

    # Whoever opens the page gets a name, which the browser keeps; and the scripts know what the controls say.
    opened = f"""(...all) => {{
      const [name, ...values] = ({named})(...all);
      ({told(quiet=True)})(name, ...values);
      return name;
    }}"""
    studio.blocks.load(js=opened, outputs=[visitor], **says)
    gr.on([controls.generate.click, controls.prompt.submit], js=told("lit-generate"), **says)
    controls.another.click(js=ROLL, outputs=[controls.seed], **js_only).then(js=told("lit-generate"), **says)
    controls.all_styles.click(js=told("lit-all-styles"), **says)
    controls.stop.click(js=STOP, **js_only)
    fill.click(js=FILL, outputs=controls.fields, **js_only)

    # Every change is told: by default, what comes while another is on its way is left out.
    says["trigger_mode"] = "multiple"
    controls.dice.click(js=ROLL, outputs=[controls.seed], **js_only).then(js=told(), **says)
    chosen = controls.scheduler.input(js=STEPS, inputs=[controls.scheduler], outputs=[controls.steps], **js_only)
    chosen.then(js=told(), **says)
    others = [field for name, field in zip(SETTINGS, controls.fields) if name not in (*TEXTS, "scheduler")]
    gr.on([field.input for field in others], js=told(), **says)

    # The HTTP endpoint: the same fields with the same defaults, and files at the end.
    files = gr.File(file_count="multiple", visible=False, label="Pictures")
    draw = gr.Button(visible=False)
    draw.click(endpoint(_drawing(studio)), controls.fields, files, api_name="generate", concurrency_limit=None)


def _drawing(studio: Studio):
    async def draw(values: tuple, session: str) -> list[str]:
        """Queue what a program asks for, and wait for its files."""
        try:
            job = await run_in_threadpool(studio.worker.submit, f"api-{session}", to_settings(values))
        except LiTError as error:
            raise gr.Error(in_words(error), print_exception=False) from error
        while (view := await run_in_threadpool(studio.worker.view, job.id)) and view.job.active:
            await asyncio.sleep(POLL)
        assert view is not None  # no job is ever removed
        if not view.job.files:
            raise gr.Error(outcome(view)[0], print_exception=False)
        return [str(path) for path in view.job.files]

    return draw


# A seed as people like them: short enough to read out.
ROLL = "() => Math.floor(Math.random() * 1000000)"
STOP = '() => { document.dispatchEvent(new Event("lit-stop")); }'
FILL = "() => window.litFill"
# Another scheduler wants steps of its own.
STEPS = f"(name) => ({json.dumps({name: registry.find(name).steps for name in registry.names()})})[name]"
