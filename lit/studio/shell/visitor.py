"""Who a visitor is: a random name that the browser makes and keeps. No account, no cookie."""

from dataclasses import dataclass

import gradio as gr

# The page makes the name, so that all its first requests carry the same one.
NAMED = """(visitor, ...values) => {
  window.litVisitor ??= visitor || Array.from(crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [visitor || window.litVisitor, ...values];
}"""


@dataclass(frozen=True)
class Visitor:
    """state: the component that holds the name, "" until the page has made one.

    named: the `js` of an event whose first input is `state`: its handler gets the name, made if need be. One of
    them has to return it to `state`, which keeps it.
    """

    state: gr.BrowserState
    named: str = NAMED


def build_visitor() -> Visitor:
    """Inside the page's blocks, before the tabs."""
    return Visitor(gr.BrowserState("", storage_key="lit-studio-visitor", secret="lit-studio"))
