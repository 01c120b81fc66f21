"""The left side of the Generate tab: what to draw, and how."""

from dataclasses import dataclass

import gradio as gr

from lit.settings import GUIDANCE, MULTIPLE, SCHEDULERS, SIZES, STEPS, GenerationSettings
from lit.studio.fields import ANY_STYLE, FIELDS, LABELS, STYLE_LABELS
from lit.styles import STYLES

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


@dataclass(frozen=True)
class Controls:
    """Components that the tab's handlers read or change. fields: in the order of FIELDS."""

    fields: list
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
    default = GenerationSettings(prompt=FIRST_PROMPT)
    field = {}
    field["prompt"] = gr.Textbox(
        default.prompt,
        label=LABELS["prompt"],
        lines=1,
        max_lines=4,
        max_length=500,
        autofocus=True,
        placeholder="a blue dragon",
        elem_id="prompt",
    )
    with gr.Row(elem_id="examples"):
        chips = [gr.Button(words, size="sm", min_width=0, scale=0) for words, _ in EXAMPLES]
    field["style"] = gr.Radio(
        [("Any", ANY_STYLE), *((STYLE_LABELS[style], style) for style in STYLES)],
        value=ANY_STYLE,
        label=LABELS["style"],
        elem_id="style-picker",
    )
    with gr.Row(elem_id="buttons"):
        generate = gr.Button("Generate", variant="primary", size="lg", scale=4, min_width=120, elem_id="generate")
        another = gr.Button("Another", size="lg", scale=2, min_width=90, elem_id="another")
        stop = gr.Button("Stop", size="lg", scale=1, min_width=70, interactive=False, elem_id="stop")
    notice = gr.HTML(elem_id="notice")
    with gr.Accordion("More", open=False, elem_id="more"):
        field["num_images_per_prompt"] = gr.Slider(
            1, 8, default.num_images_per_prompt, step=1, label=LABELS["num_images_per_prompt"]
        )
        with gr.Row(elem_classes="lit-seed"):
            field["seed"] = gr.Number(
                default.seed,
                precision=0,
                minimum=0,
                label=LABELS["seed"],
                min_width=120,
                info="The same seed and settings draw the same picture.",
            )
            dice = gr.Button("Roll dice", size="md", scale=0, min_width=110, elem_id="dice")
        field["num_inference_steps"] = gr.Slider(
            *STEPS,
            default.num_inference_steps,
            step=1,
            label=LABELS["num_inference_steps"],
            info="More take longer and tidy up details.",
        )
        field["guidance_scale"] = gr.Slider(
            *GUIDANCE,
            default.guidance_scale,
            step=0.1,
            label=LABELS["guidance_scale"],
            info="How strictly the words are followed; 1 is not at all.",
        )
        field["negative_prompt"] = gr.Textbox(default.negative_prompt, label=LABELS["negative_prompt"], max_length=500)
        with gr.Row():
            for side in ("width", "height"):
                field[side] = gr.Slider(
                    *SIZES, getattr(default, side), step=MULTIPLE, label=LABELS[side], min_width=140
                )
        field["output_scale"] = gr.Radio(
            [("As drawn", 1), ("Twice as large", 2)],
            value=default.output_scale,
            label=LABELS["output_scale"],
        )
        field["scheduler"] = gr.Dropdown(list(SCHEDULERS), value=default.scheduler, label=LABELS["scheduler"])
        upload = gr.UploadButton("Take the settings from a PNG", file_types=[".png"], size="md", elem_id="from-png")
    for chip, (words, style) in zip(chips, EXAMPLES):
        # A constant needs no server: the page sets both controls itself.
        chip.click(
            None,
            js=f"() => {[words, style]!r}",
            outputs=[field["prompt"], field["style"]],
            api_visibility="private",
        )
    fields = [field[name] for name in FIELDS]
    return Controls(fields, field["prompt"], field["seed"], dice, generate, another, stop, upload, notice)
