"""Files of weights, found; and the head of one by a stranger, looked at before anything is loaded.

8 bytes   length of the head, little-endian
the head  JSON: {name: {"dtype", "shape", "data_offsets": [begin, end]}}, and texts under "__metadata__"
the data  tensors, one behind the other without a gap
"""

import json
import math
from pathlib import Path

from lit.errors import CheckpointError

WEIGHTS_NAME = "diffusion_pytorch_model.safetensors"
SHARDS = ".index.json"  # behind it: names the files of a network that was saved in several
LONGEST = 2**24  # bytes of a head; a network of 40 million weights has 50,000
TENSORS = 100_000
DIMENSIONS = 8
LARGEST = 2**40  # numbers in a tensor
BYTES = {  # of a number
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}


def weight_files(folder: Path, name: str = WEIGHTS_NAME) -> list[Path]:
    """The files that hold a network's weights: one, or the shards that its index names. What else lies there (what a
    system writes beside files of ours, for one) is none of them. Raises CheckpointError for a damaged index."""
    index = folder / (name + SHARDS)
    if not index.is_file():
        return [folder / name]
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        if not names or any(Path(name).name != name for name in names):
            raise ValueError("it names no files of this folder")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index}: damaged ({error}); restore the file") from error
    return [folder / name for name in sorted(names)]


def count_numbers(file: Path) -> int:
    """How many numbers a file holds that `check_header` has found good."""
    with open(file, "rb") as stream:
        entries = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return sum(math.prod(entry["shape"]) for name, entry in entries.items() if name != "__metadata__")


def check_header(file: Path):
    """Raise CheckpointError for what is no safetensors file, or one whose head says what cannot be."""
    try:
        wrong = _wrong(file)
    except OSError as error:
        wrong = error.strerror or type(error).__name__
    if wrong:
        raise CheckpointError(f"{file}: damaged ({wrong}); restore the file")


def _wrong(file) -> str:
    with open(file, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        data = file.stat().st_size - 8 - length
        if length > LONGEST or data < 0:
            return f"its head would have {length} bytes"
        head = stream.read(length)
    try:
        entries = json.loads(head, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "its head is no JSON"
    if not isinstance(entries, dict):
        return "its head is no JSON object"
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        return "its metadata are no texts"
    if len(entries) > TENSORS:
        return f"{len(entries)} tensors"
    places = []
    for name, entry in entries.items():
        place = _place(entry)
        if place is None:
            return f"{name[:100]!r} is no tensor"
        places.append(place)
    end = 0
    for begin, after in sorted(places):
        if begin != end:
            return "tensors that overlap, or a gap between them"
        end = after
    return "" if end == data else f"tensors of {end} bytes in {data}"


def _place(entry) -> tuple[int, int] | None:
    """Where a tensor's bytes begin and end, None for an entry that is none."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        return None
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES or not _whole(shape) or not _whole(offsets):
        return None
    if len(shape) > DIMENSIONS or len(offsets) != 2 or math.prod(shape) > LARGEST:
        return None
    begin, end = offsets
    return (begin, end) if end - begin == math.prod(shape) * BYTES[dtype] else None


def _whole(numbers) -> bool:
    return isinstance(numbers, list) and all(type(one) is int and 0 <= one < 2**63 for one in numbers)


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name that stands twice")
    return found


def _refuse(name):
    raise ValueError(name)
