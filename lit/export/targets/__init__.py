"""Targets: one file each, and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from lit.export.target import Target
from lit.export.targets import (
    apple,
    discord,
    discord_emoji,
    favicon,
    kakao,
    line,
    sheet_a4,
    sheet_letter,
    signal,
    slack,
    telegram,
    telegram_emoji,
    viber,
    wechat,
    whatsapp,
)

_FILES = (
    whatsapp,
    telegram,
    telegram_emoji,
    signal,
    discord,
    discord_emoji,
    slack,
    apple,
    line,
    kakao,
    viber,
    wechat,
    favicon,
    sheet_a4,
    sheet_letter,
)

# Each target by its name, in the order in which people are shown them.
TARGETS: Mapping[str, Target] = MappingProxyType({file.TARGET.name: file.TARGET for file in _FILES})
