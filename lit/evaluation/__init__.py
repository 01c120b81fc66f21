"""How well a model draws: judge, metrics, report."""
