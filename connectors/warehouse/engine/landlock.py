"""Landlock: a process gives up what it does not need, and its threads and children with it.

Linux keeps a list of what the process may still open; all else is "Permission denied",
whatever its account may do elsewhere. Three system calls, here by ctypes
(https://docs.kernel.org/userspace-api/landlock.html). It imports nothing of ours: the
engine loads it before anything else.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on every architecture (include/uapi/asm-generic/unistd.h)."""
ASK_VERSION: Final = 1
RULE_PATH: Final = 1
RULE_PORT: Final = 2
NO_NEW_PRIVILEGES: Final = 38
"""PR_SET_NO_NEW_PRIVS: who is not root must promise it first."""
OLDEST: Final = 2
"""Linux 5.19; the first version lets nobody move a file from one folder to another, and ClickHouse does."""
SWITCH: Final = "TILIK_SANDBOX"
"""`off` leaves the engine as it is: for machines where the sandbox itself is in the way."""

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_FILE, MAKE_LINK, MOVE, TRUNCATE = 1 << 7, 1 << 8, 1 << 12, 1 << 13, 1 << 14
READ: Final = READ_FILE | READ_DIR
CHANGE: Final = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_FILE | MAKE_LINK | MOVE | TRUNCATE
FILES_ONLY: Final = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
"""Rights that a rule on a single file may give."""
BIND, CONNECT = 1, 2
FILE_RIGHTS: Final = {2: 14, 3: 15, 5: 16}
"""Version of Landlock -> how many rights on files it knows."""
PORTS_SINCE: Final = 4
SCOPES_SINCE: Final = 6
SCOPES: Final = 0b11
"""No abstract sockets and no signals to processes outside."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("rights", ctypes.c_uint64), ("port", ctypes.c_uint64))


def missing(environ: Mapping[str, str] = os.environ) -> str:
    """Return why a process cannot be confined here; '' where it can."""
    if environ.get(SWITCH) == "off":
        return f"{SWITCH}=off"
    if sys.platform != "linux":
        return f"{platform.system()} has no Landlock, Linux 5.19 has"
    try:
        found = _version()
    except OSError as error:
        return f"Linux {platform.release()} offers no Landlock ({error.strerror}), 5.19 does unless it is shut off"
    return "" if found >= OLDEST else f"Linux {platform.release()} has Landlock {found}, {OLDEST} (5.19) is needed"


def confine(paths: Iterable[tuple[Path, int]], port: int) -> None:
    """Leave this thread, and all it starts, what is beneath `paths` (each with its rights) and one TCP port.

    Raises
    ------
    OSError
        When the kernel refuses: then nothing is given up.
    """
    known = _version()
    files = (1 << max(bits for since, bits in FILE_RIGHTS.items() if since <= known)) - 1
    ports = BIND | CONNECT if known >= PORTS_SINCE else 0
    ruleset = _Ruleset(files, ports, SCOPES if known >= SCOPES_SINCE else 0)
    size = 24 if known >= SCOPES_SINCE else 16 if known >= PORTS_SINCE else 8
    rules = _call(CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    try:
        for path, rights in paths:
            _allow(rules, path, rights & files)
        if ports:
            _call(ADD_RULE, rules, RULE_PORT, ctypes.byref(_Port(ports, port)), 0)
        _no_new_privileges()
        _call(RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    """Give rights beneath a path; one that is not there needs none."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        given = rights if path.is_dir() else rights & FILES_ONLY
        _call(ADD_RULE, rules, RULE_PATH, ctypes.byref(_Beneath(given, handle)), 0)
    finally:
        os.close(handle)


def _version() -> int:
    return _call(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)


def _no_new_privileges() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        _refused()


def _call(*arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    found: int = library.syscall(*arguments)
    if found < 0:
        _refused()
    return found


def _refused() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))
