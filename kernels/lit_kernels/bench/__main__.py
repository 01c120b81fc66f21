"""python -m lit_kernels.bench: each operator beside its floor and its peers, then networks, into kernels/README.md.

The floor of a row is the bytes that it must move (each input read once, each output written once) over the bandwidth
of torch.clone, measured in the same run: the floor that the bars count in. A kernel can be faster than that copy, so
the last column counts in the bandwidth of one elementwise kernel, nearer to what the memory gives. An operator is
timed only after its outputs and gradients have been compared with float64. Needs an NVIDIA card; --dry runs the same
code on a CPU with tiny sizes and writes nothing.
"""

import argparse
import datetime
import functools
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from lit_kernels import linear_attention, linear_attention_dwconv
from lit_kernels.bench import networks, timing
from lit_kernels.linear_attention import reference

README = Path(__file__).parents[2] / "README.md"
MARKERS = "<!-- figures: python -m lit_kernels.bench -->", "<!-- end of figures -->"
ERROR_BOUND, GRADIENT_BOUND = 3e-3, 6e-3  # relative, bf16 against float64


@dataclass(frozen=True)
class Case:
    """A row: LiT-XL's width, 1152, as 6 heads of 192, and as 16 of 72 for softmax."""

    tokens: int
    batch: int
    train: bool = False
    convolution: bool = False
    goal: float | None = None  # times the floor
    heads: int = 6
    dim: int = 192
    softmax_heads: int = 16

    @property
    def name(self):
        what = "forward + backward" if self.train else "forward"
        return f"{what}{', convolution' if self.convolution else ''}, N={self.tokens} B={self.batch}"

    @property
    def grid(self):
        side = int(self.tokens**0.5)
        return side, self.tokens // side

    def floor_bytes(self, itemsize):
        """q, k, v and o; the convolution reads v again with q. Backward: q, k, v and do, then dq, dk and dv."""
        passes = 4 + self.convolution + 7 * self.train
        return passes * self.batch * self.tokens * self.heads * self.dim * itemsize


CASES = [
    Case(256, 32, goal=1.5),
    Case(1024, 32, goal=1.3),
    Case(4096, 32, goal=1.2),
    Case(16384, 8),
    Case(65536, 2),
    Case(1024, 2, goal=2.5),
    Case(4096, 2, goal=1.6),
    Case(1024, 16, train=True),
    Case(4096, 16, train=True, goal=1.5),
    Case(16384, 8, train=True),
    Case(256, 32, convolution=True),
    Case(1024, 32, convolution=True),
    Case(4096, 32, convolution=True, goal=1.4),
    Case(4096, 2, convolution=True),
    Case(4096, 16, train=True, convolution=True),
]
DRY = [
    Case(6, 1, train=train, convolution=convolution, heads=1, dim=16, softmax_heads=1)
    for train in (False, True)
    for convolution in (False, True)
]


def draw(case, device, dtype, heads=None):
    """q, k, v from one packed projection, the gradient of the output, and the convolution's weight and bias."""
    heads = heads or case.heads
    dim = case.heads * case.dim // heads
    packed = torch.randn(case.batch, case.tokens, 3, heads, dim, device=device, dtype=dtype)
    gradient = torch.randn(case.batch, case.tokens, heads, dim, device=device, dtype=dtype).transpose(1, 2)
    weight, bias = (torch.randn(dim, *shape, device=device, dtype=dtype) / 5 for shape in ((1, 5, 5), ()))
    tensors = [x.detach().requires_grad_(case.train) for x in (*packed.permute(2, 0, 3, 1, 4), weight, bias)]
    return [*tensors, gradient]


def call(case, attention, with_convolution):
    """function(*draw(...)): the output, or the output and every gradient."""

    def function(q, k, v, weight, bias, gradient):
        inputs = (q, k, v, weight, bias) if case.convolution else (q, k, v)
        o = with_convolution(*inputs, case.grid) if case.convolution else attention(*inputs)
        return (o, *torch.autograd.grad(o, inputs, gradient)) if case.train else o

    return function


def check(case, device, dtype):
    """The largest relative errors (output, gradients) against float64; raises where they pass the bounds."""
    name, case = case.name, replace(case, batch=min(case.batch, 2), tokens=min(case.tokens, 4096), train=True)
    inputs = draw(case, device, dtype)
    found = call(case, linear_attention, linear_attention_dwconv)(*inputs)
    exact = call(case, reference.linear_attention, reference.linear_attention_dwconv)
    exact = exact(*(x.detach().double().requires_grad_() for x in inputs[:-1]), inputs[-1].double())
    errors = [((x.double() - y).norm() / y.norm()).item() for x, y in zip(found, exact, strict=True)]
    if not (errors[0] < ERROR_BOUND and max(errors[1:]) < GRADIENT_BOUND):
        names = ("o", "dq", "dk", "dv", "dweight", "dbias")
        raise SystemExit(f"{name} is wrong, nothing was timed: {dict(zip(names, errors, strict=False))}")
    return errors[0], max(errors[1:])


def softmax(backend):
    def attention(q, k, v, *_):
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(q, k, v)

    return attention


def causal_linear(q, k, v, *_):
    """flash-linear-attention's closest operator: causal, (batch, tokens, heads, dim)."""
    from fla.ops.linear_attn import chunk_linear_attn

    q, k, v = (x.transpose(1, 2) for x in (q.relu(), k.relu(), v))
    return chunk_linear_attn(q, k, v, normalize=True)[0].transpose(1, 2)


@functools.cache
def peers(dry):
    """name: (attention, attention with the convolution or None, for softmax heads)."""
    compiled = functools.partial(torch.compile, fullgraph=True, dynamic=False, backend="eager" if dry else "inductor")
    plain = reference.linear_attention, reference.linear_attention_dwconv
    found = {
        "SDPA flash": (softmax(SDPBackend.MATH if dry else SDPBackend.FLASH_ATTENTION), None, True),
        "SDPA cuDNN": (softmax(SDPBackend.MATH if dry else SDPBackend.CUDNN_ATTENTION), None, True),
        "eager": (*plain, False),
        "torch.compile": (*map(compiled, plain), False),
    }
    if dry:
        return found
    try:
        import fla  # noqa: F401
    except ImportError:
        print("flash-linear-attention is not installed: its column is left out (pip install flash-linear-attention)")
    else:
        found["fla (causal)"] = (causal_linear, None, False)
    return found


def time_row(case, device, dtype, speeds, dry, with_peers):
    """The row's cells: floor in us, ours and each peer as us (times the floor)."""
    torch.compiler.reset()  # a shape of its own for each row, so that the peer compiles all of them as static
    floor, lower = (1e6 * case.floor_bytes(dtype.itemsize) / speed for speed in speeds)
    columns = {"ours": (linear_attention, linear_attention_dwconv, False)} | (peers(dry) if with_peers else {})
    row = {"case": case.name, "floor, us": f"{floor:.1f}"}
    sets = dict.fromkeys((case.heads, case.softmax_heads))
    for name, (attention, with_convolution, is_softmax) in columns.items():
        if case.convolution and with_convolution is None:
            row[name] = ""
            continue
        heads = case.softmax_heads if is_softmax else case.heads
        try:
            sets[heads] = sets[heads] or timing.input_sets(lambda heads=heads: draw(case, device, dtype, heads))
            time = 1e3 * timing.milliseconds(call(case, attention, with_convolution), sets[heads])
        except Exception as error:  # a peer that fails is a result; ours is not
            if name == "ours":
                raise
            print(f"  {name}: {type(error).__name__}: {error}", file=sys.stderr)
            row[name] = "fails"
            continue
        row[name] = f"{time:.1f} ({time / floor:.2f})"
        if name == "ours":
            met = "" if case.goal is None else f"{case.goal} {'met' if time / floor <= case.goal else 'missed'}"
            row["bar"] = met
            against_elementwise = f"{time / lower:.2f}"
    return row | {"ours / elementwise floor": against_elementwise}


def markdown(rows):
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([row.get(name, "") for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def operators(device, dtype, dry, with_peers=True):
    speeds = timing.bandwidth(device, torch.clone), timing.bandwidth(device, torch.neg)
    lines = [
        f"torch.clone: {speeds[0] / 1e12:.2f} TB/s, an elementwise kernel: {speeds[1] / 1e12:.2f} TB/s. "
        f"Operators, {str(dtype)[6:]}, microseconds and (times the floor).",
        "",
    ]
    rows, checked = [], {}
    for case in DRY if dry else CASES:
        kind = (case.convolution, case.tokens)
        if kind not in checked:
            checked[kind] = check(case, device, dtype)
        rows.append(time_row(case, device, dtype, speeds, dry, with_peers))
        print("  ".join(f"{name} {cell}" for name, cell in rows[-1].items()), flush=True)
    errors = [max(column) for column in zip(*checked.values(), strict=True)]
    note = f"Largest relative error to float64: outputs {errors[0]:.1e}, gradients {errors[1]:.1e}."
    return "\n".join([*lines, markdown(rows), "", note])


def versions(device):
    import triton

    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "no card"
    return f"{datetime.date.today()}, {card}, torch {torch.__version__}, triton {triton.__version__}"


def write(text):
    before, rest = README.read_text().split(MARKERS[0])
    after = rest.split(MARKERS[1])[1]
    README.write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m lit_kernels.bench", description=__doc__.split("\n")[0])
    parser.add_argument("--dry", action="store_true", help="tiny sizes, on a CPU too; writes nothing")
    parser.add_argument("--skip-networks", action="store_true", help="operators only")
    parser.add_argument("--skip-peers", action="store_true", help="ours and the floors only: quick, while tuning")
    options = parser.parse_args(arguments)
    if not options.dry and not torch.cuda.is_available():
        raise SystemExit("lit_kernels.bench: no NVIDIA card here; run it on one, or --dry to try its code here")
    device = torch.device("cpu" if options.dry else "cuda")
    dtype = torch.float32 if options.dry else torch.bfloat16
    torch.manual_seed(0)
    parts = [versions(device) + "."]
    steps = [lambda: operators(device, dtype, options.dry, not options.skip_peers)]
    if not options.skip_networks:
        steps.append(lambda: networks.table(device, dtype, options.dry, markdown))
    for step in steps:
        parts.append(step())
        print(f"\n{parts[-1]}", flush=True)
        if not options.dry:
            write("\n\n".join(parts))  # each part as it comes: a bench that is cut off keeps what it has
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
