"""What a backfill has made and not stored yet, in the archive: rows by day and shard, and what is remembered overnight.

backfills/ID/jobs/STREAM-SHARD-DAY.json    a day of a shard is done, and this is what came of it
backfills/ID/rows/DAY-SHARD/....rows       rows and incidents of a local day
states/STREAM/SHARD-DAY-KEY.state          what lanes remember at the midnight before a day
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from connectors.archive import Store
from connectors.archive.commits import BACKFILLS
from connectors.archive.sealed import opened, sealed
from flows import nights
from flows.backfilling.plan import Plan, Recording
from flows.nights import Midnight
from schemas.errors import ArchiveError
from schemas.registry import fingerprint


class File(msgspec.Struct, frozen=True):
    """Rows of a local day, by table."""

    name: str
    day: int
    rows: int
    sha256: str


class Job(msgspec.Struct, frozen=True):
    """What came of a day of a shard.

    Attributes
    ----------
    input
        Hash of this day's files and of those before it that were read.
    begun
        Of how many cameras it began otherwise than from what was remembered at the midnight before the backfill's
        begin: ``remembered``, ``beginning`` of the recording, ``warm_up``.
    open
        Incidents that are made again and have no end yet: ids.
    is_last
        Nothing more is to be read.
    settled_us
        Of a recording that goes on, by camera: minutes from here on may still be restated by frames that come late.
    """

    stream: str
    shard: int
    day: int
    input: str
    frames: int
    objects: int
    seconds: float
    files: tuple[File, ...]
    begun: dict[str, int]
    open: tuple[str, ...] = ()
    is_last: bool = False
    settled_us: dict[str, int] = {}


def put_rows(store: Store, plan: Plan, stem: str, day: int, shard: int, tables: Mapping[str, pl.DataFrame]) -> File:
    """Store rows of a day, by table."""
    name = f"{_place(plan.id)}rows/{day}-{shard:02d}/{stem}.rows"
    content = msgspec.msgpack.encode({table: _ipc(rows) for table, rows in sorted(tables.items())})
    store.put(name, content)
    count = sum(rows.height for rows in tables.values())
    return File(name, day, count, hashlib.sha256(content).hexdigest())


def get_rows(store: Store, file: File) -> dict[str, pl.DataFrame]:
    """Return stored rows, by table.

    Raises
    ------
    ArchiveError
        They are gone, or not those that were written.
    """
    content = store.get(file.name)
    if content is None or hashlib.sha256(content).hexdigest() != file.sha256:
        raise ArchiveError(f"archive {store.url}: {file.name}: its bytes are not those that were written")
    held: dict[str, bytes] = msgspec.msgpack.decode(content)
    return {table: pl.read_ipc(io.BytesIO(rows)) for table, rows in held.items()}


def _ipc(rows: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    rows.write_ipc(out, compression="zstd")
    return out.getvalue()


def put_job(store: Store, plan: Plan, job: Job) -> None:
    """Say that a day of a shard is done."""
    store.put(_job(plan.id, job.stream, job.shard, job.day), sealed(msgspec.json.encode(job)))


def get_job(store: Store, plan: Plan, stream: str, shard: int, day: int) -> Job | None:
    """Return what came of a day of a shard; None where it is to be done."""
    content = store.get(_job(plan.id, stream, shard, day))
    body = None if content is None else opened(content)
    try:
        return None if body is None else msgspec.json.decode(body, type=Job)
    except msgspec.MsgspecError:
        return None


def done(store: Store, id: int) -> int:
    """Return how many days of shards are done."""
    return len(store.names(f"{_place(id)}jobs/"))


def put_nights(store: Store, plan: Plan, stream: str, shard: int, day: int, each: Sequence[Midnight]) -> None:
    """Store what the lanes of a shard remember at the midnight before a day."""
    store.put(_own(plan, stream, shard, day), nights.packed(each, takes_too_late=plan.takes_too_late))


def own_nights(store: Store, plan: Plan, stream: str, shard: int, day: int) -> list[Midnight]:
    """Return what the lanes of a backfill remember that has done the day before.

    Raises
    ------
    ArchiveError
        They are gone, or cannot be read.
    """
    name = _own(plan, stream, shard, day)
    found = nights.read(store, name, takes_too_late=plan.takes_too_late)
    if not found:
        raise ArchiveError(f"archive {store.url}: {name}: gone or broken; remove {_place(plan.id)}jobs to begin anew")
    return found


def every_night(store: Store, plan: Plan, stream: str, shard: int, day: int) -> list[Midnight]:
    """Return all that is remembered of a shard at the midnight before a day, by whatever definitions."""
    names = sorted(store.names(nights.place(stream, shard, day)))
    return [night for name in names for night in nights.read(store, name, takes_too_late=plan.takes_too_late)]


def input_of(recording: Recording, shard: int, day: int, before: str) -> str:
    """Return a hash of what is read of a day, after what was read before; the same frames in other files are alike."""
    files = recording.files(shard, day)
    told = (
        sum(part.frames for part in files),
        sum(part.objects for part in files),
        min((part.first_us for part in files), default=0),
        max((part.last_us for part in files), default=0),
    )
    return hashlib.sha256(f"{before}{told}".encode()).hexdigest()[:16]


def _place(id: int) -> str:
    return f"{BACKFILLS}{id:016x}/"


def _job(id: int, stream: str, shard: int, day: int) -> str:
    return f"{_place(id)}jobs/{stream}-{shard:02d}-{day}.json"


def _own(plan: Plan, stream: str, shard: int, day: int) -> str:
    key = fingerprint(plan.definitions, tuple(plan.ids(shard)), plan.takes_too_late)
    return f"{nights.place(stream, shard, day)}{key:016x}.state"
