"""Who asks: a key, a login, or nobody in particular on a studio of one's own.

LIT_API_KEY names keys that programs show, as `Authorization: Bearer KEY`, as the X-API-Key header, or as the password
of a login. LIT_LOGIN is the one user:password without which a browser is shown nothing; programs may show it in a key's
place.
On a studio that strangers share and that has neither, programs show any secret of their own: it is who they are, and
nobody who does not know it sees what they have drawn.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from lit.serve.errors import Refusal

OWN_SECRET = 16  # characters at least of one that a program has chosen itself
OWN_STUDIO = "api"  # the visitor that programs are on a studio of one's own
HOW = "Authorization: Bearer KEY"


@dataclass(frozen=True)
class Caller:
    """visitor: the name of its jobs.  counted: the name by which requests are counted, "" for no limits."""

    visitor: str
    counted: str = ""


@dataclass(frozen=True)
class Doors:
    """Who is let in. public: strangers share the studio.  keys, login: as the environment has them, "" for none."""

    public: bool
    keys: tuple[str, ...] = ()
    login: str = ""

    @property
    def closed(self) -> bool:
        """Whether a program has to show something."""
        return self.public or bool(self.keys or self.login)

    def caller(self, headers: Mapping[str, str], address: str) -> Caller:
        """Who asks. headers: by their names in lower case.  address: of the other end. Raises Refusal 401."""
        if not self.closed:
            return Caller(OWN_STUDIO)
        shown = credentials(headers)
        known = (*self.keys, *([self.login] if self.login else []))
        if not known:
            secret = shown[-1] if shown else ""  # a login's password is not the whole of it
            if len(secret) < OWN_SECRET:
                expected = f"{HOW} with any secret of your own of {OWN_SECRET} characters or more: it is who you are"
                raise unknown(expected)
            return Caller(_visitor(secret), address)
        # All are compared, each in the same time, so that an answer's time says nothing.
        found = [key for key in known for one in shown if same(one, key)]
        if not found:
            raise unknown(f"{HOW} with a key of LIT_API_KEY or the login of LIT_LOGIN, as this studio was started with")
        if not self.public:
            return Caller(OWN_STUDIO)
        return Caller(_visitor(found[0]), _visitor(found[0]))

    def may_look(self, headers: Mapping[str, str]) -> bool:
        """Whether a browser is shown the page."""
        return not self.login or any(same(one, self.login) for one in credentials(headers))


def credentials(headers: Mapping[str, str]) -> list[str]:
    """What is shown: a bearer's key, X-API-Key, or a login as user:password and its password alone."""
    kind, _, told = headers.get("authorization", "").partition(" ")
    told = told.strip()
    found = [headers["x-api-key"]] if headers.get("x-api-key") else []
    if kind.lower() == "bearer" and told:
        found.append(told)
    elif kind.lower() == "basic":
        try:
            both = base64.b64decode(told, validate=True).decode()
        except (binascii.Error, ValueError):
            return found
        found += [both.partition(":")[2], both]
    return [one for one in found if one]


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ or how long they are."""
    return hmac.compare_digest(*(hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, other)))


def unknown(expected: str) -> Refusal:
    return Refusal(401, "Authorization", None, expected, code="invalid_api_key")


def _visitor(secret: str) -> str:
    """The name of its jobs: the list on the disk does not hold the secret."""
    return "api-" + hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:32]
