"""Other visitors' drawings: read in lists, found by guessed ids, changed by who knows an id.

Ids are random, and who was given one may look at its picture (BY_ID); nobody else learns one, and none but its visitor
changes anything. Got through: words, ids or pictures of another visitor in any other answer, a change to them, ids that
can be guessed, or 403 where 404 says less.
"""

import secrets
import time
from collections.abc import Iterator

from lit.probes.addresses import READ, SMALL, all_of, leaves, put, said
from lit.probes.target import ATTACKER, Probe, Target, bearer, each

POSING = ("", "*", "%", "_", "' OR ''='", "admin", "None", "null", "0", "\0", "a-victim ", "A-VICTIM", " ", "a" * 65)
TYPES = (None, True, 0, 1.5, [], {}, ["a-victim"], {"$ne": ""}, {"a": "a-victim"})
BY_ID = ("drawings/look", "drawings/shown", "drawings/settings", "canvas/picture")
LISTS = ("drawings/recent", "drawings/open", "readings/earlier", "library/ask/page", "library/ask/choices")


class Victim:
    """Another visitor who has drawn a picture. mark: a word of the prompt that nobody else says."""

    def __init__(self, target: Target):
        self.target, self.name = target, f"a-victim-{secrets.token_hex(8)}"
        self.mark = "zq" + secrets.token_hex(5)
        self.prompt = f"a fox and {self.mark}"
        answer = self.ask("drawings", {"values": SMALL | {"prompt": self.prompt}})
        self.job = answer.fields.get("job", "")
        deadline = time.monotonic() + 90
        self.picture = self.place = ""
        while self.job and not self.picture and time.monotonic() < deadline:
            time.sleep(0.2)
            found = self.ask("library/ask/page", {}).fields.get("pictures", [])
            if found:
                self.place = found[0]["name"]
                self.picture = f"{self.job}/{found[0]['file']}"
        opened = self.ask("canvas/picture", {"picture": self.picture}).fields
        self.kept = opened.get("kept", "")

    def ask(self, path: str, fields: dict):
        return self.target.ask(path, {"visitor": self.name} | fields)

    def changed(self) -> str:
        """What is no longer as it was."""
        found = self.ask("library/ask/page", {}).fields.get("pictures", [])
        if [one["name"] for one in found] != [self.place]:
            return "the picture is gone"
        if found[0]["favourite"] or found[0]["tags"] or found[0]["boards"]:
            return "the picture is marked"
        return "" if self.target.ask(f"pictures/{self.picture}").status == 200 else "the picture's file is gone"


def probes(target: Target) -> Iterator[Probe]:
    victim = Victim(target)
    if not victim.picture:
        yield Probe("a drawing to look for", lambda: "none could be drawn, so nothing of this kind was tried")
        return
    target.secrets += [victim.mark.encode(), victim.job.encode(), victim.name.encode()]
    yield from each({"ids that can be guessed": lambda: _guessable(target)})
    for path in LISTS:
        for name in (*POSING, *TYPES):
            yield Probe(
                f"/{path} as {name!r}", lambda path=path, name=name: target.wrong(target.ask(path, {"visitor": name}))
            )
    for words in (victim.mark, victim.mark[:4], "fox", "*", "a* OR b*", '"', "'", "%", victim.job[:8]):
        for more in ({}, {"trash": True}, {"favourite": True}, {"board": 0}, {"before": 2**52}):
            asked = {"visitor": ATTACKER, "words": words} | more
            yield Probe(
                f"search for {words!r} {more}", lambda asked=asked: _found(target, victim, "library/ask/page", asked)
            )
    for address in READ:
        for guess in (
            secrets.token_hex(16),
            _beside(victim.job, 1),
            _beside(victim.job, -1),
            victim.job[:-1],
            "0",
            "-1",
        ):
            path = address.format(guess)
            yield Probe(f"GET /{path}", lambda path=path: _missing(target, path))
    for folder in dict.fromkeys(address.partition("{}")[0] for address in READ):
        for path in (folder, folder.rstrip("/"), f"{folder}*", f"{folder}."):
            yield Probe(f"a list of /{path}", lambda path=path: _missing(target, path))
    yield from _of_programs(target, victim)  # before a stranger's own history has the other's ids in it, below
    ids = {"job": victim.job, "jobs": [victim.job], "picture": victim.picture, "kept": victim.kept}
    ids |= {"pictures": [victim.place, victim.picture]}
    for address in all_of(target):
        known = {name: value for name, value in ids.items() if name in address.fields}
        if known and "visitor" in address.fields:
            for name in (ATTACKER, "", "*", None, [victim.name]):
                asked = address.fields | known | {"visitor": name}
                yield Probe(
                    f"/{address.path} of another's by {name!r}",
                    lambda path=address.path, asked=asked: _done(target, victim, path, asked),
                )
    for address in all_of(target):  # the name in another place than the visitor's
        for way, value in leaves(address.fields):
            if isinstance(value, str) and way != ("visitor",):
                asked = put(address.fields, way, victim.job)
                yield Probe(
                    f"/{address.path} {said(way)}: another's id",
                    lambda path=address.path, asked=asked: _done(target, victim, path, asked),
                )
    everything = {"visitor": ATTACKER, "pictures": None}
    yield Probe("the trash of all", lambda: _done(target, victim, "library/ask/empty", everything))
    for session in (victim.name, victim.job, ATTACKER, "0", "*"):
        path = f"gradio_api/queue/data?session_hash={session}"
        yield Probe(f"events of {session}", lambda path=path: _events(target, path))


def _of_programs(target, victim) -> Iterator[Probe]:
    """What another has drawn, by a program or on the page, asked for by a program: an id alone is nothing there."""
    own = bearer(victim.name)
    answer = target.ask("api/v1/jobs", SMALL | {"prompt": victim.prompt}, headers=own)
    if answer.status in (401, 404):  # it wants keys that it has given, or has the page alone
        return
    job = answer.fields.get("id", "")
    if target.ask(f"api/v1/jobs/{job}?wait=60", headers=own).fields.get("state") != "done":
        yield Probe("a program's drawing", lambda: "it is not drawn, so nothing of this kind was tried")
        return
    target.secrets.append(job.encode())
    posing = {"a stranger": bearer(ATTACKER), "nobody": {"Authorization": ""}, "*": bearer("*")}
    posing["the visitor's name"] = {"Authorization": f"Bearer {victim.name}"}
    for name, headers in posing.items():
        for drawn, of in ((job, "a program's"), (victim.job, "a visitor's")):
            asked = {
                "looked at": (f"api/v1/jobs/{drawn}", None, ""),
                "stopped": (f"api/v1/jobs/{drawn}", None, "DELETE"),
                "taken": (f"api/v1/pictures/{drawn}/0", None, ""),
                "verified": ("api/v1/verify", {"picture": f"{drawn}/0"}, ""),
            }
            for how, (path, fields, method) in asked.items():
                yield Probe(
                    f"{of} drawing {how} as {name}",
                    lambda path=path, fields=fields, method=method, headers=headers: _kept_from(
                        target, target.ask(path, fields, method, headers=headers)
                    ),
                )
        for words in (victim.mark, victim.mark[:4], "fox", ""):
            path = f"api/v1/history?words={words}"
            yield Probe(
                f"a program's history of {words!r} as {name}",
                lambda path=path, headers=headers: target.wrong(target.ask(path, headers=headers)),
            )
    mine = f"api/v1/pictures/{job}/0"
    yield Probe("a program's own picture", lambda: "" if target.ask(mine, headers=own).status == 200 else "it is gone")


def _kept_from(target, answer):
    return target.wrong(answer) or ("" if answer.status in (401, 404) else f"status {answer.status}")


def _events(target, path):
    answer = target.ask(path, timeout=2)
    return "" if answer.status == 0 else target.wrong(answer)  # nothing is said while there is nothing


def _beside(one: str, step: int) -> str:
    return f"{int(one, 16) + step:0{len(one)}x}"


def _guessable(target):
    asked = {"visitor": "another-stranger", "values": SMALL}
    ids = [target.ask("drawings", asked).fields.get("job", "") for _ in range(4)]
    if any(len(one) < 32 for one in ids) or len(set(ids)) < 4:
        return f"ids such as {ids[0]!r}"
    apart = [bin(int(one, 16) ^ int(other, 16)).count("1") for one, other in zip(ids, ids[1:], strict=False)]
    return "" if min(apart) > 30 else f"ids that differ in {min(apart)} bits"


def _missing(target, path):
    answer = target.ask(path)
    if through := target.wrong(answer):
        return through
    if answer.status in (401, 403):
        return f"status {answer.status}: it says that there is something"
    return "" if answer.refused or not answer.body else f"status {answer.status}"


def _found(target, victim, path, fields):
    answer = target.ask(path, fields)
    names = [one.get("name") for one in answer.fields.get("pictures", [])]
    return "another's picture" if victim.place in names else ""


def _done(target, victim, path, fields):
    answer = target.ask(path, fields)
    if path in BY_ID:
        return victim.changed()
    if victim.mark.encode() in answer.body:
        return "another's words"
    return target.wrong(answer) or victim.changed()
