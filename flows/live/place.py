"""The directory of a live run: what was decided at set-up, one recovery a shard, what its processes say of themselves.

    STATE/stream.json     partitions, sources, since when, what it is known by; read and written under STATE/stream.lock
    STATE/registry.json   the registry by time, see `flows.live.kept`
    STATE/shards/003/     the recovery of a shard, and frames on their way to the archive (`flows.live.journal`):
                          it moves between processes, and hosts, by itself
    STATE/ends/003        where a shard's recording ends (`--until-end`)
    STATE/name, asked     who reads a spool, when this was first asked for: made once
    STATE/processes/      what each process says of itself, see `flows.live.telling`

The number of partitions and the time zone are part of every figure's place, so they
are fixed here; another number is refused with what it would take.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from connectors.locks import open_lock, try_lock
from flows.recovery import make, needs_room
from schemas.errors import StateError
from schemas.local_time import ZONE

FORMAT: Final = 1
FILE: Final = "stream.json"
LOCK: Final = "stream.lock"
COUNTS: Final = ("frames", "objects", "rows", "dead_letters", "late", "duplicates")
"""What a live run says it did, as `tilik replay --json` does."""


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is decided once."""

    format: int
    zone: str
    partitions: int
    sources: tuple[str, ...]
    since_us: int | None = None
    """When the recording begins; None until the first frame, or the first silence, says so."""
    input: int | None = None
    """Hash of the first sources and of how they were read: the stream is known by it, whatever it reads later."""
    keys: tuple[str, ...] = ()
    """Of all sources it ever read: recovery remembers how far each was read, should it come back."""
    read: dict[str, str] = {}
    """Key of each source at the last start, by name."""
    replaced: dict[str, str] = {}
    """By key the name of each that was deleted: another was made of that name."""


class Place:
    """A live run's directory."""

    def __init__(self, directory: Path, setup: Setup) -> None:
        self.directory, self.setup = directory, setup

    def shard(self, shard: int) -> Path:
        """Return the directory of a shard's recovery."""
        return self.directory / "shards" / f"{shard:03}"

    @property
    def registry(self) -> Path:
        """Where the registry by time is kept."""
        return self.directory / "registry.json"

    @property
    def processes(self) -> Path:
        """Where processes say how they are."""
        return self.directory / "processes"

    def since_us(self) -> int | None:
        """Return when the recording begins, if that is decided."""
        if self.setup.since_us is None:
            self.setup = _read(self.directory)
        return self.setup.since_us

    def first_asked_us(self, now_us: int) -> int:
        """Return when the run was first asked for: now, where nobody has before."""
        return int(_made_once(self.directory / "asked", str(now_us)))

    def begin(self, since_us: int) -> int:
        """Decide when the recording begins, unless another shard has; return what holds."""
        with locked(self.directory):
            self.setup = _read(self.directory)
            if self.setup.since_us is None:
                self.setup = msgspec.structs.replace(self.setup, since_us=since_us)
                _write(self.directory, self.setup)
        assert self.setup.since_us is not None
        return self.setup.since_us

    def finished(self, shard: int, counts: dict[str, int]) -> None:
        """Say what a shard did in all, its recording being over."""
        replaced(self._end(shard).with_suffix(".counts"), msgspec.json.encode(counts))

    def counts(self, shards: Sequence[int]) -> dict[str, int]:
        """Return what these shards did together, as far as they have said so."""
        total = dict.fromkeys(COUNTS, 0)
        for shard in shards:
            with suppress(FileNotFoundError):
                counts = msgspec.json.decode(self._end(shard).with_suffix(".counts").read_bytes(), type=dict[str, int])
                total |= {name: total[name] + counts.get(name, 0) for name in COUNTS}
        return total

    @contextmanager
    def supervised(self, shards: Sequence[int]) -> Iterator[None]:
        """Be the one supervisor of these shards.

        Raises
        ------
        StateError
            Another has some of them.
        """
        with ExitStack() as held:
            folder = self.directory / "supervised"
            folder.mkdir(mode=0o700, exist_ok=True)
            for shard in shards:
                lock = open_lock(folder / f"{shard:03}")
                held.callback(os.close, lock)
                if not try_lock(lock):
                    raise StateError(
                        f"{self.directory}: expected shards that nobody runs, came {shard}, which another "
                        "`tilik run --processes` has: end that one first"
                    )
            yield

    def forget_ends(self, shards: Sequence[int]) -> None:
        """Forget where these shards ended: they go on."""
        for shard in shards:
            self._end(shard).unlink(missing_ok=True)
            self._end(shard).with_suffix(".counts").unlink(missing_ok=True)

    def ended(self, shard: int, last_us: int) -> None:
        """Say with which frame a shard's recording ended [us]."""
        self._end(shard).parent.mkdir(mode=0o700, exist_ok=True)
        replaced(self._end(shard), str(last_us).encode())

    def all_ended(self, shards: Sequence[int]) -> int | None:
        """Return the last frame of all these shards [us]; None while some have not ended."""
        found = [self._end(shard) for shard in shards]
        with suppress(FileNotFoundError):
            return max(int(path.read_bytes()) for path in found)
        return None

    def _end(self, shard: int) -> Path:
        return self.directory / "ends" / f"{shard:03}"


def opened(directory: Path, partitions: int, sources: Mapping[str, str], input_hash: int) -> Place:
    """Return a live run's directory, made where there is none.

    Parameters
    ----------
    sources
        Their names by their keys.
    input_hash
        Hash of these sources and of how they are read: a stream that begins is known by it from then on.

    Raises
    ------
    StateError
        It was set up for other partitions or another time zone, or cannot be made.
    """
    make(directory)
    with locked(directory):
        if not (directory / FILE).exists():
            _write(directory, Setup(FORMAT, ZONE, partitions, tuple(sources.values()), input=input_hash))
        setup = _read(directory)
        _refuse_other(directory, setup, partitions)
        known_by = input_hash if setup.input is None else setup.input
        keys = tuple(dict.fromkeys((*setup.keys, *sources)))
        now = msgspec.structs.replace(
            setup,
            sources=tuple(sources.values()),
            input=known_by,
            keys=keys,
            read={name: key for key, name in sources.items()},
            replaced=_replaced(setup, sources),
        )
        if now != setup:
            _write(directory, now)
    return Place(directory, now)


def _replaced(setup: Setup, sources: Mapping[str, str]) -> dict[str, str]:
    """Return the sources that others stand for now which have their names; one that is back is none."""
    was = {setup.read[name]: name for key, name in sources.items() if setup.read.get(name, key) != key}
    return {key: name for key, name in (setup.replaced | was).items() if key not in sources}


def name_of(directory: Path) -> str:
    """Return the name of a live run, made up where it has none yet."""
    make(directory)
    return _made_once(directory / "name", f"run-{secrets.token_hex(4)}")


def _made_once(path: Path, content: str) -> str:
    """Return what stands in a file, made with a content where there is none: the first of two wins."""
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}.new")
        _put(made, content.encode())
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_text()


def known(directory: Path) -> Setup | None:
    """Return what was decided in a live run's directory; None where nothing was yet."""
    return _read(directory) if (directory / FILE).exists() else None


def existing(directory: Path) -> Place:
    """Return a live run's directory that is there.

    Raises
    ------
    StateError
        There is none.
    """
    if not (directory / FILE).exists():
        raise StateError(f"{directory}: expected the state of `tilik run` (another --state DIR?), found no {FILE}")
    return Place(directory, _read(directory))


def _refuse_other(directory: Path, setup: Setup, partitions: int) -> None:
    if setup.zone != ZONE:
        raise StateError(f"{directory}: expected the time zone {setup.zone} it was set up for, came {ZONE}: {ANEW}")
    if setup.partitions != partitions:
        raise StateError(
            f"{directory}: expected {setup.partitions} partitions, as it was set up, the sources have {partitions}: a "
            f"camera's frames would be split over two shards. Let the old ones run dry (--until-end), then {ANEW}"
        )


ANEW: Final = "begin with a new state (another --state directory)"


def _read(directory: Path) -> Setup:
    path = directory / FILE
    try:
        setup = msgspec.json.decode(path.read_bytes(), type=Setup)
    except (OSError, msgspec.DecodeError) as error:
        raise StateError(f"{path}: expected what `tilik run` wrote, came something else ({error}): {ANEW}") from error
    if setup.format != FORMAT:
        raise StateError(f"{path}: expected format {FORMAT}, came {setup.format}: {ANEW}")
    return setup


def _write(directory: Path, setup: Setup) -> None:
    replaced(directory / FILE, msgspec.json.encode(setup))


def replaced(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, a power cut included.

    Raises
    ------
    StateAway
        There is no room for it.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    _put(new, content)
    new.replace(path)


def _put(path: Path, content: bytes) -> None:
    with needs_room(path.parent):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            written = os.write(file, content)
            if written < len(content):  # the last of the room was taken
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Be the one who reads and writes what is decided of a live run."""
    lock = open_lock(directory / LOCK)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
