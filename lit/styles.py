"""The drawing styles of the sticker model: the one list that data, network, pipeline and page share."""

STYLES = ("noto", "twemoji", "blob", "emojione", "fluent-3d", "fluent-color", "fluent-flat", "fluent-mono")


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
