"""python -m lit_kernels.bench: every operator beside its floor and its peers."""
