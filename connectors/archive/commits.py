"""What counts of an archive: commits, each a list of files with what they hold and their checksums.

A commit is one object, put in one piece after its files. So a crash leaves files that nobody names, and
never half a file in view. A commit names those whose place it takes; they count no more, whether they are
still there or not. S3 has no way to put an object only if nobody else has: of several that take the same
place one counts, and all readers choose the same (`counting`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from connectors.archive.store import Store
from schemas.archive import FORMAT, SHARDS
from schemas.errors import ArchiveError

HEADER: Final = "archive.json"
COMMITS: Final = "commits/"
FILES: Final = "frames/"


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


class Commit(msgspec.Struct, frozen=True):
    """Files that count, together."""

    stream: str
    """Whose frames they are: the hash of a replay's input."""
    made: datetime
    definitions: str
    """Hash of the registry, calendar and thresholds that decided of these frames."""
    parts: tuple[Part, ...]
    replaces: tuple[str, ...] = ()
    """Names of all commits that count no more."""
    is_compacted: bool = False
    """The same frames in other files: where the stream was stated anew meanwhile, that counts."""
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
        raise ArchiveError(f"archive {store.url}: {HEADER}: {error}") from None
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


def state(store: Store, stream: str, definitions: str, parts: tuple[Part, ...]) -> Commit:
    """Let files count as all frames of a stream; those that counted before count no more, and go."""
    found = of_stream(store, stream)
    commit = Commit(stream, datetime.now(UTC), definitions, parts, _names(found))
    _put(store, commit)
    clear(store, found, commit)
    return commit


def compacted(store: Store, found: dict[str, Commit], parts: tuple[Part, ...]) -> Commit | None:
    """Let files count in the place of all commits of a stream that were `found`; None where others came first."""
    last = max(found.values(), key=lambda commit: commit.made)
    commit = Commit(last.stream, datetime.now(UTC), last.definitions, parts, _names(found), is_compacted=True)
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
    """Return those of a stream's commits that count.

    Of two that replace the same one, a statement goes before a compaction, then the later one before the earlier one.
    """
    taken: set[str] = set()
    first: list[str] = []
    for name in sorted(found, key=lambda name: (found[name].is_compacted, -found[name].made.timestamp(), name)):
        if taken.isdisjoint(found[name].replaces):
            first.append(name)
            taken.update(found[name].replaces)
    return {name: found[name] for name in found if name in first and name not in taken}


def every(store: Store, leaving_out: Collection[str] = ()) -> dict[str, Commit]:
    """Return the commits that count, by name; without objects that are `broken`, what these replaced may count."""
    streams: dict[str, dict[str, Commit]] = {}
    for name, commit in _read(store, COMMITS, leaving_out).items():
        streams.setdefault(commit.stream, {})[name] = commit
    return {name: commit for found in streams.values() for name, commit in counting(found).items()}


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
    return {
        name.removeprefix(COMMITS).removesuffix(".json"): commit
        for name in names
        if (commit := _get(store, name)) is not None  # removed meanwhile
    }


def _names(found: dict[str, Commit]) -> tuple[str, ...]:
    return tuple(sorted(set(found) | {name for commit in found.values() for name in commit.replaces}))


def _put(store: Store, commit: Commit) -> str:
    name = f"{commit.stream}-{secrets.token_hex(8)}"
    body = msgspec.json.encode(commit)
    store.put(f"{COMMITS}{name}.json", body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
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
    body, _, check = content.rstrip(b"\n").rpartition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != check:
        raise ArchiveError(f"archive {store.url}: {name}: its bytes are not those that were written")
    commit = msgspec.json.decode(body, type=Commit)
    if commit.format != FORMAT:
        raise ArchiveError(f"archive {store.url}: {name}: expected format {FORMAT}, came {commit.format}")
    return commit
