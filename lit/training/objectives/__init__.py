"""What a network is trained to do. An objective is a module `Objective(network, arguments)` whose forward takes a batch
and gives its loss and, by name, the parts of it; `Objective.Arguments` is a frozen dataclass, read from a config's
table `[objective]`. A new one is a file here, a line in `OBJECTIVES`, and its name at the models that it can train.

One that looks at its network's average has `follow(ema)`, which the loop calls before the first step; what it trains
beside its network and nobody ships is its `beside`, a module.

The network sits inside, so that one call is one graph for `torch.compile` and for gradient exchange.
"""

from lit.training.objectives.aligned import AlignedFlowObjective
from lit.training.objectives.decoding import DecodingObjective
from lit.training.objectives.diffusion import EpsilonObjective, FlowObjective
from lit.training.objectives.flow_map import FlowMapObjective
from lit.training.objectives.hosted import HostedEpsilonObjective
from lit.training.objectives.pi_flow import PiFlowObjective
from lit.training.objectives.recognition import RecognitionObjective
from lit.training.objectives.reconstruction import ReconstructionObjective

OBJECTIVES = {
    "flow": FlowObjective,
    "aligned-flow": AlignedFlowObjective,
    "epsilon": EpsilonObjective,
    "hosted-epsilon": HostedEpsilonObjective,
    "flow-map": FlowMapObjective,
    "pi-flow": PiFlowObjective,
    "reconstruction": ReconstructionObjective,
    "recognition": RecognitionObjective,
    "decoding": DecodingObjective,
}
