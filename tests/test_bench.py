"""The bench runs, dry: a tiny model, once."""

from lit import bench


def test_the_bench_prints_its_table(tiny_pipeline, capsys):
    bench.measure(tiny_pipeline, sides=(4, 8), repeats=1, num_inference_steps=1, height=64, width=64)
    lines = capsys.readouterr().out.splitlines()
    assert "num_inference_steps 1" in lines[1] and "GiB" in lines[1]
    table = [line.split("|")[1:-1] for line in lines if line.startswith("|")]
    assert [row[0].strip() for row in table] == ["tokens", "---", "4", "16"]
    assert all(len(row) == 4 for row in table)


def test_the_median_leaves_the_first_call_out():
    calls = []
    assert bench.seconds(lambda: calls.append(1), 3) >= 0 and len(calls) == 4
