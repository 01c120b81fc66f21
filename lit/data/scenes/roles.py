"""Who may take which part in a scene: lists of nouns, looked up by a name's last words before "with" and the like.

They are written for the emoji and fit other sets' names by the same head nouns: "straw hat", "red racing car".
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from lit.data.captions import split_head


@dataclass(frozen=True)
class Role:
    """names: whole head phrases or their last words.  but: phrases that end alike and are something else."""

    names: frozenset[str]
    but: frozenset[str] = frozenset()

    def fits(self, name: str) -> bool:
        name = name.lower().replace("’", "'")
        head = split_head(name)[0]
        if head in self.but or name in self.but:
            return False
        if name in self.names:
            return True
        words = head.removesuffix(" face").removesuffix(" head").split(" ")
        return any(" ".join(words[start:]) in self.names for start in range(len(words)))


def _nouns(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split(","))


def _read() -> dict[str, Role]:
    tables = tomllib.loads(Path(__file__).with_name("roles.toml").read_text(encoding="utf-8"))
    return {role: Role(**{key: _nouns(text) for key, text in table.items()}) for role, table in tables.items()}


ROLES = _read()
