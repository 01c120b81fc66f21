"""A flow map's own steps: each is the whole stretch of the flow, by its mean velocity. One evaluation a step."""

from lit.sampling.solvers.flow_euler import FlowEuler


class FlowMap(FlowEuler):
    """x(r) = x(t) - (t - r) u(x, t, r) (arXiv 2505.13447): exact where the network is, whatever the number of steps."""

    mean_velocity = True
