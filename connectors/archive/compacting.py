"""Small files of a day and shard become one; what a crash left behind goes.

Nobody is kept waiting: readers see the files of before until the new ones are named, and a stream that is
stated anew meanwhile counts (`connectors.archive.commits`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from connectors.archive import commits, gathering, reading
from connectors.archive.commits import BACKFILLS, COMMITS, FILES, STATES, STOOD, Commit, Part
from connectors.archive.store import Found, Store
from schemas.frames import joined
from schemas.local_time import DAY_US, day_number

SMALL_BYTES: Final = 32 << 20
"""Files below this size are joined, up to as many frames as `MOST_FRAMES`; ours."""
MOST_FRAMES: Final = 2_000_000
"""Of a file that is made of others: bounds its memory, some 2 GB where each has ten objects; ours."""
LEFT_US: Final = DAY_US
"""So long after the last of them was put, a stream's files that no commit names are nobody's any more; ours."""
STAGED_US: Final = 7 * DAY_US
"""So long after the last that a backfill has staged, nobody goes on with it; ours."""


class Compacted(NamedTuple):
    """What was done."""

    before: int  # files
    after: int
    removed: int  # files that nobody needs any more
    freed: int  # bytes of these


def compact(store: Store, now_us: int | None = None) -> Compacted:
    """Join small files, and remove what a crash left more than a day ago."""
    header = commits.existing(store)
    streams: dict[str, dict[str, Commit]] = {}
    for name, commit in commits.every(store).items():
        if not commits.is_last(name):
            streams.setdefault(commit.stream, {})[name] = commit
    before = after = 0
    for found in streams.values():
        files = [part for commit in found.values() for part in commit.parts]
        made = _joined(store, files, header.shards)
        before, after = before + len(files), after + len(made)
        if made != files and commits.compacted(store, found, tuple(made)) is None:
            after += len(files) - len(made)
    removed = _left(store, time.time_ns() // 1000 if now_us is None else now_us)
    store.remove(removed)
    return Compacted(before, after, len(removed), sum(removed.values()))


def _joined(store: Store, files: list[Part], shards: int) -> list[Part]:
    """Return files in the place of `files`, of which small ones of a day and shard are joined."""
    out = [part for part in files if part.bytes >= SMALL_BYTES]
    small = sorted((part for part in files if part.bytes < SMALL_BYTES), key=lambda part: (part.day, part.shard))
    for (day, shard), same in groupby(small, key=lambda part: (part.day, part.shard)):
        for few in _few(list(same)):
            if len(few) == 1:
                out += few
                continue
            batch = joined([reading.frames(store, part) for part in few])
            stream = _stream(few[0].name)
            group = gathering.Group(day_number(day), shard)
            out.append(gathering.file(store, batch, group, f"{stream}-{secrets.token_hex(4)}-00000"))
    return files if len(out) == len(files) else out


def _few(files: list[Part]) -> Iterator[list[Part]]:
    """Cut files into runs of as many frames as one may have."""
    few: list[Part] = []
    for part in files:
        if few and sum(each.frames for each in few) + part.frames > MOST_FRAMES:
            yield few
            few = []
        few.append(part)
    if few:
        yield few


def _left(store: Store, now_us: int) -> dict[str, int]:
    """Return the bytes of objects that nobody names or needs and that have lain there for long, by name."""
    counting = commits.every(store)
    named = {part.name for commit in counting.values() for part in commit.parts}
    named |= {f"{COMMITS}{name}.json" for name in counting}
    before_us, streams = now_us - LEFT_US, {commit.stream for commit in counting.values()}
    former = {name: at for name, at in store.names(COMMITS).items() if name not in named and at.since_us < before_us}
    files = {name: at for name, at in store.names(FILES).items() if name not in named}
    refused = {name: at for name, at in store.names(STATES).items() if _folder(name) not in streams}
    staged = {name: at for name, at in store.names(BACKFILLS).items() if name.split("/")[2] != STOOD}
    left = former | _forsaken(files, before_us, _stream)
    left |= _forsaken(refused, before_us, _folder) | _forsaken(staged, now_us - STAGED_US, _folder)
    return {name: at.size for name, at in left.items()}


def _folder(name: str) -> str:
    return name.split("/")[1]


def _stream(file: str) -> str:
    return file.rpartition("/")[2].partition("-")[0]


def _forsaken(listed: dict[str, Found], before_us: int, whose: Callable[[str], str]) -> dict[str, Found]:
    """Return objects of streams, or of backfills, the newest of which was put before a time: nobody goes on with it."""
    newest: dict[str, int] = {}
    for name, at in listed.items():
        newest[whose(name)] = max(newest.get(whose(name), at.since_us), at.since_us)
    return {name: at for name, at in listed.items() if newest[whose(name)] < before_us}
