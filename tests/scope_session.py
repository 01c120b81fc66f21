"""What a ScopeSession is asked by a test, and what it answers, without a browser."""

from serving import wait_until

from lit.studio.tabs.scope.requests import REQUESTS


def ask(session, name, request) -> dict:
    """What a session answers; its refusals are raised."""
    return getattr(session, name)(REQUESTS[name].of(request))


def result(session, answer) -> dict:
    """What a task that has begun comes to."""
    wait_until(lambda: {"result", "error"} & set(ask(session, "progress", answer)))
    return ask(session, "progress", answer)
