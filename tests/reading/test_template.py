"""Templates: every prompt once, counted before built, and what is wrong is said with its place."""

import pytest

from lit.errors import InputError
from lit.reading.template import expand, parse_template, read_lists

LISTS = {"animal": ["cat", "{black|white} dog", "__bird__"], "bird": ["owl"], "self": ["a __other__"], "none": []}
LISTS["other"] = ["__self__"]


@pytest.mark.parametrize(
    "template, prompts",
    [
        ("a blue cat", ["a blue cat"]),
        ("a {red|green} cat", ["a red cat", "a green cat"]),
        ("[a|b] {c|d}", ["a c", "a d", "b c", "b d"]),
        ("{a|b{c|d}e|[f|g]}", ["a", "bce", "bde", "f", "g"]),
        ("a{| big} cat", ["a cat", "a big cat"]),
        ("__animal__!", ["cat!", "black dog!", "white dog!", "owl!"]),
        (r"\{a|b\} \__animal__ \[x|y]", ["{a|b} __animal__ [x|y]"]),
        (r"\(a\) (b:1.2)", [r"\(a\) (b:1.2)"]),
        ("plain (x) {y} [z] a|b ]}) :-{ __ snake_case", ["plain (x) {y} [z] a|b ]}) :-{ __ snake_case"]),
    ],
)
def test_all(template, prompts):
    expansion = expand(template, lists=LISTS)
    assert list(expansion.prompts) == prompts and expansion.count == len(prompts) and not expansion.sentence


def test_a_million_are_counted_and_not_built():
    template = "{0|1|2|3|4|5|6|7|8|9}" * 6
    for mode in ("all", "random"):
        expansion = expand(template, mode=mode, most=5)
        assert expansion.count == 10**6 and len(set(expansion.prompts)) == 5
        assert "1,000,000" in expansion.sentence and "5" in expansion.sentence
    assert expand(template, most=2).prompts == ("000000", "000001")
    assert expand("{0|1|2|3|4|5|6|7|8|9}" * 40, mode="random", most=3).count == 10**40


def test_the_number_of_a_prompt_is_its_place():
    template = parse_template("{a|b{c|d}} [e|f|g]")
    prompts = [template.prompt(number) for number in range(template.count)]
    assert len(set(prompts)) == template.count == 9 and tuple(prompts) == expand("{a|b{c|d}} [e|f|g]").prompts


def test_random_ones_are_different_and_the_seed_s():
    template = "{1|2|3|4|5|6|7|8|9} {a|b|c}"
    drawn = expand(template, 3, "random", most=10).prompts
    assert drawn == expand(template, 3, "random", most=10).prompts != expand(template, 4, "random", most=10).prompts
    assert len(set(drawn)) == 10 and set(drawn) <= set(expand(template).prompts)
    assert sorted(expand(template, 3, "random").prompts) == sorted(expand(template).prompts)


@pytest.mark.parametrize(
    "template, words",
    [
        ("a {red|green", ["character 3", "'}' to close it"]),
        ("[{a|b]", ["character 2"]),
        ("__cats__", ["character 1", "__cats__", "animal"]),
        ("a __self__", ["list other, character 1", "self > other > self"]),
        ("__none__", ["at least one line"]),
        ("{a|" * 11 + "b" + "}" * 11, ["at most 10"]),
    ],
)
def test_what_is_wrong_is_said(template, words):
    with pytest.raises(InputError) as error:
        expand(template, lists=LISTS)
    assert all(word in str(error.value) for word in words)


def test_lists_that_name_others_a_thousand_times_are_read_once():
    lists = {f"l{depth}": [f"__l{depth + 1}__"] * 1000 for depth in range(8)} | {"l8": ["x"]}
    assert expand("__l0__", lists=lists, most=1).count == 1000**8


def test_long_templates_that_are_none_are_quick():
    for template in ("{" * 100_000, "}" * 100_000, "_" * 100_000, "|" * 100_000):
        assert expand(template).prompts == (template,)


def test_lists_are_text_files(tmp_path):
    (tmp_path / "animal.txt").write_text("\ufeffcat\n\n# no\n  dog \n", "utf-8")
    assert read_lists(tmp_path) == {"animal": ["cat", "dog"]}
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match="UTF-8"):
        read_lists(tmp_path)
    with pytest.raises(InputError, match="folder"):
        read_lists(tmp_path / "missing")


def test_modes_and_counts_are_checked():
    for wrong in ({"mode": "some"}, {"most": 0}, {"most": True}):
        with pytest.raises(InputError):
            expand("a", **wrong)
