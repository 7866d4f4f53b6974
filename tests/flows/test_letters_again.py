"""What is kept of a letter gives, after a fix, what the message itself would have given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import formats
from connectors.archive import reading
from connectors.archive.folder import Folder
from connectors.formats import ReadOptions, kept_letters, known, restored, to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Stage, letters
from connectors.warehouse.address import parse
from flows.dataflow import Dead, admit
from flows.refusals import DETAILS
from flows.replay import ReplayOptions, again, playing
from schemas.registry import Registry, links
from tests.connectors.archiving import held
from tests.flows.city import SECOND, START, camera, chunks, plan, play, shuffled, stream
from tests.flows.statements import NOW_US, Mortal, contents, empty, mortal, shifted

GHOSTS = ("ghost", "CCTV Simpang Lima, 3")
BEFORE = Registry(camera=(camera("a"),))
AFTER = Registry(camera=(camera("a"), *(camera(name) for name in GHOSTS)))
CLASS_MAP = {"Becak": "bicycle", "andong kuda": "car", "motor": "motorcycle"}

SIDES = st.tuples(st.floats(0, 0.6), st.floats(0.01, 0.39)).map(lambda at: (at[0], at[0] + at[1]))
BOXES = st.tuples(SIDES, SIDES).map(lambda s: [s[0][0], s[1][0], s[0][1], s[1][1]])
FAR = st.sampled_from([[2.0, 2.0, 3.0, 3.0], [100, 200, 300, 400], [0.5, 0.5, 0.5, 0.7]])
THINGS = st.fixed_dictionaries(
    {"class": st.sampled_from(["car", "person", "Becak", "andong kuda", "H 1234 XY", "motor", "budi"])},
    optional={
        "track": st.sampled_from([None, 7, "007", "H 1 X", "t-5f", "t-0", "-1", "99999999999999999999"]),
        "mask": st.sampled_from([None, "masked", "Masked", "budi", "unknown"]),
        "confidence": st.floats(0, 1, width=32),
        "plate": st.just("H 1234 XY"),
    },
)
OBJECTS = st.lists(st.tuples(THINGS, BOXES | FAR).map(lambda pair: {**pair[0], "box": pair[1]}), max_size=4)
SIGNALS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["flood", "Flood", "budi", "refused"]), "value": st.floats(-1, 2)},
    optional={"zone": st.sampled_from(["jalan", "jalan budi", "no zone"])},
)
FRAMES = st.fixed_dictionaries(
    {"camera": st.sampled_from(GHOSTS), "objects": OBJECTS},
    optional={
        "signals": st.lists(SIGNALS, max_size=2),
        "image": st.fixed_dictionaries({"hash": st.sampled_from(["ab12", "budi", "siti", None])}),
        "seq": st.integers(0, 9),
    },
)


def messages(frames: list[dict[str, Any]]) -> bytes:
    """Write frames, half a second from one to the next."""
    said = [{**frame, "ts": START + at * SECOND // 2} for at, frame in enumerate(frames)]
    return b"\n".join(json.dumps(frame).encode() for frame in said)


def read(path: Path, data: bytes, **options: Any) -> formats.Chunk:
    path.write_bytes(data)
    (chunk,) = formats.read(path, "native", ReadOptions(**{"now_us": NOW_US, **options}))
    return chunk


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FRAMES, min_size=1, max_size=12), st.booleans(), st.booleans())
def test_kept_letters_give_what_their_messages_would(
    tmp_path: Path, frames: list[dict[str, Any]], is_future: bool, has_map: bool
) -> None:
    """Refused by the registry, or by a clock that was behind; mended by a registry, a class map, a clock."""
    path, data = tmp_path / "in.jsonl", messages(frames)
    before = CLASS_MAP if has_map else {}
    chunk = read(path, data, class_map=before, now_us=START - 3_600 * SECOND if is_future else NOW_US)
    dead = [item.rows for _, (_, item) in admit(chunk, plan(BEFORE)) if isinstance(item, Dead)]
    words = (*before, *before.values())
    rows = kept_letters(pl.concat(dead), "native", links.ids(BEFORE), DETAILS, words=words)
    fixable = rows.filter(pl.col("reason").is_in(["future", "unknown_camera", "boxes_refused"])).sort("position")
    now = known(links.ids(AFTER), CLASS_MAP)
    lines = [restored(raw.decode(), form, before, now) for raw, form in fixable.select("raw", "form").iter_rows()]
    whole = read(path, data, class_map=CLASS_MAP).batch
    assert len(lines) == len(whole) or (is_future and len(lines) >= len(whole))
    if not len(whole):
        return
    found = read(tmp_path / "again.jsonl", b"\n".join(line for line in lines if line), is_ours=True).batch
    one, two = (play(chunks(each), plan(AFTER)) for each in (whole, found))
    assert [name for name in one if name != "dead" and not one[name].equals(two[name])] == []


class Place(NamedTuple):
    """A store, and the folder of its inputs."""

    store: Mortal
    folder: Path

    def registry(self, registry: Registry) -> str:
        path = self.folder / "cameras.toml"
        path.write_text(to_toml(registry, "r"))
        return str(path)

    def replay(self, path: Path, registry: Registry, **given: Any) -> int:
        options = ReplayOptions((str(path),), "native", "", registry=self.registry(registry), **given)
        with Stage() as stage:
            asked = playing.ask(options, NOW_US)
            return playing.commit(self.store, asked, stage, playing.read(asked, stage)).dead_letters

    def again(self, registry: Registry, *reasons: str, archive: str | None = None) -> again.Played:
        options = ReplayOptions((), "native", "", registry=self.registry(registry), archive=archive)
        return again.play(self.store, options, reasons, NOW_US)

    def letters(self) -> dict[str, int]:
        return dict(self.store.query("SELECT reason, sum(count) FROM dead_letters GROUP BY reason").rows)


@pytest.fixture(scope="module")
def made(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(laid(tmp_path_factory.mktemp("again") / "store"))) as opened:
        yield opened


@pytest.fixture
def place(made: Mortal, tmp_path: Path) -> Place:
    empty(made)
    return Place(made, tmp_path)


def feed(place: Place) -> Path:
    """Four minutes of two cameras, one of which nobody knows, a line that is no JSON, and a frame that comes late."""
    path = place.folder / "feed.jsonl"
    late = {"camera": "a", "ts": START + SECOND // 4, "objects": []}
    path.write_bytes(b"no json\n" + to_json_lines(stream(["a", "ghost"], 240)) + json.dumps(late).encode() + b"\n")
    return path


def of_ghost(place: Place) -> dict[str, pl.DataFrame]:
    found = contents(place.store)
    return {name: rows.filter(camera_id="ghost") for name, rows in found.items() if "camera_id" in rows.columns}


def test_frames_of_a_camera_that_is_registered_later_become_its_rows(place: Place) -> None:
    said = place.replay(feed(place), BEFORE, lateness_s=60.0)
    assert place.letters() == {"not_json": 1, "unknown_camera": 480, "too_late": 1}
    before = contents(place.store)
    played = place.again(AFTER)
    assert played.summary is not None
    assert (played.taken, played.summary.frames, played.again, dict(played.left)) == (480, 480, 0, {"watched": 1})
    assert place.letters() == {"not_json": 1, "too_late": 1}
    assert sum(place.letters().values()) == said - played.taken
    after = contents(place.store)
    rows = [name for name, table in before.items() if "_minute_log" in name and table.height]
    assert all(after[name].filter(camera_id="a").equals(before[name].filter(camera_id="a")) for name in rows)
    found = of_ghost(place)
    assert again.in_words(place.again(AFTER)).startswith("Dead letters that became rows, and count no longer: 0;"), (
        "nothing is left to play"
    )
    still = of_ghost(place)
    assert all(table.equals(still[name]) for name, table in found.items())

    empty(place.store)
    alone = place.folder / "alone.jsonl"
    alone.write_bytes(b"".join(line for line in feed(place).read_bytes().splitlines(keepends=True) if b"ghost" in line))
    place.replay(alone, AFTER)
    wanted = of_ghost(place)
    assert [name for name in wanted if not wanted[name].equals(found[name])] == []
    assert wanted["crowd_minute_log"].height > 0


def test_letters_that_become_rows_are_frames_of_the_archive_once_with_those_that_follow_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute half of which comes later is made anew, of both halves; a kill leaves what the same again finishes."""
    url, whole = f"file:{place.folder / 'archive'}", stream(["ghost"], 120)
    archive, half = Folder(place.folder / "archive"), len(whole) // 2 + 31
    for name, some in (("one", whole.pick(np.arange(half))), ("two", whole.pick(np.arange(half, len(whole))))):
        (place.folder / name).write_bytes(b"no json\n" + to_json_lines(some))
        place.replay(place.folder / name, BEFORE)
        with monkeypatch.context() as killed:
            killed.setattr(letters, "take", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                place.again(AFTER, archive=url)
        played = place.again(AFTER, archive=url)
        assert played.taken == len(some)
        came = shuffled(whole, np.arange(half if name == "one" else len(whole)))
        left = held(archive)
        assert left.frames["t_us"].equals(came.frames["t_us"])
        assert left.objects.select("frame", "x1").equals(came.objects.select("frame", "x1"))
        (found,) = reading.streams(archive)
        assert (found.since_us, found.last_us) == (came.frames["t_us"].min(), came.frames["t_us"].max())
    at = left.frames.select(pl.col("source").str.split("/").list.last(), "position").rows()
    assert at == [("one", n + 2) for n in range(half)] + [("two", n + 2) for n in range(len(whole) - half)]
    assert place.again(AFTER, archive=url).summary is None
    assert reading.verify(archive).unnamed == {}


def with_pixels(place: Place, name: str = "pixels") -> Path:
    """Four minutes of a camera that nobody knows and of one that is; half of theirs, and a minute, is in pixels."""
    path = place.folder / f"{name}.jsonl"
    lines = to_json_lines(stream(["a", "ghost"], 240)).splitlines()
    for at, line in enumerate(lines):
        frame = json.loads(line)
        if at % 4 < 2 or 240 <= at < 480:
            frame["objects"] = [{"class": "car", "box": [100, 200, 300, 400]}]
            lines[at] = json.dumps(frame).encode()
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.mark.parametrize("reasons", [(), ("unknown_camera",)])
def test_frames_of_refused_boxes_count_as_misread_whatever_reason_is_asked_for(
    place: Place, reasons: tuple[str, ...]
) -> None:
    """They are no rows, and letters as before: but that they came is part of their minutes."""
    place.replay(with_pixels(place), BEFORE)
    before, letters = contents(place.store), place.letters()
    played = place.again(AFTER, *reasons)
    assert (played.taken, played.again) == (letters["unknown_camera"], 0 if reasons else letters["boxes_refused"])
    assert place.letters() == {"boxes_refused": letters["boxes_refused"]}
    found, after = of_ghost(place), contents(place.store)
    for name in before:
        if "_minute_log" in name:
            assert after[name].filter(camera_id="a").equals(before[name].filter(camera_id="a")), name
    assert place.again(AFTER) == again.Played(None, 0, letters["boxes_refused"], {})

    empty(place.store)
    place.replay(with_pixels(place), AFTER)
    wanted = of_ghost(place)
    assert [name for name in wanted if not wanted[name].equals(found[name])] == []
    assert found["health_minute_log"]["misread"].sum() == 300


def test_letters_that_are_still_refused_and_those_of_other_reasons_stay(place: Place) -> None:
    place.replay(feed(place), BEFORE)
    before, letters = contents(place.store), place.letters()
    assert place.again(AFTER, "not_json", "future") == again.Played(None, 0, 0, {})
    assert place.again(BEFORE, "unknown_camera") == again.Played(None, 0, 480, {})
    assert place.letters() == letters
    assert all(table.equals(before[name]) for name, table in contents(place.store).items())


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_letters_that_are_played_by_a_killed_command_are_played_once(place: Place, share: float) -> None:
    place.replay(feed(place), BEFORE)
    place.store.sent = 0
    place.again(AFTER)
    sent, wanted = place.store.sent, contents(place.store)
    empty(place.store)
    place.replay(feed(place), BEFORE)
    with mortal(place.store, round(share * sent)):
        place.again(AFTER)
    place.again(AFTER)
    found = contents(place.store)
    assert [name for name in wanted if not wanted[name].equals(found[name])] == []


def test_minutes_that_were_watched_meanwhile_are_not_written_over(place: Place) -> None:
    """A part of what came then would stand for the whole."""
    place.replay(feed(place), BEFORE)
    other = place.folder / "other.jsonl"
    other.write_bytes(to_json_lines(shifted(stream(["ghost"], 60, seed=3), 60)))
    place.replay(other, AFTER)
    (watched,) = place.store.query("SELECT sum(frames) FROM health_minute WHERE camera_id = 'ghost'").rows[0]
    played = place.again(AFTER)
    assert played.summary is not None
    assert (played.taken, dict(played.left)) == (480 - 120, {"watched": 120})
    assert place.letters()["unknown_camera"] == 120
    told = place.store.query("SELECT sum(frames) FROM health_minute WHERE camera_id = 'ghost'").rows
    assert told == [(watched + 360,)]


def test_the_command_says_what_became_of_letters(tilik: Any, tmp_path: Path, empty_store: Callable[[str], str]) -> None:
    empty_store("store")
    where = ("--warehouse", "embedded:./store")
    frame = {"camera": "ghost", "objects": [{"class": "Becak", "box": [0.1, 0.1, 0.2, 0.2], "track": "H 1 X"}]}
    lines = [json.dumps({**frame, "ts": START + at * SECOND}) for at in range(90)]
    (tmp_path / "feed.jsonl").write_text("\n".join([*lines, '{"camera": "ghost"}']))
    for name, registry in (("before", BEFORE), ("after", AFTER)):
        (tmp_path / f"{name}.toml").write_text(to_toml(registry, "r"))
    assert tilik("replay", "feed.jsonl", *where, "--registry", "before.toml")[0] == 1, "nothing can be used of it"
    code, out, err = tilik("dead-letters", "replay", *where, "--reason", "no_reason")
    assert (code, out) == (2, "")
    assert "expected one of not_json" in err
    known_now = ("--registry", "after.toml", "--class-map", "Becak=bicycle")
    code, out, _ = tilik("dead-letters", "replay", *where, "--reason", "unknown_camera", *known_now, "--json")
    said = json.loads(out)
    assert code == 0
    assert (said["taken"], said["again"], said["left"], said["frames"], said["rejects"]) == (90, 0, {}, 90, {})
    code, out, _ = tilik("dead-letters", "replay", *where, *known_now)
    assert (code, out) == (0, "Dead letters that became rows, and count no longer: 0; refused again: 1.\n")
