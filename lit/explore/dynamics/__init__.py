"""Almost-linear RNNs: a system read from its series as a few affine maps, symbols and a graph.

model = ALRNN(Recipe(relu=2), seeds=range(16)).fit(series)
model.free_run(series[0], 1000), model.graph(series), model.fixed_points()
"""

from lit.explore.dynamics.alrnn import ALRNN, level
from lit.explore.dynamics.symbols import Graph
from lit.explore.dynamics.training import Recipe

__all__ = ["ALRNN", "Graph", "Recipe", "level"]
