"""What is refused of frames: by which reason, and that only frames that count refuse anything."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.stage import intake, ordered, refused
from schemas.class_words import COCO_NAMES, MEANT, OTHERS, meant
from schemas.frames import CLASSES, FRAMES, OBJECTS, SIGNALS, FrameBatch
from schemas.rejects import REFUSED, REJECTS
from tests.operators.staged import FULL, camera, city, zone

TOWN = city(camera("a", zone=(zone("jalan", FULL, kind="flood"), zone("taman", FULL))))
INDEX = intake.lookup(TOWN)
START = 1_767_571_200_000_000


def table(columns: dict[str, list[object]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame({name: columns.get(name) for name in schema}, schema=schema, strict=False)


def batch(signals: list[tuple[int, str, str | None, float]], objects: list[tuple[int, str, str | None]]) -> FrameBatch:
    """Three frames a second with these signals and objects (class, mask), each naming its frame."""
    box = {name: [0.5] * len(objects) for name in ("x1", "y1", "x2", "y2")}
    given = dict(zip(("frame", "class", "mask"), map(list, zip(*objects, strict=True)), strict=True)) if objects else {}
    times = [START + i * 1_000_000 for i in range(3)]
    return FrameBatch(
        table({"camera": ["a"] * 3, "t_us": times}, FRAMES),
        table(given | box, OBJECTS) if objects else pl.DataFrame(schema=OBJECTS),
        pl.DataFrame(signals, schema=SIGNALS, orient="row"),
    )


def told(signals: list[tuple[int, str, str | None, float]], objects: list[tuple[int, str, str | None]]) -> list[tuple]:
    """(frame, reason, count) of everything that is refused."""
    found = intake.arrays(batch(signals, objects), TOWN, INDEX)
    frame = np.repeat(np.arange(3), np.diff(found.signal_first))
    out = refused.found(frame, found.signal_zone, found.signal_value)
    return [(f, REJECTS[r], n) for f, r, n in zip(*(column.tolist() for column in out), strict=True)]


SIGNALS_REFUSED = {
    "taken": (("flood", "jalan", 0.3), None),
    "nothing": (("flood", "jalan", 0.0), None),
    "all of it": (("flood", "jalan", 1.0), None),
    "not measured": (("flood", "jalan", -1.0), None),
    "not a number": (("flood", "jalan", float("nan")), None),
    "per cent": (("flood", "jalan", 30.0), "bad_value"),
    "below nothing": (("flood", "jalan", -0.1), "bad_value"),
    "misspelt zone": (("flood", "jaln", 0.3), "unknown_zone"),
    "no zone": (("flood", None, 0.3), "unknown_zone"),
    "a zone of another kind": (("flood", "taman", 0.3), "unknown_zone"),
    "another word for the kind": (("banjir", "jalan", 0.3), "unknown_kind"),
    "a kind of zones that has no signals": (("crowd", "taman", 0.3), "unknown_kind"),
    "what a reader left out": ((REFUSED, "pixels", 1.0), "pixels"),
}


@pytest.mark.parametrize(("signal", "reason"), SIGNALS_REFUSED.values(), ids=SIGNALS_REFUSED.keys())
def test_a_signal_is_taken_or_refused_for_one_reason(signal: tuple, reason: str | None) -> None:
    assert told([(1, *signal)], []) == ([] if reason is None else [(1, reason, 1)])


OBJECTS_KEPT = {
    "ours": (("person", None), None),
    "a known animal": (("dog", None), None),
    "MOT16's": (("distractor", None), None),
    "another language": (("orang", None), "unknown_class"),
    "a number": (("0", None), "unknown_class"),
    "a judged face": (("person", "masked"), None),
    "a face without judgement": (("person", "unknown"), None),
    "another word for a mask": (("person", "ya"), "unknown_mask"),
}


@pytest.mark.parametrize(("thing", "reason"), OBJECTS_KEPT.values(), ids=OBJECTS_KEPT.keys())
def test_an_object_of_a_strange_word_stands_and_is_counted(thing: tuple, reason: str | None) -> None:
    objects = [(2, "car", None), (2, *thing), (2, *thing)]
    assert told([], objects) == ([] if reason is None else [(2, reason, 2)])
    assert len(intake.arrays(batch([], objects), TOWN, INDEX).cls) == 3


def test_words_that_were_not_understood_are_named() -> None:
    given = batch(
        [(0, "flood", "jaln", 0.3), (1, "flood", "jalan", 30.0)], [(0, "orang", None), (1, "orang", "ya" * 99)]
    )
    heard = intake.strange(given, intake.arrays(given, TOWN, INDEX), INDEX)
    assert heard is not None
    assert heard.select("camera", "reason", "word", "count").rows() == [
        ("a", "bad_value", "30.0", 1),
        ("a", "unknown_class", "orang", 2),
        ("a", "unknown_mask", "ya" * 20, 1),
        ("a", "unknown_zone", "jaln", 1),
    ]
    fine = batch([(0, "flood", "jalan", 0.3)], [(0, "person", None)])
    assert intake.strange(fine, intake.arrays(fine, TOWN, INDEX), INDEX) is None


WORDS = st.sampled_from(["jalan", "jaln", "taman"])
KINDS = st.sampled_from(["flood", "banjir", REFUSED])


@settings(max_examples=80, deadline=None)
@given(
    signals=st.lists(st.tuples(st.integers(0, 2), KINDS, WORDS, st.sampled_from([0.3, 30.0, -1.0])), max_size=12),
    objects=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["person", "orang", "dog"]), st.none()), max_size=8),
)
def test_what_was_refused_leaves_the_ordered_stage_with_its_frame(signals: list, objects: list) -> None:
    signals = sorted((f, k, "outside" if k == REFUSED else z, abs(v) if k == REFUSED else v) for f, k, z, v in signals)
    arrived = intake.arrays(batch(signals, sorted(objects)), TOWN, INDEX)
    limits = {"reorder_us": 5_000_000, "lateness_us": 600_000_000}
    released = ordered.push(ordered.start(1), TOWN, arrived, **limits, ending=True).on_time
    assert released is not None
    out = [(f, REJECTS[r], n) for f, r, n in zip(*(column.tolist() for column in released.refused), strict=True)]
    assert out == told(signals, sorted(objects))
    taken = [1 for _, kind, word, value in signals if (kind, word) == ("flood", "jalan") and value != 30.0]
    assert len(released.ordered.signal_zone) == len(taken)


def test_every_word_that_is_proposed_means_a_class_of_ours() -> None:
    assert set(MEANT.values()) <= set(CLASSES)
    assert not set(MEANT) & set(CLASSES)
    assert not set(OTHERS) & set(CLASSES)
    assert len(COCO_NAMES) == len(set(COCO_NAMES)) == 80
    assert (meant("0"), meant("2"), meant("9"), meant("81"), meant(" Orang "), meant("PERSON"), meant("?")) == (
        *("person", "car", None, None, "person", "person", None),
    )
