"""The process that serves one directory: ClickHouse out of the chdb wheel, over HTTP.

It holds `engine.lock` for its lifetime, writes `server.json` once it answers,
and ends when nobody holds `clients.lock` any more, so a client that was killed
leaves nothing behind. Runs as a script of its own: it imports nothing of ours.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import threading
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

POLL_S = 0.2
HOLD = "SYSTEM START LISTEN HTTP; SELECT sleepEachRow(1) FROM numbers(1000000000) FORMAT Null SETTINGS max_block_size=1"


def main(root: Path, port: int) -> int:
    """Serve `root` on a loopback port until the last client leaves; return the exit code."""
    os.chdir(root)
    mine = os.open("engine.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _say("another engine serves this directory")
    if os.fork():  # its starter reaps this process; the engine belongs to nobody and keeps the lock
        return 0
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = threading.Thread(target=_hold, args=(root,), daemon=True)
    engine.start()
    while not _answers(port):
        if not engine.is_alive():
            return 1
        time.sleep(0.05)
    _announce(port)
    clients = os.open("clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
    while engine.is_alive():
        time.sleep(POLL_S)
        try:
            fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        Path("server.json").unlink(missing_ok=True)
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


def _announce(port: int) -> None:
    facts = {"pid": os.getpid(), "port": port, "chdb": version("chdb"), "chdb-core": version("chdb-core")}
    draft = Path("server.json.new")
    draft.write_text(json.dumps(facts))
    draft.replace("server.json")


def _say(message: str) -> int:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
    return 1


if __name__ == "__main__":
    code = main(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stderr.flush()
    os._exit(code)  # the engine's threads do not end by themselves; kill -9 loses nothing either
