"""`--processes N`: starts a process for each share of the shards, and one again that died or hangs.

A process says of itself every second how it is (`flows.live.telling`). One that is idle or waits for the
warehouse says so; one whose loop no longer goes round says nothing new, and is killed:
its shards go on from their recovery, as after any kill. The second flow runs here.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flows.console import note, why
from flows.live import telling
from flows.live.place import Place
from schemas.errors import SourceError, StateError, UsageError

HANGS_S: Final = 120.0
"""A loop that has not gone round for so long hangs; a flush counts as long as its statement may take."""
FLUSH_S: Final = 700.0
PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a process is started again, the longer the sooner it died; ours."""
STEADY_S: Final = 60.0
GRACE_S: Final = 20.0
"""How long processes have to end when asked to."""
USAGE: Final = 2
ENDED: Final = 3
"""Exit code of a process that no start mends: its reason stands on stderr, and the supervisor ends with 1."""
FAILED: Final = 1
INTERRUPTED: Final = 130
PR_SET_PDEATHSIG: Final = 1
"""prctl(2)"""


def shares(shards: Sequence[int], processes: int) -> list[tuple[int, int]]:
    """Return first and last shard of each process, as even as can be; no process without a shard."""
    count = min(processes, len(shards))
    cuts = [len(shards) * at // count for at in range(count + 1)]
    return [(shards[cuts[at]], shards[cuts[at + 1] - 1]) for at in range(count)]


@dataclass
class Child:
    """A process and its share."""

    share: tuple[int, int]
    process: subprocess.Popen[bytes]
    began_s: float = field(default_factory=time.monotonic)
    failures: int = 0
    again_s: float | None = None  # when it is to be started again


class Supervisor:
    """Keeps the processes of a live run going.

    Parameters
    ----------
    command
        The command line of a process, without its share.
    environment
        Its environment: what is secret stands there, not in a command line that everybody reads.
    """

    def __init__(
        self,
        place: Place,
        command: Sequence[str],
        environment: Mapping[str, str],
        shards: Sequence[int],
        processes: int,
    ) -> None:
        self.place, self.command, self.environment = place, list(command), environment
        self.children = [Child(share, self._start(share)) for share in shares(shards, processes)]
        self.restarts = 0

    def turn(self) -> bool:
        """Look after the processes; return whether any is left.

        Raises
        ------
        SystemExit
            One was started wrongly: starting it again mends nothing.
        """
        told = {process.pid: process for process in telling.read(self.place.processes)}
        for child in self.children:
            code = child.process.poll()
            if code is None:
                self._kill_if_hanging(child, told.get(child.process.pid))
            elif code in (USAGE, ENDED):
                self.end()
                raise SystemExit(USAGE if code == USAGE else 1)
            elif code != 0:
                self._again(child, code)
        return any(child.process.poll() != 0 for child in self.children)

    def end(self) -> None:
        """Ask all to end, and end those that do not."""
        alive = [child.process for child in self.children if child.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        until_s = time.monotonic() + GRACE_S
        for process in alive:
            try:
                process.wait(max(0.1, until_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, share: tuple[int, int]) -> subprocess.Popen[bytes]:
        mine = ["--shards", f"{share[0]}-{share[1]}", "--child", str(os.getpid())]
        return subprocess.Popen([*self.command, *mine], stdin=subprocess.DEVNULL, env=self.environment)

    def _again(self, child: Child, code: int) -> None:
        """Start a dead process again, after a pause that grows while it keeps dying."""
        now_s = time.monotonic()
        if child.again_s is None:
            child.failures = 0 if now_s - child.began_s > STEADY_S else child.failures + 1
            pause_s = PAUSES_S[min(child.failures, len(PAUSES_S) - 1)]
            child.again_s = now_s + pause_s
            how = f"signal {-code}" if code < 0 else f"code {code}"
            shards = f"{child.share[0]}-{child.share[1]}"
            note(f"shards {shards}: their process ended ({how}); again in {pause_s:g} s", "restart", shards=shards)
        elif now_s >= child.again_s:
            child.process, child.began_s, child.again_s = self._start(child.share), now_s, None
            self.restarts += 1

    def _kill_if_hanging(self, child: Child, told: telling.Process | None) -> None:
        silent_s = time.monotonic() - child.began_s
        limit_s = FLUSH_S  # to begin: kernels, and what others hold
        if told is not None:
            beats = [shard.beat_us for shard in told.shards if shard.doing != "ended"] or [told.written_us]
            silent_s = (telling.clock_us() - min(beats)) / 1e6
            doing = {shard.doing for shard in told.shards}
            if "waiting" in doing:
                return
            limit_s = FLUSH_S if doing & {"writing", "starting"} else HANGS_S
        if silent_s > limit_s:
            shards = f"{child.share[0]}-{child.share[1]}"
            note(f"shards {shards}: their process hangs ({silent_s:.0f} s): it is killed", "hangs", shards=shards)
            child.process.kill()
            child.process.wait()


def answered(error: BaseException, *, is_child: bool) -> int:
    """Say why a process ends, and return its exit code; a supervisor is told by it that no start mends it."""
    for line in why(error).split("\n"):
        note(f"tilik: {line}", "failed")
    if is_child and isinstance(error, StateError | SourceError):
        return ENDED
    return USAGE if isinstance(error, UsageError) else FAILED


def leave_threads(code: int, said: str = "") -> None:
    """End at once, with an exit code, where threads are left behind that still wait for somebody.

    An interpreter that goes down under a thread which is in compiled code ends with a signal instead.
    """
    if len(threading.enumerate()) > 1:
        if said:
            note(said)
        os._exit(code)


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command line of a process of this program."""
    return [sys.executable, "-c", "from flows.cli import main; main()", *arguments]


def die_with(parent: int) -> None:
    """Let the kernel end this process when the supervisor that started it dies: another one may have its shards."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was told
        os._exit(1)
