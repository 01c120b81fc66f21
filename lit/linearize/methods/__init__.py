"""How a student learns from data and teacher. A method is a module `Method(objective, teacher, arguments)` with the
student as `.network`, whose forward takes the objective's batch and gives the loss and its parts; `Method.Arguments` is
a frozen dataclass, read from a config's table `[method]`. A new one is a file here and a line in `METHODS`.

The objective says how a batch is made noisy, what the student predicts and what that costs: `noised`, `predict`,
`loss` (see `lit.training.objectives.diffusion`).
"""

from lit.linearize.methods.hybrid import HybridDistillation
from lit.linearize.methods.transfer import AttentionTransfer

METHODS = {"hybrid": HybridDistillation, "transfer": AttentionTransfer}
