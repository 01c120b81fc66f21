"""Scenes: who wears, holds, rides or hides behind what, put together from single stickers, and how people say it."""
