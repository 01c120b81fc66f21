"""python -m docs.linearize: what each way from a softmax teacher to a linear student is worth.

    python -m docs.linearize --data STICKERS --minutes 2 --gpus 8       # all rows, two seeds each; on one GPU without
    python -m docs.linearize --data STICKERS --within 9                 # in pieces: the same again makes what is left
    python -m docs.linearize --data STICKERS --smoke                    # tiny networks, a minute on a processor
    python -m docs.linearize --times                                    # 1, 2, 3, 6, 12 heads timed here; no data
    python -m docs.linearize --data STICKERS --rows noise transfer      # some rows; the others' figures stay

Every row trains at 128 px on the same data for the same minutes, compilation not counted, and draws the same prompts
from the same noise; the evaluator judges. A row that has its file in `--out`/rows is not made again. At the end the
table, its picture and the times of one evaluation are written into docs/linearize.md and beside it.
"""
