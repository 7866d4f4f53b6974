"""The persistence machine, told as timelines: one character is one sample of 30 s.

`#` above on, `+` between off and on, `.` below off, `?` nothing was seen.
"""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Changes
from operators.incidents import persistence
from schemas.incidents import INCIDENT_STATES

SAMPLE_S = 30
VALUES = {"#": 0.5, "+": 0.07, ".": 0.0}
FLOOD = persistence.rule(
    "flood", 1, on=0.10, off=0.05, on_us=180_000_000, off_us=900_000_000, expire_us=24 * 3_600_000_000, k=4, n=6
)  # fmt: skip
ZERO = np.zeros(1, np.int32)
Story = list[tuple[str, int]]


def samples(timeline: str, start: int = 0) -> persistence.Samples:
    at = np.array([i for i, mark in enumerate(timeline) if mark != "?"], np.int64)
    t_us = (start + at) * SAMPLE_S * 1_000_000
    value = np.array([VALUES[timeline[i]] for i in at], np.float64)
    whole = np.full(len(at), SAMPLE_S * 1000, np.int32)
    return persistence.Samples(
        np.zeros(len(at), np.int64), t_us, whole, t_us, t_us, value, np.zeros(len(at), np.uint8)
    )  # fmt: skip


def told(changes: Changes) -> Story:
    """States with their event times [s]."""
    return [
        (INCIDENT_STATES[state], t // 1_000_000)
        for state, t in zip(changes.state.tolist(), changes.t_us.tolist(), strict=True)
    ]


def fresh() -> persistence.State:
    return persistence.start(ZERO, ZERO, ZERO)


def tell(timeline: str, limits: persistence.Rule = FLOOD) -> Story:
    return told(persistence.advance(fresh(), limits, samples(timeline)))


@pytest.mark.parametrize(
    ("timeline", "story"),
    [
        pytest.param("#####", [], id="five of six samples are not three minutes"),
        pytest.param("######", [("active", 180)], id="three minutes of hits"),
        pytest.param("##..##", [("active", 180)], id="four of six are enough"),
        pytest.param("#...######", [("active", 300)], id="three misses start over"),
        pytest.param("#+#+#+#+#+#+", [], id="between the thresholds is no hit"),
        pytest.param("###???###", [("active", 270)], id="silence neither counts nor resets"),
        pytest.param("######" + "." * 29, [("active", 180)], id="not yet below off for 15 min"),
        pytest.param("######" + "." * 30, [("active", 180), ("closed", 1080)], id="below off for 15 min"),
        pytest.param("######" + "+" * 60, [("active", 180)], id="between the thresholds it goes on"),
        pytest.param("######" + "." * 29 + "+" + "." * 29, [("active", 180)], id="one wet sample starts T_off over"),
        pytest.param(
            "######" + "." * 20 + "?" * 8 + "." * 10,
            [("active", 180), ("closed", 1320)],
            id="silence freezes T_off",
        ),
    ],
)
def test_the_machine_follows_its_timeline(timeline: str, story: Story) -> None:
    assert tell(timeline) == story


def test_opening_is_the_first_hit_and_closing_the_first_sample_below() -> None:
    out = persistence.advance(fresh(), FLOOD, samples("..######.+" + "." * 30))
    assert (out.opened_us == 60_000_000).all()
    assert out.closed_us.tolist() == [0, 300_000_000]
    assert out.step.tolist() == [0, 1]


def test_a_camera_that_dies_ends_its_incident_unknown_and_then_expired() -> None:
    state = fresh()
    story = told(persistence.advance(state, FLOOD, samples("######")))
    for hour in range(30):
        clock = np.array([hour * 3_600_000_000 + 1_000_000_000], np.int64)
        story += told(persistence.tick(state, FLOOD, ZERO, clock))
    assert story == [("active", 180), ("unknown", 150 + 300), ("expired_unobserved", 150 + 24 * 3600)]


def test_a_spot_seen_again_before_it_expires_is_the_same_incident() -> None:
    out = persistence.advance(fresh(), FLOOD, samples("######" + "?" * 100 + "#" + "." * 30))
    assert told(out) == [("active", 180), ("unknown", 450), ("active", 3180), ("closed", 4110)]
    assert (out.opened_us == 0).all()
    assert out.step.tolist() == [0, 1, 2, 3]


def test_a_spot_seen_again_after_it_expired_is_a_new_incident() -> None:
    day = 24 * 120
    out = persistence.advance(fresh(), FLOOD, samples("######" + "?" * day + "######"))
    assert told(out)[-2:] == [("expired_unobserved", 150 + 86400), ("active", 86400 + 360)]
    assert out.opened_us[-1] == (86400 + 180) * 1_000_000


def test_severity_rises_with_the_time_held() -> None:
    limits = persistence.rule(
        "parking", 1, on=0.1, off=0.05, on_us=60_000_000, off_us=30_000_000,
        expire_us=1 << 40, severe_us=180_000_000,
    )  # fmt: skip
    out = persistence.advance(fresh(), limits, samples("######."))
    assert told(out) == [("active", 60), ("active", 180), ("closed", 210)]
    assert out.severity.tolist() == [1, 2, 2]


def test_nan_is_no_sample() -> None:
    story = samples("######")
    story.value[3] = np.nan
    assert told(persistence.advance(fresh(), FLOOD, story)) == []


TIMELINES = st.lists(st.tuples(st.sampled_from("#+.?"), st.integers(1, 40)), max_size=12).map(
    lambda runs: "".join(mark * length for mark, length in runs)
)


@settings(max_examples=60, deadline=None)
@given(TIMELINES, st.data())
def test_splits_ticks_and_pickles_change_nothing(timeline: str, data: st.DataObject) -> None:
    whole = tell(timeline + "?" * 3000 + "#")
    state, story = fresh(), []
    cut = data.draw(st.integers(0, len(timeline)))
    for part, start in ((timeline[:cut], 0), (timeline[cut:], cut)):
        story += told(persistence.advance(state, FLOOD, samples(part, start)))
        clock = np.array([(start + len(part)) * SAMPLE_S * 1_000_000], np.int64)
        story += told(persistence.tick(state, FLOOD, ZERO, clock))
        state = pickle.loads(pickle.dumps(state))
    clock = np.array([(len(timeline) + 2999) * SAMPLE_S * 1_000_000], np.int64)
    story += told(persistence.tick(state, FLOOD, ZERO, clock))
    story += told(persistence.advance(state, FLOOD, samples("#", len(timeline) + 3000)))
    assert story == whole


def test_the_log_grows_beyond_its_first_capacity() -> None:
    out = persistence.advance(fresh(), FLOOD, samples(("######" + "." * 30) * 100))
    assert len(out.t_us) == 200
    assert (np.diff(out.t_us) > 0).all()


def test_what_is_over_before_its_time_does_not_begin() -> None:
    assert tell("####......") == []
