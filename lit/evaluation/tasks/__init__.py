"""Long Range Arena's tasks that can be made offline, to the protocol of its generators (arXiv 2011.04006).

A task is a module here and a line in `TASKS`; it makes its examples itself, from a seed.
"""

from lit.evaluation.tasks import listops, pathfinder
from lit.evaluation.tasks.examples import Task

TASKS: dict[str, Task] = {task.name: task for task in (listops.TASK, pathfinder.TASK)}
