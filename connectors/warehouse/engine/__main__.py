"""The process that serves one directory: ClickHouse out of the chdb wheel, over HTTP.

It holds `engine.lock` for its lifetime, writes `server.json` once it answers, and ends when
`stop` is laid into the directory or nobody holds `clients.lock` any more, so a client that
was killed leaves nothing behind. Before ClickHouse is loaded it gives up all files but its
own (`landlock`), and works in a folder that no longer exists: ClickHouse's function `file`
looks there first. Runs as a program of its own, by its folder's path: it imports nothing of
ours but its neighbour.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import threading
import time
import urllib.request
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import landlock  # beside this file

POLL_S = 0.05
CLIENTS_EVERY = 4
"""Polls between two looks at who is still there."""
PROBED_S = 2.0
"""Others hold the lock for an instant when they look whether an engine does."""
HOLD = "SYSTEM START LISTEN HTTP; SELECT sleepEachRow(1) FROM numbers(1000000000) FORMAT Null SETTINGS max_block_size=1"
SYSTEM = (
    *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime"),
    *("/etc/ld.so.cache", "/proc", "/sys/fs/cgroup", "/sys/devices", "/sys/block", "/dev/urandom", "/dev/random"),
)
"""What Python and ClickHouse read of the machine: libraries, time zones, processors, memory."""


def main(root: Path, port: int) -> int:
    """Serve `root` on a loopback port until the last client leaves; return the exit code."""
    os.umask(0o077)
    os.chdir(root / "run")
    os.environ["TMPDIR"] = str(root / "run")  # `import chdb` asks an engine in a folder of its own first
    mine = os.open(root / "engine.lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not _lock(mine):
        return _say("another engine serves this directory")
    if os.fork():  # its starter reaps this process; the engine belongs to nobody and keeps the lock
        return 0
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = os.open(root / "server.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    clients = os.open(root / "clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
    why = _confine(root, port)
    engine = threading.Thread(target=_hold, args=(root,), daemon=True)
    engine.start()
    while not _answers(port):
        if not engine.is_alive():
            return 1
        time.sleep(POLL_S)
    people = (root / "run" / "people").read_text()
    shutil.rmtree(root / "run")
    os.write(told, json.dumps(_facts(port, why) | {"people": people}).encode())
    return _serve(root, clients, engine)


def _lock(mine: int) -> bool:
    end = time.monotonic() + PROBED_S
    while True:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(POLL_S / 10)
        else:
            return True


def _confine(root: Path, port: int) -> str:
    """Give up what an engine does not need; return why not, where that is not to be had."""
    why = landlock.missing()
    if not why:
        (root / "data").mkdir(exist_ok=True)
        found = find_spec("chdb")
        wheel = [str(Path(found.origin).parents[1])] if found and found.origin else []
        python = [f"{prefix}/{name}" for prefix in (sys.prefix, sys.base_prefix) for name in ("lib", "lib64")]
        read = [(Path(path), landlock.READ) for path in (*SYSTEM, *python, *wheel)]
        own = [(root / "data", landlock.CHANGE), (root / "run", landlock.CHANGE), (root, landlock.REMOVE_DIR)]
        nothing = [(Path("/dev/null"), landlock.READ | landlock.WRITE_FILE)]
        landlock.confine([*read, *own, *nothing], port)
    return why


def _serve(root: Path, clients: int, engine: threading.Thread) -> int:
    polls = 0
    while engine.is_alive():
        time.sleep(POLL_S)
        polls += 1
        if (root / "stop").exists():
            return 0
        if polls % CLIENTS_EVERY:
            continue
        try:
            fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return 0
    return _say("the engine ended by itself")


def _hold(root: Path) -> None:
    """Keep the engine open: the HTTP server lives as long as this query."""
    try:
        from chdb import _chdb  # noqa: PLC0415 - costs half a second, and no thread may live before the fork

        _chdb.query(HOLD, "TabSeparated", path=str(root / "data"))  # type: ignore[attr-defined]
    except Exception as error:  # whatever it is, it belongs in engine.log
        _say(str(error))


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1) as reply:
            return bool(reply.read().startswith(b"Ok"))
    except OSError:
        return False


def _facts(port: int, why: str) -> dict[str, object]:
    """Say who serves, since when, where, and why it is not confined ('' when it is)."""
    return {
        "pid": os.getpid(),
        "port": port,
        "began": time.time_ns(),
        "unconfined": why,
        "chdb": version("chdb"),
        "chdb-core": version("chdb-core"),
    }


def _say(message: str) -> int:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
    return 1


if __name__ == "__main__":
    code = main(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stderr.flush()
    os._exit(code)  # the engine's threads do not end by themselves; kill -9 loses nothing either
