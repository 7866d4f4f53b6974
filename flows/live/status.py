"""`tilik status`: how a live run is, as a table for people and as JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from flows import rendering
from flows.live import kept, telling
from flows.live.place import Place
from flows.live.telling import Process, Told
from schemas.local_time import OFFSET_US, at_time

STALE_S: Final = 10.0
"""A process that has said nothing for so long is gone or hangs; it says something every second."""

ITSELF: Final = "waiting "
"""How a sentence begins that says by itself that somebody waits."""


def look(place: Place) -> dict[str, Any]:
    """Return all that is known of a live run."""
    processes = telling.read(place.processes)
    told = [_shard(process, told) for process in processes for told in process.shards]
    shards = [max(each, key=_rank) for _, each in groupby(sorted(told, key=_number), _number)]
    seen = {shard["shard"] for shard in shards}
    return {
        "state": str(place.directory),
        "sources": list(place.setup.sources),
        "partitions": place.setup.partitions,
        "since_us": place.setup.since_us,
        "second": "; ".join(sorted({process.second for process in processes if process.second})),
        "second_us": _second_us(processes),
        "archive": "; ".join(sorted({process.archive for process in processes if process.archive})),
        "archive_bytes": sum(process.archive_bytes for process in processes),
        "restarts": sum(process.restarts for process in processes),
        "shards": shards,
        "missing": [shard for shard in range(place.setup.partitions) if shard not in seen],
    }


def _second_us(processes: Sequence[Process]) -> int | None:
    """Return up to when the second flow has looked: hours that are not over yet no further than shards have come."""
    looked_us = max((process.second_us for process in processes), default=0)
    reached_us = kept.reached_us(processes)
    return (looked_us if reached_us is None else min(looked_us, reached_us)) or None


def _shard(process: Process, told: Told) -> dict[str, Any]:
    silent_s = (telling.clock_us() - process.written_us) / 1e6
    is_gone = silent_s > STALE_S and told.doing != "ended"
    lags = [part.lag for part in told.partitions.values()]
    return msgspec.to_builtins(told) | {
        "pid": process.pid,
        "doing": "gone" if is_gone else told.doing,
        "silent_s": round(silent_s, 1),
        "lag": None if None in lags else sum(lag for lag in lags if lag is not None),
        "behind_s": None if told.newest_us is None else round(time.time() - told.newest_us / 1e6, 1),
    }


def _number(shard: dict[str, Any]) -> int:
    return int(shard["shard"])


def _rank(shard: dict[str, Any]) -> tuple[bool, int]:
    """Rank words about a shard: of several processes' the one counts that has it, the newest of all."""
    return shard["doing"] not in {"ended", "gone"}, shard["beat_us"]


def _doing(doing: str, waits_for: str) -> str:
    said_so = not waits_for or (doing == "waiting" and waits_for.startswith(ITSELF))
    return (waits_for or doing) if said_so else f"{doing}: {waits_for}"


def _lasting(seconds: float) -> str:
    """Return a time in the unit that people would take."""
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{seconds:,.0f} s"


def table(found: dict[str, Any]) -> str:
    """Return it as people read it."""
    names = ["shard", "process", "state", "frames", "rows", "late", "dead letters", "queued", "behind"]
    rows = [
        [
            shard["shard"],
            shard["pid"],
            _doing(shard["doing"], shard["waits_for"]),
            shard["counts"].get("frames", 0),
            shard["counts"].get("rows", 0),
            shard["counts"].get("late", 0),
            shard["counts"].get("dead_letters", 0),
            "?" if shard["lag"] is None else shard["lag"],
            "-" if shard["behind_s"] is None else _lasting(shard["behind_s"]),
        ]
        for shard in found["shards"]
    ]
    said = [rendering.table(names, rows).rstrip("\n")]
    if found["missing"]:
        missing = ", ".join(map(str, found["missing"]))
        said.append(f"no process has shards {missing}: `tilik run` starts them, here or where they were left to")
    if found["second_us"]:
        until = at_time(found["second_us"] + OFFSET_US)
        said.append(f"second flow: outages and hours are stated up to {until:%d.%m. %H:%M}")
    if found["second"]:
        said.append(f"second flow: {found['second']}")
    if found["archive"]:
        said.append(f"archive: {found['archive_bytes']:,} bytes wait for it: {found['archive']}")
    if found["restarts"]:
        said.append(f"processes that were started again: {found['restarts']:,}")
    return "\n".join(said)
