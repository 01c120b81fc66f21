"""docs/reliability.md, made of what the commands have written beside it."""

import json
from pathlib import Path

from lit.reliability.soak import verdicts
from lit.reliability.tally import as_json

HEAD = """# What the studio stands

Two commands use the studio from outside, as a process of its own with the embedded model, and judge it by what it
answered and by the files that it left. Each writes its figures into this folder, and this page anew:

```
python -m lit soak --out docs/reliability           # 50 clients for ten minutes
python -m lit faults --out docs/reliability         # needs root for two of them: a tmpfs, and rights taken away
```
"""


def write(folder: Path, name: str, found: dict) -> Path:
    """Keep figures as `folder/name.json` and write the page `folder.md` of all that are there. Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(as_json(found), encoding="utf-8")
    page = folder.with_suffix(".md")
    page.write_text(HEAD + "".join(_read(folder, part, told) for part, told in PARTS.items()), encoding="utf-8")
    return page


def table(rows: list[tuple[str, str, bool]]) -> str:
    """Rows of (what must hold, what was found, whether it held)."""
    lines = [f"| {holds} | {found} | {'yes' if held else '**no**'} |" for holds, found, held in rows]
    return "\n".join(["| what must hold | found | held |", "| --- | --- | --- |", *lines])


def of_soak(found: dict) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["kinds"].items())
    times = [
        f"| {kind} | {one['n']} | {one['median']:.2f} | {one['p95']:.2f} | {one['most']:.2f} |"
        for kind, one in found["latencies"].items()
    ]
    refused = sum(found["refused"].values())
    said = f"""
## Under load

{found["clients"]} clients for {found["seconds"]} s took {found["pictures"]} pictures; the last one came
{found["drained"]} s after nobody asked for more. Rounds: {kinds}. {refused} times the studio said that it had no room
at the moment, or that something else came first. {found.get("machine", "")}

{table(verdicts(found))}

| a round of | times | median, s | 19 of 20 within, s | most, s |
| --- | --- | --- | --- | --- |
"""
    return said + "\n".join(times) + "\n" + _errors(found["errors"])


def of_faults(found: dict) -> str:
    rows = [
        (f"{one['name']}: {one['holds']}", f"{one['found']} ({one['seconds']:.0f} s)", one["held"])
        for one in found["faults"]
    ]
    left = [f"- {one['name']}: {one['why']}" for one in found["left_out"]]
    said = f"\n## Under faults\n\n{found.get('machine', '')}\n\n{table(rows)}\n"
    return said + ("\nNot tried here:\n\n" + "\n".join(left) + "\n" if left else "")


PARTS = {"soak": of_soak, "faults": of_faults}


def _read(folder: Path, name: str, told) -> str:
    file = folder / f"{name}.json"
    return told(json.loads(file.read_text("utf-8"))) if file.is_file() else ""


def _errors(errors: dict) -> str:
    if not errors:
        return ""
    return "\nErrors:\n\n" + "\n".join(f"- {count} times {what}" for what, count in errors.items()) + "\n"
