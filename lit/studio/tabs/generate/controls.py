"""The left side of the Generate tab: what to draw, and how."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Number, Setting, Words
from lit.studio.tabs.generate.following import build_switch

FIRST_PROMPT = "a blue butterfly"

# Words, style: what one click fills in.
EXAMPLES = (
    ("a pink unicorn", "fluent-3d"),
    ("a frog on top of a car", "fluent-flat"),
    ("three strawberries", "noto"),
    ("an orange whale", "fluent-color"),
    ("a bird on top of a cactus", "twemoji"),
    ("a crab", "fluent-mono"),
)

# Under "More", row by row; settings that stand nowhere in the page's layout follow, each in a row of its own.
MORE = (
    ("num_images_per_prompt",),
    ("seed",),
    ("num_inference_steps",),
    ("guidance_scale",),
    ("negative_prompt",),
    ("width", "height"),
    ("output_scale",),
    ("scheduler",),
)
ABOVE = ("prompt", "style")

# elem_id of each setting's control
PLACES = {name: f"setting-{name}" for name in SETTINGS} | {"prompt": "prompt", "style": "style-picker"}


@dataclass(frozen=True)
class Controls:
    """Components that the tab's handlers read or change. fields: one a setting, in the order of SETTINGS."""

    fields: list
    examples: list[gr.Button]
    prompt: gr.Textbox
    seed: gr.Number
    dice: gr.Button
    generate: gr.Button
    another: gr.Button
    stop: gr.Button
    upload: gr.UploadButton
    notice: gr.HTML


def build_controls() -> Controls:
    """Lay the controls out, filled with the settings' own defaults."""
    field = {"prompt": control("prompt", FIRST_PROMPT, lines=1, max_lines=4, autofocus=True)}
    build_switch(PLACES)
    with gr.Row(elem_id="examples"):
        chips = [gr.Button(words, size="sm", min_width=0, scale=0) for words, _ in EXAMPLES]
    field["style"] = control("style")
    with gr.Row(elem_id="buttons"):
        generate = gr.Button("Generate", variant="primary", size="lg", scale=4, min_width=120, elem_id="generate")
        another = gr.Button("Another", size="lg", scale=2, min_width=90, elem_id="another")
        stop = gr.Button("Stop", size="lg", scale=1, min_width=70, interactive=False, elem_id="stop")
    notice = gr.HTML(elem_id="notice")
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
        upload = gr.UploadButton("Take the settings from a PNG", file_types=[".png"], size="md", elem_id="from-png")
    for chip, (words, style) in zip(chips, EXAMPLES):
        # A constant needs no server: the page sets both controls itself.
        chip.click(
            None,
            js=f"() => {[words, style]!r}",
            outputs=[field["prompt"], field["style"]],
            api_visibility="private",
        )
    fields = [field[name] for name in SETTINGS]
    return Controls(fields, chips, field["prompt"], field["seed"], dice, generate, another, stop, upload, notice)


def control(name: str, value: object = None, **layout) -> Any:
    """The component of a setting, of the kind that it declares.

    value: the default if None.  layout: where and how large.
    """
    setting = SETTINGS[name]
    value = setting.to_page(DEFAULTS.get(name)) if value is None else value
    known = {"label": setting.label, "info": setting.hint, "elem_id": PLACES[name]}
    return COMPONENTS[setting.control](setting, value=value, **known, **layout)


def _textbox(setting: Words, **shown):
    return gr.Textbox(placeholder=setting.example or None, max_length=500, **shown)


def _slider(setting: Number, **shown):
    low, high = setting.shown or (setting.low, setting.high)
    return gr.Slider(low, high, step=setting.step, **shown)


def _number(setting: Number, **shown):
    # A number past its upper limit is refused in our words; Gradio's own speak of values.
    return gr.Number(precision=0 if setting.kind is int else None, minimum=setting.low, **shown)


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


def to_settings(values: tuple) -> GenerationSettings:
    """The values of the controls, in the order of SETTINGS, as checked settings. Raises InputError."""
    pairs = zip(SETTINGS.items(), values, strict=True)
    return GenerationSettings(**{name: setting.from_page(value) for (name, setting), value in pairs}).validate()


def to_values(settings: GenerationSettings) -> list:
    """Settings as values of the controls, in the order of SETTINGS."""
    return [setting.to_page(getattr(settings, name)) for name, setting in SETTINGS.items()]
