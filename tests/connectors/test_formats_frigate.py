"""Frigate: a golden file worked out by hand second by second, and the rules by which tracks' lives become frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import Block
from connectors.formats import Live, looks_like, read
from connectors.formats.readers import opened
from connectors.records import records
from flows import cli
from schemas.errors import UsageError
from tests.connectors.frames import START_US, assert_same, dead, joined, options

KIND = "frigate"
GOLDEN = Path(__file__).parent.parent / "data" / "recordings" / "frigate" / "messages.jsonl"
SIZE = (1000, 500)
T = START_US // 1_000_000
BOX = [100, 50, 200, 250]
PLACE = (0.1, 0.1, 0.2, 0.5)
CAR = (0.5, 0.5, 0.75, 1.0)


def event(kind: str, at: float, track: str = "a", camera: str = "c", **changes: object) -> bytes:
    after = {"id": track, "camera": camera, "frame_time": T + at, "label": "person", "score": 0.5, "top_score": 0.75}
    after |= {"false_positive": False, "start_time": T + at, "end_time": T + at if kind == "end" else None}
    after |= {"box": BOX, "stationary": False, "sub_label": ["Budi", 0.9], "attributes": {"face": 0.9}} | changes
    payload = {"type": kind, "before": {}, "after": {key: value for key, value in after.items() if value is not ...}}
    return json.dumps({"topic": "frigate/events", "payload": payload}).encode()


def status(word: str, camera: str = "c") -> bytes:
    topic = f"frigate/{camera}/status/detect" if camera else "frigate/available"
    return json.dumps({"topic": topic, "payload": word}).encode()


def review(at: float, camera: str = "c") -> bytes:
    after = {"id": "r", "camera": camera, "start_time": T + at, "severity": "alert", "data": {"sub_labels": ["Budi"]}}
    return json.dumps({"topic": "frigate/reviews", "payload": {"type": "new", "before": {}, "after": after}}).encode()


def heard(*lines: bytes, cuts: tuple[int, ...] = ()) -> list:
    """Return what lines of a file give, their reader stopped and resumed between them."""
    chunks, state = [], b""
    for first, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        reader = opened(KIND, options(size=SIZE))
        if state:
            reader.resume(state)
        part = records(lines[first:end], range(first + 1, end + 1), [0] * (end - first))
        block = Block(part.data, part.start, part.end, part.position, [], "", 0, 0)
        chunks += reader.chunks(block, "s")
        state = reader.state()
    return [*chunks, *reader.rest("s")]


def seconds(chunks: list, camera: str = "c") -> dict[int, list[str]]:
    """Return who was there, by second."""
    got = joined(chunks)
    frames = got.frames.select("camera", second=(pl.col("t_us") - START_US) // 1_000_000).rows()
    there: dict[int, list[str]] = {second: [] for name, second in frames if name == camera}
    for frame, track in got.objects.select("frame", "track").rows():
        if frames[frame][0] == camera:
            there[frames[frame][1]].append(track)
    return there


def test_the_golden_file_reads_as_worked_out_by_hand() -> None:
    """The README beside it says who is there in which second."""
    chunks = list(read(GOLDEN, KIND, options(size=SIZE)))
    got = joined(chunks)
    frames = got.frames.with_columns((pl.col("t_us") - START_US) // 1_000_000)
    assert frames.select("camera", "t_us").rows() == [("smg-701", at) for at in (*range(1, 10), 21)]
    assert set(frames["ts_source"]) == {"capture"}
    rows = got.objects.select("frame", "class", "confidence", "track", "x1", "y1", "x2", "y2").rows()
    objects = [tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row) for row in rows]
    car, parked = ("car", 0.75, "c1", *CAR), ("car", 0.75, "c1", 0.5, 0.5, 0.75, 0.96)
    person, second, last = (("person", 0.5, "p1", x, 0.1, round(x + 0.1, 4), 0.5) for x in (0.1, 0.2, 0.3))
    assert objects == [
        (0, *car), (1, *car), (2, *car), (2, *person), (3, *parked), (3, *person), (4, *parked), (4, *person),
        (5, *parked), (5, *second), (6, *parked), (6, *second), (7, *parked), (7, *last), (8, *parked),
        (9, "person", 0.75, "p2", *PLACE),
    ]  # fmt: skip
    letters = [(11, "bad_type"), (12, "bad_type"), (13, "bad_time"), (14, "boxes_refused"), (15, "not_json")]
    assert dead(chunks) == letters
    assert sum(chunk.rejected_objects for chunk in chunks) == 1
    assert got.signals.select("kind", "zone").unique().rows() == [("condition", "sampled")]
    assert len(got.signals) == len(got.frames)


def test_a_second_shows_who_lived_in_it_and_one_of_half_a_second_once() -> None:
    found = seconds(heard(status("online"), event("new", 1.25), event("end", 1.75), review(4.5)))
    assert found == {2: ["a"], 3: [], 4: [], 5: []}
    found = seconds(heard(status("online"), event("new", 1), event("end", 3), review(4)))
    assert found == {1: ["a"], 2: ["a"], 3: ["a"], 4: []}


def test_a_track_told_late_was_there_since_it_began() -> None:
    lines = [status("online"), event("new", 0, "z"), event("end", 0.5, "z"), event("new", 5.5, start_time=T + 2.5)]
    assert seconds(heard(*lines)) == {0: ["z"], 1: ["z"], 2: [], **{at: ["a"] for at in (3, 4, 5, 6)}}


def test_a_mistake_is_nobody_until_it_is_none() -> None:
    lines = [
        status("online"), event("new", 0.5, false_positive=True), event("update", 2.5), event("update", 4.5),
        event("update", 6.5, false_positive=True), review(8),
    ]  # fmt: skip
    assert seconds(heard(*lines)) == {1: [], 2: [], 3: ["a"], 4: ["a"], 5: ["a"], 6: ["a"], 7: [], 8: []}


def test_an_end_without_a_beginning_was_there_since_it_says() -> None:
    lines = [status("online"), event("new", 0, "z"), event("end", 0, "z"), event("end", 3, start_time=T + 1.5)]
    assert seconds(heard(*lines)) == {0: ["z"], 1: [], 2: ["a"], 3: ["a"]}


def test_without_a_status_a_camera_was_watched_for_a_minute_after_a_message() -> None:
    found = seconds(heard(event("new", 0), event("end", 1), event("new", 200, "b"), event("end", 201, "b")))
    assert found == {0: ["a"], 1: ["a"], **{at: [] for at in range(2, 62)}, 200: ["b"], 201: ["b"]}


def test_between_two_messages_of_one_track_somebody_watched() -> None:
    found = seconds(heard(event("new", 0), event("update", 900), event("end", 1_900, end_time=None)))
    assert found == {at: ["a"] for at in range(1_901)}


@pytest.mark.parametrize(("stands", "minutes"), [(False, 2), (True, 30)])
def test_a_track_whose_end_never_came_is_given_up(stands: bool, minutes: int) -> None:
    found = seconds(heard(status("online"), event("new", 0, stationary=stands, end_time=None), review(3_000)))
    assert [at for at, who in found.items() if who] == list(range(minutes * 60 + 1))
    assert max(found) == 3_000


OFF = {
    "the camera": ([status("offline")], [status("online")]),
    "disabled": ([status("disabled")], [status("online")]),
    "Frigate": ([status("offline", "")], [status("online", "")]),
}


@pytest.mark.parametrize(("off", "on"), OFF.values(), ids=OFF.keys())
def test_nobody_watches_while_it_is_off_and_what_was_open_is_gone(off: list[bytes], on: list[bytes]) -> None:
    """A message of status has no time of its own: in a file it is that of the newest message."""
    other = [event("new", 0, "x", "d"), event("end", 10, "x", "d"), event("new", 20, "y", "d"), review(30, "d")]
    lines = [status("online", ""), event("new", 0), other[0], other[1], *off, other[2], *on, other[3]]
    assert seconds(heard(*lines)) == {**{at: ["a"] for at in range(10)}, **{at: [] for at in range(21, 31)}}


def test_a_message_of_a_camera_that_is_off_says_that_it_is_not() -> None:
    lines = [event("new", 0), status("offline"), event("new", 10, "b"), event("end", 11, "b")]
    assert seconds(heard(*lines)) == {10: ["b"], 11: ["b"]}


def test_a_camera_that_is_online_and_quiet_is_watched_and_empty() -> None:
    lines = [status("online", "q"), event("new", 0, camera="d"), event("end", 100, camera="d")]
    assert seconds(heard(*lines), "q") == {at: [] for at in range(101)}


def test_a_day_without_a_word_was_not_watched() -> None:
    found = seconds(heard(status("online"), event("new", -200_000), event("end", -199_999), review(0.5)))
    gone = {at: [] for at in range(-199_998, -199_939)}
    assert found == {-200_000: ["a"], -199_999: ["a"], **gone, 1: []}


def test_a_message_that_comes_late_changes_what_follows_and_nothing_before() -> None:
    lines = [status("online"), event("new", 0), event("update", 5), event("end", 3, "b", start_time=T + 2), review(9)]
    found = seconds(heard(*lines))
    assert {at: who for at, who in found.items() if "b" in who} == {5: ["a", "b"]}
    assert list(found) == list(range(10))


LINES = [status("online")] + [
    line
    for at in range(0, 60, 5)
    for line in (
        event("new", at, f"t{at}", stationary=at % 10 == 0), event("update", at + 2.5, f"t{at}"),
        event("end", at + 4, f"t{at}", camera="c"), event("new", at + 4.5, f"d{at}", "d"),
    )
]  # fmt: skip


@given(cuts=st.lists(st.integers(0, len(LINES)), max_size=4).map(sorted).map(tuple))
def test_any_split_of_messages_gives_the_same_frames(cuts: tuple[int, ...]) -> None:
    def frames(chunks: list) -> list:
        got = joined(chunks)
        where = got.frames.with_row_index("frame").select("frame", "camera", "t_us")
        there = got.objects.join(where, on="frame").select("camera", "t_us", "track", "class", "x1")
        return [where.select("camera", "t_us").sort(pl.all()).rows(), there.sort(pl.all()).rows()]

    assert frames(heard(*LINES, cuts=cuts)) == frames(heard(*LINES))


def test_what_is_made_at_once_is_bounded_and_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = heard(*LINES)
    monkeypatch.setattr("connectors.formats.frigate.TOGETHER", 7)
    made = heard(*LINES)
    assert max(len(chunk.batch) for chunk in made) <= 7
    got, whole = joined(made), joined(wanted)
    drop = ["position"]
    assert_same(
        type(got)(got.frames.with_columns(position=0), got.objects, got.signals),
        type(got)(whole.frames.with_columns(position=0), whole.objects, whole.signals),
        position=not drop,
    )


def test_tracks_of_a_camera_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.formats.frigate_tracks.MOST_TRACKS", 3)
    found = seconds(heard(status("online"), *(event("new", 0.5, f"t{n}") for n in range(9)), review(2)))
    assert found == {1: ["t6", "t7", "t8"], 2: ["t6", "t7", "t8"]}


def test_a_live_second_is_told_when_it_is_over() -> None:
    live = Live(KIND, options(size=SIZE))
    lines = records([status("online"), event("new", 0.5)], [0, 1], [START_US] * 2)
    assert len(joined(live.read(lines, "s"))) == 0
    assert seconds(list(live.tick(START_US + 5_000_000, "s"))) == {1: ["a"], 2: ["a"]}
    assert seconds(list(live.tick(START_US + 5_900_000, "s"))) == {3: ["a"]}
    assert list(live.tick(START_US + 5_950_000, "s")) == []


def test_live_messages_come_by_their_topics() -> None:
    payload = json.dumps(json.loads(event("new", 0.5))["payload"]).encode()
    values = [b"online", payload, b"offline"]
    topics = ("frigate/c/status/detect", "frigate/events")
    told = records(values, range(3), [START_US, START_US + 500_000, START_US + 3_500_000])
    told = type(told)(told.data, told.start, told.end, told.position, told.arrival_us, told.kind, told.kinds,
                      pl.Series([0, 1, 0], dtype=pl.Int32).to_numpy(), topics)  # fmt: skip
    live = Live(KIND, options(size=SIZE))
    assert seconds([*live.read(told, "s"), *live.rest("s")]) == {1: ["a"], 2: ["a"], 3: ["a"]}


def test_a_bare_event_and_a_bare_review_suffice_in_files(tmp_path: Path) -> None:
    lines = [json.loads(line)["payload"] for line in (event("new", 0.5), review(2.5))]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert seconds(list(read(tmp_path / "a.jsonl", KIND, options(size=SIZE)))) == {1: ["a"], 2: ["a"], 3: ["a"]}
    assert looks_like(tmp_path / "a.jsonl") == KIND
    (tmp_path / "b.jsonl").write_bytes(status("online"))
    assert looks_like(tmp_path / "b.jsonl") == KIND
    with pytest.raises(UsageError, match=r"--format frigate does not carry --size"):
        list(read(tmp_path / "a.jsonl", KIND, options()))


REFUSED = {
    "no type": (event("new", 1).replace(b'"type": "new"', b'"type": "start"'), "bad_type"),
    "no id": (event("new", 1, id=""), "bad_type"),
    "an id of a book": (event("new", 1, id="x" * 999), "bad_type"),
    "no camera": (event("new", 1, camera=None), "bad_type"),
    "no time": (event("new", 1, frame_time=None, start_time=None), "bad_time"),
    "a time of a text": (event("new", 1, frame_time="now"), "bad_time"),
    "a time in milliseconds": (event("new", 1, frame_time=T * 1000), "future"),
    "a time before 2000": (event("new", 1, frame_time=7), "before_2000"),
    "a box of three": (event("new", 1, box=[1, 2, 3]), "bad_type"),
    "a box turned round": (event("new", 1, box=[9, 9, 1, 1]), "bad_box"),
    "a box elsewhere": (event("new", 1, box=[1000, 0, 1100, 10]), "boxes_refused"),
    "a status of another word": (status("sleeping"), "not_json"),
    "a status of a number": (b'{"topic": "frigate/available", "payload": 7}', "bad_type"),
    "a topic of others": (b'{"topic": "frigate/stats", "payload": {"cpu": 1}}', "bad_type"),
    "noise": (b"\xff", "not_json"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_that_cannot_be_read_is_a_letter(line: bytes, reason: str) -> None:
    chunks = heard(status("online"), event("new", 0.5), line, event("end", 2.5))
    assert (list(seconds(chunks)), dead(chunks)) == ([1, 2, 3], [(3, reason)])


def test_names_and_what_is_said_of_persons_do_not_come_in() -> None:
    got = joined(heard(status("online"), event("new", 0.5, recognized_license_plate="Budi"), review(2.5)))
    assert "Budi" not in got.frames.write_csv() + got.objects.write_csv() + got.signals.write_csv()


REGISTRY = """
[[camera]]
id = "c"
name = "Simpang"
area = "33.74.07.1005"
size = [1000, 500]
fps = 5.0
event_fps = 1.0
metrics = ["crowd", "parking"]
[[camera.zone]]
id = "trotoar"
kind = "crowd"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.6], [0.0, 0.6]]
[[camera.zone]]
id = "tepi"
kind = "no_parking"
polygon = [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]
"""


def test_a_parked_car_is_told_and_a_crowd_is_not(
    tmp_path: Path, monkeypatch, capsys, empty_store: Callable[[str], str]
) -> None:
    """A car stands from 0:01 to 9:00; somebody walks by. Nobody can tell how many were there on average."""
    (tmp_path / "r.toml").write_text(REGISTRY)
    told = {"label": "car", "box": [500, 250, 750, 500], "stationary": True}
    lines = [status("online"), event("new", 1, "car", **told)]
    for at in range(60, 540, 60):
        lines += [event("update", at, "car", **told), event("new", at + 5, f"p{at}"), event("end", at + 15, f"p{at}")]
    lines += [event("end", 540, "car", **told), review(720)]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tilik", *arguments, "--warehouse", empty_store("store")])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        return capsys.readouterr().out

    asked = ["--format", KIND, "--size", "1000x500", "--registry", "r.toml", "--json"]
    summary = json.loads(run("replay", "a.jsonl", *asked).splitlines()[-1])
    assert (summary["frames"], summary["dead_letters"], summary["duplicates"]) == (720, 0, 0)
    crowd = run("query", "SELECT DISTINCT reason, isNull(persons_mean) FROM crowd_minute", "--format", "csv")
    assert crowd.splitlines()[1:] == ["few_samples,1"]
    seen = run("query", "SELECT DISTINCT state, reason, round(uptime, 2) FROM health_minute", "--format", "csv")
    assert seen.splitlines()[1:] == ["online,,1"]
    stood = "SELECT kind, severity, duration_s FROM incidents WHERE kind = 'parking'"
    assert run("query", stood, "--format", "csv").splitlines()[1:] == ["parking,parked,540"]
