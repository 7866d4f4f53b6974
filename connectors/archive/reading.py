"""What is in an archive: its files one by one, never one whose bytes are not those that were written."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors.archive import commits, marks, parts
from connectors.archive.commits import FILES, Commit, Lost, Part
from connectors.archive.gaps import Gap, gaps_of
from connectors.archive.store import Store
from schemas.errors import ArchiveError
from schemas.frames import FrameBatch

AGAIN: Final = "bring it back from a copy, or replay its input again with --archive"


class Recording(NamedTuple):
    """What an archive has of a stream."""

    stream: str
    since_us: int | None
    """When it begins; None where it is not known."""
    last_us: int | None
    """The frame with which it ended; None while it goes on."""
    made: datetime
    """Of its newest commit."""
    definitions: str
    """Of its newest commit."""
    lost: tuple[Lost, ...]
    """What went unread, the first ones first."""
    parts: tuple[Part, ...]
    """The files that count, by day, shard and name."""
    is_live: bool
    """It is of a live run."""
    gaps: tuple[Gap, ...]
    """What of a live run left while it had no archive."""
    removed_before: date | None
    """Local days before this one were removed."""


class Problem(NamedTuple):
    """A file that cannot be used."""

    name: str
    said: str


class Verified(NamedTuple):
    """What looking at every file found."""

    parts: int
    frames: int
    problems: list[Problem]
    unnamed: dict[str, int]
    """Bytes of files that no commit names, by name: of a crash, or of somebody who is at work now."""


def frames(store: Store, part: Part) -> FrameBatch:
    """Return a file's frames, whose columns are those of `FRAMES` and `DECIDED`, by camera and time.

    Raises
    ------
    ArchiveError
        The file is gone, or its bytes are not those that were written.
    """
    with tempfile.TemporaryDirectory(prefix="tilik-archive-") as folder:
        return parts.to_batch(parts.read(fetched(store, part, Path(folder)), part.name))


def fetched(store: Store, part: Part, folder: Path) -> Path:
    """Return a file of the archive as one in a folder.

    Raises
    ------
    ArchiveError
        It is gone, or its bytes are not those that were written.
    """
    path = folder / part.name.replace("/", "+")
    if not store.download(part.name, path):
        raise ArchiveError(f"archive {store.url}: {part.name}: the file is gone: {AGAIN}")
    if (found := parts.checksum(path)) != part.sha256:
        raise ArchiveError(
            f"archive {store.url}: {part.name}: its bytes are not those that were written "
            f"(SHA-256 {found[:12]}..., expected {part.sha256[:12]}...): {AGAIN}"
        )
    return path


def streams(store: Store) -> list[Recording]:
    """Return what the archive has of each stream, by name."""
    commits.existing(store)
    found: dict[str, dict[str, Commit]] = {}
    for name, commit in commits.every(store).items():
        found.setdefault(commit.stream, {})[name] = commit
    before = marks.removed_before(store)
    return [_recording(found[stream], before) for stream in sorted(found)]


def contents(store: Store) -> pl.DataFrame:
    """Return the files that count, a row each: what `Part` has, and its stream."""
    commits.existing(store)
    rows = [
        {"stream": commit.stream, **{name: getattr(part, name) for name in Part.__struct_fields__}}
        for commit in commits.every(store).values()
        for part in commit.parts
    ]
    return pl.DataFrame(rows, _COLUMNS, orient="row").sort("day", "shard", "name")


def by_day(store: Store) -> pl.DataFrame:
    """Return the local days that it holds: day, frames, objects, bytes and files."""
    sums = (pl.col(name).sum() for name in ("frames", "objects", "bytes"))
    return contents(store).group_by("day").agg(*sums, pl.len().alias("files")).sort("day")


def verify(store: Store) -> Verified:
    """Read every file that counts, and say which cannot be used."""
    commits.existing(store)
    broken = commits.broken(store)
    every = [part for commit in commits.every(store, broken).values() for part in commit.parts]
    problems = [Problem(name, said) for name, said in broken.items()]
    problems += [Problem(part.name, said) for part in every if (said := _look(store, part))]
    named = {part.name for part in every}
    unnamed = {name: at.size for name, at in store.names(FILES).items() if name not in named}
    return Verified(len(every), sum(part.frames for part in every), problems, unnamed)


def _recording(found: dict[str, Commit], removed_before: date | None) -> Recording:
    every, newest = found.values(), max(found.values(), key=lambda commit: commit.made)
    since_us, last_us = commits.bounds(every)
    goes_on = {span.shard for commit in every for span in commit.spans}
    goes_on -= {commits.ended(name) for name in found if commits.is_last(name)}
    files = sorted(
        (part for commit in every for part in commit.parts), key=lambda part: (part.day, part.shard, part.name)
    )
    return Recording(
        newest.stream,
        since_us,
        None if goes_on else last_us,
        newest.made,
        newest.definitions,
        commits.lost_of(every),
        tuple(files),
        is_live=any(commit.spans or commits.is_last(name) for name, commit in found.items()),
        gaps=gaps_of(commits.spans_of(every), since_us),
        removed_before=removed_before,
    )


def _look(store: Store, part: Part) -> str:
    """Return what is wrong with a file, '' nothing."""
    try:
        batch = frames(store, part)
    except ArchiveError as error:
        return str(error)
    counts = len(batch), batch.objects.height
    if counts != (part.frames, part.objects):
        return f"expected {part.frames} frames and {part.objects} objects, came {counts[0]} and {counts[1]}"
    return ""


_COLUMNS = {
    "stream": pl.String(),
    "name": pl.String(),
    "day": pl.Date(),
    "shard": pl.Int64(),
    "frames": pl.Int64(),
    "objects": pl.Int64(),
    "bytes": pl.Int64(),
    "sha256": pl.String(),
    "first_us": pl.Int64(),
    "last_us": pl.Int64(),
}
