"""python -m lit read: a prompt as the model will understand it."""

from lit.__main__ import main


def said(capsys, *arguments):
    assert main(["read", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_how_a_prompt_is_read(capsys):
    first, second = said(capsys, "ein blauer Schmetterling")
    assert first == "a blue butterfly   (5 of 32 tokens)" and "German" in second


def test_alternatives_are_shown_and_those_left_out_counted(capsys, tmp_path):
    (tmp_path / "animal.txt").write_text("cat\ndog\n")
    lines = said(capsys, "a {red|blue} __animal__", "--lists", str(tmp_path), "--most", "3")
    assert lines[0] == "4 prompts; the first 3 are drawn." and lines[3].startswith("a blue cat ")


def test_what_is_wrong_is_one_line(capsys, tmp_path):
    for arguments in (
        ["{a|b"],
        [""],
        ["a", "--lists", str(tmp_path / "none")],
        ["a", "--most", "0"],
        ["a", "--seed", "x"],
    ):
        try:
            assert main(["read", *arguments]) == 2
        except SystemExit as exit:
            assert exit.code == 2
        assert capsys.readouterr().err.count("\n") == 1
