"""A stream that reads more, from elsewhere or by other words goes on: what it stated before is its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.spool import Origin, SpoolWriter, make
from connectors.warehouse import connect
from flows.live import RunOptions, place, sources, starting
from schemas.columns import METRICS
from tests.flows.city import SECOND, START, stream
from tests.flows.live import children
from tests.flows.live.tails import Topic, topic
from tests.flows.live.test_until_end import NAMES, REGISTRY, assert_equal, messages, stored

MINUTES = [f"{metric.name}_minute_log" for metric in METRICS]
CHANGE_S = 95
"""When the second part begins [s]: in the middle of a minute."""


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / "registry.toml"
    path.write_text(to_toml(REGISTRY, "test"))
    return path


def taken(registry: Path, url: str, state: str, of: dict[str, Topic], patch: pytest.MonkeyPatch, **more: object) -> int:
    """Run topics to their end, by their keys; return how many frames it has taken in all."""
    found = [replace(each.source(), key=key, name=key) for key, each in of.items()]
    patch.setattr(sources, "find", lambda *_: found)
    asked = RunOptions(tuple(of), "native", url, str(registry), state, until_end=True, **more)  # type: ignore[arg-type]
    return starting.run(asked, [])["frames"]


def assert_one_statement(url: str) -> None:
    """All that stands in the warehouse is one stream's, by runs that followed each other, and none is doubled."""
    with connect(url) as store:
        runs = store.query("SELECT uniqExact(fingerprint), uniqExact(run) FROM runs_log FINAL").rows
        doubled = store.query(
            "SELECT count() FROM (SELECT camera_id, ts FROM health_minute_log FINAL WHERE deleted = 0 "
            "GROUP BY camera_id, ts HAVING count() > 1)"
        ).rows
    assert runs[0][0] == 1
    assert runs[0][1] >= 2
    assert doubled == [(0,)]


def test_a_source_more_is_the_same_stream(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = messages(stream(NAMES, 200))
    first, second = ([each for each in every if (each[0] in "ab") is mine] for mine in (True, False))
    url, whole = empty_store("live"), empty_store("whole")
    half = topic(first[: len(first) // 2], 2, (7, 50))
    taken(registry, url, str(tmp_path / "state"), {"one": half}, monkeypatch)
    both = {"two": topic(second, 2, (11,)), "one": topic(first, 2, (50,))}
    assert taken(registry, url, str(tmp_path / "state"), both, monkeypatch) == len(every)
    taken(registry, whole, str(tmp_path / "state-whole"), both, monkeypatch)
    left, right = stored(url), stored(whole)
    assert_equal(left, right)
    assert_one_statement(url)


def test_a_source_that_lies_elsewhere_now_is_the_same_stream(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every, url, whole = messages(stream(NAMES, 200)), empty_store("live"), empty_store("whole")
    cut = len(every) // 2
    taken(registry, url, str(tmp_path / "state"), {"old": topic(every[:cut], 2)}, monkeypatch)
    taken(registry, url, str(tmp_path / "state"), {"new": topic(every[cut:], 2)}, monkeypatch)
    taken(registry, whole, str(tmp_path / "state-whole"), {"old": topic(every, 2)}, monkeypatch)
    left, right = stored(url), stored(whole)
    assert_equal(left, right)
    assert_one_statement(url)


def test_and_back_again_it_is_still_the_same(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every, url, state = messages(stream(NAMES, 240)), empty_store("live"), str(tmp_path / "state")
    for end, names in ((80, ("a",)), (160, ("a", "b")), (240, ("a",))):
        some = topic([each for each in every if each[2] < every[0][2] + end * len(every) // 240], 1)
        of = {name: some if name == "a" else topic([], 1) for name in names}
        taken(registry, url, state, of, monkeypatch)
    assert stored(url)["health_minute_log"]["frames"].sum() == len(every)
    assert place.existing(Path(state)).setup.sources == ("a",)


def test_other_words_for_classes_hold_for_what_is_read_after(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every, mapped = messages(stream(NAMES, 240)), {"person": "bicycle"}
    url, by_old, by_new = (empty_store(name) for name in ("live", "old", "new"))
    cut = CHANGE_S * len(every) // 240
    taken(registry, url, str(tmp_path / "state"), {"t": topic(every[:cut], 2)}, monkeypatch)
    taken(registry, url, str(tmp_path / "state"), {"t": topic(every, 2)}, monkeypatch, class_map=mapped)
    taken(registry, by_old, str(tmp_path / "state-old"), {"t": topic(every, 2)}, monkeypatch)
    taken(registry, by_new, str(tmp_path / "state-new"), {"t": topic(every, 2)}, monkeypatch, class_map=mapped)
    got, old, new = (stored(each)["crowd_minute_log"] for each in (url, by_old, by_new))
    minute = pl.from_epoch(pl.lit((START + CHANGE_S * SECOND) // 60_000_000 * 60)).dt.replace_time_zone("UTC")
    before, after = pl.col("ts") < minute, pl.col("ts") > minute
    assert not old["person_ms"].equals(new["person_ms"])
    assert got.filter(before).equals(old.filter(before))
    assert got.filter(after)["person_ms"].equals(new.filter(after)["person_ms"])
    assert got.filter(before).height
    assert got.filter(after).height
    assert stored(url)["health_minute_log"]["frames"].sum() == len(every)
    assert_one_statement(url)


def test_a_source_that_was_made_anew_is_read_from_its_first_record_and_what_it_held_before_is_told_as_lost(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its positions begin anew: neither are they taken for the former ones, nor are letters that stood there."""
    every, url, state = messages(stream(NAMES, 200)), empty_store("live"), str(tmp_path / "state")
    cut, letter = len(every) // 2, (b"no json", every[-1][2])
    former, anew = topic(every[:cut], 1), topic(every[cut:], 1)
    former.partitions[0].append(letter)
    anew.partitions[0].insert(5, letter)
    stood = len(former.partitions[0])

    def run(key: str, of: Topic) -> dict[str, int]:
        monkeypatch.setattr(sources, "find", lambda *_: [replace(of.source(), key=key)])
        return starting.run(RunOptions(("t",), "native", url, str(registry), state, until_end=True), [])

    run("one", former)
    run("two", Topic([anew.partitions[0][: cut // 2]]))
    assert run("two", anew)["dead_letters"] == 3
    with connect(url) as store:
        found = store.query("SELECT source, position, reason, count FROM dead_letters ORDER BY position").rows
        assert store.query("SELECT sum(frames) FROM health_minute").rows == [(len(every),)]
    at = "memory:topic/0"
    assert found == [(at, 5, "not_json", 1), (at, stood - 1, "not_json", 1), (f"{at}, as it was", stood, "lost", 1)]


def spool_of(root: Path, some: list[tuple[str, bytes, int]]) -> str:
    """Return the URL of a spool that holds these messages."""
    writer = SpoolWriter(make(root, 1), 0)
    writer.append([value for _, value, _ in some], Origin("native", ""))
    writer.close()
    return f"spool:{root}"


@pytest.mark.slow
def test_killed_as_its_sources_and_words_change_nothing_is_lost_or_doubled(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str]
) -> None:
    """Sources come one by one and words for classes change while runs are killed again and again."""
    chance, every = random.Random(5), messages(stream(NAMES, 300))
    spools = [spool_of(tmp_path / name, [each for each in every if each[0] == name]) for name in NAMES]

    def arguments(name: str, count: int, *more: str) -> list[str]:
        of = [text for spool in spools[:count] for text in ("--source", spool)]
        return [*of, "--registry", str(registry), "--warehouse", empty_store(name), "--state",
                str(tmp_path / f"state-{name}"), *more]  # fmt: skip

    words: tuple[str, ...] = ()
    for count in (1, 2, 2, 3, 3, 4, 4):
        process = children.start(arguments("killed", count, *words), size=chance.choice([3, 7, 40]))
        children.killed(process, tmp_path / "state-killed", chance.randrange(10, 120), chance)
        words = () if words else ("--class-map", "person=bicycle")
    children.end(arguments("killed", 4, *words))
    children.end(arguments("whole", 4, *words))
    left, right = stored(empty_store("killed")), stored(empty_store("whole"))
    columns = ["camera_id", "ts", "frames", "observed_ms"]
    assert left["health_minute_log"].select(columns).equals(right["health_minute_log"].select(columns))
    assert left["health_minute_log"]["frames"].sum() == len(every)
