"""The simulated city: the same seed, the same city; the truth agrees with the events."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from connectors import registry
from connectors.formats import ReadOptions, read
from schemas.errors import UsageError
from schemas.frames import CLASSES, FrameBatch
from schemas.registry import remarks as registry_remarks
from simulation import simulate
from simulation.faults import outages
from simulation.layout import camera
from simulation.tracks import VEHICLES, Tracks, boxes, merged, positions, sample, tracks_of
from simulation.views import OFF_GRID

MORNING_US = 1_767_571_200_000_000  # 2026-01-05 00:00 UTC, 7 in the morning in Semarang
ONE = pl.col("camera") == "sim-0002"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def events(folder: Path, kind: str) -> FrameBatch:
    chunks = [
        chunk
        for path in sorted((folder / "events").iterdir())
        for chunk in read(path, kind, ReadOptions(now_us=MORNING_US * 2, chunk_records=1 << 20))
    ]
    frames, objects, signals, base = [], [], [], 0
    for chunk in chunks:
        batch = chunk.batch
        frames.append(batch.frames)
        objects.append(batch.objects.with_columns(pl.col("frame") + base))
        signals.append(batch.signals.with_columns(pl.col("frame") + base))
        base += len(batch)
    return FrameBatch(pl.concat(frames), pl.concat(objects), pl.concat(signals))


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("noisy")
    simulate(36, 60, 3, MORNING_US, out, "arrow", fps=1.0)
    return out


def truth(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth" / f"{name}.parquet")


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        simulate(3, 4, 7, MORNING_US, tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_simulation_is_written_over_no_other(tmp_path: Path) -> None:
    simulate(2, 4, 7, MORNING_US, tmp_path / "city")
    before = files(tmp_path / "city")
    with pytest.raises(UsageError, match=r"city: expected a new folder, came one that holds registry.toml, events"):
        simulate(3, 4, 8, MORNING_US, tmp_path / "city")
    assert files(tmp_path / "city") == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("is_there", [False, True], ids=["a new folder", "an empty folder"])
def test_a_simulation_that_breaks_off_leaves_nothing_half_written(
    tmp_path: Path, error: type[BaseException], is_there: bool
) -> None:
    def breaks(done: int, total: int) -> None:
        raise error

    if is_there:
        (tmp_path / "city").mkdir()
    with pytest.raises(error):
        simulate(2, 4, 7, MORNING_US, tmp_path / "city", progress=breaks)
    assert list(tmp_path.rglob("*")) == ([tmp_path / "city"] if is_there else [])


def test_another_seed_gives_another_city(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(2, 4, seed, MORNING_US, tmp_path / str(seed))
    assert not truth(tmp_path / "1", "flow").equals(truth(tmp_path / "2", "flow"))


def test_a_camera_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    for count in (2, 5):
        simulate(count, 6, 7, MORNING_US, tmp_path / str(count), "arrow")
    few, many = events(tmp_path / "2", "arrow").frames, events(tmp_path / "5", "arrow").frames
    assert few.filter(ONE).drop("position").equals(many.filter(ONE).drop("position"))
    for name in ("crowd", "flow", "faults"):
        few, many = (truth(tmp_path / str(n), name).filter(pl.col("camera_id") == "sim-0002") for n in (2, 5))
        assert few.height
        assert few.equals(many)


def test_json_and_arrow_say_the_same(tmp_path: Path) -> None:
    for kind in ("native", "arrow"):
        simulate(34, 5, 7, MORNING_US, tmp_path / kind, kind, fps=1.0)
    lines, columns = events(tmp_path / "native", "native"), events(tmp_path / "arrow", "arrow")
    assert lines.frames.equals(columns.frames)
    assert lines.objects.equals(columns.objects)
    assert lines.signals.height > 0
    assert lines.signals.equals(columns.signals)


def test_masks_are_written_where_they_are_judged_and_null_elsewhere(tmp_path: Path) -> None:
    for kind in ("native", "arrow"):
        simulate(39, 2, 7, MORNING_US, tmp_path / kind, kind, fps=1.0)
    lines, columns = events(tmp_path / "native", "native"), events(tmp_path / "arrow", "arrow")
    assert lines.objects.equals(columns.objects)
    names = ["mask", "mask_confidence", "face_px"]
    judged = columns.objects.filter(pl.any_horizontal(pl.col(names).is_not_null()))
    assert judged.height > 100
    assert judged.select(names).null_count().sum_horizontal().item() == 0
    assert set(judged["mask"]) == {"masked", "unmasked", "incorrect"}
    assert set(judged["class"]) == {"person"}
    cameras = columns.frames["camera"].gather(judged["frame"])
    assert set(cameras) == {"sim-0039"}
    assert judged.height < (columns.frames["camera"].gather(columns.objects["frame"]) == "sim-0039").sum()


@pytest.mark.parametrize("cameras", [60, 90])
def test_the_registry_is_valid_and_labelled(tmp_path: Path, cameras: int) -> None:
    simulate(cameras, 1, 7, MORNING_US, tmp_path, fps=0.2)
    loaded = registry.load(tmp_path / "registry.toml")
    assert [c.id for c in loaded.camera] == [f"sim-{i + 1:04d}" for i in range(cameras)]
    assert all(c.simulated and c.name.endswith("(simulasi)") for c in loaded.camera)
    assert registry_remarks.remarks(loaded, registry.load_areas()) == []


def test_every_shape_of_view_is_there() -> None:
    kinds = {zone.kind for i in range(60) for zone in camera(i, 1, 0.5).zone}
    assert kinds == {"crowd", "lane", "no_parking", "flood", "garbage", "night"}


def test_a_foot_point_is_never_on_an_edge() -> None:
    corners = [value for i in range(60) for zone in camera(i, 1, 0.5).zone for p in zone.polygon for value in p]
    steps = np.array(corners) * 20_000  # foot points are means of two multiples of 1/10,000
    assert (np.abs(steps - np.rint(steps)) > 20_000 * OFF_GRID / 2).all()


def test_records_are_frames_and_what_was_injected(noisy: Path) -> None:
    sent = truth(noisy, "faults")
    counts = sent.select(pl.exclude("camera_id")).sum().row(0, named=True)
    assert min(counts[name] for name in ("duplicates", "late", "too_late", "before_2000")) > 0
    frames = truth(noisy, "watch")["frames"].sum()
    assert counts["sent"] == frames + counts["duplicates"] + counts["before_2000"] + counts["unset"]


def test_injected_faults_are_in_the_events(noisy: Path) -> None:
    counts = truth(noisy, "faults").select(pl.exclude("camera_id")).sum().row(0, named=True)
    batch = events(noisy, "arrow")
    found = batch.frames.with_columns(read=~pl.Series(batch.unseen))
    assert found["read"].sum() == counts["sent"] - counts["before_2000"] - counts["boxes_refused"]
    again = found.filter("read", pl.struct("camera", "t_us", "seq").is_duplicated()).height
    assert again == 2 * counts["duplicates"]
    usual = pl.col("t_us").rolling_median(5, center=True, min_samples=1).over("camera")
    alone = found.filter((pl.col("t_us") - usual).abs() > 3_600_000_000)
    assert alone["read"].all()
    assert alone.height == counts["clock_jump"] + counts["unset"] > 0
    found = found.join(alone, on=["camera", "t_us", "seq"], how="anti", maintain_order="left")
    behind = found["t_us"].to_numpy()
    newest = found.select(pl.col("t_us").cum_max().over("camera"))["t_us"].to_numpy()
    late = (newest - behind > 2_000_000) & (newest - behind <= 600_000_000)
    late &= (
        found.select(pl.struct("camera", "t_us").is_first_distinct())["camera"].to_numpy() & found["read"].to_numpy()
    )
    assert late.sum() == counts["late"]


def test_a_dead_camera_sends_nothing(noisy: Path) -> None:
    dead = truth(noisy, "outages")
    assert dead.height
    frames = events(noisy, "arrow").frames
    for row in dead.iter_rows(named=True):
        from_us, to_us = (int(row[name].timestamp()) * 1_000_000 for name in ("from", "to"))
        inside = (pl.col("camera") == row["camera_id"]) & pl.col("t_us").is_between(from_us + 10**6, to_us - 10**6)
        assert frames.filter(inside).height == 0


def test_outages_lie_within_the_span_and_apart() -> None:
    for number in range(50):
        spans = outages(1, number, 0, 86_400_000_000)
        assert (spans[:, 0] < spans[:, 1]).all()
        assert (np.diff(spans.ravel()) > 0).all()
        assert spans.size == 0 or (spans.min() >= 0 and spans.max() <= 86_400_000_000)


def test_truth_never_exceeds_what_passed(noisy: Path) -> None:
    flow = truth(noisy, "flow")
    assert flow["crossings"].sum() > 0
    assert (flow["crossings"] <= flow["passed"]).all()


def test_person_time_is_bounded_by_time_watched(noisy: Path) -> None:
    crowd = truth(noisy, "crowd")
    assert crowd["person_ms"].sum() > 0
    assert (crowd["person_ms"] <= crowd["persons_max"] * crowd["observed_ms"]).all()
    assert crowd["observed_ms"].max() <= 60_000


def test_a_track_walks_its_key_points_and_its_foot_is_the_bottom_centre() -> None:
    #  t   0----10----20----30 s     x  0.2 .. 0.4 (stands) 0.4 .. 0.6
    times = np.array([[0, 10, 20, 30]]) * 1_000_000
    walk = Tracks(
        VEHICLES,
        np.array([CLASSES.index("car")], np.uint8),
        times,
        np.array([[0.2, 0.4, 0.4, 0.6]]),
        np.full((1, 4), 0.5),
    )
    seen = sample(walk, np.array([5, 15, 25, 35]) * 1_000_000, np.zeros(4, np.int64))
    assert seen.frame.tolist() == [0, 1, 2]
    assert ((seen.box[:, 0] + seen.box[:, 2]) / 2).round(4).tolist() == [0.3, 0.4, 0.5]
    assert seen.box[:, 3].tolist() == [0.5, 0.5, 0.5]


def test_compiled_loops_give_what_the_formula_gives_in_numpy_to_the_last_bit() -> None:
    draw = np.random.default_rng(4)
    keys = np.sort(draw.integers(0, 90_000_000, (300, 6)), axis=1)
    keys[::3, 4] = keys[::3, 5]  # their last key stands twice
    cls = draw.integers(0, len(CLASSES), 300).astype(np.uint8)
    tracks = Tracks(VEHICLES, cls, keys, draw.random((300, 6)), draw.random((300, 6)))
    frames = np.sort(draw.integers(20_000_000, 70_000_000, 100))
    seen, other = (sample(tracks, frames, np.zeros(100, np.int64)) for _ in range(2))
    _, track = tracks_of(seen, VEHICLES)
    alive = (keys[:, None, 0] <= frames) & (frames <= keys[:, None, -1])
    assert [seen.frame.tolist(), track.tolist()] == [each.tolist() for each in np.nonzero(alive.T)]
    assert (seen.box == boxes(cls[track], *positions(tracks, track, frames[seen.frame]))).all()
    both = merged([seen, other])
    assert both.frame.tolist() == sorted([*seen.frame, *other.frame])
    assert (both.number[both.frame == 50].reshape(2, -1) == seen.number[seen.frame == 50]).all()


def test_a_track_has_another_number_after_an_outage() -> None:
    times = np.array([[0, 10, 20, 30]]) * 1_000_000
    walk = Tracks(
        VEHICLES, np.array([CLASSES.index("car")], np.uint8), times, np.full((1, 4), 0.5), np.full((1, 4), 0.5)
    )
    seen = sample(walk, np.array([5, 25]) * 1_000_000, np.array([0, 1]))
    assert seen.number[0] != seen.number[1]


@pytest.mark.parametrize(("cameras", "minutes", "start_us"), [(0, 5, 0), (1, 0, 0), (1, 5, 1)])
def test_nothing_to_simulate_is_a_usage_error(tmp_path: Path, cameras: int, minutes: int, start_us: int) -> None:
    with pytest.raises(UsageError, match="expected at least 1 camera"):
        simulate(cameras, minutes, 1, start_us, tmp_path)


def test_arrow_files_are_packed(noisy: Path) -> None:
    path = min((noisy / "events").iterdir())
    with pa.ipc.open_file(path) as file:
        plain = sum(file.get_batch(i).nbytes for i in range(file.num_record_batches))
    assert path.stat().st_size < plain / 3
