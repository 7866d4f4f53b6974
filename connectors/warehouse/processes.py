"""Processes, as others on the same machine can look them up, and as the store can name what they asked for."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NamedTuple


class Owner(NamedTuple):
    """A process: where it runs (host, boot, process namespace; '' when unknown), its number, when it began."""

    place: str
    pid: int
    began: int

    @property
    def comment(self) -> str:
        """What stands beside every statement of this process while the store runs it."""
        return f"tilik {self.place} {self.pid} {self.began}"


def me() -> Owner:
    """Return this process as others on this machine can look it up."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        place = f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no Linux: nobody can look us up
        return Owner("", os.getpid(), 0)
    return Owner(place, os.getpid(), _began(os.getpid()) or 0)


def is_dead(owner: Owner) -> bool:
    """Say whether a process is known to have ended: it is of this machine and boot, and not there."""
    mine = me()
    return bool(owner.place) and owner.place == mine.place and _began(owner.pid) != owner.began


def is_over(owner: Owner, mine: Owner) -> bool:
    """Say whether a process has ended for sure, or its machine, which is `mine`'s, was started again since."""
    if not owner.place or not mine.place:
        return False
    (host, boot, _), (my_host, my_boot, _) = (each.place.rsplit(" ", 2) for each in (owner, mine))
    if owner.place == mine.place:
        return _began(owner.pid) != owner.began
    return host == my_host and boot != my_boot


def _began(pid: int) -> int | None:
    """Return when a process began, in clock ticks since boot; None when it has ended, waited for or not."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else int(rest[18])
