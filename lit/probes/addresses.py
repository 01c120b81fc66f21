"""What the studio can be asked: each address with a question that it understands.

The studio's own are told here, and a test sees that none is missing; those of an interface that describes itself are
read from its OpenAPI document.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from lit.probes.target import ATTACKER, Target

DOCUMENTS = ("api/openapi.json", "openapi.json")
SMALL = {"prompt": "a fox", "num_inference_steps": 1, "width": 64, "height": 64, "seed": 7}
KNOWN = "0" * 32  # an id as they are made, of nothing


# What is better asked than what a document has as an example: drawn at once, and understood.
ASKED = SMALL | {"size": "64x64", "steps": 1, "axes": {"num_inference_steps": [1, 2]}}


@dataclass(frozen=True)
class Address:
    """fields: of a question by POST that is understood.  queued: its answer says only that it will be looked at."""

    path: str
    fields: dict = field(default_factory=dict)
    queued: bool = False


def of_studio() -> list[Address]:
    """The studio's own addresses."""
    visitor = {"visitor": ATTACKER}
    picture, values = {"picture": f"{KNOWN}/a-fox-7.png"}, {"values": SMALL}
    named = visitor | {"pictures": [f"{KNOWN}/0"]}
    order = visitor | {
        "pictures": [f"{KNOWN}/a-fox-7.png"],
        "targets": ["telegram"],
        "title": "Foxes",
        "author": "Ann",
        "loop": "",
        "border": None,
        "words": {},
    }
    axes = {"x": {"name": "guidance_scale", "values": ["1", "2"]}, "y": None}
    sides = {"sides": [{"prompt": "a fox"}, {"prompt": "an owl"}], "others": {"width": 64}}
    mixed = {"values": sides | {"shares": [0.5, 0.5]}}
    page = visitor | {"page": "p", "number": 1, "settled": True}
    kept = {"kept": "0" * 64}
    drawings = {
        "": visitor | values | {"template": "one"},
        "/styles": visitor | values,
        "/open": visitor,
        "/shown": {"job": KNOWN},
        "/look": visitor | {"jobs": [KNOWN], "have": [""]},
        "/recent": visitor,
        "/stop": visitor | {"job": KNOWN},
        "/settings": picture,
        "/pause": visitor | {"on": False},
        "/front": visitor | {"job": KNOWN},
        "/cancel": visitor | {"job": KNOWN},
        "/back": visitor | {"jobs": [KNOWN]},
    }
    actions = {
        "about": {},
        "favourite": {"on": True},
        "throw_away": {},
        "bring_back": {},
        "file": {"form": "png"},
        "vary": {"strength": 0.4},
    }
    library = {
        "page": visitor | {"words": "fox", "style": "", "model": "", "tag": "", "board": None, "before": None},
        "choices": visitor,
        "picture": named,
        "favourite": named | {"on": True},
        "tag": named | {"tag": "red", "on": True},
        "board": visitor | {"name": "Foxes"},
        "rename_board": visitor | {"board": 1, "name": "Owls"},
        "remove_board": visitor | {"board": 1},
        "put": named | {"board": 1, "on": True},
        "throw_away": named,
        "bring_back": named,
        "empty": named,
        "verify": named,
        "progress": visitor | {"task": KNOWN, "away": False},
        "stop": visitor | {"task": KNOWN},
        "estimate": visitor | values,
    }
    canvas = {
        "picture": visitor | picture,
        "cut": visitor | kept | {"colour": "#ffffff", "tolerance": 0.1},
        "again": visitor | values,
        "draw": visitor | values | kept | {"mode": "room", "mask": "", "room": [16, 0, 0, 0]},
    }
    grid = {"way": "grid", "axes": [{"name": "guidance_scale", "text": "1, 2"}]}
    adaptive = {"way": "adaptive", "axes": [{"name": "guidance_scale", "low": 1, "high": 2}], "budget": 8}
    one_sweep = visitor | {"sweep": KNOWN}
    sweeps = dict.fromkeys(("stop", "go_on", "throw_away", "bring_back"), one_sweep) | {
        "plan": visitor | values | adaptive,
        "begin": visitor | values | grid,
        "last": visitor,
        "look": one_sweep | {"seen": -1},
        "keep": one_sweep | {"place": 0},
        "settings": one_sweep | {"place": 0},
    }
    one_dream = visitor | {"dream": KNOWN}
    dream = {"strength": 0.8, "noise": "fixed", "frames": 4, "steps": 1, "words": "held", "to": "", "picture": ""}
    dreams = dict.fromkeys(("stop", "go_on", "throw_away", "bring_back"), one_dream) | {
        "plan": visitor | values | dream,
        "begin": visitor | values | dream,
        "last": visitor,
        "look": one_dream | {"seen": -1},
    }
    export = {"open": order, "check": order, "preview": order, "begin": order, "progress": {"task": KNOWN}}
    said = [
        *((f"drawings{path}", asked) for path, asked in drawings.items()),
        *((f"actions/{name}", visitor | picture | asked) for name, asked in actions.items()),
        ("live/draw", page | values),
        ("live/keep", visitor | {"picture": KNOWN}),
        *((f"readings{path}", {"prompt": "a fox"}) for path in ("", "/completions")),
        ("readings/earlier", visitor),
        *((f"canvas/{name}", asked) for name, asked in canvas.items()),
        ("mix/live", page | mixed),
        ("mix/draw", visitor | mixed),
        *((f"mix/{name}", visitor | {"values": sides, "frames": 4}) for name in ("plan", "way")),
        *((f"library/ask/{name}", asked) for name, asked in library.items()),
        ("library/export", named | {"kind": "json"}),
        *((f"compare/{name}", visitor | values | axes) for name in ("plan", "begin")),
        *((f"sweeps/ask/{name}", asked) for name, asked in sweeps.items()),
        *((f"dreams/ask/{name}", asked) for name, asked in dreams.items()),
        (f"compare/drawn/{KNOWN}/stop", {}),
        (f"compare/pictures/{KNOWN}/keep", visitor),
        *((f"export/{name}", asked) for name, asked in export.items()),
        ("export/stop", {"task": KNOWN}),
    ]
    return [Address(path, asked) for path, asked in said]


UPLOADS = ("canvas/file", "canvas/carried", "library/inspect", "drawings/settings")  # these take a file's bytes
READ = (  # these are asked by GET; {} is an id
    "pictures/{}/a.png",
    "live/pictures/{}",
    "mix/loops/{}.png",
    "library/thumbnails/{}/0",
    "library/pictures/{}/0",
    "compare/drawn/{}",
    "compare/pictures/{}.webp",
    "compare/pictures/{}.png",
    "sweeps/pictures/{}/0.png",
    "sweeps/drawn/{}/sheet.png",
    "sweeps/drawn/{}/page.html",
    "dreams/pictures/{}/0.webp",
    "dreams/drawn/{}/loop.png",
    "export/files/{}",
    "api/v1/jobs/{}",
    "api/v1/sweeps/adaptive/{}",
    "api/v1/pictures/{}/0",
    "gradio_api/file={}",
    "gradio_api/call/generate/{}",
)


def of_gradio(target: Target) -> list[Address]:
    """Those of Gradio that draw, and that call the functions of a component."""
    info = target.ask("gradio_api/info").fields.get("named_endpoints", {}).get("/generate", {})
    # More than strangers may have drawn: all of it is looked at, and nobody waits for it.
    asked = SMALL | {"width": 1024, "height": 1024, "num_inference_steps": 200}
    data = [asked.get(one["parameter_name"], one.get("parameter_default")) for one in info.get("parameters", [])]
    session = {"session_hash": ATTACKER}
    return [
        Address("gradio_api/run/generate", {"data": data}),
        Address("gradio_api/call/generate", {"data": data}, queued=True),
        Address("gradio_api/queue/join", {"data": data, "fn_index": 0, "event_data": None} | session, queued=True),
        Address("gradio_api/component_server", {"data": [], "component_id": 1, "fn_name": "ask"} | session),
        Address("gradio_api/reset", {"event_id": KNOWN}, queued=True),
        Address("gradio_api/cancel", {"event_id": KNOWN, "fn_index": 0} | session, queued=True),
    ]


def of_assistants() -> list[Address]:
    """That of assistants: each tool. What is wrong is said inside of the answer."""
    tools = {
        "draw": SMALL,
        "sweep": {"settings": SMALL, "axes": {"guidance_scale": [1, 2]}},
        "job": {"job": KNOWN, "wait": 0, "stop": True},
        "verify": {"picture": f"{KNOWN}/0"},
    }
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = [{"name": name, "arguments": arguments} for name, arguments in tools.items()]
    return [Address("mcp/", called | {"params": one}, queued=True) for one in params]


def of_documents(target: Target) -> list[Address]:
    """Those that OpenAPI documents of the studio describe, with a question made of each schema."""
    found = {}
    for place in DOCUMENTS:
        document = target.ask(place).fields
        for path, methods in document.get("paths", {}).items():
            body = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
            asked = example(body.get("schema", {}), document)
            if isinstance(asked, dict) and asked:
                found[path.lstrip("/")] = Address(path.lstrip("/").replace("{", "").replace("}", ""), asked)
    return list(found.values())


def all_of(target: Target) -> list[Address]:
    """Every address that takes fields; first those that wait until it is drawn, while the queue is short."""
    told = [*of_assistants(), *of_studio(), *of_gradio(target)]
    paths = {address.path for address in told}
    return [address for address in of_documents(target) if address.path not in paths] + told


def example(schema: dict, document: dict, depth: int = 0) -> object:
    """A value that a schema of OpenAPI describes."""
    if depth > 6:
        return None
    if "$ref" in schema:
        place = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            place = place.get(name, {})
        return example(place, document, depth + 1)
    if schema.get("examples"):
        return schema["examples"][0]
    for name in ("example", "default", "const"):
        if schema.get(name) is not None:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return example(schema[name][0], document, depth + 1)
    if "properties" in schema:
        return {
            name: copy.deepcopy(ASKED[name]) if name in ASKED else example(one, document, depth + 1)
            for name, one in schema["properties"].items()
        }
    if schema.get("type") == "array":
        return [example(schema.get("items", {}), document, depth + 1)]
    plain = {"string": "a fox", "integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.0)}
    return (plain | {"boolean": False, "object": {}}).get(schema.get("type"))


def leaves(value: object, way: tuple = ()) -> Iterator[tuple[tuple, object]]:
    """Every value inside, with the way to it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*way, key), one
        yield from leaves(one, (*way, key))


def put(fields: dict, way: tuple, value: object) -> dict:
    """A copy of the fields with another value there."""
    changed = copy.deepcopy(fields)
    inside = changed
    for key in way[:-1]:
        inside = inside[key]
    inside[way[-1]] = value
    return changed


def said(way: tuple) -> str:
    return ".".join(map(str, way))
