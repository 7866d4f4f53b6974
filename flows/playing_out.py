"""A simulated city played into a spool or a broker, in real time or faster, as its cameras would send it.

Frames go out in the order in which they would arrive. One is sent once the newest
capture time among those up to it has come, seen from the first, divided by the speed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from connectors.ingest.keepers import Keeper
from connectors.records import Origin
from schemas.errors import SourceError, TilikError, UsageError
from schemas.partitions import partition_of

STREAM: Final = re.compile(r"(spool:|kafka://|mqtts?://)")
"""How `--out` begins where it is no folder."""
BATCH: Final = 500
"""Frames that are sent at once."""
REST_S: Final = 0.2
"""Frames that are due within so long go together; ours."""
TRIES: Final = 60
NATIVE: Final = Origin("native")


class _Head(msgspec.Struct):
    camera: str
    ts: datetime


def keeper(url: str, environment: Mapping[str, str]) -> Keeper:
    """Return where frames go.

    Raises
    ------
    UsageError, SourceError
        It is no such place, or does not take us.
    """
    if url.startswith("spool:"):
        from connectors import spool  # noqa: PLC0415  start-up time
        from connectors.ingest.keepers import SpoolKeeper  # noqa: PLC0415

        return SpoolKeeper(spool.make(Path(url.removeprefix("spool:"))), spool.Bounds())
    if url.startswith("kafka://"):
        from connectors.ingest.kafka_keeper import KafkaKeeper  # noqa: PLC0415
        from connectors.kafka import parse, settings  # noqa: PLC0415
        from connectors.kafka.topic import Topic  # noqa: PLC0415

        return KafkaKeeper(Topic(parse(url), settings.of_environment(environment)))
    from connectors.ingest.broker import broker  # noqa: PLC0415
    from connectors.ingest.publishing import MqttKeeper  # noqa: PLC0415

    return MqttKeeper(broker(url, f"tilik-simulate-{time.time_ns():x}", environment))


def speed(text: str) -> float | None:
    """Read `--speed`: a number above 0, or `max`, which is None."""
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"--speed {text}: expected a number above 0, such as 10 for ten times as fast, or max")
    return value


def play(
    events: Path,
    into: Keeper,
    pace: float | None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Send all frames of a folder of native events; return how many.

    Raises
    ------
    SourceError
        It was refused, or nobody took it for a minute.
    """
    sent, began_s, first, newest = 0, clock(), None, None
    values: list[bytes] = []
    cameras: list[str] = []
    for line in _lines(events):
        head = msgspec.json.decode(line, type=_Head)
        if pace is not None:
            first = head.ts if first is None else first
            newest = head.ts if newest is None else max(newest, head.ts)
            wait_s = (newest - first).total_seconds() / pace - (clock() - began_s)
            if wait_s > REST_S:
                sent += _send(into, values, cameras, sleep)
                values, cameras = [], []
                sleep(wait_s)
        values.append(line)
        cameras.append(head.camera)
        if len(values) == BATCH:
            sent += _send(into, values, cameras, sleep)
            values, cameras = [], []
    return sent + _send(into, values, cameras, sleep)


def _lines(events: Path) -> Iterator[bytes]:
    for path in sorted(events.glob("*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")


def _send(into: Keeper, values: list[bytes], cameras: list[str], sleep: Callable[[float], None]) -> int:
    """Send records, each into its camera's lane; return how many. What is full is tried again."""
    lanes: dict[int, list[int]] = {}
    for row, camera in enumerate(cameras):
        lane = partition_of(camera, into.partitions) if into.lanes > 1 else 0
        lanes.setdefault(lane, []).append(row)
    for lane, rows in lanes.items():
        _keep(into, lane, [values[row] for row in rows], [cameras[row] for row in rows], sleep)
    return len(values)


def _keep(into: Keeper, lane: int, values: list[bytes], cameras: list[str], sleep: Callable[[float], None]) -> None:
    said: TilikError | None = None
    for _ in range(TRIES):
        try:
            refused = into.keep(lane, values, [NATIVE] * len(values), cameras)
        except TilikError as error:
            said = error
            sleep(1.0)
            continue
        if not refused:
            return
        said = next(iter(refused.values()))
        values, cameras = [values[row] for row in refused], [cameras[row] for row in refused]
        sleep(1.0)
    raise SourceError(f"nobody took it for a minute: {said}")
