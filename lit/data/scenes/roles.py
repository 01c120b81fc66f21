"""Who may take which part in a scene: lists of nouns, looked up by a name's last words before "with" and the like.

They are written for the emoji and fit other sets' names by the same head nouns: "straw hat", "red racing car".
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from lit.data.captions import split_head


@dataclass(frozen=True)
class Role:
    """names: whole head phrases or their last words.  but: such phrases that are something else; the longer tells."""

    names: frozenset[str]
    but: frozenset[str] = frozenset()

    def fits(self, name: str) -> bool:
        name = name.lower().replace("’", "'")
        if name in self.but or name in self.names:
            return name in self.names
        words = split_head(name)[0].split(" ")
        for start in range(len(words)):
            phrase = " ".join(words[start:])
            if phrase in self.but or phrase in self.names:
                return phrase in self.names
            if phrase.removesuffix(" face").removesuffix(" head") in self.names:
                return True
        return False


def _nouns(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split(","))


def _read() -> dict[str, Role]:
    tables = tomllib.loads(Path(__file__).with_name("roles.toml").read_text(encoding="utf-8"))
    return {role: Role(**{key: _nouns(text) for key, text in table.items()}) for role, table in tables.items()}


ROLES = _read()
