"""The HTTP endpoint: a parameter a setting, made from their declarations."""

import inspect
import secrets
from collections.abc import Awaitable, Callable
from inspect import Parameter

import gradio as gr

from lit.settings import DEFAULTS, SETTINGS

DESCRIPTION = "Draw stickers from words; returns PNG files that carry their settings."


def endpoint(draw: Callable[[tuple, str], Awaitable[list[str]]]) -> Callable:
    """`draw(values, session)` as a handler whose signature Gradio can show: a name, a type and a default a setting.

    values: those of the controls, in the order of SETTINGS.  session: who asks.
    """

    async def generate(request: gr.Request, *values):
        # Who names no session is a stranger to all others.
        return await draw(values, request.session_hash or secrets.token_hex(8))

    # The request first: nothing without a default may follow what has one.
    parameters = [Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)]
    for name, setting in SETTINGS.items():
        default = setting.to_page(DEFAULTS[name]) if name in DEFAULTS else Parameter.empty
        parameters.append(Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=setting.kind))
    generate.__signature__ = inspect.Signature(parameters)
    generate.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    # In the form from which Gradio takes a description of each parameter.
    arguments = "\n".join(f"    {name}: {setting.description}" for name, setting in SETTINGS.items())
    generate.__doc__ = f"{DESCRIPTION}\n\nArgs:\n{arguments}\n"
    return generate
