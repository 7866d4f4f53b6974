"""`make run`: real recordings and a simulated day through the live flow, then the city on one page.

Every recording has its own small registry beside it. Recordings carry no wall
clock, so each gets a fixed start here; the simulated day is marked SIMULATED in
every row and in every line printed. Weeks of the same city lie before it, so that
something is usual there and weeks can be compared.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import simulation
from connectors import calendar as calendars
from connectors import registry as registries
from connectors import warehouse as warehouses
from flows import demo_dashboards, demo_live, report
from flows.alerts import page as alerts_page
from flows.console import fail, note, progress, say, wait_for_interrupt
from flows.history import HistoryOptions, history, stated_by
from flows.replay import ReplayOptions, ReplaySummary, replay
from flows.replay.letters import in_words
from flows.settings import Settings, hide, load, refuse_to_tell
from schemas.counting import counted
from schemas.errors import ConflictError, TilikError
from schemas.local_time import DAY_MINUTES, DAY_US, MINUTE_US
from schemas.registry import Registry

DATA: Final = Path("data")
PID_FILE: Final = DATA / "run.pid"
RECORDINGS: Final = Path(__file__).parents[1] / "tests" / "data" / "recordings"
START_US: Final = int(datetime(2026, 1, 11, 17, tzinfo=UTC).timestamp()) * 1_000_000
"""Midnight of Monday 12 January 2026 in Semarang: docs/data.md asks of it."""
CAMERAS: Final = 60
SEED: Final = 1
WEEKS: Final = 4
"""Before the day, of all cameras: what is usual is looked for in so many; the eight of a trend would take too long."""
LIVE_CAMERAS: Final = 14
LIVE_MINUTES: Final = 20
LIVE_MAKING_US: Final = 20_000_000
"""What it takes to make them, about."""
VEHICLES: Final = {"2": "car", "7": "truck"}
"""RoadTrack's class numbers (COCO's)."""


class Recording(NamedTuple):
    """One recording and what its format does not say."""

    title: str
    path: Path
    registry: Path
    format: str
    camera: str
    fps: float
    size: tuple[int, int]
    class_map: dict[str, str]


def recordings() -> tuple[Recording, ...]:
    """Return the recordings that ship with Tilik or with its locked packages."""
    return (
        _road(),
        _stopped(1, "04-15_14_K295_5"),
        _stopped(2, "04-18_16_K204_4"),
        _pedestrians("Stadtmitte"),
        _pedestrians("Campus"),
    )


def _road() -> Recording:
    folder = RECORDINGS / "opendatacam"
    file = folder / "rawdetections.jsonl.gz"
    return Recording(
        "OpenDataCam, an urban road", file, folder / "registry.toml", "opendatacam", "opendatacam-road", 25.0,
        (1920, 1080), {},
    )  # fmt: skip


def _stopped(number: int, name: str) -> Recording:
    folder = RECORDINGS / "roadtrack"
    file = folder / "P" / f"{name}.det.txt.gz"
    return Recording(
        f"RoadTrack {name}, a vehicle stops", file, folder / f"{name}.toml", "mot", f"roadtrack-{number}", 10.0,
        (640, 540), VEHICLES,
    )  # fmt: skip


def _pedestrians(name: str) -> Recording:
    package = find_spec("motmetrics")
    if package is None or package.origin is None:
        raise TilikError("the package motmetrics, which holds the TUD recordings, is missing: run `make install`")
    file = Path(package.origin).parent / "data" / f"TUD-{name}" / "gt.txt"
    registry = RECORDINGS / "tud" / f"{name.lower()}.toml"
    return Recording(
        f"TUD-{name}, pedestrians", file, registry, "mot", f"tud-{name.lower()}", 25.0, (640, 480), {}
    )  # fmt: skip


def main() -> None:
    """Run the demonstration, or with `--stop` end the one that serves."""
    try:
        if "--stop" in sys.argv[1:]:
            stop()
        else:
            settings = load(os.environ)
            refuse_to_tell(settings, os.environ)
            _run(settings)
    except TilikError as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        say("ended")


def _run(settings: Settings) -> None:
    started = time.monotonic()
    say(f"Tilik: the warehouse is {hide(settings.warehouse)}")
    with _announced(), warehouses.connect(settings.warehouse) as store:
        store.migrate()
        _lay_out(store)
        store.store_calendar(calendars.days(settings.calendar, time.time_ns() // 1000))
        say("Semarang: 16 kecamatan, 177 kelurahan; of its 60 public cameras SIMULATED twins send")
        for recording in recordings():
            _say_played(recording.title, _play(_asked(recording, settings)))
        _say_played(f"SIMULATED {WEEKS} weeks before, of {CAMERAS} cameras", _weeks_before(settings))
        _say_played(f"SIMULATED day of {CAMERAS} cameras", _play(_day(settings)))
        say(f"\nThe city, {time.monotonic() - started:.0f} s after the start\n")
        say(report.render(store))
        say("What offices would have been sent on the SIMULATED day, by the rules that ship (docs/rules.md)\n")
        say(alerts_page.render(store, START_US, START_US + DAY_US))
        _say_how_to_ask(settings)
        if os.environ.get("DASHBOARDS", "0" if os.environ.get("ONCE") == "1" else "1") != "0":
            demo_dashboards.show(settings)
        if os.environ.get("LIVE") == "1":
            _show_live(store, settings)
        if os.environ.get("ONCE") != "1":
            say("The warehouse keeps serving until Ctrl-C (or `make stop` elsewhere).")
            wait_for_interrupt()


def _lay_out(store: warehouses.Warehouse) -> None:
    """Store the city's areas, without its public cameras: nothing comes of them here, all would be told as blind.

    What earlier versions registered of them goes.
    """
    store.store_registry(Registry(), registries.load_areas(), str(registries.public_cameras()))


def _asked(recording: Recording, settings: Settings) -> ReplayOptions:
    return ReplayOptions(
        paths=(str(recording.path),),
        format=recording.format,
        warehouse=settings.warehouse,
        registry=str(recording.registry),
        calendar=settings.calendar,
        camera=recording.camera,
        fps=recording.fps,
        start_us=START_US,
        size=recording.size,
        class_map=recording.class_map,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
    )


def _day(settings: Settings) -> ReplayOptions:
    """Write the simulated day and return how to replay it."""
    folder = DATA / "simulated"
    _simulate("SIMULATED day", CAMERAS, START_US, 1, folder)
    return _asked_of(folder, settings)


def _weeks_before(settings: Settings) -> ReplaySummary:
    """Store the weeks before the day, of the same cameras."""
    asked = HistoryOptions(START_US - WEEKS * 7 * DAY_US, START_US, CAMERAS, SEED, stating=stated_by(settings))
    with progress("SIMULATED weeks before") as seen:
        try:
            return history(asked, seen)
        except ConflictError:
            return history(replace(asked, stating=stated_by(settings, replace=True)), seen)


def _show_live(store: warehouses.Warehouse, settings: Settings) -> None:
    """Let some cameras of the city send as if it were now."""
    folder = DATA / "live"
    shutil.rmtree(folder, ignore_errors=True)  # its own, of an earlier run
    start_us = -(-(time.time_ns() // 1000 + LIVE_MAKING_US) // MINUTE_US) * MINUTE_US
    with progress("SIMULATED now", "cameras") as seen:
        simulation.simulate(LIVE_CAMERAS, LIVE_MINUTES, SEED, start_us, folder / "city", progress=seen)
    say(f"\nSIMULATED: {LIVE_CAMERAS} cameras send now, for {LIVE_MINUTES} minutes or until Ctrl-C")
    demo_live.show(store, folder / "city", start_us, folder, settings)


def _simulate(title: str, cameras: int, start_us: int, days: int, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # its own, of an earlier run
    with progress(title, "cameras") as seen:
        simulation.simulate(cameras, days * DAY_MINUTES, SEED, start_us, folder, "arrow", seen)


def _asked_of(folder: Path, settings: Settings) -> ReplayOptions:
    return ReplayOptions(
        paths=(str(folder / "events"),),
        format="arrow",
        warehouse=settings.warehouse,
        registry=str(folder / "registry.toml"),
        workers=settings.workers,
        calendar=settings.calendar,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
    )


def _play(asked: ReplayOptions) -> ReplaySummary:
    """Replay; what an older version of the demonstration stored under the same cameras is replaced."""
    with progress("replay") as seen:
        try:
            return replay(asked, seen)
        except ConflictError:
            return replay(replace(asked, replace=True), seen)


def _say_played(title: str, summary: ReplaySummary) -> None:
    say(
        f"{title}: {counted(summary.frames, 'frames')}, {counted(summary.objects, 'objects')} -> "
        f"{counted(summary.rows, 'rows')}, {counted(summary.incidents, 'incidents')}, "
        f"{counted(summary.dead_letters, 'dead letters')}{_why(title, summary)} in {summary.seconds:.1f} s"
    )
    for warning in summary.warnings:
        note(f"  warning: {warning}")


def _why(title: str, summary: ReplaySummary) -> str:
    """Return what dead letters are, and of which reasons; '' where there are none."""
    if not summary.reasons:
        return ""
    planted = " (the simulation breaks some on purpose)" if "SIMULATED" in title else ""
    return f" that could not be used{planted}: {in_words(summary.reasons)}; `tilik dead-letters list` says why;"


def _say_how_to_ask(settings: Settings) -> None:
    url = hide(settings.warehouse)
    say(f'Ask more, from another terminal:\n  .venv/bin/tilik query "SELECT * FROM tilik.crowd_now" --warehouse {url}')
    say(f'  .venv/bin/tilik query "SELECT * FROM tilik.columns" --warehouse {url}   (what every column means)')
    say("  .venv/bin/tilik warehouse status\n  .venv/bin/tilik --help\n")


@contextlib.contextmanager
def _announced() -> Iterator[None]:
    """Leave a note for `make stop` while the demonstration runs."""
    DATA.mkdir(exist_ok=True)
    PID_FILE.write_text(str(os.getpid()))
    try:
        yield
    finally:
        demo_dashboards.end()
        PID_FILE.unlink(missing_ok=True)


def stop(limit_s: float = 90.0) -> None:
    """End the demonstration that serves, and wait until it is gone."""
    pid = _serving()
    if pid is None:
        demo_dashboards.end()  # a demonstration that was killed leaves them
        say("nothing is serving")
        return
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + limit_s
    while _serving() == pid:
        if time.monotonic() > end:
            raise TilikError(f"process {pid} does not end within {limit_s:.0f} s: look at it with `ps -p {pid}`")
        time.sleep(0.1)
    say(f"process {pid} has ended")


def _serving() -> int | None:
    """Return the process that `make run` left, unless the number now belongs to something else."""
    try:
        pid = int(PID_FILE.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if b"flows.demo" in command else None


if __name__ == "__main__":
    main()
