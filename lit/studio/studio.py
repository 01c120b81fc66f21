"""What the shell hands to each tab."""

from dataclasses import dataclass

import gradio as gr

from lit.studio.shell.visitor import Visitor
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker


@dataclass(frozen=True)
class Studio:
    """What a tab may use. blocks: the page.  visitor: who looks at it.
    public: strangers share the studio, so that everyone sees their own pictures only."""

    blocks: gr.Blocks
    store: JobStore
    worker: Worker
    visitor: Visitor
    public: bool = False
