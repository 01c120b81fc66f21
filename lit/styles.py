"""The drawing styles of the sticker model: the one list that data, network, pipeline and page share."""

# The name of each style, and what people read for it. Its place here is its number in the weights.
STYLE_LABELS = {
    "noto": "Noto",
    "twemoji": "Twemoji",
    "blob": "Blob",
    "emojione": "EmojiOne",
    "fluent-3d": "Fluent 3D",
    "fluent-color": "Fluent color",
    "fluent-flat": "Fluent flat",
    "fluent-mono": "Fluent mono",
}
STYLES = tuple(STYLE_LABELS)


def split_style(prompt: str, styles: tuple[str, ...] = STYLES) -> tuple[str, str | None]:
    """Take a style named at the end of a prompt off it: "a dragon, fluent 3d" -> ("a dragon", "fluent-3d").

    Only a last part behind a comma counts, so that "a blob of paint" stays what it says.
    Returns the prompt and the style's name, or the prompt unchanged and None.
    """
    head, comma, tail = prompt.rpartition(",")
    words = " ".join(tail.lower().replace("-", " ").split()).removesuffix(" style")
    for style in styles:
        if comma and head.strip() and words == style.replace("-", " "):
            return head.strip(), style
    return prompt, None
