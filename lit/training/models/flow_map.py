"""The flow map: a transformer that learns a guided teacher's whole ways, to draw them in few steps."""

from pathlib import Path

from diffusers import FlowMatchEulerDiscreteScheduler

from lit.errors import InputError
from lit.linearize.student import load_teacher, make_student, moved
from lit.models.transformer import LiTTransformer2DModel
from lit.sheets import rows_of, sheet
from lit.training import typed
from lit.training.batches.ways import WayBatches
from lit.training.guided import SHIFT, GuidedFlow
from lit.training.models.transformer import SHEET_PROMPTS, TransformerModel
from lit.training.objectives import OBJECTIVES

STEPS = (1, 2, 4, 8)  # of the sheets' drawings
GUIDANCE_RANGE = (1.0, 8.0)


class FlowMapModel(TransformerModel):
    """Starts as its teacher, a flow or a flow map, and is told two times and the guidance scale. `sources.init`: a flow
    map to go on with instead; with `sources.init_teacher`, what that was distilled from, moved as far as the teacher
    has moved from there."""

    objectives = ("flow-map",)
    batches = WayBatches
    options = (*TransformerModel.options, "init_teacher")
    teachable = False  # by a method: the objective learns from the teacher and nothing else

    def _start(self, teacher):
        if teacher is None:
            raise InputError("--teacher", None, "the folder of a flow or a flow map; lit distill has the embedded one")
        if self.sources.init_teacher and not self.sources.init:
            raise InputError("--init", None, "beside --init-teacher the flow map that was distilled from there")
        if self.sources.init:
            network = super()._start(teacher)
            if self.sources.init_teacher:
                network = moved(network, load_teacher(self.sources.init_teacher), teacher)
            return network
        changes = {"prediction_type": "flow-map", "guidance_range": GUIDANCE_RANGE} | self.config.network
        with typed.building(changes, "network"):
            return make_student(teacher, changes)

    def _taught(self, network):
        arguments = self.config.objective.arguments
        return OBJECTIVES[self.config.objective.name](network, arguments, self._flow(network), self.coder.decode)

    def _flow(self, network) -> GuidedFlow:
        """The teacher, to be asked with guidance."""
        predicts = self.teacher.config.prediction_type
        if predicts not in ("flow", "flow-map"):
            raise InputError("--teacher", predicts, "a teacher that predicts a flow or its map")
        if self.teacher.config.in_channels != network.config.in_channels:
            channels = self.teacher.config.in_channels
            raise InputError("--teacher", f"{channels} channels", f"{network.config.in_channels}, as the network has")
        self.flow = GuidedFlow(self.teacher, *self.encoder([""])).to(self.device)
        return self.flow

    def feed(self):
        limits = self.objective.network.config.guidance_range
        self.source = WayBatches(*self._feed(), flow=self.flow, limits=tuple(limits))

    def sheet(self, ema: LiTTransformer2DModel, path: Path):
        """The prompts in each number of STEPS, a band of two rows each, at the times that it ships with."""
        from lit.pipeline import LiTPipeline  # only where pictures are drawn

        scheduler = FlowMatchEulerDiscreteScheduler(shift=SHIFT)
        pipe = LiTPipeline(ema, self.coder, scheduler, self.encoder)
        pipe.set_progress_bar_config(disable=True)
        drawn = [pipe(list(SHEET_PROMPTS), seed=0, num_inference_steps=steps).images for steps in STEPS]
        sheet([row for images in drawn for row in rows_of(images, 8)]).save(path)
