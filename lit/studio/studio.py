"""What the shell hands to each tab."""

from dataclasses import dataclass

from lit.studio.shell.visitor import Visitor
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker


@dataclass(frozen=True)
class Studio:
    """What a tab may use. visitor: who looks at the page.
    public: strangers share the studio, so that everyone sees their own pictures only."""

    store: JobStore
    worker: Worker
    visitor: Visitor
    public: bool = False
