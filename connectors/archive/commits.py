"""What counts of an archive: commits, each a list of files with what they hold and their checksums.

A commit is one object, put in one piece after its files. So a crash leaves files that nobody names, and
never half a file in view. A commit names those whose place it takes; they count no more, whether they are
still there or not. S3 has no way to put an object only if nobody else has: of several that take the same
place one counts, and all readers choose the same (`counting`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from connectors.archive import marks
from connectors.archive.sealed import opened, sealed
from connectors.archive.store import Store
from schemas.archive import FORMAT, SHARDS
from schemas.errors import ArchiveError

HEADER: Final = "archive.json"
COMMITS: Final = "commits/"
FILES: Final = "frames/"
STATES: Final = "states/"
"""What kernels remember of a shard at the midnight before a local day: ``states/STREAM/SHARD-DAY-....state``."""
BACKFILLS: Final = "backfills/"
STOOD: Final = "stood"
"""What a backfill has replaced: ``backfills/ID/stood/GENERATION/...``; all else of it is staged."""


class Header(msgspec.Struct, frozen=True):
    """What an archive is; never changes."""

    format: int
    shards: int


class Part(msgspec.Struct, frozen=True):
    """A file of frames: of one local day and shard."""

    name: str
    day: date
    shard: int
    frames: int
    objects: int
    bytes: int
    sha256: str
    first_us: int
    last_us: int


class Span(msgspec.Struct, frozen=True):
    """Which of a live shard's frames: from the `since`-th that left to before the `until`-th."""

    shard: int
    life: str
    """From one start of the shard to the next: only within it, numbers name frames."""
    since: int
    until: int
    first_us: int | None = None
    last_us: int | None = None


class Lost(msgspec.Struct, frozen=True):
    """Of which time nobody knows what a camera sent: records went before they were read (`operators.stage.missed`)."""

    camera: str
    since_us: int
    until_us: int | None = None
    """None: nothing has been read since."""


class Commit(msgspec.Struct, frozen=True):
    """Files that count, together."""

    stream: str
    """Whose frames they are: the hash of a replay's input, or of what a live run reads."""
    made: datetime
    definitions: str
    """Hash of the registry, calendar and thresholds that decided of these frames."""
    parts: tuple[Part, ...]
    replaces: tuple[str, ...] = ()
    """Names of all commits that count no more."""
    spans: tuple[Span, ...] = ()
    """Of a live run: up to where it is told."""
    is_compacted: bool = False
    """The same frames in other files: where the stream was stated anew meanwhile, that counts."""
    since_us: int | None = None
    """When the recording begins; None where it is not known."""
    last_us: int | None = None
    """The frame with which the recording ended; None while it goes on."""
    lost: tuple[Lost, ...] = ()
    """What went unread."""
    format: int = FORMAT


def begin(store: Store) -> Header:
    """Return an archive's header, made where there is none."""
    found = header(store)
    if found is None:
        store.put(HEADER, msgspec.json.encode(Header(FORMAT, SHARDS)))
        found = header(store)
    if found is None:
        raise ArchiveError(f"archive {store.url}: what is written there cannot be read back")
    return found


def header(store: Store) -> Header | None:
    """Return an archive's header, None where there is no archive.

    Raises
    ------
    ArchiveError
        It is of another format.
    """
    content = store.get(HEADER)
    if content is None:
        return None
    try:
        found = msgspec.json.decode(content, type=Header)
    except msgspec.MsgspecError as error:
        whole = msgspec.json.encode(Header(FORMAT, SHARDS)).decode()
        raise ArchiveError(
            f"archive {store.url}: {HEADER}: expected {whole}, came something else ({error}): write that into it"
        ) from None
    if found.format != FORMAT:
        raise ArchiveError(
            f"archive {store.url}: expected format {FORMAT}, came {found.format}: use that version of Tilik"
        )
    return found


def existing(store: Store) -> Header:
    """Return the header of an archive that must be there."""
    found = header(store)
    if found is None:
        raise ArchiveError(f"archive {store.url}: there is none: `tilik replay ... --archive` begins one")
    return found


def state(
    store: Store,
    stream: str,
    definitions: str,
    parts: tuple[Part, ...],
    since_us: int | None = None,
    last_us: int | None = None,
    over: Collection[str] = (),
) -> Commit:
    """Let files count as all frames of a stream; those that counted before count no more, and go.

    Parameters
    ----------
    over
        Other streams whose frames are among these: theirs count no more, either.
    """
    found = {name: commit for each in {stream, *over} for name, commit in of_stream(store, each).items()}
    commit = Commit(stream, datetime.now(UTC), definitions, parts, _names(found), since_us=since_us, last_us=last_us)
    _put(store, commit)
    clear(store, found, commit)
    return commit


def add(
    store: Store,
    stream: str,
    definitions: str,
    parts: tuple[Part, ...],
    span: Span,
    since_us: int | None = None,
) -> None:
    """Let files count as further frames of a live run's shard; done again, it is the same commit."""
    commit = Commit(stream, datetime.now(UTC), definitions, parts, spans=(span,), since_us=since_us)
    _put(store, commit, f"{stream}-{span.shard:04d}-{span.life}-{span.until:020d}")


def lose(store: Store, stream: str, definitions: str, lost: tuple[Lost, ...]) -> None:
    """Say what went unread of a live run; done again, it is the same commit."""
    commit = Commit(stream, datetime.now(UTC), definitions, (), lost=lost)
    _put(store, commit, f"{stream}-lost-{hashlib.sha256(msgspec.json.encode(lost)).hexdigest()[:16]}")


def end(
    store: Store,
    stream: str,
    definitions: str,
    parts: tuple[Part, ...],
    shard: int,
    since_us: int | None = None,
    last_us: int | None = None,
    lost: tuple[Lost, ...] = (),
) -> None:
    """Let files count as the last frames of a live run's shard, until it goes on (`go_on`)."""
    commit = Commit(stream, datetime.now(UTC), definitions, parts, since_us=since_us, last_us=last_us, lost=lost)
    _put(store, commit, _last(stream, shard))


def go_on(store: Store, stream: str, shard: int) -> None:
    """Let what the end of a shard has decided of count no more: it decides of that anew."""
    name = f"{COMMITS}{_last(stream, shard)}.json"
    commit = _get(store, name)
    if commit is not None:
        store.remove([name])
        store.remove(part.name for part in commit.parts)


def is_last(name: str) -> bool:
    """Say whether a commit is of the end of a live run, which may go on."""
    return name.endswith("-last")


def ended(name: str) -> int:
    """Return the shard of whose end a commit is (`is_last`)."""
    return int(name.split("-")[-2])


def _last(stream: str, shard: int) -> str:
    return f"{stream}-{shard:04d}-last"


def compacted(store: Store, found: dict[str, Commit], parts: tuple[Part, ...]) -> Commit | None:
    """Let files count in the place of all commits of a stream that were `found`; None where others came first."""
    last = max(found.values(), key=lambda commit: commit.made)
    since_us, last_us = bounds(found.values())
    commit = Commit(
        last.stream,
        datetime.now(UTC),
        last.definitions,
        parts,
        _names(found),
        spans_of(found.values()),
        is_compacted=True,
        since_us=since_us,
        last_us=last_us,
        lost=lost_of(found.values()),
    )
    name = _put(store, commit)
    if name not in counting(of_stream(store, last.stream)):
        return None
    clear(store, found, commit)
    return commit


def clear(store: Store, found: dict[str, Commit], commit: Commit) -> None:
    """Remove commits that a new one has replaced, with their files."""
    kept = {part.name for part in commit.parts}
    store.remove(f"{COMMITS}{name}.json" for name in found)
    store.remove({part.name for each in found.values() for part in each.parts} - kept)


def counting(found: dict[str, Commit]) -> dict[str, Commit]:
    """Return those of commits that count.

    Of two that replace the same one, a statement goes before a compaction, then the later one before the earlier one.
    """
    taken: set[str] = set()
    first: set[str] = set()
    for name in sorted(found, key=lambda name: (found[name].is_compacted, -found[name].made.timestamp(), name)):
        if taken.isdisjoint(found[name].replaces):
            first.add(name)
            taken.update(found[name].replaces)
    return {name: found[name] for name in found if name in first and name not in taken}


def every(store: Store, leaving_out: Collection[str] = ()) -> dict[str, Commit]:
    """Return the commits that count, by name; without objects that are `broken`, what these replaced may count."""
    return counting(_read(store, COMMITS, leaving_out))


def broken(store: Store) -> dict[str, str]:
    """Return what is wrong with commits that cannot be read, by the name of their object."""
    found = {}
    for name in sorted(store.names(COMMITS)):
        try:
            _get(store, name)
        except ArchiveError as error:
            found[name] = str(error)
    return found


def of_stream(store: Store, stream: str) -> dict[str, Commit]:
    """Return all commits of a stream by name, those too that count no more."""
    return _read(store, f"{COMMITS}{stream}-")


def _read(store: Store, prefix: str, leaving_out: Collection[str] = ()) -> dict[str, Commit]:
    names = sorted(set(store.names(prefix)).difference(leaving_out))
    found = {
        name.removeprefix(COMMITS).removesuffix(".json"): commit
        for name in names
        if (commit := _get(store, name)) is not None  # removed meanwhile
    }
    before = marks.removed_before(store)  # after the commits: what was removed while they were read is left out
    return found if before is None else {name: _since(commit, before) for name, commit in found.items()}


def _since(commit: Commit, day: date) -> Commit:
    """Return a commit without files of days that were removed."""
    return msgspec.structs.replace(commit, parts=tuple(part for part in commit.parts if part.day >= day))


def _names(found: dict[str, Commit]) -> tuple[str, ...]:
    return tuple(sorted(set(found) | {name for commit in found.values() for name in commit.replaces}))


def bounds(found: Collection[Commit]) -> tuple[int | None, int | None]:
    """Return since when the recording of a stream's commits goes, and with which frame it ended."""
    return _of_known(min, *(commit.since_us for commit in found)), _of_known(max, *(commit.last_us for commit in found))


def lost_of(found: Collection[Commit]) -> tuple[Lost, ...]:
    """Return what commits tell of losses, the first ones first; of one that is told twice, the longer."""
    losses: dict[tuple[int, str], Lost] = {}
    for lost in (lost for commit in found for lost in commit.lost):
        known = losses.get((lost.since_us, lost.camera))
        if known is None or known.until_us is None or (lost.until_us is not None and lost.until_us > known.until_us):
            losses[lost.since_us, lost.camera] = lost
    return tuple(losses[key] for key in sorted(losses))


def spans_of(found: Collection[Commit]) -> tuple[Span, ...]:
    """Return what commits tell of each life of a shard, as one: it is handed over in order."""
    spans: dict[tuple[int, str], Span] = {}
    for span in (span for commit in found for span in commit.spans):
        of = spans.setdefault((span.shard, span.life), span)
        spans[of.shard, of.life] = Span(
            of.shard,
            of.life,
            min(of.since, span.since),
            max(of.until, span.until),
            _of_known(min, of.first_us, span.first_us),
            _of_known(max, of.last_us, span.last_us),
        )
    return tuple(spans.values())


def _of_known(choose: Callable[[Iterable[int]], int], *values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _put(store: Store, commit: Commit, name: str = "") -> str:
    name = name or f"{commit.stream}-{secrets.token_hex(8)}"
    body = msgspec.json.encode(commit)
    store.put(f"{COMMITS}{name}.json", sealed(body))
    return name


def _get(store: Store, name: str) -> Commit | None:
    """Return a commit, None where it is gone.

    Raises
    ------
    ArchiveError
        Its bytes are not those that were written.
    """
    content = store.get(name)
    if content is None:
        return None
    body = opened(content)
    if body is None:
        raise ArchiveError(
            f"archive {store.url}: {name}: its bytes are not those that were written: bring it back from a copy, or "
            "move it away: the frames that it names count again once their input is replayed with --archive"
        )
    commit = msgspec.json.decode(body, type=Commit)
    if commit.format != FORMAT:
        raise ArchiveError(f"archive {store.url}: {name}: expected format {FORMAT}, came {commit.format}")
    return commit
