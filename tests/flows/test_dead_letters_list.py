"""`tilik dead-letters list`: one row a cause for people, one a record where it is asked for."""

from __future__ import annotations

import csv
import io
import json

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from schemas.registry import Registry
from tests.flows.city import camera, stream

WHERE = ("--warehouse", "embedded:./store")


def frame(second: int, camera: str = "a", **more: object) -> str:
    ts = f"2026-01-05T00:{second // 60:02}:{second % 60:02}Z"
    return json.dumps({"camera": camera, "ts": ts, "objects": [], **more})


def test_like_dead_letters_are_one_row_with_their_number(tilik, tmp_path, empty_store):
    empty_store("store")
    """A file with 150 like mistakes filled the screen, and hid the one that was another."""
    pixels = [{"class": "car", "box": [100, 100, 200, 300]}]
    lines = [frame(s) for s in range(0, 600, 10)]
    lines += [frame(s) for s in (1, 2, 3)]  # too late, each at a time of its own
    lines += [frame(600 + s, camera, objects=pixels) for s in range(20) for camera in ("a", "b")]
    lines += ['{"camera": "a"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert tilik("replay", "a.jsonl", *WHERE, "--lateness-s", "60")[0] == 0

    code, out, _ = tilik("dead-letters", "list", *WHERE)
    rows = [line.split() for line in out.splitlines()[1:]]
    assert code == 0
    assert sorted((row[1], row[-5]) for row in rows) == [
        ("bad_type", "1"), ("boxes_refused", "20"), ("boxes_refused", "20"), ("too_late", "3"),
    ]  # fmt: skip
    (late,) = [row for row in rows if row[1] == "too_late"]
    assert late[-4:-2] == ["61", "63"]
    assert "2026-01-05T00:00:01Z" in late

    for how in (("--each",), ("--all",)):
        assert len(tilik("dead-letters", "list", *WHERE, *how)[1].splitlines()) == 1 + 44
    for form in ("csv", "json"):  # for scripts, as they know them
        out = tilik("dead-letters", "list", *WHERE, "--format", form)[1]
        found = list(csv.DictReader(io.StringIO(out))) if form == "csv" else json.loads(out)
        assert len(found) == 44
        assert list(found[0]) == ["source", "position", "reason", "detail", "first_seen", "count"]
    assert len(tilik("dead-letters", "list", *WHERE, "--limit", "2")[1].splitlines()) == 1 + 2


def test_a_camera_that_is_not_registered_is_named_to_who_replays_and_stored_nowhere_but_in_the_record(
    tilik, tmp_path, empty_store
):
    (tmp_path / "a.jsonl").write_bytes(to_json_lines(stream(["known", "pak-budi"], 30)))
    (tmp_path / "r.toml").write_text(to_toml(Registry(camera=(camera("known"),)), ""))
    store = empty_store("s")
    options = ("--registry", str(tmp_path / "r.toml"), "--warehouse", store)
    code, out, said = tilik("replay", str(tmp_path / "a.jsonl"), "--format", "native", *options)
    assert code == 0
    assert "cameras that are not in the registry: pak-budi (60 frames)" in said
    assert "60 unknown_camera" in out
    stored = tilik("query", "SELECT summary FROM tilik.runs_log", "--warehouse", store)[1]
    letters = tilik("dead-letters", "list", "--warehouse", store)[1]
    assert "pak-budi" not in stored + letters
    assert "came a text of 8 characters: register it" in letters
