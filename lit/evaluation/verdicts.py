"""Pictures judged by a person who looks: a table of prompts with a verdict each, which outlives new drawings."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from lit.errors import InputError
from lit.sheets import markdown_table

VERDICTS = ("right", "half", "wrong")
HEAD = ("", "prompt", "verdict", "what is wrong", "picture")
WAS = "was "  # before the verdict on a picture that is another by now


@dataclass(frozen=True)
class Verdict:
    """verdict: one of VERDICTS, with WAS before it where the picture has changed since, or "".  wrong: in a few words.
    picture: what tells it from others (`mark`)."""

    verdict: str
    wrong: str
    picture: str

    def of(self, picture: str) -> "Verdict":
        """The same for this picture, if it is the one that was looked at."""
        said = self.verdict
        if said and picture != self.picture:
            said = WAS + said.removeprefix(WAS)
        return Verdict(said, self.wrong, picture)


def mark(picture: torch.Tensor) -> str:
    """What tells a picture, uint8 (4, H, W), from any other that differs in a byte."""
    return hashlib.sha256(picture.cpu().contiguous().numpy().tobytes()).hexdigest()[:12]


def read_verdicts(file: Path) -> dict[str, Verdict]:
    """Those of a table that `write_verdicts` wrote and a person filled in, by prompt; none where there is no file.
    Raises InputError for a verdict that is none."""
    if not file.is_file():
        return {}
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != len(HEAD) or not re.fullmatch(r"\d+", cells[0]):
            continue
        number, prompt, verdict, wrong, picture = cells
        if verdict and verdict.removeprefix(WAS) not in VERDICTS:
            raise InputError(
                f"the verdict of {number} in {file.name}", verdict, f"one of {', '.join(VERDICTS)}, or none"
            )
        found[prompt] = Verdict(verdict, wrong, picture)
    return found


def write_verdicts(file: Path, prompts: list[str], pictures: torch.Tensor, drawn_by: str) -> str:
    """Write the table: a line for each prompt and its picture, uint8 (N, 4, H, W), with the verdicts that stand in the
    file already. Returns how many there are of each."""
    earlier = read_verdicts(file)
    rows = []
    for number, (prompt, picture) in enumerate(zip(prompts, pictures, strict=True), start=1):
        kept = earlier.get(prompt, Verdict("", "", "")).of(mark(picture))
        rows.append((number, prompt, kept.verdict, kept.wrong, kept.picture))
    counts = Counter(verdict for _, _, verdict, *_ in rows)
    tally = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    tally += f" of {len(rows)}; {sum(verdict not in VERDICTS for _, _, verdict, *_ in rows)} to be looked at"
    about = f"Drawn by {drawn_by}. The verdict of whoever looked: {', '.join(VERDICTS)}."
    text = f"# {len(rows)} prompts that nobody tuned on\n\n{about} {tally[:1].upper()}{tally[1:]}.\n\n"
    file.write_text(text + markdown_table(HEAD, rows) + "\n", encoding="utf-8")
    return tally
