"""Sweeps: axes that are read or refused, grids in order, adaptive points by their law, folders that go on."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lit.errors import InputError
from lit.explore.sweeps import neighbours
from lit.explore.sweeps.adaptive import AdaptiveSweep
from lit.explore.sweeps.axes import VARIED, Axis
from lit.explore.sweeps.change import curve_of_change, flips, map_of_change
from lit.explore.sweeps.folder import SweepFolder, read_sweep
from lit.explore.sweeps.grid import Grid, cost, seconds_left
from lit.explore.sweeps.strategies import STRATEGIES, Gradient
from lit.explore.sweeps.walk import walk
from lit.settings import SETTINGS, GenerationSettings

CAT = GenerationSettings("a cat on a mat", style="noto", seed=3)
GUIDANCE, VARIATION = Axis.ranged("guidance_scale", 1, 8), Axis.ranged("variation_strength", 0, 1)
WAYS = sorted(STRATEGIES)


def told_all(sweep, value):
    """Ask and tell to the end; the points in their order."""
    points = []
    while found := sweep.ask(3):
        for point in found:
            sweep.tell(point, np.atleast_1d(value(*point.coordinates)))
        points += found
    return points


@pytest.mark.parametrize(
    "text, name, values",
    [
        ("guidance=1:8:5", "guidance_scale", (1.0, 2.75, 4.5, 6.25, 8.0)),
        ("--steps=1:4:9", "num_inference_steps", (1, 2, 3, 4)),
        ("width=64:128:3", "width", (64, 96, 128)),
        ("seed=2:5", "seed", (2, 3, 4, 5)),
        ("vary-seed=7,1", "variation_seed", (7, 1)),
        ("style=noto, any ,blob", "style", ("noto", None, "blob")),
        ("scale=all", "output_scale", (1, 2)),
        ("cat=cat|red dog, sitting", "cat", ("cat", "red dog, sitting")),
        ("prompt=a cat, noto|a dog", "prompt", ("a cat, noto", "a dog")),
    ],
)
def test_an_axis_is_read_as_it_is_typed(text, name, values):
    axis = Axis.parse(text)
    assert (axis.name, axis.values) == (name, values)
    assert Axis.from_record(json.loads(json.dumps(axis.to_record()))) == axis


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "a setting and its values"),
        ("guidance", "a setting and its values"),
        ("guidance=", "a setting and its values"),
        ("guidance=1:80", "got 80.0; a number from 1 to 20"),
        ("guidance=8:1", "a low end below the high one"),
        ("guidance=1:8:1", "a whole number of values from 2 to 64"),
        ("guidance=1:8:2.5", "a whole number of values"),
        ("guidance=1:8:nan", "a whole number of values"),
        ("guidance=1:8:1e999", "a whole number of values"),
        ("guidance=1:8:5:5", "low:high"),
        ("guidance=nan:8", "a number from 1 to 20"),
        ("guidance=1:inf", "a number from 1 to 20"),
        ("guidance=much", "'much'; a number from 1 to 20"),
        ("guidance=4,4", "each value once"),
        ("steps=1.5,2", "a whole number from 1 to 200"),
        ("seed=0:100", "a whole number of values"),
        ("seed=-1", "a whole number from 0"),
        ("width=100", "a multiple of 16"),
        ("style=watercolour", "one of noto"),
        ("style=" + "|".join("abcdefghij" * 7), "at most 64"),
        ("cat=\ud800", "whole characters"),
    ],
)
def test_a_bad_axis_is_refused_in_words(text, words):
    with pytest.raises(InputError, match=words):
        Axis.parse(text)


def test_no_number_is_too_large_to_be_refused():
    for low, high in ((1, 10**400), (-(10**400), 2)):
        with pytest.raises(InputError, match="a number from 1 to 20"):
            Axis.ranged("guidance", low, high)


@pytest.mark.parametrize("axis", [GUIDANCE, VARIATION, Axis.parse("steps=1:20"), Axis.parse("height=64:512")])
def test_numbers_snap_to_what_can_be_drawn_and_stay_there(axis):
    for place in np.random.default_rng(0).random(50):
        value = axis.at(place)
        SETTINGS[axis.name].check(axis.name, value)
        assert axis.at(axis.place(value)) == value
        assert abs(axis.place(value) - place) <= max(
            1e-4, 0.5001 * getattr(axis.setting, "step", 0) / (axis.high - axis.low)
        )
    assert (axis.at(0), axis.at(1)) == (axis.low, axis.high)


def test_a_grid_has_every_combination_once_the_first_axis_fastest():
    axes = [Axis.parse(text) for text in ("guidance=1:3:3", "style=noto,blob", "cat=cat|dog")]
    grid = Grid(CAT, axes)
    assert [point.coordinates for point in grid.points] == [
        (x, y, z) for z in ("cat", "dog") for y in ("noto", "blob") for x in (1.0, 2.0, 3.0)
    ]
    last = grid.points[-1].settings
    assert last == replace(CAT, guidance_scale=3.0, style="blob", prompt="a dog on a mat")
    assert [*grid.ask(5), *grid.ask(100)] == grid.points and not grid.ask()


def test_words_are_replaced_at_once_and_whole():
    settings = GenerationSettings("a cat, a catfish and a dog")
    (point, *_) = Grid(settings, [Axis("cat", ("dog",)), Axis("dog", ("cat",))]).points
    assert point.settings.prompt == "a dog, a catfish and a cat"


@pytest.mark.parametrize(
    "axes, words",
    [
        ([], "1 to 3"),
        ([GUIDANCE, GUIDANCE], "each once"),
        ([Axis.parse("guidence=1,2")], "'guidence'; one of prompt, style"),
        ([Axis.parse("dog=cat")], "or words that stand in the prompt"),
        ([Axis.parse("strength=0.3:1")], "a picture to draw over"),
        ([Axis("a cat on a mat", ("",))], "prompt: got ''; some words"),
        ([Axis.parse(f"{name}=0:49") for name in ("seed", "vary-seed")], "at most 1000"),
    ],
)
def test_axes_that_do_not_go_together_are_refused(axes, words):
    with pytest.raises(InputError, match=words):
        Grid(CAT, axes)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"axes": [Axis.parse("seed=0:9")]}, "a range of a number"),
        ({"axes": [Axis.parse("style=all")]}, "a range of a number"),
        ({"axes": [Axis.parse("guidance=4")]}, "a range of a number"),
        ({"axes": [GUIDANCE, VARIATION, Axis.parse("steps=1:4")]}, "1 to 2"),
        ({"budget": 4}, "5 to 64"),
        ({"budget": True}, "5 to 64"),
        ({"seed": -1}, "a whole number from 0"),
        ({"strategy": "best"}, "one of gradient"),
        ({"threshold": math.nan}, "a number from 0"),
    ],
)
def test_a_bad_adaptive_sweep_is_refused_in_words(change, words):
    with pytest.raises(InputError, match=words):
        AdaptiveSweep(**{"settings": CAT, "axes": [GUIDANCE]} | change)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("axes", [[GUIDANCE], [Axis.parse("steps=1:9")], [VARIATION, Axis.parse("steps=1:4")]])
def test_a_sweep_stays_inside_spends_no_more_and_draws_nothing_twice(way, axes):
    def sweep(seed):
        return AdaptiveSweep(CAT, axes, budget=20, seed=seed, strategy=way, threshold=0)

    def value(*coordinates):
        return [coordinates[0] > axes[0].at(0.4), 0.1 * coordinates[-1]]

    one = sweep(1)
    points = told_all(one, value)
    found = [point.coordinates for point in points]
    assert len(set(found)) == len(found) == one.done <= 20 and one.finished and one.why == "budget"
    assert all(axis.low <= x <= axis.high for point in found for axis, x in zip(axes, point, strict=True))
    assert one.done >= (9 if axes[0].name == "num_inference_steps" else 16)  # all the steps there are
    assert [point.coordinates for point in told_all(sweep(1), value)] == found


def test_with_one_round_equal_cells_and_no_floor_it_is_gwass():
    """Its own code, in a line a rule: the weight of a cell is its mean slope, the counts are multinomial, the places
    uniform; in two dimensions over the boxes of the first grid."""

    def f(place):
        return np.array([np.sin(9 * place[0]) * np.cos(4 * place[1]), place[0] ** 2])

    budget, seed = 60, 5
    ours = Gradient(2, budget, seed, share=0.3, per_round=None, explore=0, finest=0)
    first = ours.ask(budget)
    assert len(first) == 16  # floor((0.3 * 60) ** (1 / 2)) a side
    for place in first:
        ours.tell(place, f(place))
    found = ours.ask(budget)

    random, side = np.random.default_rng(seed), 1 / 3
    boxes = [(i * side, j * side) for i in range(3) for j in range(3)]
    weights = []
    for x, y in boxes:
        corners = [f((x + i * side, y + j * side)) for i, j in ((0, 0), (0, 1), (1, 1), (1, 0))]
        weights.append(np.mean([np.linalg.norm(a - b) / side for a, b in zip(corners, corners[1:] + corners[:1])]))
    counts = random.multinomial(budget - 16, np.array(weights) / np.sum(weights))
    expected = [np.array(box) + random.random(2) * side for box, n in zip(boxes, counts) for _ in range(n)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_images_go_where_it_changes_and_a_tenth_of_them_anywhere():
    flat_right = [(x,) for x in (0.0, 0.25, 0.5, 0.75, 1.0)]
    ours = Gradient(1, 100, share=0.05)
    places = np.array(flat_right)
    values = np.array([[0.0], [4.0], [4.0], [4.0], [4.0]])
    corners = neighbours.cells(places)
    assert ours.shares(places, values, corners, False) == pytest.approx([0.9 + 0.025, 0.025, 0.025, 0.025])
    assert ours.shares(places, 0 * values, corners, False) == pytest.approx([0.25] * 4)
    # A step that is known to a hundredth of the axis is known.
    near = np.array([[0.0], [0.495], [0.5], [1.0]])
    assert ours.shares(near, np.array([[0.0], [0.0], [9.0], [9.0]]), neighbours.cells(near), False)[1] < 0.006


def test_any_pictures_can_be_told():
    random = np.random.default_rng(0)
    for dimensions, budget in ((1, 5), (1, 7), (2, 9), (2, 20)):
        for scale in (0.0, 1e-300, 1e-9, 1.0, 1e9, *random.random(40)):
            ours = Gradient(dimensions, budget, seed=1)
            count = 0
            while places := ours.ask(budget):
                for place in places:
                    ours.tell(place, scale * random.random(3))
                count += len(places)
            assert count == budget


def test_a_flip_is_found_and_the_sweep_ends_where_neighbours_look_alike():
    sweep = AdaptiveSweep(CAT, [GUIDANCE], budget=40, threshold=0.5)
    points = told_all(sweep, lambda guidance: [3.0 * (guidance > 3.3), 0.1 * guidance])
    assert sweep.why == "alike" and sweep.done < 40
    (flip,) = flips(sweep.axes, [point.coordinates for point in points], sweep.values, 0.5)
    assert flip.low[0] <= 3.3 <= flip.high[0] and flip.high[0] - flip.low[0] < 0.1 * 7
    assert flip.distance == pytest.approx(3, abs=0.1)
    even = AdaptiveSweep(CAT, [GUIDANCE], budget=40, threshold=0.5)
    told_all(even, lambda guidance: [0.2 * guidance])
    assert even.done < sweep.done and even.why == "alike"


def test_a_sweep_is_told_of_points_in_any_order():
    def found(order):
        sweep = AdaptiveSweep(CAT, [GUIDANCE, VARIATION], budget=21, threshold=0)
        asked = []
        while points := sweep.ask(4):
            asked += [point.coordinates for point in points]
            for point in order(points):
                sweep.tell(point, np.array([math.sin(point.coordinates[0])]))
        return asked

    assert found(list) == found(lambda points: points[::-1])
    with pytest.raises(KeyError):
        AdaptiveSweep(CAT, [GUIDANCE]).tell(Grid(CAT, [GUIDANCE]).points[0], np.zeros(1))


def test_change_is_distance_over_length():
    values = [1.0, 8.0, 4.5]  # in any order
    curve = curve_of_change(GUIDANCE, values, np.array([[0.0], [5.0], [1.0]]))
    assert [(one.low, one.high, one.distance, one.rate) for one in curve] == [
        (1.0, 4.5, 1.0, 2.0),
        (4.5, 8.0, 4.0, 8.0),
    ]
    corners = [(x, y) for x in (1.0, 8.0) for y in (0.0, 1.0)]
    plane = map_of_change([GUIDANCE, VARIATION], corners, np.array([[0.0], [0.0], [3.0], [3.0]]), side=8)
    across = 3.0  # along guidance; nothing along variation, and the diagonal between them
    assert plane == pytest.approx(np.full((8, 8), (across + 0 + across / math.sqrt(2)) / 3))


def test_rows_of_a_grid_flip_each_for_itself():
    axes = [Axis.parse("guidance=1:8:8"), Axis.parse("style=noto,blob")]
    points = Grid(CAT, axes).points
    at = {"noto": 3.5, "blob": 6.5}
    features = np.array([[float(p.coordinates[0] > at[p.coordinates[1]])] for p in points])
    found = flips(axes, [point.coordinates for point in points], features, 0.5)
    assert [(flip.low, flip.high) for flip in found] == [((3.0, "noto"), (4.0, "noto")), ((6.0, "blob"), (7.0, "blob"))]
    assert not flips(axes, [point.coordinates for point in points], features, 2.0)
    assert not flips(axes[1:], [("noto",), ("blob",)], features[:2], 0)


def test_interpolation_is_exact_at_points_and_between_them_for_a_plane():
    random = np.random.default_rng(0)
    for dimensions in (1, 2):
        ends = np.stack(np.meshgrid(*[[0.0, 1.0]] * dimensions), -1).reshape(-1, dimensions)
        places = np.concatenate([ends, random.random((9, dimensions))])
        slope = random.random((dimensions, 3))
        at = random.random((20, dimensions))
        assert neighbours.interpolated(places, places @ slope, at) == pytest.approx(at @ slope)
        assert neighbours.nearest(places, places, places) == pytest.approx(places)


def test_time_follows_pixels_and_steps():
    few, many = replace(CAT, num_inference_steps=1), replace(CAT, num_inference_steps=19, width=512)
    assert cost(many) == 20 * cost(few)
    assert seconds_left([(few, 2.0)], [many, few]) == pytest.approx(42.0)
    assert seconds_left([], [many]) is None


# On disk


def drawing(settings):
    """Pictures that tell their settings, and which were asked for."""
    asked = []

    def draw(wanted):
        for one in wanted:
            asked.append(one)
            yield Image.new("RGBA", (8, 8), (int(10 * one.guidance_scale), one.seed, 0, 255))

    return draw, asked


def looks(pictures):
    return np.array([[picture.getpixel((0, 0))[0] > 30, 0.0] for picture in pictures], float)


@pytest.mark.parametrize("way", ["grid", "adaptive"])
def test_a_sweep_goes_on_where_it_was_stopped(tmp_path, way):
    def begun(folder):
        sweep = Grid(CAT, [GUIDANCE]) if way == "grid" else AdaptiveSweep(CAT, [GUIDANCE], budget=12)
        return sweep, SweepFolder(tmp_path / folder, sweep, {"way": way}, {"weights_sha256": "0"})

    draw, all_asked = drawing(CAT)
    sweep, folder = begun("whole")
    whole = [(one.point, one.picture.tobytes()) for one in walk(sweep, draw, looks, folder)]
    assert len(whole) == len(all_asked) == sweep.done

    draw, asked = drawing(CAT)
    sweep, folder = begun("halves")
    for one, _ in zip(walk(sweep, draw, looks, folder), range(4), strict=False):
        assert one.left is not None
    before = len(folder)
    sweep, folder = begun("halves")
    assert len(folder) == before >= 4
    again = [(one.point, one.picture.tobytes()) for one in walk(sweep, draw, looks, folder)]
    assert again == whole and len(asked) == len(all_asked)
    assert read_sweep(folder.folder)[:2] == (sweep.settings, sweep.axes)

    # A picture that is gone is drawn again; nothing else is.
    next(folder.folder.glob("*.png")).unlink()
    sweep, folder = begun("halves")
    assert len(list(walk(sweep, draw, looks, folder))) == len(whole) and len(asked) == len(all_asked) + 1


def test_a_sweep_that_is_stopped_keeps_what_it_has(tmp_path):
    draw, _ = drawing(CAT)
    grid = Grid(CAT, [GUIDANCE])
    folder = SweepFolder(tmp_path, grid, {}, {})
    shown = list(walk(grid, lambda wanted: draw(wanted) if len(folder) < 3 else (), None, folder))
    assert len(shown) == 3 == len(json.loads((tmp_path / "sweep.json").read_text())["points"]) and not grid.finished


@pytest.mark.parametrize("damage", ["{", "[]", '{"format": 1}', '{"format": 9, "points": []}'])
def test_a_folder_of_something_else_is_refused_and_left(tmp_path, damage):
    grid = Grid(CAT, [GUIDANCE])
    SweepFolder(tmp_path, grid, {"way": "grid"}, {}).add(grid.points[0], Image.new("RGBA", (8, 8)), 1.0)
    for settings, told in ((replace(CAT, seed=4), {"way": "grid"}), (CAT, {"way": "adaptive"})):
        with pytest.raises(InputError, match="differs"):
            SweepFolder(tmp_path, Grid(settings, [GUIDANCE]), told, {})
    (tmp_path / "sweep.json").write_text(damage)
    with pytest.raises(InputError, match=r"sweep\.json"):
        SweepFolder(tmp_path, grid, {"way": "grid"}, {})
    assert (tmp_path / "sweep.json").read_text() == damage


def test_a_record_does_not_reach_out_of_its_folder(tmp_path):
    grid = Grid(CAT, [GUIDANCE])
    SweepFolder(tmp_path, grid, {}, {}).add(grid.points[0], Image.new("RGBA", (8, 8)), 1.0)
    record = json.loads((tmp_path / "sweep.json").read_text())
    record["points"][0]["file"] = "../secret.png"
    (tmp_path / "sweep.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="damaged"):
        SweepFolder(tmp_path, grid, {}, {})


def test_every_setting_that_is_one_a_picture_can_be_swept():
    assert set(SETTINGS) - set(VARIED) == {"num_images_per_prompt", "variation_of", "image_sha256", "mask_sha256"}
