"""Read the rows of data sets: Parquet files with one schema, checked before anything is drawn."""

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from lit.data.tinting import tint_of
from lit.errors import InputError, LiTError
from lit.styles import DATA_STYLES

COLUMNS = ("key", "emoji", "style", "name", "keywords", "split", "format", "image")
OPTIONAL = {"license": ""}
SPLITS = ("train", "test", "unseen")
FORMATS = ("svg", "webp")
READERS = {"pyarrow": "pyarrow", "resvg_py": "resvg-py"}  # module, package: the studio itself needs neither
ICONS, TINTED = "game-icons", "game-icons-color"  # a style of black drawings, and that of the same in a colour
KNOWN = {"style": tuple(one for one in DATA_STYLES if one != TINTED), "split": SPLITS, "format": FORMATS}
SET_ASIDE = Path(__file__).with_name("set_aside.txt")


def read_rows(paths: str | Path | Sequence[str | Path]) -> list[dict]:
    """The rows of Parquet files and of folders of them, in an order that does not depend on how they are spread over
    files: by key, style, name and picture. Those of SET_ASIDE are left out; those of ICONS come twice, the second time
    in the style TINTED.

    A row has the columns of COLUMNS and OPTIONAL, and "tint": the colour that its picture is painted in, "" for none.
    A folder without files of its own stands for the folders in it that have some. Raises InputError for what cannot be
    read, another schema, or a value that nobody knows.
    """
    missing = [name for module, name in READERS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise LiTError(
            f"reading stickers needs {' and '.join(missing)}; pip install {' '.join(missing)}, or lit-studio[train]"
        )
    paths = [paths] if isinstance(paths, str | Path) else paths
    files = {file.resolve(): file for path in paths for file in _files(Path(path).expanduser())}  # each once
    rows = [row for file in files.values() for row in _rows_of(file)]
    if not rows:
        raise InputError("path", ", ".join(map(str, paths)), "files with at least one row")
    aside = set_aside()
    marks = {row["image"]: hashlib.sha256(row["image"]).hexdigest() for row in rows}
    kept = [row | {"tint": ""} for row in rows if marks[row["image"]][:16] not in aside]
    kept += [row | {"style": TINTED, "tint": tint_of(row["name"])} for row in kept if row["style"] == ICONS]
    return sorted(kept, key=lambda row: (row["key"], row["style"], row["name"], marks[row["image"]]))


@cache
def set_aside() -> frozenset[str]:
    """The first 16 hex digits of the SHA-256 of pictures that show something else beside what their name says."""
    lines = SET_ASIDE.read_text(encoding="utf-8").splitlines()
    return frozenset(line.split(" ")[0] for line in lines if line and not line.startswith("#"))


def _files(path: Path) -> list[Path]:
    def inside(folder: Path) -> list[Path]:
        # Not those with a dot in front: macOS writes ._name beside each file of ours.
        return sorted(file for file in folder.glob("*.parquet") if not file.name.startswith("."))

    files = [path] if path.is_file() else inside(path)
    if not files and path.is_dir():
        files = [file for folder in sorted(path.iterdir()) if folder.is_dir() for file in inside(folder)]
    if not files:
        raise InputError("path", str(path), "a Parquet file or a folder with *.parquet files")
    return files


def _rows_of(file: Path) -> list[dict]:
    import pyarrow  # here, not above: the rendering workers have no use for it
    from pyarrow import parquet

    types = pyarrow.types
    try:
        schema = parquet.read_schema(file)
        missing = [column for column in COLUMNS if column not in schema.names]
        if missing:
            raise InputError("path", str(file), f"a file with the columns {', '.join(missing)} as well")
        columns = [*COLUMNS, *(column for column in OPTIONAL if column in schema.names)]
        for column in columns:
            kind = schema.field(column).type
            listed = types.is_list(kind) or types.is_large_list(kind)
            fits, wanted = {
                "keywords": (listed and _is_text(kind.value_type) or types.is_null(kind), "a list of strings"),
                "image": (types.is_binary(kind) or types.is_large_binary(kind), "binary"),
            }.get(column, (_is_text(kind), "a string"))
            if not fits:
                raise InputError("path", f"{file}: the column {column} is {kind}", f"{wanted} there")
        rows = [OPTIONAL | row for row in parquet.read_table(file, columns=columns).to_pylist()]
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError, its ArrowIOError an OSError
        if isinstance(error, InputError):
            raise
        raise InputError("path", str(file), "a readable Parquet file") from error
    for number, row in enumerate(rows):
        for column in COLUMNS:
            if row[column] is None and column != "keywords":
                raise InputError("path", f"{file}: row {number} has no {column}", "a value in every row")
        for column, known in KNOWN.items():
            if row[column] not in known:
                raise InputError(column, row[column], f"one of {', '.join(known)} (in {file})")
        row["keywords"], row["license"] = row["keywords"] or [], row["license"] or ""
    return rows


def _is_text(kind) -> bool:
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return types.is_string(kind) or types.is_large_string(kind)
