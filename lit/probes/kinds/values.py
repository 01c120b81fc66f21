"""Values that are none: NaN, infinities, huge numbers and texts, other types, unknown fields, in every field there is.

Got through: a number without end or beyond every limit that is taken, a fault, or an answer that is no JSON.
"""

import json
from collections.abc import Iterator

from lit.probes.addresses import all_of, leaves, put, said
from lit.probes.target import Probe, Target

NUMBERS = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "1e308": 1e308,
    "-1e308": -1e308,
    "2^53": 2**53,
    "2^63": 2**63,
    "10^400": 10**400,
    "'NaN'": "NaN",
    "'1e999'": "1e999",
}
OTHERS = {
    "null": None,
    "true": True,
    "-1": -1,
    "[]": [],
    "{}": {},
    "nothing": "",
    "NUL": "\0",
    "half a character": "\ud800",
    "10,000 letters": "a" * 10_000,
    "1,000 deep": json.loads("[" * 900 + "]" * 900),
}
UNKNOWN = ("admin", "__proto__", "constructor", "__class__", "home", "\0", "")
BODIES = {
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "nothing": b"",
    "100,000 deep": b"[" * 60_000,
    "a number of 50,000 digits": b'{"visitor": ' + b"9" * 50_000 + b"}",
    "no UTF-8": b'{"visitor": "\xff\xfe"}',
    "UTF-16": '{"visitor": "a"}'.encode("utf-16"),
    "a field twice": b'{"visitor": "a", "visitor": ["b"]}',
    "60,000 fields": json.dumps({str(i): 0 for i in range(5_000)}).encode(),
}


def probes(target: Target) -> Iterator[Probe]:
    for address in all_of(target):
        for way, value in leaves(address.fields):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            for name, given in NUMBERS.items() if number else OTHERS.items():
                asked = put(address.fields, way, given)
                check = target.accepted if number and not address.queued else target.wrong
                yield Probe(
                    f"/{address.path} {said(way)}: {name}",
                    lambda path=address.path, asked=asked, check=check: check(target.ask(path, asked)),
                )
        for name in UNKNOWN:
            asked = address.fields | {name: {"a": 1}}
            yield Probe(
                f"/{address.path} with {name!r}",
                lambda path=address.path, asked=asked: target.wrong(target.ask(path, asked)),
            )
        for name, body in BODIES.items():
            headers = {"Content-Type": "application/json"}
            yield Probe(
                f"/{address.path}: {name}",
                lambda path=address.path, body=body, headers=headers: target.wrong(
                    target.ask(path, body=body, headers=headers)
                ),
            )
