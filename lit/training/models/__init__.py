"""The models that can be trained: how each is built, fed, drawn and saved.

A model is a class with `network`, the class it trains; `objectives`, names of OBJECTIVES, the default first; `batches`,
a class with `Arguments`; `options`, those of `Sources` that it uses; `learns`, the splits of the stickers that it is
trained on; `teachable`, whether a teacher may help; and

    Model(config, sources, device, process)   builds or loads all networks and checks that they fit each other, before
                                              any data are rendered; `.objective` holds the network
    .open()                                   reads what the data hold, as `.data`; raises InputError
    .render()                                 renders pictures, which may take minutes
    .feed()                                   puts them on the device
    .draw(stage)                              a batch, as the objective's arguments
    .sheet(ema, path)                         writes a PNG of what the network does by now
    .save(ema, out)                           `out`/network, and what is measured at the end

One whose students have several phases has `teacher`, and

    .enter(phase, network)                    goes on with this network in a phase
    .rank(network, share)                     which layers keep softmax, `lit.linearize.keep.ranked`
    .load(out)                                what `save` wrote

A new one is a file here and a line in `MODELS`.
"""

from lit.training.models.autoencoder import AutoencoderModel
from lit.training.models.evaluator import EvaluatorModel
from lit.training.models.flow_map import FlowMapModel
from lit.training.models.mountable import MountableModel
from lit.training.models.pi_flow import PiFlowModel
from lit.training.models.preview_decoder import PreviewDecoderModel
from lit.training.models.transformer import TransformerModel

MODELS = {
    "transformer": TransformerModel,
    "flow-map": FlowMapModel,
    "pi-flow": PiFlowModel,
    "mountable": MountableModel,
    "autoencoder": AutoencoderModel,
    "evaluator": EvaluatorModel,
    "preview-decoder": PreviewDecoderModel,
}
