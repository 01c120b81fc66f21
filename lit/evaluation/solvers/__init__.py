"""Solvers of the flow compared at equal evaluations, and those of them whose weights are fitted."""
