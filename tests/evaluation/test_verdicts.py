"""Verdicts: what somebody said of a picture holds for that picture alone, and is never lost."""

import pytest
import torch
from PIL import Image

from lit.__main__ import main
from lit.errors import InputError
from lit.evaluation.verdicts import VERDICTS, mark, read_verdicts, write_verdicts


def fill(file, *verdicts):
    """Write verdicts into the table as a person does."""
    lines = file.read_text().splitlines()
    for number, (verdict, wrong) in verdicts:
        at = next(i for i, line in enumerate(lines) if line.startswith(f"| {number} |"))
        cells = lines[at].split("|")
        cells[3], cells[4] = f" {verdict} ", f" {wrong} "
        lines[at] = "|".join(cells)
    file.write_text("\n".join(lines) + "\n")


def test_a_verdict_stays_with_its_picture(tmp_path):
    file, prompts = tmp_path / "table.md", ["a cat", "a red car, noto", "a dog"]
    pictures = torch.randint(0, 256, (3, 4, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert write_verdicts(file, prompts, pictures, "nobody") == "0 right, 0 half, 0 wrong of 3; 3 to be looked at"
    fill(file, (1, ("right", "")), (2, ("half", "car is blue")))
    before = read_verdicts(file)
    assert write_verdicts(file, prompts, pictures, "nobody") == "1 right, 1 half, 0 wrong of 3; 1 to be looked at"
    assert read_verdicts(file) == before
    changed = pictures.clone()
    changed[1, 0, 0, 0] ^= 1
    # In another order, one of them new: a verdict goes with its prompt.
    said = write_verdicts(file, ["a fox", *prompts], torch.cat([changed[:1] ^ 1, changed]), "nobody")
    assert said == "1 right, 0 half, 0 wrong of 4; 3 to be looked at"
    found = read_verdicts(file)
    assert found["a cat"] == before["a cat"] and not found["a fox"].verdict
    assert (found["a red car, noto"].verdict, found["a red car, noto"].wrong) == ("was half", "car is blue")
    assert found["a red car, noto"].picture == mark(changed[1]) != before["a red car, noto"].picture
    write_verdicts(file, prompts, pictures, "nobody")
    assert read_verdicts(file)["a red car, noto"].verdict == "was half"  # nobody has looked since


def test_a_word_that_is_no_verdict_is_named(tmp_path):
    file = tmp_path / "table.md"
    write_verdicts(file, ["a cat"], torch.zeros(1, 4, 2, 2, dtype=torch.uint8), "nobody")
    fill(file, (1, ("rihgt", "")))
    with pytest.raises(InputError, match=f"verdict of 1 in table.md: got 'rihgt'; one of {', '.join(VERDICTS)}"):
        read_verdicts(file)


def test_the_command_draws_a_sheet_and_a_table_and_draws_the_same_again(tiny_pipeline, tmp_path, capsys):
    tiny_pipeline.save_pretrained(tmp_path / "model")
    (tmp_path / "prompts.txt").write_text("a cat\na red car, noto\n")
    told = ["--model", tmp_path / "model", "--prompts", tmp_path / "prompts.txt", "--out", tmp_path / "table.md"]
    told = ["verdicts", *map(str, told), "--steps", "1", "--device", "cpu"]
    assert main(told) == 0
    fill(tmp_path / "table.md", (2, ("wrong", "no car")))
    assert main(told) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 right, 0 half, 1 wrong of 2; 1 to be looked at"
    assert Image.open(tmp_path / "table.webp").width > 256
    assert main([*told[:-4], "--batch-size", "0"]) == 2
    assert "--batch-size: got 0" in capsys.readouterr().err
