"""The transformer run by OpenVINO: the same network, on most processors sooner than by PyTorch. An optional extra,
`pip install 'lit-studio[openvino]'`; docs/speed.md has the figures.
"""

import copy
import importlib.metadata
import importlib.util
import threading
from collections import OrderedDict

import torch

from lit.errors import InputError
from lit.models.transformer import LiTTransformer2DModel, TransformerOutput

RUNTIMES = ("torch", "openvino")
COMPILED = 4  # shapes of inputs that are kept ready; each holds the weights once more
PRECISION = {torch.float32: "f32", torch.bfloat16: "bf16"}


def make(name: str, transformer: LiTTransformer2DModel) -> "OpenVINONetwork | None":
    """What answers in the transformer's place, None for PyTorch itself. Raises InputError for a name that is not
    there, a runtime that is not installed, and a place or precision that it does not compute in."""
    if name not in RUNTIMES:
        raise InputError("runtime", name, f"one of {', '.join(RUNTIMES)}")
    if name == "torch":
        return None
    if importlib.util.find_spec("openvino") is None:
        raise InputError("runtime", name, "torch, or this one after: pip install 'lit-studio[openvino]'")
    if transformer.device.type != "cpu" or transformer.dtype not in PRECISION:
        found = f"{name} with {transformer.device.type} and {transformer.dtype}"
        raise InputError("runtime", found, "a processor, in float32 or bfloat16")
    return OpenVINONetwork(transformer)


class OpenVINONetwork:
    """Called as the transformer is, with equal answers up to rounding, without gradients.

    Shapes are static: for each one the network is converted and compiled when it is first asked for, which takes some
    seconds. It computes in the transformer's dtype. The transformer itself stays as it is, for whoever looks inside.
    """

    def __init__(self, transformer: LiTTransformer2DModel):
        self.transformer, self.config = transformer, transformer.config
        self.name = f"openvino {importlib.metadata.version('openvino')}"
        self._compiled: OrderedDict[tuple, object] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def dtype(self) -> torch.dtype:
        return self.transformer.dtype

    @property
    def device(self) -> torch.device:
        return self.transformer.device

    def __call__(
        self,
        hidden_states: torch.Tensor,
        timestep: torch.Tensor,
        words_refined: bool = False,
        return_dict: bool = True,
        **conditions: torch.Tensor,
    ):
        """As `LiTTransformer2DModel.forward`."""
        inputs = {"hidden_states": hidden_states, "timestep": timestep} | conditions
        inputs = {name: told.float() if told.is_floating_point() else told for name, told in inputs.items()}
        network = self._network(inputs, words_refined)
        values = [told.contiguous().numpy() for told in inputs.values()]
        # Copied: the memory is the runtime's, which writes the next answer there.
        sample = torch.from_numpy(network(values)[0].copy()).to(self.dtype)
        return TransformerOutput(sample=sample) if return_dict else (sample,)

    def _network(self, inputs, words_refined):
        # Weights that were exchanged or written to are others.
        weights = tuple((p.data_ptr(), 0 if p.is_inference() else p._version) for p in self.transformer.parameters())
        key = (*((name, tuple(told.shape)) for name, told in inputs.items()), words_refined, weights)
        with self._lock:
            if key not in self._compiled:
                self._compiled[key] = self._compile(inputs, words_refined)
                if len(self._compiled) > COMPILED:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(key)
            return self._compiled[key]

    @torch.inference_mode(False)
    @torch.no_grad()
    def _compile(self, inputs, words_refined):
        import openvino

        examples = tuple(told.clone() for told in inputs.values())  # out of the caller's inference mode
        network = self.transformer
        if self.dtype != torch.float32:
            network = copy.deepcopy(network).float()  # whose graph has no casts: the hint says the precision
        program = torch.export.export(ByPlace(network, list(inputs), words_refined), examples)
        how = {
            "INFERENCE_PRECISION_HINT": PRECISION[self.dtype],
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        return openvino.Core().compile_model(openvino.convert_model(program), "CPU", how)


class ByPlace(torch.nn.Module):
    """A transformer whose inputs, of these names, come in their order: as what exports it wants them."""

    def __init__(self, network: LiTTransformer2DModel, names: list[str], words_refined: bool):
        super().__init__()
        self.network, self.names, self.words_refined = network, names, words_refined

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        told = dict(zip(self.names, values))
        return self.network(**told, words_refined=self.words_refined, return_dict=False)[0]
