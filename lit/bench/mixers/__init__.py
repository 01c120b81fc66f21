"""python -m lit bench mixers: every token mixer under the same conditions, in Long Range Arena and in time."""
