"""The studies of "A Tour of Convolutional Networks Guided by Linear Interpreters" (arXiv 1908.05168) for our networks,
and the figures of docs/scope.md, which `python -m lit.scope.studies` writes. Nothing that the studio runs needs them.
"""
