"""How fast the model draws on this machine, and what it costs besides: `python -m lit.bench`, or `make bench`."""
