"""A registry by time: what is stated keeps its definition, what follows has the file's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from flows.live import by_time
from flows.live.by_time import Moments
from flows.thresholds import definition
from schemas.errors import UsageError
from schemas.local_time import MINUTE_US, at_time
from schemas.registry import Camera, Registry, Road
from schemas.registry.rules import utc
from tests.flows.city import camera

File = dict[str, tuple[float, str]]
NAMES = ("a", "b", "c")
AT_US = 20 * MINUTE_US
MOMENTS = Moments(AT_US, 15 * MINUTE_US + 7)


def minute(number: int) -> datetime:
    return at_time(number * MINUTE_US)


def drawn(name: str, fps: float, **more: object) -> Camera:
    """A camera that is known by its rate: another rate is another definition."""
    return structs.replace(camera(name), fps=fps, **more)


def holds(registry: Registry, name: str, at: datetime) -> Camera | None:
    """Return the version of a camera that holds at a time."""
    begun = [each for each in registry.camera if each.id == name and utc(each.valid_from) <= at]
    newest = max(begun, key=lambda each: utc(each.valid_from), default=None)
    return None if newest is None or (newest.valid_until is not None and newest.valid_until <= at) else newest


def figures(registry: Registry, name: str, at: datetime) -> Camera | None:
    found = holds(registry, name, at)
    return None if found is None else definition(found)


FILES = st.dictionaries(st.sampled_from(NAMES), st.tuples(st.sampled_from([1.0, 2.0]), st.sampled_from(["", "x"])))


def registry_of(file: File) -> Registry:
    return Registry(camera=tuple(drawn(name, fps, owner=owner) for name, (fps, owner) in sorted(file.items())))


@given(st.lists(FILES, min_size=1, max_size=5))
def test_files_applied_one_after_another_each_hold_from_their_moment_on(
    files: list[File],
) -> None:
    kept = registry_of(files[0])
    for number, file in enumerate(files[1:], 1):
        asked, moment_us = registry_of(file), (10 * number + 10) * MINUTE_US
        before = kept
        kept = by_time.applied(kept, asked, Moments(moment_us, moment_us - 5 * MINUTE_US)).registry
        for name in NAMES:
            was_there = any(each.id == name for each in before.camera)
            for at in range(0, 10 * number + 10):
                if was_there:
                    assert figures(kept, name, minute(at)) == figures(before, name, minute(at)), (name, at)
                elif at < 10 * number + 5:
                    assert holds(kept, name, minute(at)) is None
            now = holds(kept, name, minute(10 * number + 10))
            assert (now is None) == (name not in file)
            if now is not None:
                assert (now.fps, now.owner) == file[name]


@given(FILES, FILES)
def test_the_same_file_again_changes_nothing(first: File, then: File) -> None:
    once = by_time.applied(registry_of(first), registry_of(then), MOMENTS)
    again = by_time.applied(once.registry, registry_of(then), Moments(AT_US + 60 * MINUTE_US, AT_US))
    started = by_time.at_start(once.registry, registry_of(then), AT_US + 60 * MINUTE_US)
    assert again.registry == started.registry == once.registry
    assert not again.said
    assert not started.said


def test_a_camera_that_comes_back_begins_at_its_moment() -> None:
    gone = by_time.applied(registry_of({"a": (1.0, "")}), Registry(camera=(drawn("b", 1.0),)), MOMENTS).registry
    back = by_time.applied(gone, registry_of({"a": (1.0, "")}), Moments(40 * MINUTE_US, 30 * MINUTE_US)).registry
    assert [holds(back, "a", minute(at)) is not None for at in (0, 19, 20, 39, 40)] == [True, True, False, False, True]
    started = by_time.at_start(gone, registry_of({"a": (1.0, "")}), 40 * MINUTE_US).registry
    assert [holds(started, "a", minute(at)) is not None for at in (19, 20, 39, 40)] == [True, False, False, True]


def test_a_file_taken_back_is_no_silent_change() -> None:
    first = registry_of({"a": (1.0, "")})
    kept = by_time.applied(first, registry_of({"a": (2.0, "")}), MOMENTS).registry
    with pytest.raises(UsageError, match="came others"):
        by_time.at_start(kept, first, AT_US + 60 * MINUTE_US)


def test_a_moment_that_the_file_gives_counts() -> None:
    later = drawn("a", 2.0, valid_from=minute(50))
    found = by_time.applied(registry_of({"a": (1.0, "")}), Registry(camera=(drawn("a", 1.0), later)), MOMENTS).registry
    assert [holds(found, "a", minute(at)).fps for at in (49, 50)] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(
            Registry(camera=(drawn("a", 1.0), drawn("a", 2.0, valid_from=minute(10)))),
            "expected a valid_from not before",
            id="too early",
        ),
        pytest.param(Registry(camera=(drawn("a", 1.0, area="33.74.07.1006"),)), "never changes its area", id="moved"),
        pytest.param(
            Registry(camera=(drawn("a", 1.0),), road=(Road("j", "ruas", free_flow_kmh=40.0, lines=("a/barat",)),)),
            "its zones go by at all times",
            id="road",
        ),
    ],
)
def test_what_cannot_begin_at_a_moment_is_refused(asked: Registry, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        by_time.applied(registry_of({"a": (1.0, "")}), asked, MOMENTS)


def test_a_start_takes_what_needs_no_moment_and_refuses_the_rest() -> None:
    kept = registry_of({"a": (1.0, "old"), "b": (1.0, "")})
    found = by_time.at_start(kept, registry_of({"a": (1.0, "new"), "c": (1.0, "")}), AT_US)
    assert [(each.id, each.owner, each.valid_until) for each in found.registry.camera] == [
        ("a", "new", None), ("b", "", datetime.fromtimestamp(AT_US / 1e6, UTC)), ("c", "", None),
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"camera a: expected the zones, lines and clock .* `tilik registry apply`"):
        by_time.at_start(kept, registry_of({"a": (2.0, ""), "b": (1.0, "")}), AT_US)
