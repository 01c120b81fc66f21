"""A network that goes by a grid policy, imitating a guided flow: what flow maps are compared with."""

from lit.errors import InputError
from lit.linearize.student import make_student
from lit.models.transformer import LiTTransformer2DModel
from lit.training import typed
from lit.training.batches.ways import GuidedBatches
from lit.training.models.flow_map import GUIDANCE_RANGE, FlowMapModel
from lit.training.models.sources import load
from lit.training.models.transformer import TransformerModel
from lit.training.objectives.pi_flow import PiFlowObjective

POINTS = 10


class PiFlowModel(FlowMapModel):
    """Starts as its teacher, or as `sources.init`, with a head as wide as the policy has points, all of which say what
    the one head said. It is a flow map and draws as one, by the scheduler of that name."""

    objectives = ("pi-flow",)
    batches = GuidedBatches
    options = TransformerModel.options

    def _start(self, teacher):
        if teacher is None:
            raise InputError("--teacher", None, "the folder of a flow or a flow map; lit distill has the embedded one")
        start = load(LiTTransformer2DModel, self.sources.init, "init") if self.sources.init else teacher
        limits = start.config.guidance_range or GUIDANCE_RANGE
        changes = {"prediction_type": "flow-map", "guidance_range": limits, "policy_points": POINTS}
        with typed.building(changes | self.config.network, "network"):
            return make_student(start, changes | self.config.network)

    def _taught(self, network):
        return PiFlowObjective(network, self.config.objective.arguments, self._flow(network))

    def feed(self):
        limits = self.objective.network.config.guidance_range
        self.source = GuidedBatches(*self._feed(), limits=tuple(limits))
