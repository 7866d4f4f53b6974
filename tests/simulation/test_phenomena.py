"""Each simulated phenomenon by itself: what it promises, on one camera, without any kernel."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from schemas.registry import Line
from simulation import (
    actor,
    congestion,
    crossing,
    faults,
    garbage,
    gates,
    gathering,
    layout,
    masks,
    night,
    people,
    racing,
    sites,
    stays,
    vehicles,
    views,
)
from simulation.scene import Scene, days, live_span
from simulation.tracks import GATHERED, JAMMED, Objects, Tracks, numbers, positions, sample, tracks_of

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1440 * MINUTE
MIDNIGHT = 1_767_546_000 * SECOND  # 2026-01-05 00:00 in Semarang
MARKET, SQUARE, OLD_TOWN = 38, 17, 29


def scene(number: int, *, seed: int = 7, length: int = DAY, fps: float = 0.5) -> Scene:
    camera = layout.camera(number, seed, fps)
    return faults.scene(camera, number, seed, MIDNIGHT, MIDNIGHT + length, noiseless=True)


def bare(of: Scene, *, outages: list[tuple[int, int]] | None = None) -> Scene:
    """The scene with these outages and no others, a frame every 2 s."""
    spans = np.array(outages or [], np.int64).reshape(-1, 2)
    t_us = np.arange(of.start_us, of.end_us, of.period_us)
    alive = np.ones(len(t_us), np.bool_)
    for begin, end in spans:
        alive &= (t_us < begin) | (t_us >= end)
    return of._replace(t_us=t_us[alive], seq=np.flatnonzero(alive), outage_us=spans)


def heap(start_min: float, end_min: float) -> Tracks:
    t_us = MIDNIGHT + (np.array([[start_min, start_min, end_min, end_min]]) * MINUTE).astype(np.int64)
    return Tracks(3, np.array([6], np.uint8), t_us, np.full((1, 4), 0.7), np.full((1, 4), 0.3))


def nobody() -> Objects:
    none = np.empty(0, np.int64)
    return Objects(none, none.astype(np.uint8), none, np.empty((0, 4)))


# garbage


@pytest.mark.parametrize(("minutes", "is_incident"), [(5.0, False), (30.0, True)])
def test_a_heap_must_lie_for_ten_minutes(minutes: float, is_incident: bool) -> None:
    found = garbage.truth(bare(scene(MARKET)), heap(100.25, 100.25 + minutes), nobody())
    assert (found.height == 1) == is_incident


def test_a_heap_opens_at_its_first_frame_and_clears_in_the_minute_that_lacks_it() -> None:
    #  heap  100:15 ---------------- 130:20    minute 130 has it for 20 s of 60: cleared in it
    found = garbage.truth(bare(scene(MARKET)), heap(100.25, 130.33), nobody()).row(0, named=True)
    at = [(found[name].timestamp() * SECOND - MIDNIGHT) / MINUTE for name in ("opened_at", "cleared_at")]
    assert at == pytest.approx([100.2667, 130.0], abs=1e-3)
    assert found["is_over"]


def test_a_heap_that_lies_there_at_the_end_stays_open() -> None:
    found = garbage.truth(bare(scene(MARKET)), heap(1400, 3000), nobody()).row(0, named=True)
    assert (found["cleared_at"], found["is_over"]) == (None, False)


def test_a_camera_that_dies_over_a_heap_goes_on_with_it() -> None:
    dead = bare(scene(MARKET), outages=[(MIDNIGHT + 120 * MINUTE, MIDNIGHT + 400 * MINUTE)])
    found = garbage.truth(dead, heap(100, 500), nobody())
    assert found.height == 1
    assert (found["cleared_at"][0].timestamp() * SECOND - MIDNIGHT) // MINUTE == 500


def test_a_heap_cleared_while_the_camera_is_dead_clears_when_it_is_back() -> None:
    dead = bare(scene(MARKET), outages=[(MIDNIGHT + 120 * MINUTE, MIDNIGHT + 400 * MINUTE)])
    found = garbage.truth(dead, heap(100, 200), nobody()).row(0, named=True)
    assert (found["cleared_at"].timestamp() * SECOND - MIDNIGHT) // MINUTE == 400
    assert found["is_over"]


def test_people_with_heaps_keep_out_of_crowd_zones() -> None:
    of = scene(MARKET)
    persons = people.seen(of, [garbage.events(of)[1]])
    assert len(persons.objects.frame) > 0
    assert not persons.stands.any()


def test_a_place_is_free_for_forty_watched_minutes_before_its_next_heap() -> None:
    successions = 0
    for seed in range(12):
        of = scene(MARKET, seed=seed)
        heaps = garbage.events(of)[0]
        for row in range(len(heaps.cls)):
            near = np.hypot(heaps.x[:, 0] - heaps.x[row, 0], heaps.y[:, 0] - heaps.y[row, 0]) < 0.05
            following = heaps.t_us[near & (heaps.t_us[:, 0] > heaps.t_us[row, 0]), 0]
            if len(following) and following.min() > of.start_us:
                successions += 1
                frames = np.diff(np.searchsorted(of.t_us, [heaps.t_us[row, -1], following.min()]))
                assert frames * of.period_us >= garbage.APART_US - 10 * SECOND
    assert successions > 5


# masks


def test_masks_are_judged_at_one_market_and_one_square() -> None:
    judged = [i for i in range(90) if "mask" in layout.camera(i, 1, 0.5).metrics]
    assert [layout.camera(i, 1, 0.5).category for i in judged] == ["pasar", "layanan_publik"]


def test_faces_belong_to_walkers_and_follow_the_hour() -> None:
    of = scene(MARKET)
    walkers = people.events(of)
    wearers = masks.wearers(of, walkers)
    assert wearers is not None
    hour = (walkers.t_us[:, 0] - MIDNIGHT) // (60 * MINUTE) % 24
    share = [(wearers.vote[hour == h] == masks.MASKED).mean() for h in (7, 14)]
    assert share == pytest.approx([0.48, 0.31], abs=0.08)
    assert wearers.px.min() >= 12
    assert wearers.px.max() <= 60
    other = Objects(
        np.zeros(1, np.int64),
        np.zeros(1, np.uint8),
        numbers(4, np.zeros(1, np.int64), np.zeros(1, np.int64)),
        np.zeros((1, 4)),
    )
    assert masks.faces(wearers, other, of.seq).vote.tolist() == [masks.NO_FACE]


def walker(kind: int, confidence: float = 0.8, px: float = 30.0) -> masks.Wearers:
    whole, real = (lambda value: np.array([value], np.uint8)), (lambda value: np.array([value], np.float32))
    return masks.Wearers(whole(masks.MASKED), whole(kind), real(confidence), real(px))


@pytest.mark.parametrize(
    ("of", "seconds", "expected"),
    [
        (walker(masks.CLEAR), 60, (1, 0, 0)),
        (walker(masks.CLEAR), 6, (0, 0, 1)),  # four frames
        (walker(masks.SMALL, px=19), 60, (0, 0, 1)),
        (walker(masks.AWAY), 60, (0, 0, 1)),
        (walker(masks.WAVERING), 60, (0, 0, 1)),
    ],
    ids=["clear", "too few frames", "too small", "turned away", "wavers"],
)
def test_who_is_decided(of: masks.Wearers, seconds: int, expected: tuple[int, int, int]) -> None:
    where = bare(scene(MARKET))
    t_us = MIDNIGHT + np.array([[100, 101, 100 + seconds, 101 + seconds]]) * SECOND
    persons = people.seen(where, [Tracks(0, np.zeros(1, np.uint8), t_us, np.full((1, 4), 0.3), np.full((1, 4), 0.7))])
    found = masks.truth(where, of, persons)
    assert found.select("masked", "unmasked", "unknown").row(0) == expected


# gates and stays


def test_who_flips_at_a_gate_came_in_once_and_went_out_once() -> None:
    of, steps = bare(scene(SQUARE)), np.array([[0, 14, 28, 42, 60, 80]])
    y = np.array([[0.17, 0.42, 0.17, 0.42, 0.7, 0.7]])
    flip = Tracks(5, np.zeros(1, np.uint8), MIDNIGHT + (600 + steps) * SECOND, np.full((1, 6), 0.5), y)
    found = crossing.crossings(of, gates.gate_lines(of)[0], flip)
    assert found.to_right.tolist() == [True, False, True]
    assert crossing.measurable(of, flip, found).all()
    assert gates.truth(of, flip).select(pl.col("entries", "exits").sum()).row(0) == (1, 1)


def test_people_at_a_gate_are_counted_in_the_crowd() -> None:
    of = scene(SQUARE)
    visitors = gates.events(of)
    assert people.seen(of, [visitors]).stands.any(axis=1).all()
    true = gates.truth(of, visitors)
    assert min(true["entries"].sum(), true["exits"].sum()) > 100


def test_no_crossing_lies_at_a_minutes_edge() -> None:
    of = scene(SQUARE)
    t_us = crossing.crossings(of, gates.gate_lines(of)[0], gates.events(of)).t_us % MINUTE
    assert t_us.min() >= crossing.EDGE_US
    assert t_us.max() <= MINUTE - crossing.EDGE_US


def test_a_stay_lasts_from_the_first_frame_to_the_end_of_the_last() -> None:
    #  in the zone 600..660 s (frames 600, 602, .. 660), gone, back 700..720 s: two stays
    of, y = bare(scene(SQUARE)), np.full((2, 4), 0.7)
    t_us = MIDNIGHT + np.array([[600, 601, 650, 660], [700, 701, 710, 720]]) * SECOND
    tracks = Tracks(0, np.zeros(2, np.uint8), t_us, np.full((2, 4), 0.3), y)
    persons = people.seen(of, [tracks])
    same = persons._replace(objects=persons.objects._replace(number=np.zeros(len(persons.objects.number), np.int64)))
    found = stays.truth(of, same)
    assert found.select(pl.col("stays_n", "stay_ms").sum()).row(0) == (2, 62_000 + 22_000)


def test_a_pause_of_ten_seconds_ends_no_stay() -> None:
    found = stays.runs(np.zeros(4, np.int64), np.array([0, 10, 21, 22]) * SECOND, 10 * SECOND)
    assert (found.first.tolist(), found.last.tolist()) == ([0, 2], [1, 3])


# jams


def jammed() -> Scene:
    return next(of for i in range(30) if congestion.jams(of := scene(i)))


def test_jammed_vehicles_stand_most_of_the_time_and_nobody_else_is_there() -> None:
    of = jammed()
    jam, tracks = congestion.jams(of)[0].waves_us, congestion.events(of)
    t_us = np.arange(jam[0] + MINUTE, jam[-1], SECOND)
    seen = sample(tracks, t_us, np.zeros(len(t_us), np.int64))
    assert np.bincount(seen.frame).min() >= 20
    _, track = tracks_of(seen, JAMMED)
    now, before = (
        positions(tracks, track, np.maximum(t_us[seen.frame] - ago, tracks.t_us[track, 0])) for ago in (0, 10 * SECOND)
    )
    assert (np.hypot(now[0] - before[0], now[1] - before[1]) < 0.001).mean() > 0.75
    others = congestion.cleared(of, vehicles.events(of))
    assert len(sample(others, t_us, np.zeros(len(t_us), np.int64)).frame) == 0


def test_jammed_vehicles_cross_once_and_wait_clear_of_the_dead_band() -> None:
    of = jammed()
    tracks, line = congestion.events(of), of.camera.line[0]
    found = crossing.crossings(of, line, tracks)
    assert found.track.tolist() == list(range(len(tracks.cls)))
    assert crossing.measurable(of, tracks, found).all()
    assert ((found.t_us % MINUTE > 10 * SECOND) & (found.t_us % MINUTE < 50 * SECOND)).all()
    stands = tracks.t_us[:, 1:-1:2] < tracks.t_us[:, 2::2]
    (_, top), (_, bottom) = line.points
    for y in tracks.y[:, 1:-1:2][stands]:
        assert not min(top, bottom) - 0.021 < y < max(top, bottom) + 0.021


def test_a_jam_needs_an_evening() -> None:
    assert not congestion.jams(scene(jammed().number, length=600 * MINUTE))
    for of in map(scene, range(30)):
        for jam in congestion.jams(of):
            assert 16.5 <= (jam.waves_us[0] - MIDNIGHT) / (60 * MINUTE) <= 18.6
            assert 12 <= (jam.waves_us[-1] - jam.waves_us[0]) / MINUTE <= 25
            assert set((np.diff(jam.waves_us) // MINUTE).tolist()) == {1, 2}


# nights, gatherings, races


def test_nights_have_lingerers_and_passers_and_evenings_do_not_count() -> None:
    counts = []
    for seed in range(12):
        of = scene(OLD_TOWN, seed=seed)
        tracks = night.events(of)
        counts.append((night.truth(of, tracks).height, len(tracks.cls)))
        local_h = (tracks.t_us[:, 0] - MIDNIGHT) / (60 * MINUTE) % 24
        assert ((local_h >= 21) | (local_h < 4)).all()
        assert not people.seen(of, [tracks]).stands.any()
        for row in night.truth(of, tracks).iter_rows(named=True):
            assert (row["opened_at"].hour + 7) % 24 in (23, 0, 1, 2, 3)
            assert row["stay_s"] >= 60
    assert sum(stayed for stayed, _ in counts) >= 6
    assert all(came > stayed for stayed, came in counts)


def test_an_evening_lingerer_is_no_incident() -> None:
    of = bare(scene(OLD_TOWN))
    t_us = MIDNIGHT + (np.array([[0, 5, 300, 305]]) + 22 * 3600) * SECOND
    x, y = np.array([[0.974, 0.75, 0.75, 0.974]]), np.full((1, 4), 0.3)
    evening = Tracks(6, np.zeros(1, np.uint8), t_us, x, y)
    assert night.truth(of, evening).height == 0
    assert night.truth(of, evening._replace(t_us=t_us + 90 * MINUTE)).height == 1


def test_within_minutes_a_few_become_more_than_thirty() -> None:
    of = scene(views.PROTOCOL)
    tracks = gathering.events(of)
    true = gathering.truth(of, people.seen(of, [people.events(of), tracks])).row(0, named=True)
    assert tracks.family == GATHERED
    assert true["persons_max"] > 30
    assert 300 <= (np.sort(tracks.t_us[:, 1])[-1] - tracks.t_us[:, 0].min()) / SECOND <= 500
    assert true["grows_at"] < true["many_at"] < true["leaves_at"] < true["ends_at"]
    assert [i for i in range(90) if "gathering" in layout.camera(i, 1, 0.5).metrics] == [views.PROTOCOL]


def test_races_are_fast_and_other_traffic_is_not() -> None:
    of = scene(views.RACING)
    tracks = racing.events(of)
    true = racing.truth(of, tracks)
    assert true.height > 0
    assert true["vehicles"].is_between(3, 5).all()
    assert (true["kmh_min"] > 100).all()
    assert ((true["last_at"] - true["first_at"]).dt.total_seconds() <= 60).all()
    others = vehicles.events(of)
    calm = racing.truth(of, others)
    assert calm["kmh_max"].max() < views.LIMIT_KMH
    assert of.camera.event_fps == views.RACING_FPS


def test_hours_of_the_night_belong_to_the_day_they_begin_on() -> None:
    of = scene(0)
    spans = [((a - MIDNIGHT) // (60 * MINUTE), (b - MIDNIGHT) // (60 * MINUTE)) for a, b in days(of, 23.0, 28.0)]
    assert spans == [(-1, 4), (23, 28)]
    assert [(a - MIDNIGHT) // (60 * MINUTE) for a, _ in days(of, 9.0, 17.0)] == [9]


# sites, roads and places


def test_all_cameras_of_a_site_go_and_come_back_together() -> None:
    seed = next(s for s in range(9) if len(sites.spans(s, 0, MIDNIGHT, MIDNIGHT + DAY)))
    spans = np.array([sites.spans(seed, i, MIDNIGHT, MIDNIGHT + DAY) for i in range(12)])
    assert (np.ptp(spans, axis=0) < 120 * SECOND).all()
    length = (spans[..., 1] - spans[..., 0]) / MINUTE
    assert length.min() > 18
    assert length.max() < 62
    for number in range(12):
        own = {tuple(row) for row in faults.outages(seed, number, MIDNIGHT, MIDNIGHT + DAY).tolist()}
        assert set(map(tuple, spans[number].tolist())) <= own
    true = sites.truth([scene(i, seed=seed) for i in range(12)])
    assert true["cameras"].unique().to_list() == [12]
    assert sites.truth([scene(i, seed=seed) for i in range(2)]).height == 0


def test_a_camera_is_down_after_five_minutes() -> None:
    of = bare(
        scene(3),
        outages=[
            (MIDNIGHT + a * MINUTE, MIDNIGHT + b * MINUTE) for a, b in ((0, 10), (20, 24), (40, 60), (1430, 1440))
        ],
    )
    found = sites.camera_down(of)
    at = [(t.timestamp() * SECOND - MIDNIGHT) // MINUTE for t in found["last_seen"]]
    assert at == [0, 39, 1429]
    assert found["seen_again"].is_null().to_list() == [False, False, True]


def test_roads_have_what_their_figures_need() -> None:
    made = layout.registry(60, 1, 0.5)
    assert all(road.lanes and road.width_m and road.free_flow_kmh for road in made.road)
    approach = [road for road in made.road if road.kind == "pendekat"]
    assert len(approach) == 1
    assert approach[0].green_s == (vehicles.CYCLE_US - vehicles.RED_US) / SECOND
    assert approach[0].cycle_s == vehicles.CYCLE_US / SECOND
    assert approach[0].saturation_flow
    assert {road.type for road in made.road} == {"", "2/2 UD"}


def test_places_name_their_gates_and_hours() -> None:
    made = layout.registry(60, 1, 0.5)
    assert sum(len(place.gates) for place in made.place) == 2
    assert all(place.hours for place in made.place)


def test_a_track_of_many_keys_is_where_it_should_be() -> None:
    #  t  0  10  20  30  40 40 s    y  .2 .4 .4 .8 .2 .2
    keys = np.array([[0, 10, 20, 30, 40, 40]]) * SECOND
    y = np.array([[0.2, 0.4, 0.4, 0.8, 0.2, 0.2]])
    track = Tracks(8, np.array([3], np.uint8), keys, np.full((1, 6), 0.5), y)
    at = np.array([0, 5, 15, 25, 35, 40]) * SECOND
    assert positions(track, np.zeros(6, np.int64), at)[1].tolist() == pytest.approx([0.2, 0.3, 0.4, 0.6, 0.5, 0.2])


def test_a_crossing_beside_too_few_frames_cannot_be_measured() -> None:
    #  frames every 2 s; the track lives for 5 or 16 s and passes y = 0.3 halfway: at 5 s one frame is left after it
    of, line = bare(scene(SQUARE)), Line(id="a", points=((0.25, 0.3), (0.75, 0.3)))
    for length, expected in ((5, False), (16, True)):
        t_us = MIDNIGHT + (600 + np.array([[0, length / 3, 2 * length / 3, length]])) * SECOND
        track = Tracks(
            5, np.zeros(1, np.uint8), t_us.astype(np.int64), np.full((1, 4), 0.5), np.linspace(0.2, 0.4, 4)[None]
        )
        found = crossing.crossings(of, line, track)
        assert crossing.measurable(of, track, found).tolist() == [expected]


def test_phenomena_do_not_share_track_numbers() -> None:
    of = scene(MARKET, length=180 * MINUTE)
    played = actor.of(of, faults.delivery(of))
    seen = [sample(tracks, of.t_us, live_span(of, of.t_us)) for tracks in played.tracks.values()]
    found = [set(part.number.tolist()) for part in seen if len(part.number)]
    assert len(found) >= 3
    assert len(set.union(*found)) == sum(map(len, found))
