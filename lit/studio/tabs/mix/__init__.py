"""The Mix tab: one picture of several prompts or stickers, and the way between two."""
