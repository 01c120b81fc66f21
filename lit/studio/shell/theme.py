"""How the studio looks: paper and ink, a sunny button, pictures as stickers. System fonts only."""

import base64
from pathlib import Path

import gradio as gr
from gradio.themes.utils import sizes

from lit.studio.shell.colours import (
    ALARM,
    ALARM_SOFT,
    CARD,
    FIELD,
    FIELD_LINE,
    INK,
    LINE,
    PAPER,
    SKY,
    SKY_SOFT,
    SOFT_INK,
    SUN,
    SUN_BRIGHT,
    SUN_INK,
    colours_css,
)
from lit.styles import STYLES, in_use

ASSETS = Path(__file__).parents[1] / "static"

SYSTEM_FONTS = ("ui-rounded", "SF Pro Rounded", "Nunito", "system-ui", "Segoe UI", "Roboto", "sans-serif")
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def studio_theme() -> gr.themes.Base:
    """Gradio's theme variables, both modes. Fonts are names only: nothing is fetched for them."""
    theme = gr.themes.Base(
        font=SYSTEM_FONTS,
        font_mono=MONO_FONTS,
        text_size=sizes.text_md,
        radius_size=sizes.radius_lg,
        spacing_size=sizes.spacing_md,
    )
    theme.name = "lit-studio"
    pairs = {
        "body_background_fill": PAPER,
        "background_fill_primary": CARD,
        "background_fill_secondary": FIELD,
        "block_background_fill": CARD,
        "panel_background_fill": CARD,
        "block_border_color": LINE,
        "border_color_primary": LINE,
        "panel_border_color": LINE,
        "border_color_accent": SKY,
        "border_color_accent_subdued": LINE,
        "color_accent_soft": SKY_SOFT,
        "body_text_color": INK,
        "body_text_color_subdued": SOFT_INK,
        "block_info_text_color": SOFT_INK,
        "block_title_text_color": INK,
        "block_label_text_color": INK,
        "block_label_background_fill": CARD,
        "accordion_text_color": INK,
        "link_text_color": SKY,
        "link_text_color_hover": SKY,
        "link_text_color_active": SKY,
        "link_text_color_visited": SKY,
        "input_background_fill": FIELD,
        "input_background_fill_focus": FIELD,
        "input_border_color": FIELD_LINE,
        "input_border_color_focus": SKY,
        "input_placeholder_color": SOFT_INK,
        "slider_color": SKY,
        "checkbox_background_color": FIELD,
        "checkbox_background_color_selected": SKY,
        "checkbox_border_color": FIELD_LINE,
        "checkbox_border_color_selected": SKY,
        "checkbox_label_background_fill": CARD,
        "checkbox_label_background_fill_hover": FIELD,
        "checkbox_label_background_fill_selected": SKY_SOFT,
        "checkbox_label_border_color": LINE,
        "checkbox_label_border_color_selected": SKY,
        "checkbox_label_text_color": INK,
        "checkbox_label_text_color_selected": INK,
        "error_background_fill": ALARM_SOFT,
        "error_border_color": ALARM,
        "error_text_color": ALARM,
        "error_icon_color": ALARM,
        "button_primary_background_fill": SUN,
        "button_primary_background_fill_hover": SUN_BRIGHT,
        "button_primary_border_color": SUN,
        "button_primary_border_color_hover": SUN_BRIGHT,
        "button_primary_text_color": SUN_INK,
        "button_primary_text_color_hover": SUN_INK,
        "button_secondary_background_fill": CARD,
        "button_secondary_background_fill_hover": SKY_SOFT,
        "button_secondary_border_color": LINE,
        "button_secondary_border_color_hover": SKY,
        "button_secondary_text_color": INK,
        "button_secondary_text_color_hover": INK,
    }
    values = {
        "color_accent": SKY[0],
        "loader_color": SKY[0],
        "block_border_width": "0px",
        "block_shadow": "none",
        "block_title_text_weight": "600",
        "block_label_text_weight": "600",
        "button_border_width": "1.5px",
        "button_large_text_weight": "700",
        "button_small_text_weight": "500",
        "button_medium_text_weight": "600",
        "button_primary_shadow": "none",
        "button_secondary_shadow": "none",
        "button_large_radius": "14px",
        "button_medium_radius": "12px",
        "button_small_radius": "999px",
        "checkbox_label_border_width": "1.5px",
        "checkbox_label_shadow": "none",
        "input_border_width": "1px",
        "input_shadow_focus": "none",
    }
    for name, (light, dark) in pairs.items():
        values[name], values[f"{name}_dark"] = light, dark
    return theme.set(**values)


def studio_css() -> str:
    """The style sheet: the files, the colours that it names, and the pictures of the style picker."""
    sheets = ("studio.css", "actions/row.css")
    return colours_css() + "".join((ASSETS / file).read_text("utf-8") for file in sheets) + style_pictures_css()


def style_pictures_css() -> str:
    """A background picture for every radio button of the style picker that has a file in static/styles; and what the
    model knows beyond STYLES is folded away, but what is chosen.

    A radio group stays what it is for keyboard and screen reader; its pictures are decoration.
    """
    rules = []
    for style in in_use():
        file = ASSETS / "styles" / f"{style}.webp"
        if file.exists():
            data = base64.b64encode(file.read_bytes()).decode()
            rules.append(
                f'#style-picker label:has(input[value="{style}"])::before'
                f' {{content: ""; background-image: url(data:image/webp;base64,{data});}}'
            )
        if style not in STYLES:
            rules.append(
                f'body:not([data-all-styles]) #style-picker label:has(input[value="{style}"]):not(:has(:checked))'
                " {display: none;}"
            )
    return "\n".join(rules)
