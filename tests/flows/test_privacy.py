"""Nothing of a person is stored: not of good messages, not of refused ones, not of broken ones, in any format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from connectors.archive.folder import Folder
from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Stage, Warehouse, connect
from flows.archiving import Archiving
from flows.replay import ReplayOptions, playing
from flows.replay.asked import ReplaySummary
from schemas import track_names
from schemas.registry import Registry
from schemas.views.order import wanted
from tests.connectors import wire
from tests.connectors.archiving import held
from tests.connectors.bytes_on_disk import holding
from tests.flows import planted
from tests.flows.city import START, camera, stream
from tests.flows.planted import NAME, PLANTED, PLATE
from tests.flows.statements import NOW_US, shifted

LATER_US = START + 5 * 3_600_000_000
CLIP = {"camera": "a", "fps": 10.0, "start_us": START + 3_600_000_000, "size": (640, 480)}
GIVEN: dict[str, dict[str, Any]] = {
    "native": {}, "arrow": {}, "nvschema": {"camera": "a", "size": (640, 480)}, "opendatacam": CLIP,
    "onvif": {}, "scenescape": {"size": (640, 480)}, "frigate": {"size": (640, 480)},
    "dlstreamer": {**CLIP, "start_us": START + 7 * 3_600_000_000},
    "nvschema-protobuf": {"camera": "a", "size": (640, 480)}, "deepstream": {"camera": "a", "size": (640, 480)},
    "mot": {**CLIP, "start_us": LATER_US},
}  # fmt: skip


class Played(NamedTuple):
    """A warehouse that was closed after all of it was played, and what each replay said."""

    folder: Path
    archive: Folder
    said: dict[str, ReplaySummary]


def replay(store: Warehouse, path: Path, kind: str, **given: Any) -> ReplaySummary:
    registry = path.parent / "cameras.toml"
    registry.write_text(to_toml(Registry(camera=(camera("a"),)), "r"))
    options = ReplayOptions((str(path),), kind, "", registry=str(registry), replace=True, **GIVEN[kind] | given)
    with Stage() as stage:
        asked = playing.ask(options, NOW_US)
        archive = Archiving(f"file:{path.parent / 'archive'}", asked.statement)
        done = playing.read(asked, stage, on_release=archive.take)
        archive.finish()
        return playing.commit(store, asked, stage, done, lambda run: archive.commit(None, None))


def write(folder: Path) -> dict[str, Path]:
    """Write a file of each format, and one whose parked car is called by its plate."""
    lines = {
        "native": planted.natives(), "nvschema": planted.nvschemas(), "opendatacam": planted.opendatacams(),
        "mot": planted.mots(), "deepstream": planted.deepstreams(), "onvif": planted.onvifs(),
        "frigate": planted.frigates(), "dlstreamer": planted.dlstreamers(), "scenescape": planted.scenescapes(),
    }  # fmt: skip
    for kind, each in lines.items():
        (folder / f"in.{kind}").write_bytes(b"\n".join(each) + b"\n")
    planted.write_arrow(folder / "in.arrow")
    (folder / "in.nvschema-protobuf").write_bytes(wire.delimited(planted.protobufs()))
    return {kind: folder / f"in.{kind}" for kind in (*lines, "arrow", "nvschema-protobuf")}


@pytest.fixture(scope="module")
def played(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder, inputs = tmp_path_factory.mktemp("played") / "store", tmp_path_factory.mktemp("inputs")
    with connect(laid(folder)) as store:
        said = {kind: replay(store, path, kind) for kind, path in write(inputs).items()}
        foreign = planted.foreign_arrows(tmp_path_factory.mktemp("foreign"))
        assert replay(store, foreign[0].parent, "arrow").dead_letters == len(foreign)
        parked = inputs / "parked.jsonl"
        parked.write_bytes(
            to_json_lines(shifted(stream(["a"], 300), 10_800)).replace(b'"parked"', f'"{PLATE}"'.encode())
        )
        said["parked"] = replay(store, parked, "native")
    return Played(folder, Folder(inputs / "archive"), said)


def found_in(store: Warehouse, names: list[str]) -> list[tuple[str, str]]:
    """Return which tables or views hold which planted text, in any of their columns."""
    found = []
    for name in names:
        columns = "* REPLACE (toValidUTF8(raw) AS raw)" if name == "dead_letters_raw" else "*"
        rows = str(store.query(f"SELECT {columns} FROM {name}").rows)
        found += [(name, text) for text in PLANTED if text in rows]
    return found


def tables(store: Warehouse) -> list[str]:
    rows = store.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'")
    return [name for (name,) in rows.rows]


def test_what_is_played_is_good_and_refused(played: Played) -> None:
    for kind, said in played.said.items():
        assert said.frames > 0, kind
        assert said.dead_letters > 0 or kind == "parked", kind


def test_no_file_of_the_store_holds_anything_of_a_person(played: Played) -> None:
    """Its folder holds the tables, the engine's log and whatever an engine leaves behind."""
    found = [(text, path.name) for text in PLANTED for path in holding(played.folder, text)]
    assert found == []


def test_no_frame_of_the_archive_holds_anything_of_a_person(played: Played) -> None:
    whole = held(played.archive)
    assert len(whole) > sum(said.frames for said in played.said.values()) / 2
    rows = "".join(str(table.rows()) for table in (whole.frames, whole.objects, whole.signals))
    assert [text for text in PLANTED if text in rows] == []


def test_no_table_and_no_view_says_anything_of_a_person(played: Played) -> None:
    """Files are compressed: what they hold is also asked for."""
    with connect(f"embedded:{played.folder}") as store:
        asked = [name for name, view in wanted().items() if "{" not in view.statement]
        assert len(asked) > 50
        assert found_in(store, [*tables(store), *asked]) == []


def test_what_is_kept_of_letters_is_there_and_can_be_read_again(played: Played, tmp_path: Path) -> None:
    """Frames of a camera that nobody knew are frames once it is registered."""
    with connect(f"embedded:{played.folder}") as store:
        letters = store.query("SELECT reason, count() FROM dead_letters GROUP BY reason").rows
        raw = store.query("SELECT raw FROM dead_letters_raw FINAL WHERE reason = 'unknown_camera'").rows
        assert {reason for reason, _ in letters} > {"not_json", "bad_type", "bad_time", "unknown_camera", "bad_box"}
        assert len(raw) > 5
        again = tmp_path / "again.jsonl"
        again.write_text("\n".join(line.replace("ghost-0", "a") for (line,) in raw if "ghost-0" in line))
        assert replay(store, again, "native").frames == sum("ghost-0" in line for (line,) in raw) > 3


def test_a_parked_car_called_by_its_plate_is_told_by_a_hash(played: Played) -> None:
    with connect(f"embedded:{played.folder}") as store:
        told = store.query("SELECT DISTINCT arrayJoin(track_ids) FROM incidents_log WHERE kind = 'parking'").rows
        assert (track_names.hashed(PLATE),) in told


def test_a_switch_keeps_what_cannot_be_parsed_and_only_where_records_are_kept(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    with connect(empty_store("store")) as store:
        path = tmp_path / "in.jsonl"
        path.write_bytes(b"\n".join(planted.broken(f'{{"camera":"a","who":"{NAME}","x":0.5}}')))
        replay(store, path, "native", keep_unreadable=True)
        assert {name for name, _ in found_in(store, tables(store))} == {"dead_letters_raw"}
