"""The namespace of the custom operators, torch.ops.lit_kernels. A build for the Hugging Face Hub has one of its own, so
that several builds can live in one process: `assemble.py` writes it in place of this one."""

NAMESPACE = "lit_kernels"


def add_op_namespace_prefix(name: str) -> str:
    return f"{NAMESPACE}::{name}"
