"""What a stranger could try on a studio that is on the internet, tried: `python -m lit probe`.

`kinds/` has a file a kind, each with `probes(target)`; `KINDS` in running.py is the table of them. A probe returns what
got through in words, "" for nothing. What counts as got through is said by each kind's docstring; in every answer, by
`target.wrong`.
"""
