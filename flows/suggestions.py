"""What a registry should say otherwise, by what its cameras showed.

The warehouse's minutes are folded a camera, zone and line; each finding names
the camera, what was seen and over how long, and what to change. How long it was
watched stands in every line, so that whoever reads it judges whether it is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from flows import letters_of, remedies
from flows.asking import Row, Store, ask
from flows.left_out import last
from flows.provisional import COMMON_FPS, NEAR
from flows.replay.watching import RATE_TOLERANCE
from schemas.cards import CARDS
from schemas.columns import VEHICLES
from schemas.counting import counted
from schemas.errors import TilikError
from schemas.plain import listed
from schemas.registry import Camera, Registry
from schemas.registry.links import newest

OTHER_SHARE: Final = 0.05
"""More crossings than this of classes that are not counted by name are worth a class map; ours."""
SHORTEST_MS: Final = 10_000
"""Minutes that expect less are no measure of a frame rate; ours."""

SHORTEST_WATCH_MS: Final = 60_000
"""Who watched a zone or line for less does not know that nobody comes there; ours."""

ROWS: Final = "FROM {}_minute_log FINAL WHERE deleted = 0"
HEALTH: Final = f"""
SELECT camera_id, sum(frames) AS n, sum(observed_ms) AS watched_ms, sum(objects) AS objects_n,
    quantileExactIf(0.5)((frames + misread) * 1000 / greatest(expected_ms, 1),
        frames > 0 AND expected_ms >= {SHORTEST_MS}) AS fps,
    countIf(frames > 0 AND expected_ms >= {SHORTEST_MS}) AS minutes
{ROWS.format("health")} GROUP BY camera_id ORDER BY camera_id"""
ZONES: Final = {card.name: card.idle for card in CARDS if card.idle is not None}
"""By metric: the part that is 0 in a zone that nothing enters, and what to say."""
LINES: Final = {
    "flow": {name: f"{name}_n" for name in VEHICLES},
    "visits": {"entries": "entries_n", "exits": "exits_n"},
}
"""By metric: the parts that count crossings."""

UNKNOWN: Final = "unknown_camera"
NOBODY: Final = "(none named)"
LOOK: Final = "`tilik dead-letters list` says what is wrong with them"


class Suggestion(NamedTuple):
    """One line: which camera, what was seen, what to change."""

    camera: str
    seen: str
    change: str


class Seen(NamedTuple):
    """What the warehouse holds of a camera: frames, their rate [1/s] (None where unknown), time, objects."""

    frames: int
    watched_ms: int
    objects: int
    fps: float | None
    minutes: int


class Shown(NamedTuple):
    """Sums over everything stored, by camera and by (camera, zone or line)."""

    cameras: dict[str, Seen]
    zones: dict[str, dict[tuple[str, str], tuple[int, int]]]  # by metric: watched_ms, sum
    lines: dict[str, dict[tuple[str, str], dict[str, int]]]  # by metric: watched_ms and crossings by class


def find(store: Store, registry: Registry) -> list[Suggestion]:
    """Return what to change in a registry.

    Parameters
    ----------
    store
        A warehouse; every stored minute counts.
    registry
        A checked registry; of a camera with several versions the newest counts.

    Raises
    ------
    TilikError
        The warehouse holds no tables.
    """
    shown = read(store)
    cameras, letters = newest(registry.camera), letters_of.cameras(store)
    roads = {line: road.id for road in registry.road for line in road.lines}
    found: list[Suggestion] = []
    for name, camera in cameras.items():
        seen = shown.cameras.get(name)
        if seen is None or seen.frames == 0:
            found += _unseen(name, letters.get(name, {}), has_rows=seen is not None)
            continue
        found += _of_camera(camera, seen, shown, roads)
        found += _once_unknown(name, letters.get(name, {}))
    for left in last(store):
        if left.camera in cameras and left.is_worth_saying:
            found.append(Suggestion(left.camera, remedies.seen(left), remedies.change(left, cameras[left.camera])))
    for name in sorted(shown.cameras.keys() - cameras.keys()):
        told = f"is in the warehouse ({counted(shown.cameras[name].frames, 'frames')}), but not in the registry"
        found.append(Suggestion(name, told, f"register it, or withdraw it: tilik registry forget {name}"))
    return [*found, *_of_letters(letters, cameras, shown)]


def as_text(found: list[Suggestion]) -> str:
    """Return a line a suggestion; says so where there is none."""
    said = [f"camera {one.camera}: {one.seen}: {one.change}" for one in found]
    return listed(said) if said else "nothing to suggest: the registry fits what its cameras showed"


def read(store: Store) -> Shown:
    """Fold a warehouse's minutes into what each camera, zone and line showed."""
    held = {row[0] for row in ask(store, "SELECT name FROM system.tables WHERE database = currentDatabase()").rows}
    if "health_minute_log" not in held:
        raise TilikError("the warehouse holds no tables yet: tilik replay fills it, tilik warehouse migrate makes them")
    cameras = {
        name: Seen(frames, watched, objects, float(fps) if minutes else None, minutes)
        for name, frames, watched, objects, fps, minutes in ask(store, HEALTH).rows
    }
    zones = {
        metric: {
            (camera, zone): (watched, total) for camera, zone, watched, total in _sums(store, metric, "zone_id", [part])
        }
        for metric, (part, _, _) in ZONES.items()
        if f"{metric}_minute_log" in held
    }
    lines = {
        metric: {
            (row[0], row[1]): dict(zip(("watched_ms", *parts), row[2:], strict=True))
            for row in _sums(store, metric, "line_id", parts.values())
        }
        for metric, parts in LINES.items()
        if f"{metric}_minute_log" in held
    }
    return Shown(cameras, zones, lines)


def _sums(store: Store, metric: str, key: str, parts: Iterable[str]) -> list[Row]:
    """Return camera, zone or line, time watched [ms] and the parts' sums; both directions of a line together."""
    sums = ", ".join(f"sum({part}) AS sum_{part}" for part in parts)
    watched = f"intDiv(sum(observed_ms), {'2' if metric == 'flow' else '1'})"  # flow has a row a direction
    sql = f"SELECT camera_id, {key}, {watched} AS watched, {sums} {ROWS.format(metric)} GROUP BY camera_id, {key}"
    return ask(store, sql).rows


def _of_camera(camera: Camera, seen: Seen, shown: Shown, roads: Mapping[str, str]) -> Iterator[Suggestion]:
    yield from _rate(camera, seen)
    yield from _drawn(camera, seen)
    yield from _zones(camera, shown)
    by_class = dict.fromkeys(VEHICLES, 0)
    for line in camera.line:
        tables = [table[camera.id, line.id] for table in shown.lines.values() if (camera.id, line.id) in table]
        watched = max((sums["watched_ms"] for sums in tables), default=0)
        crossed = {name: n for sums in tables for name, n in sums.items() if name != "watched_ms"}
        if watched >= SHORTEST_WATCH_MS:
            yield from _line(camera.id, line.id, line.role, watched, crossed, roads)
        by_class = {name: n + crossed.get(name, 0) for name, n in by_class.items()}
    yield from _classes(camera, by_class)


def _unseen(name: str, letters: Mapping[str, int], *, has_rows: bool) -> Iterator[Suggestion]:
    """Say of a camera without a frame whether none came, or none could be used."""
    yield from _once_unknown(name, letters)
    refused = {reason: many for reason, many in letters.items() if reason != UNKNOWN}
    if refused:
        yield Suggestion(name, f"no frame could be used: {_refused(refused)}", LOOK)
    if not letters:
        told = "no frame ever came" if has_rows else "no row is stored"
        yield Suggestion(name, f"never seen: {told}", "check its id and address, or take it out")


def _once_unknown(name: str, letters: Mapping[str, int]) -> Iterator[Suggestion]:
    if many := letters.get(UNKNOWN):
        told = f"{counted(many, 'frames')} came when it was not registered ({UNKNOWN})"
        yield Suggestion(name, told, "replay what they came in")


def _of_letters(
    letters: Mapping[str, Mapping[str, int]], cameras: Mapping[str, Camera], shown: Shown
) -> Iterator[Suggestion]:
    """Name cameras that nobody registered though their frames came, and letters that may be anybody's."""
    for name in sorted(letters.keys() - cameras.keys() - {""}):
        if many := letters[name].get(UNKNOWN):
            told = f"{counted(many, 'frames')} came, but it is not in the registry ({UNKNOWN})"
            yield Suggestion(name, told, "register it, then replay what they came in")
    nameless = dict(letters.get("", {}))
    if many := nameless.pop(UNKNOWN, 0):
        told = f"{counted(many, 'frames')} of cameras that were not registered ({UNKNOWN}), whose ids are kept no more"
        yield Suggestion(NOBODY, told, "replay what they came in: the summary names them")
    if nameless and any(shown.cameras.get(name) is None or shown.cameras[name].frames == 0 for name in cameras):
        yield Suggestion(NOBODY, f"{_refused(nameless)} that may be of cameras never seen", LOOK)


def _refused(letters: Mapping[str, int]) -> str:
    why = ", ".join(f"{count:,} {reason}" for reason, count in letters.items())
    return f"{counted(sum(letters.values()), 'dead letters')} ({why})"


def _zones(camera: Camera, shown: Shown) -> Iterator[Suggestion]:
    for zone in camera.zone:
        for metric, (_, told, todo) in ZONES.items():
            watched, total = shown.zones.get(metric, {}).get((camera.id, zone.id), (0, 0))
            if watched >= SHORTEST_WATCH_MS and total == 0:
                yield Suggestion(camera.id, f"{told.format(zone.id)} in {_hours(watched)} watched", todo)


def _rate(camera: Camera, seen: Seen) -> Iterator[Suggestion]:
    """Compare the frame rate; where empty frames are not sent, it says nothing of the camera."""
    said = camera.rate_fps
    if seen.fps is None or not camera.sends_empty or abs(seen.fps / said - 1) <= RATE_TOLERANCE:
        return
    common = min(COMMON_FPS, key=lambda rate: abs(rate / seen.fps - 1) if seen.fps else 0.0)
    rate = common if abs(common / seen.fps - 1) <= NEAR else round(seen.fps, 2)
    told = (
        f"{seen.fps:.3g} frames/s measured (median of {counted(seen.minutes, 'minutes')}), the registry says {said:g}"
    )
    if camera.event_fps is not None:
        todo = f"set event_fps = {rate:g}"
    else:
        todo = f"set fps = {rate:g}, or event_fps = {rate:g} where the edge sends fewer frames than it sees"
    yield Suggestion(camera.id, told, todo)


def _drawn(camera: Camera, seen: Seen) -> Iterator[Suggestion]:
    if seen.objects == 0:
        told = f"not one object in {counted(seen.frames, 'frames')}"
        yield Suggestion(camera.id, told, "check its view and its detector")
    elif not camera.zone and not camera.line:
        told = f"{counted(seen.objects, 'objects')} in {counted(seen.frames, 'frames')}, and nothing drawn"
        yield Suggestion(camera.id, told, "draw a zone or a line, and enable a metric")


def _line(
    camera: str, line: str, role: str, watched_ms: int, crossed: Mapping[str, int], roads: Mapping[str, str]
) -> Iterator[Suggestion]:
    persons = crossed.get("person", 0) + crossed.get("entries", 0) + crossed.get("exits", 0)
    vehicles = sum(crossed.get(name, 0) for name in VEHICLES if name not in ("person", "rider"))
    if persons == vehicles == 0:
        told = f"nothing ever crossed line {line} in {_hours(watched_ms)} watched"
        yield Suggestion(camera, told, "draw it across the way, longer, or check that objects carry tracks")
    elif role == "gate" and persons == 0:
        told = f"{counted(vehicles, 'vehicles')} and no person crossed gate {line}"
        yield Suggestion(camera, told, 'draw it across the footway, or give it role = "flow"')
    elif f"{camera}/{line}" in roads and vehicles == 0:
        told = f"{counted(persons, 'persons')} and no vehicle crossed line {line} of road {roads[f'{camera}/{line}']}"
        yield Suggestion(camera, told, "draw it across the carriageway, or take it off the road")


def _classes(camera: Camera, crossed: Mapping[str, int]) -> Iterator[Suggestion]:
    every = sum(crossed.values())
    kinds = {zone.kind for zone in camera.zone}
    seen = ", ".join(f"{n:,} {name}" for name, n in sorted(crossed.items(), key=lambda one: -one[1]) if n)
    if crossed["other"] > OTHER_SHARE * every:
        todo = "name their class: tilik replay --class-map theirs=ours"
        yield Suggestion(camera.id, f"{crossed['other']:,} of {every:,} crossings are of no counted class", todo)
    if crossed["person"] and "crowd" not in kinds:
        yield Suggestion(
            camera.id, f"classes seen on its lines: {seen}; no zone of kind crowd", "draw one where they walk"
        )
    if every - crossed["person"] - crossed["rider"] - crossed["other"] > 0 and "lane" not in kinds:
        yield Suggestion(
            camera.id, f"classes seen on its lines: {seen}; no zone of kind lane", "draw one for congestion"
        )


def _hours(ms: int) -> str:
    return f"{ms / 3_600_000:,.1f} h" if ms >= 3_600_000 else f"{ms / 60_000:.0f} min"
