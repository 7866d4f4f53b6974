"""Records of many senders, kept together: what waits while the disk syncs goes with the next sync.

One thread a lane takes what waits and keeps it at once (group commit), then tells
each sender. What waits is bounded: beyond it senders are told to come again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import chain
from typing import Final, NamedTuple

from connectors.ingest.cameras import camera_of, is_for_all
from connectors.ingest.keepers import Keeper, Oversized
from connectors.records import Origin
from connectors.spool import SpoolFull
from schemas.errors import SourceError, TilikError
from schemas.partitions import partition_of

WAITING_BYTES: Final = 128 << 20
"""What may wait in all partitions together; ours: some seconds of a busy disk."""
TOGETHER_BYTES: Final = 8 << 20
TOGETHER: Final = 1 << 16
IDLE_S: Final = 1.0
TROUBLE_S: Final = 10.0
"""How long it is in trouble once it could not keep something, ours: senders that a balancer took away come back."""


class Busy(TilikError):
    """More waits than is let in: come again soon."""


class _Job(NamedTuple):
    """Records of one sender for one partition."""

    values: list[bytes]
    origins: list[Origin]
    cameras: list[str]
    size: int
    kept: Future[None]


class Intake:
    """Takes records from any thread and keeps them.

    Parameters
    ----------
    keeper
        Where they are kept.
    """

    def __init__(self, keeper: Keeper, now_s: Callable[[], float] = time.monotonic) -> None:
        self.keeper, self.now_s = keeper, now_s
        self._troubles: dict[int, tuple[float, str]] = {}  # by lane the last one, and when
        self.counted: Counter[str] = Counter()  # records by what became of them
        self._waiting = 0
        self._lock = threading.Lock()
        self._queues: list[queue.SimpleQueue[_Job | None]] = [queue.SimpleQueue() for _ in range(keeper.lanes)]
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name=f"keeper {number}", daemon=True)
            for number in range(keeper.lanes)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_full(self) -> bool:
        """Whether more waits than is let in."""
        return self._waiting >= WAITING_BYTES

    @property
    def waiting(self) -> int:
        """Bytes that wait to be kept."""
        return self._waiting

    def trouble(self) -> str:
        """Say why records were not kept in the last seconds; '' where they were."""
        if self.is_full:
            return "more waits for the disk than is let in"
        last_s, said = max(self._troubles.values(), default=(-TROUBLE_S, ""))
        return said if self.now_s() - last_s < TROUBLE_S else ""

    def take(
        self, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str] | None = None
    ) -> list[Future[None]]:
        """Let records wait for the next sync; all that is returned must end well before they are durable.

        Parameters
        ----------
        cameras
            Whose each is, where that is known; else a record's own word counts, then its origin's.

        Raises
        ------
        Busy
            Too much waits.
        """
        if self.is_full:
            raise Busy("more waits for the disk than is let in")
        parts: dict[int, tuple[list[bytes], list[Origin], list[str]]] = {}
        named = [""] * len(values) if cameras is None else cameras
        for value, origin, camera in zip(values, origins, named, strict=True):
            whose = camera or self._camera(value, origin)
            own = partition_of(whose, self.keeper.lanes)
            for lane in range(self.keeper.lanes) if is_for_all(origin) else (own,):
                part = parts.setdefault(lane, ([], [], []))
                part[0].append(value)
                part[1].append(origin)
                part[2].append(whose)
        jobs = [(number, _Job(*part, sum(map(len, part[0])), Future())) for number, part in parts.items()]
        self._count(sum(job.size for _, job in jobs))
        for number, job in jobs:
            self._queues[number].put(job)
        return [job.kept for _, job in jobs]

    def close(self) -> None:
        """Keep what waits, then let go."""
        for waiting in self._queues:
            waiting.put(None)
        for thread in self._threads:
            thread.join()
        self.keeper.close()

    def _camera(self, value: bytes, origin: Origin) -> str:
        """Return whose a record is, where that decides its partition."""
        return camera_of(origin, value) if self.keeper.partitions > 1 else origin.camera

    def _count(self, size: int, kept: int = 0, refused: int = 0) -> None:
        with self._lock:
            self._waiting += size
            self.counted["kept"] += kept
            self.counted["refused"] += refused

    def _work(self, lane: int) -> None:
        is_open = True
        while is_open:
            jobs, is_open = _collected(self._queues[lane])
            if jobs:
                self._keep(lane, jobs)
            elif is_open:
                with suppress(TilikError):  # whoever sends next is told
                    self.keeper.idle(lane)

    def _keep(self, lane: int, jobs: list[_Job]) -> None:
        """Keep some jobs at once; where all together find no room, one by one, since a small one still may."""
        values = list(chain.from_iterable(job.values for job in jobs))
        origins = list(chain.from_iterable(job.origins for job in jobs))
        cameras = list(chain.from_iterable(job.cameras for job in jobs))
        try:
            refused = self.keeper.keep(lane, values, origins, cameras)
        except SpoolFull as error:
            if len(jobs) > 1:
                for job in jobs:
                    self._keep(lane, [job])
                return
            refused = dict.fromkeys(range(len(values)), error)
        except TilikError as error:
            refused = dict.fromkeys(range(len(values)), error)
        except Exception as error:  # a sender must not wait for ever for a mistake of ours
            refused = dict.fromkeys(range(len(values)), SourceError(f"unexpected {type(error).__name__}: {error}"))
        self._note_trouble(lane, refused)
        first = 0
        for job in jobs:
            self._tell(job, [refused[row] for row in range(first, first + len(job.values)) if row in refused])
            first += len(job.values)

    def _note_trouble(self, lane: int, refused: Mapping[int, TilikError]) -> None:
        errors = [error for error in refused.values() if not isinstance(error, Oversized)]
        if errors:
            self._troubles[lane] = (self.now_s(), str(errors[0]))
        else:
            self._troubles.pop(lane, None)

    def _tell(self, job: _Job, refused: list[TilikError]) -> None:
        """Tell a sender: where some of its records were refused, all of them may come again."""
        self._count(-job.size, **{"refused" if refused else "kept": len(job.values)})
        if refused:
            job.kept.set_exception(refused[0])
        else:
            job.kept.set_result(None)


def _collected(waiting: queue.SimpleQueue[_Job | None]) -> tuple[list[_Job], bool]:
    """Return what waits, within bounds, after a moment at most; and whether more may come."""
    jobs: list[_Job] = []
    size = many = 0
    while size < TOGETHER_BYTES and many < TOGETHER:
        try:
            job = waiting.get(block=not jobs, timeout=IDLE_S)
        except queue.Empty:
            break
        if job is None:
            return jobs, False
        jobs.append(job)
        size, many = size + job.size, many + len(job.values)
    return jobs, True
