"""The bench's own code, on a CPU and tiny sizes, so that a minute on a card is not lost to a slip."""

import pytest
import torch

from lit_kernels.bench import __main__ as bench
from lit_kernels.bench import delta_rule, linear_attention, table, timing


@pytest.mark.slow
def test_dry_run_fills_both_tables_and_writes_nothing(interpreter, monkeypatch, capsys):
    if not torch.cuda.is_available():
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    before = bench.README.read_text()
    text = bench.main(["--dry"])
    rows = len(linear_attention.DRY_ROWS) + len(delta_rule.DRY_ROWS)
    assert text.count("N=6 B=1") == rows and "fails" not in text
    assert text.count("| tiny |") == 2
    assert bench.README.read_text() == before


def test_a_wrong_operator_is_not_timed(monkeypatch):
    definition = linear_attention.reference.linear_attention
    monkeypatch.setattr(linear_attention, "linear_attention", lambda q, k, v: 1.01 * definition(q, k, v))
    monkeypatch.setattr(table, "time_row", None)
    with pytest.raises(SystemExit, match="forward, N=6 B=1 is wrong, nothing was timed"):
        bench.main(["--dry", "--skip-networks"])


def test_elements_that_nobody_writes_are_an_error():
    with pytest.raises(RuntimeError, match="not written"):
        timing.milliseconds(lambda x: x / 0 * 0, [[torch.ones(3)]])


def test_figures_replace_the_old_ones_and_nothing_else(tmp_path, monkeypatch):
    page = tmp_path / "README.md"
    page.write_text(f"above\n{bench.MARKERS[0]}\nold\n{bench.MARKERS[1]}\nbelow\n")
    monkeypatch.setattr(bench, "README", page)
    bench.write("new")
    assert page.read_text() == f"above\n{bench.MARKERS[0]}\nnew\n{bench.MARKERS[1]}\nbelow\n"


def test_where_there_is_no_page_of_ours_nothing_is_written(tmp_path, monkeypatch):
    """As in an installation, beside whose packages another project's README may lie."""
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    bench.write("new")
    assert not bench.README.exists()
    bench.README.write_text("another project")
    bench.write("new")
    assert bench.README.read_text() == "another project"


def test_rows_are_chosen_by_their_names():
    operators = [linear_attention.ROWS, delta_rule.ROWS]
    assert bench.chosen(operators, None) == operators
    assert bench.chosen(operators, ["delta rule"]) == [delta_rule.ROWS]
    attention, delta = bench.chosen(operators, ["heads of 128 and 64", "heads of 64"])
    assert attention and all("heads of 128 and 64" in row.name for row in attention)
    assert delta and all(row.dim == 64 for row in delta)


def test_rows_that_there_are_not_name_those_that_there_are():
    with pytest.raises(SystemExit, match="no row has 'softmax' in its name; there are\n.*N=6 B=1"):
        bench.main(["--dry", "--rows", "softmax"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without an NVIDIA card")
def test_without_a_card_it_says_so():
    with pytest.raises(SystemExit, match="no NVIDIA card here; run it on one, or --dry"):
        bench.main([])


def test_floor_counts_each_tensor_once():
    case = linear_attention.Case(tokens=4096, batch=1)
    element = 4096 * 1152
    assert case.floor_bytes(2) == 8 * element
    assert linear_attention.Case(4096, 1, train=True).floor_bytes(2) == 22 * element
    assert linear_attention.Case(4096, 1, convolution=True).floor_bytes(2) == 10 * element
    rates = 2 * 4096 * 9
    assert delta_rule.Case(4096, 1).floor_bytes(2) == 8 * element + rates
    assert delta_rule.Case(4096, 1, train=True).floor_bytes(2) == 22 * element + 3 * rates
    features = linear_attention.Case(4096, 1, train=True, heads=9, dim=256, value_dim=128)
    assert features.floor_bytes(2) == (2 * 2 + 1 + 1 + 4 * 2 + 3) * 2 * element  # q and k twice as wide
