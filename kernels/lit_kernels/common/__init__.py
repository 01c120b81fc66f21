"""What the operators' kernels share."""
