"""What the shell hands to each tab."""

from dataclasses import dataclass, field

import gradio as gr
from starlette.routing import BaseRoute

from lit.studio.shell.visitor import Visitor
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker


@dataclass(frozen=True)
class Studio:
    """What a tab may use. blocks: the page.  visitor: who looks at it.
    public: strangers share the studio, so that everyone sees their own pictures only.
    routes: addresses beside the page's, for a tab to add to; the guards stand in front of them too."""

    blocks: gr.Blocks
    store: JobStore
    worker: Worker
    visitor: Visitor
    public: bool = False
    routes: list[BaseRoute] = field(default_factory=list)
