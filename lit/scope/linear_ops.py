"""The torch functions that are linear in a live tensor, by name: all that a tape may write down.

Three kinds. A map is linear in all its live tensors together and has no other tensor than indices and masks. A sum
also takes constants, which are added. A product is linear in one factor as long as the others are constant.
"""


def _names(text):
    return frozenset(text.split())


# What only reads a tensor's shape, type or place.
METADATA = _names(
    "shape dtype device ndim layout requires_grad is_leaf grad_fn is_sparse is_quantized is_cuda is_mps is_meta is_cpu "
    "is_nested is_xpu is_xla names itemsize nbytes size dim numel nelement stride storage_offset is_floating_point "
    "is_complex is_contiguous element_size get_device repr hash format len ndimension is_inference is_signed "
    "is_tensor is_same_size zeros_like ones_like full_like empty_like new_zeros new_ones new_full new_empty new_tensor"
)

# Casts and what only concerns autograd or layout: the same numbers.
RETURNED = _names("float double half bfloat16 to cuda cpu type type_as detach data clone contiguous real alias")

MAPS = _names(
    "view reshape view_as reshape_as permute transpose swapaxes swapdims movedim moveaxis t T mT flatten unflatten "
    "squeeze unsqueeze expand expand_as repeat repeat_interleave tile broadcast_to chunk split tensor_split unbind "
    "getitem select narrow index_select gather take_along_dim flip roll rot90 diagonal neg negative sum mean cumsum "
    "nansum pixel_shuffle pixel_unshuffle channel_shuffle fold unfold upsample interpolate adaptive_avg_pool1d "
    "adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d tril triu"
)

SHAPED_LIKE = frozenset({"view_as", "reshape_as", "expand_as"})

INPLACE = _names(
    "add_ sub_ mul_ div_ relu_ neg_ leaky_relu_ silu_ sigmoid_ tanh_ __iadd__ __isub__ __imul__ __itruediv__"
)

_ALIASES = {
    "radd": "add", "iadd": "add", "isub": "sub", "subtract": "sub", "rmul": "mul", "imul": "mul", "multiply": "mul",
    "truediv": "div", "itruediv": "div", "divide": "div", "true_divide": "div", "concat": "cat", "concatenate": "cat",
    "rmatmul": "matmul",
}  # fmt: skip


def is_torchs(func) -> bool:
    """Whether a function is torch's own; its methods written in C say no module."""
    module = getattr(func, "__module__", None)
    return module is None or module.split(".")[0] == "torch"


def canonical(func) -> tuple[str, str]:
    """(name as called, name in the tables): ("__iadd__", "add"), ("relu_", "relu"), ("__get__", "shape")."""
    raw = getattr(func, "__name__", type(func).__name__)
    if raw in ("__get__", "__set__", "__delete__"):
        attribute = getattr(func.__self__, "__name__", None) or getattr(func.__self__.fget, "__name__", "attribute")
        return raw, attribute if raw == "__get__" else f"{attribute} {raw.strip('_')}"
    name = raw.strip("_")
    return raw, _ALIASES.get(name, name)


def terms(args, kwargs):
    """The two terms of a sum or difference, by place or by name."""
    return [*args[:2], *(kwargs[name] for name in ("input", "other") if name in kwargs)]


def _listed(args, kwargs):
    return list(args[0] if args else kwargs["tensors"])


def _branches(args, kwargs):
    return [*args[1:3], *(kwargs[name] for name in ("input", "other") if name in kwargs)]


# name -> the summands of a call: a constant among them is added.
SUMS = {"add": terms, "sub": terms, "rsub": terms, "cat": _listed, "stack": _listed, "where": _branches}


def bias_of(args, kwargs):
    """The bias of a linear map or a convolution, as a list of none or one."""
    return [kwargs["bias"]] if kwargs.get("bias") is not None else list(args[2:3])


def _either(args, kwargs):
    return [*args[:2], *([kwargs["other"]] if "other" in kwargs else [])], []


def _operands(args, kwargs):
    flat = [x for a in args[1:] for x in (a if isinstance(a, (list, tuple)) else [a])]
    return flat, []


def _numerator(args, kwargs):
    return list(args[:1]), [*args[1:2], kwargs.get("other")]


def _input_only(args, kwargs):
    return list(args[:1]), [*args[1:3], kwargs.get("weight"), kwargs.get("bias")]


BIASED = frozenset({"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})

# name -> (factors of which one may be live, what must be constant)
PRODUCTS = {
    "mul": _either, "matmul": _either, "mm": _either, "bmm": _either, "mv": _either, "dot": _either, "outer": _either,
    "einsum": _operands, "div": _numerator, "linear": _input_only,
    "conv1d": _input_only, "conv2d": _input_only, "conv3d": _input_only,
    "conv_transpose1d": _input_only, "conv_transpose2d": _input_only, "conv_transpose3d": _input_only,
}  # fmt: skip
