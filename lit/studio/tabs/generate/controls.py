"""The left side of the Generate tab: what to draw, and how."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Number, Setting, Trail, Words
from lit.studio.shell.scripts import saying, starting
from lit.studio.tabs.generate.following import TEXTS, build_estimate, build_models, build_reading, build_switch
from lit.styles import STYLES, in_use

FIRST_PROMPT = "a blue butterfly"


@dataclass(frozen=True)
class Example:
    """A sticker on the empty stage: one click draws it. Its picture lies in static/first/, of this model and seed."""

    words: str
    style: str
    seed: int

    @property
    def picture(self) -> str:
        return f"first/{self.words.replace(' ', '-')}.webp"


EXAMPLES = (
    Example("a pink unicorn", "fluent-3d", 0),
    Example("a frog on top of a car", "fluent-flat", 2),
    Example("three strawberries", "noto", 0),
    Example("an orange whale", "fluent-color", 0),
    Example("a panda riding a bicycle", "noto", 0),
    Example("a ghost holding a balloon", "fluent-3d", 0),
    Example("an owl wearing a crown", "emojione", 0),
    Example("a purple octopus", "fluent-color", 0),
)

# Under "More", row by row; settings that stand nowhere in the page's layout follow, each in a row of its own.
MORE = (
    ("seed",),
    ("num_inference_steps",),
    ("guidance_scale",),
    ("negative_prompt",),
    ("width", "height"),
    ("output_scale",),
    ("scheduler",),
)
ABOVE = ("prompt", "style", "num_images_per_prompt")

# elem_id of each setting's control
PLACES = {name: f"setting-{name}" for name in SETTINGS} | {"prompt": "prompt", "style": "style-picker"}


NOTICE = '<div id="notice"></div>'
COUNTS = (1, 2, 4, 8)  # stickers of one press; any other number by settings that say so
COUNT = "".join(
    '<label class="lit-count">'
    f'<input type="radio" name="lit-count" value="{count}"{" checked" * (count == 1)}><span>{count}</span></label>'
    for count in COUNTS
)
COUNT = f'<fieldset id="count"><legend class="lit-unseen">How many stickers</legend>{COUNT}</fieldset>'
LEARNED = f"{DEFAULTS['width']} by {DEFAULTS['height']} is what the model has learned; other sizes may come out odd."
UPLOAD = """<label class="lit-button" id="from-png">Take the settings from a PNG
<input type="file" accept="image/png" class="lit-unseen"></label>"""


@dataclass(frozen=True)
class Controls:
    """Components whose events the tab connects. fields: one a setting, in the order of SETTINGS."""

    fields: list
    prompt: gr.Textbox
    seed: gr.Number
    steps: gr.Slider
    scheduler: gr.Dropdown
    dice: gr.Button
    all_styles: gr.Button
    generate: gr.Button
    another: gr.Button
    stop: gr.Button


def build_words() -> dict:
    """What to draw: the words, how they are read, and the buttons. Returns the components by name."""
    made = {"prompt": control("prompt", FIRST_PROMPT, lines=1, max_lines=4, autofocus=True)}
    build_reading(PLACES["prompt"])
    build_switch(PLACES)
    with gr.Row(elem_id="buttons"):
        made["generate"] = gr.Button("Generate", variant="primary", size="lg", scale=4, min_width=0, elem_id="generate")
        gr.HTML(**saying(COUNT))
        made["another"] = gr.Button("Another", size="lg", scale=2, min_width=0, elem_id="another")
        made["stop"] = gr.Button("Stop", size="lg", scale=1, min_width=0, elem_id="stop")
    build_estimate()
    gr.HTML(NOTICE)
    return made


def build_how(made: dict, models: bool) -> Controls:
    """How to draw it: the style, what is folded under "More", and by which model. made: what `build_words` gave.
    models: whether there may be others."""
    field = {"prompt": made["prompt"], "style": control("style")}
    if set(in_use()) - set(STYLES):
        gr.HTML("", js_on_load=starting("generate/styles.js"), label="More styles", elem_id="more-styles")
    made["all_styles"] = gr.Button("All styles", size="md", elem_id="all-styles")
    # What it is stands beside Generate; programs ask for any number.
    field["num_images_per_prompt"] = control("num_images_per_prompt", kind="hidden")
    with gr.Accordion("More", open=False, elem_id="more"):
        placed = {*ABOVE, *(name for row in MORE for name in row)}
        for row in (*MORE, *((name,) for name in SETTINGS if name not in placed)):
            if row == ("seed",):
                with gr.Row(elem_classes="lit-seed"):
                    field["seed"] = control("seed", min_width=120)
                    dice = gr.Button("Roll dice", size="md", scale=0, min_width=110, elem_id="dice")
            elif len(row) == 1:
                field[row[0]] = control(row[0])
            else:
                with gr.Row():
                    field |= {name: control(name, min_width=140) for name in row}
            if row == ("width", "height"):
                gr.HTML(**saying(f'<p class="lit-beside" id="size-hint">{LEARNED}</p>'))
        gr.HTML(**saying(UPLOAD))
    if models:
        build_models()
    steps, scheduler = field["num_inference_steps"], field["scheduler"]
    fields = [field[name] for name in SETTINGS]
    return Controls(fields, seed=field["seed"], steps=steps, scheduler=scheduler, dice=dice, **made)


def control(name: str, value: object = None, kind: str = "", **layout) -> Any:
    """The component of a setting.

    value: the default if None.  kind: that which it declares if "".  layout: where and how large.
    """
    setting = SETTINGS[name]
    value = setting.to_page(DEFAULTS.get(name)) if value is None else value
    known = {"label": setting.label, "info": setting.hint, "elem_id": PLACES[name]}
    return COMPONENTS[kind or setting.control](setting, value=value, **known, **layout)


def _textbox(setting: Words | Trail, **shown):
    return gr.Textbox(placeholder=setting.example or None, **shown)


def _slider(setting: Number, **shown):
    low, high = setting.shown or (setting.low, setting.high)
    return gr.Slider(low, high, step=setting.step, **shown)


def _number(setting: Number, **shown):
    # No limits and no rounding of Gradio's: what does not fit is refused in our words, and never drawn as another.
    return gr.Number(**shown)


def _radio(setting: Choice, **shown):
    return gr.Radio(setting.options, **shown)


def _dropdown(setting: Choice, **shown):
    return gr.Dropdown(setting.options, **shown)


def _hidden(setting: Setting, **shown):
    kind = gr.Textbox if setting.kind is str else gr.Number
    return kind(visible=False, **shown)


# Of each kind of control.
COMPONENTS = {
    "text": _textbox,
    "slider": _slider,
    "number": _number,
    "radio": _radio,
    "dropdown": _dropdown,
    "hidden": _hidden,
}


def defaults() -> dict[str, Any]:
    """Of each setting, what a control says where nobody has said anything."""
    return {name: setting.to_page(DEFAULTS.get(name)) for name, setting in SETTINGS.items()}


def controlled() -> dict:
    """What a tab's scripts find out by what the controls say (static/controls.js)."""
    return {"names": list(SETTINGS), "texts": {name: PLACES[name] for name in TEXTS}, "defaults": defaults()}


def to_settings(values: tuple) -> GenerationSettings:
    """The values of the controls, in the order of SETTINGS, as checked settings. Raises InputError."""
    pairs = zip(SETTINGS.items(), values, strict=True)
    return GenerationSettings(**{name: setting.from_page(value) for (name, setting), value in pairs}).validate()


def to_values(settings: GenerationSettings) -> list:
    """Settings as values of the controls, in the order of SETTINGS."""
    return [setting.to_page(getattr(settings, name)) for name, setting in SETTINGS.items()]
