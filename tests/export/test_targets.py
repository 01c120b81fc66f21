"""Every target's files, decoded again and held to the limits that the target's own pages name."""

import io
import json
import re
import zipfile
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image, ImageSequence

from lit.errors import InputError
from lit.export import GROUPS, LOOPS, TARGETS, Options, Sticker, export, pack


@dataclass(frozen=True)
class Limit:
    """What a place takes, written down here a second time: format, pixels, KB, margin, frames, s, ms, rounds."""

    format: str
    size: tuple[int, int]
    kilobytes: float
    margin: int = 0
    frames: tuple[int, int] = (1, 1)
    seconds: float = 10
    shortest: int = 8
    rounds: tuple[int, int] = (0, 0)


MOVING = (2, 1000)
LIMITS = {
    ("whatsapp", None): Limit("WEBP", (512, 512), 100, margin=8),
    ("whatsapp", "bob"): Limit("WEBP", (512, 512), 500, 8, MOVING, seconds=10, shortest=8),
    ("telegram", None): Limit("PNG", (512, 512), 512),
    ("telegram", "wiggle"): Limit("WEBM", (512, 512), 256, 8, MOVING, seconds=3, shortest=34),
    ("telegram-emoji", None): Limit("PNG", (100, 100), 512),
    ("telegram-emoji", "pulse"): Limit("WEBM", (100, 100), 64, 0, MOVING, seconds=3, shortest=34),
    ("signal", None): Limit("WEBP", (512, 512), 300, margin=16),
    ("signal", "spin"): Limit("PNG", (512, 512), 300, 16, MOVING, seconds=3),
    ("discord", None): Limit("PNG", (320, 320), 512),
    ("discord", "pulse"): Limit("PNG", (320, 320), 512, 0, MOVING, seconds=5),
    ("discord-emoji", None): Limit("PNG", (128, 128), 256),
    ("discord-emoji", "wiggle"): Limit("WEBP", (128, 128), 256, 0, MOVING),
    ("slack", None): Limit("PNG", (128, 128), 128),
    ("slack", "bob"): Limit("GIF", (128, 128), 128, 0, (2, 50)),
    ("apple", None): Limit("PNG", (408, 408), 500),
    ("apple", "pulse"): Limit("PNG", (408, 408), 500, 0, MOVING),
    ("line", None): Limit("PNG", (370, 320), 1000, margin=10),
    ("line", "wiggle"): Limit("PNG", (320, 270), 300, 0, (5, 20), seconds=4, rounds=(1, 4)),
    ("kakao", None): Limit("PNG", (360, 360), 150),
    ("kakao", "spin"): Limit("GIF", (360, 360), 2000, 0, MOVING),
    ("viber", None): Limit("PNG", (490, 490), 500),
    ("wechat", None): Limit("PNG", (240, 240), 500),
    ("wechat", "wiggle"): Limit("GIF", (240, 240), 500, 0, MOVING),
}
NAMES = {
    "slack": r"[a-z0-9_-]{1,100}",
    "discord-emoji": r"[A-Za-z0-9_]{2,32}",
    "line": r"[0-9]{2}",
}


def test_no_target_is_left_out():
    sheets_and_icons = {"favicon", "sheet-a4", "sheet-letter"}
    assert {target for target, _ in LIMITS} | sheets_and_icons == set(TARGETS)
    moving = {target for target, loop in LIMITS if loop}
    assert moving == {name for name, target in TARGETS.items() if getattr(target, "moving", None)}
    assert {loop for _, loop in LIMITS if loop} == set(LOOPS)


def decoded(data: bytes) -> tuple[str, list[Image.Image], list[int], int]:
    """A file's format, frames, milliseconds of each, and rounds."""
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "WEBM", *decoded_video(data), 0
    image, frames, times = Image.open(io.BytesIO(data)), [], []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        times.append(frame.info.get("duration", 0))
        frames.append(frame.convert("RGBA"))
    return image.format, frames, times, image.info.get("loop", 0)


def decoded_video(data: bytes) -> tuple[list[Image.Image], list[int]]:
    """Of a video with one stream, of VP9 with alpha."""
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(data)) as file:
        (stream,) = file.streams
        assert (stream.type, stream.codec_context.name, stream.metadata["alpha_mode"]) == ("video", "vp9", "1")
        decoder = av.CodecContext.create("libvpx-vp9", "r")  # FFmpeg's own lets the alpha go
        shown = [frame for packet in file.demux(stream) for frame in decoder.decode(packet if packet.size else None)]
        assert {frame.format.name for frame in shown} == {"yuva420p"} and shown[0].pts == 0
        ends = [*(frame.pts for frame in shown[1:]), file.duration // 1000]
    frames = []
    for frame in shown:
        plane = frame.planes[3]  # as it was decoded: on the way to RGBA FFmpeg loses columns of a width such as 100
        alpha = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        frames.append(Image.fromarray(np.dstack([frame.to_ndarray(format="rgb24"), alpha])))
    return frames, [end - frame.pts for frame, end in zip(shown, ends, strict=True)]


def held_to(limit: Limit, data: bytes) -> None:
    format, frames, times, rounds = decoded(data)
    assert (format, frames[0].size) == (limit.format, limit.size)
    assert len(data) < 1000 * limit.kilobytes
    assert limit.frames[0] <= len(frames) <= limit.frames[1]
    areas, union = [], np.zeros(frames[0].size[::-1], bool)
    whole, clear = (250, 4) if format == "WEBM" else (255, 0)  # a video's alpha is not exact
    for frame in frames:
        alpha = np.asarray(frame.getchannel("A"))
        assert alpha.max() >= whole and alpha[[0, -1]][:, [0, -1]].max() <= clear, "transparent in the corners"
        areas.append((alpha > 32).sum())
        union |= alpha > 32
    assert areas[0] >= 0.85 * max(areas), "the first frame is the whole picture: it is what is shown of it at rest"
    rows, columns = np.flatnonzero(union.any(1)), np.flatnonzero(union.any(0))
    gaps = rows[0], union.shape[0] - 1 - rows[-1], columns[0], union.shape[1] - 1 - columns[-1]
    assert min(gaps) >= limit.margin - 1, gaps
    assert min(gaps) <= limit.margin + 12, "no smaller than it has to be"
    if len(frames) > 1:
        assert min(times) >= limit.shortest and sum(times) * max(1, rounds) <= 1000 * limit.seconds
        assert limit.rounds[0] <= rounds <= limit.rounds[1]


@pytest.mark.parametrize(
    ("target", "loop", "border"),
    [*((*key, None) for key in LIMITS), ("whatsapp", None, 0), ("signal", None, 12), ("slack", "bob", 12)],
)
def test_files_keep_every_limit(drawn, tmp_path, target, loop, border):
    if LIMITS[target, loop].format == "WEBM":
        pytest.importorskip("av")
    report = export(drawn(1), target, tmp_path, Options(loop=loop, border=border))
    (picture,) = report.pictures
    data = (report.folder / picture.name).read_bytes()
    held_to(LIMITS[target, loop], data)
    assert re.fullmatch(NAMES.get(target, r"[a-z0-9-]+"), picture.name.partition(".")[0])
    assert (picture.size, picture.bytes) == (LIMITS[target, loop].size, len(data))
    assert picture.limit is not None and picture.limit <= 1000 * LIMITS[target, loop].kilobytes
    assert f"{picture.bytes / 1000:.1f} of {picture.limit / 1000:g} KB" in str(picture)


@pytest.mark.parametrize(
    ("target", "loop"),
    [("whatsapp", None), ("kakao", None), ("viber", None), ("slack", "bob"), ("discord-emoji", "wiggle")],
)
def test_what_no_format_makes_small_is_brought_under_the_limit_or_refused_with_it(noise, tmp_path, target, loop):
    sticker = Sticker.brought([noise], "noise")
    try:
        report = export([sticker], target, tmp_path, Options(loop=loop))
    except InputError as error:
        assert f"at most {LIMITS[target, loop].kilobytes:g} KB" in str(error)
        assert list(tmp_path.iterdir()) == []
    else:
        (picture,) = report.pictures
        assert len((report.folder / picture.name).read_bytes()) < 1000 * LIMITS[target, loop].kilobytes


@pytest.mark.parametrize(("target", "loop"), [("whatsapp", "bob"), ("signal", "bob"), ("slack", None)])
def test_any_list_of_frames_goes_the_same_road(shape, tmp_path, target, loop):
    """A way from one picture to another is frames; a loop leaves what moves as it is."""
    way = [Image.blend(shape, shape.rotate(90), i / 9) for i in range(10)]
    report = export([Sticker.brought(way, "turn", frame_ms=100)], target, tmp_path, Options(loop=loop))
    image = Image.open(report.folder / report.pictures[0].name)
    assert image.n_frames == 10
    times = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        times.append(frame.info["duration"])
    assert times == [100] * 10


def test_a_video_looks_as_its_frames_do_and_is_the_same_every_time(drawn):
    pytest.importorskip("av")
    made, again = (TARGETS["telegram"].preview(*drawn(1), Options(loop="spin")).files for _ in range(2))
    assert made == again
    frames, times = decoded_video(made["blue-dragon.webm"])
    assert times == [50] * 20
    still = Image.open(io.BytesIO(TARGETS["telegram"].preview(*drawn(1), Options()).files["blue-dragon.png"]))
    # The loop begins as it was drawn, made smaller: turned, it fits too.
    left, top, right, bottom = frames[0].getchannel("A").point(lambda alpha: 255 * (alpha > 32)).getbbox()
    wanted = still.crop(still.getbbox()).resize((right - left, bottom - top))
    shown = [np.asarray(image.convert("RGBa"), float) for image in (frames[0].crop((left, top, right, bottom)), wanted)]
    assert np.abs(shown[0] - shown[1]).mean() < 6


@pytest.mark.parametrize("target", ["telegram", "telegram-emoji"])
def test_without_the_package_for_videos_one_line_says_what_to_install(drawn, monkeypatch, target):
    monkeypatch.setattr("lit.export.platform.available", lambda: False)
    with pytest.raises(InputError, match=r"^loop: got 'bob'; none: .*PyAV.*pip install 'lit-studio\[video\]'"):
        pack(drawn(1), target, Options(loop="bob"))
    assert "WEBM" in TARGETS[target].limits and pack(drawn(1), target).pictures


@pytest.mark.parametrize("target", ["viber", "favicon", "sheet-a4"])
def test_a_loop_is_refused_in_words_where_nothing_moves(drawn, tmp_path, target):
    with pytest.raises(InputError, match="^loop: got 'bob'; none: .*leave the loop out"):
        export(drawn(1), target, tmp_path, Options(loop="bob"))
    assert list(tmp_path.iterdir()) == []


def test_line_plays_a_short_loop_no_more_than_four_times(shape, tmp_path):
    short = Sticker.brought([shape.rotate(10 * i) for i in range(5)], "turn", frame_ms=50)
    report = export([short], "line", tmp_path)
    assert Image.open(report.folder / "01.png").info["loop"] == 4


@pytest.mark.parametrize(("target", "most"), [("whatsapp", 30), ("telegram", 120), ("signal", 200), ("line", 40)])
def test_more_than_a_pack_takes_are_refused_with_the_number(drawn, tmp_path, target, most):
    with pytest.raises(InputError, match=f"^pictures: got {most + 1}; .*at most {most} a pack"):
        export(drawn(most + 1), target, tmp_path)


def test_a_whatsapp_pack_has_its_contents_tray_and_zip(drawn, tmp_path):
    report = export([*drawn(3), *drawn(1, "a cat, a dog, a fox and a bear " * 9)], "whatsapp", tmp_path)
    (pack,) = json.loads((report.folder / "contents.json").read_text("utf-8"))["sticker_packs"]
    assert [sticker["image_file"] for sticker in pack["stickers"]][:3] == [
        "blue-dragon.webp", "blue-dragon-2.webp", "blue-dragon-3.webp",
    ]  # fmt: skip
    assert not pack["animated_sticker_pack"] and pack["name"] == "Stickers" and pack["publisher"] == "LiT Studio"
    for sticker in pack["stickers"]:
        assert 1 <= len(sticker["emojis"]) <= 3 and 1 <= len(sticker["accessibility_text"]) <= 125
        assert (report.folder / sticker["image_file"]).is_file()
    tray = report.folder / pack["tray_image_file"]
    assert tray.stat().st_size < 50_000 and Image.open(tray).size == (96, 96) and Image.open(tray).format == "PNG"
    with zipfile.ZipFile(report.archive) as archive:
        assert archive.testzip() is None
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {
        file.name: file.read_bytes() for file in report.folder.iterdir() if file.name != report.archive.name
    }
    assert "CC-BY-4.0" in packed["LICENCE.txt"].decode()


def test_a_whatsapp_pack_is_of_one_kind(drawn, shape, tmp_path):
    moving = Sticker.brought([shape, shape.rotate(90)], "turn")
    with pytest.raises(InputError, match="one kind in a pack of WhatsApp"):
        export([*drawn(2), moving], "whatsapp", tmp_path)


@pytest.mark.parametrize(("target", "count"), [("whatsapp", 2), ("line", 7)])
def test_too_few_for_a_pack_are_files_with_a_note(drawn, tmp_path, target, count):
    report = export(drawn(count), target, tmp_path)
    assert len(report.pictures) == count
    assert f"{count} stickers: files alone" in report.notes[0]
    assert not {"contents.json", "tray.png", "main.png"} & {file.name for file in report.folder.iterdir()}


@pytest.mark.parametrize("loop", [None, "pulse"])
def test_lines_pack_has_its_main_picture_and_its_tab(drawn, tmp_path, loop):
    report = export(drawn(8), "line", tmp_path, Options(loop=loop))
    assert [picture.name for picture in report.pictures] == [f"{i:02}.png" for i in range(1, 9)] + [
        "main.png",
        "tab.png",
    ]
    held_to(
        Limit("PNG", (240, 240), 300, 0, (5, 20), 4, rounds=(1, 4)) if loop else Limit("PNG", (240, 240), 1000),
        (report.folder / "main.png").read_bytes(),
    )
    held_to(Limit("PNG", (96, 74), 1000), (report.folder / "tab.png").read_bytes())


def test_signals_manifest_names_each_file_with_one_emoji(drawn, tmp_path):
    report = export(drawn(2), "signal", tmp_path, Options(title="Dragons", author="Me"))
    manifest = json.loads((report.folder / "manifest.json").read_text("utf-8"))
    assert (manifest["title"], manifest["author"], manifest["cover"]) == ("Dragons", "Me", manifest["stickers"][0])
    assert manifest["stickers"][1] == {"file": "blue-dragon-2.webp", "contentType": "image/webp", "emoji": "🐉"}


@pytest.mark.parametrize("target", [target for target, loop in LIMITS if not loop])
def test_pack_json_knows_each_sticker(drawn, tmp_path, target):
    report = export(drawn(1, "a cat with a dog and a fox and a bear " * 4), target, tmp_path)
    (sticker,) = json.loads((report.folder / "pack.json").read_text("utf-8"))["stickers"]
    assert sticker["file"] == report.pictures[0].name
    assert sticker["style"] == "fluent-3d" and sticker["seed"] == 0
    most = {"telegram": 20, "telegram-emoji": 20, "signal": 1, "discord": 1, "discord-emoji": 1, "slack": 1}.get(
        target, 3
    )
    assert sticker["emoji"] == ["🐈", "🐕", "🦊", "🐻"][:most]
    assert len(sticker["name"]) <= {"discord": 30, "discord-emoji": 32}.get(target, 128)
    assert len(sticker["alt"]) <= {"whatsapp": 125, "discord": 100}.get(target, 255)


def test_discord_names_have_two_characters_at_least(drawn, tmp_path):
    report = export(drawn(1, "x"), "discord", tmp_path)
    (sticker,) = json.loads((report.folder / "pack.json").read_text("utf-8"))["stickers"]
    assert 2 <= len(sticker["name"]) <= 30


def test_every_target_stands_in_a_group():
    assert {target.group for target in TARGETS.values()} == set(GROUPS)


@pytest.mark.parametrize(
    ("target", "loop"), [*((target, None) for target in TARGETS if "sheet" not in target), ("slack", "bob")]
)
def test_a_preview_has_the_very_bytes_of_the_export(drawn, target, loop):
    options = Options(loop=loop, border=6)
    (sticker,) = drawn(1)
    made, packed = TARGETS[target].preview(sticker, options), pack([sticker], target, options)
    pictures = [picture.name for picture in made.pictures]
    assert pictures == [picture.name for picture in packed.pictures if picture.name in pictures] != []
    assert all(made.files[name] == packed.files[name] for name in pictures)


def test_a_sheets_preview_is_a_place_with_its_cut_line(drawn):
    made = TARGETS["sheet-a4"].preview(*drawn(1), Options())
    image = Image.open(io.BytesIO(made.files[made.pictures[0].name]))
    assert image.size == (round(62 / 25.4 * 300),) * 2
    assert (np.asarray(image) == (255, 0, 255)).all(-1).sum() > 1000
