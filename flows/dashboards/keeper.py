"""The process behind `tilik dashboards up`: holds the warehouse, runs Superset, ends when it is asked to.

Run as `python -m flows.dashboards.keeper STATE PORT` with the warehouse in `TILIK_WAREHOUSE`: an address may hold a
password, which no list of processes is to show. What it says goes into `dashboards.log`, why it gave up into `failed`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from connectors import warehouse as warehouses
from connectors.locks import open_lock, try_lock
from connectors.ports import bindable
from connectors.warehouse.address import Address, parse
from flows.dashboards import access, admitting, environment, period, place
from flows.dashboards.pages import FOLDER
from flows.settings import hide
from schemas.errors import TilikError
from schemas.local_time import ZONE

Accounts = dict[str, admitting.Account]
"""By login."""
LOOK_S: Final = 0.5
START_S: Final = 180.0
STOP_S: Final = 20.0
MOST_STARTS: Final = 5
THREADS: Final = 8
KEPT: Final = (
    *("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR"),
    *(f"TILIK_DASHBOARDS_{name}" for name in ("METADATA", "HTTPS", "REDIS", "URL", "INSIDE_URL")),
    *(f"TILIK_DASHBOARDS_SMTP_{name}" for name in ("HOST", "PORT", "USER", "PASSWORD", "FROM")),
)
"""What Superset gets of the environment: the warehouse's password stays outside, in a file of its owner."""
ERROR: Final = re.compile(r"\(?[\w.]*(Error|Exception)\b")
"""How the line of a traceback begins that says what went wrong."""


def main(root: Path, port: int, url: str) -> int:
    """Serve until asked to end; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (root / "stop").touch())
    lock = open_lock(root / "keeper.lock")
    if not try_lock(lock):
        return 1
    if os.fork():  # its starter reaps this process; the keeper belongs to nobody and keeps the lock
        return 0
    (root / "stop").unlink(missing_ok=True)
    (root / "server.json").unlink(missing_ok=True)
    try:
        _serve(root, port, url)
    except TilikError as error:
        (root / "failed").write_text(str(error))
        return 1
    finally:
        (root / "server.json").unlink(missing_ok=True)
        os.close(lock)
    return 0


def _serve(root: Path, port: int, url: str) -> None:
    python = environment.ready(environment.place(), _say)
    with ExitStack() as until_the_end:
        port = _free(port)
        lease, accounts, shown = _told(root, url, until_the_end)
        environ = _environ(root) | {"TILIK_DASHBOARDS_PERIOD": shown}
        _say("bringing pages and accounts up to date")
        _bootstrapped(root, python, environ)
        superset = _started(python, port, environ)
        until_the_end.callback(lambda: _ended(superset))
        starts = 1
        place.announce(root, place.Served(port, hide(url), os.getpid()))
        while not (root / "stop").exists():
            time.sleep(LOOK_S)
            if lease is not None and lease.current() != lease.server:
                lease.ensure()
                _tell(root, lease, accounts)
            if superset.poll() is not None:
                starts += 1
                if starts > MOST_STARTS:
                    raise TilikError(f"Superset ended {MOST_STARTS} times: see {root / 'dashboards.log'}")
                superset = _started(python, port, environ)


def _told(root: Path, url: str, until_the_end: ExitStack) -> tuple[warehouses.Lease | None, Accounts, str]:
    """Bring the warehouse up to date, let people in, and say where it answers.

    Returns the claim on an embedded one, the accounts of people, and the period that pages begin with.
    """
    found = parse(url)
    people = access.read(root / access.FILE)
    place.tell_access(root, [{**msgspec.to_builtins(each), "clause": each.limit.clause} for each in people])
    with warehouses.connect(url) as store:
        store.migrate()
        shown = period.of(store)
        if isinstance(found, Address):
            accounts = admitting.demand(root, people, store.where)
            place.tell_warehouse(root, _sqlalchemy(found), found.user, found.password, accounts)
            return None, accounts, shown
        admitting.let_in(root, store, people)
        lease = warehouses.Lease(found)
    accounts = admitting.known(root)
    until_the_end.callback(lease.close)
    _tell(root, lease, accounts)
    return lease, accounts, shown


def _tell(root: Path, lease: warehouses.Lease, accounts: Accounts) -> None:
    """Say where an embedded engine answers, to read."""
    word = warehouses.password(lease.root)
    url = f"clickhousedb://127.0.0.1:{lease.server.port}/tilik"
    place.tell_warehouse(root, url, warehouses.READER, word, accounts)


def _sqlalchemy(found: Address) -> str:
    """Return a server's address as SQLAlchemy writes it, without its account."""
    secure = "?secure=true" if found.secure else ""
    return f"clickhousedb://{quote(found.host)}:{found.port}/{found.database}{secure}"


def _environ(root: Path) -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "TILIK_DASHBOARDS_STATE": str(root),
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "PYTHONPATH": str(FOLDER.parent),
        "TZ": ZONE,  # so that "today" is the city's
    }


def _bootstrapped(root: Path, python: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [str(python), "-m", "superset_dashboards.bootstrap"],
        env=environ, cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    sys.stderr.write(done.stderr)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if ERROR.match(line)] or ["it said nothing"]
        raise TilikError(f"Superset could not be brought up to date: {said[-1]} (see {root / 'dashboards.log'})")


def _started(python: Path, port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    command = ["-m", "gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", str(THREADS)]
    where = ["--bind", f"127.0.0.1:{port}", "--timeout", "120", "--log-level", "warning"]
    superset = subprocess.Popen([str(python), *command, *where, "superset.app:create_app()"], env=environ)
    end = time.monotonic() + START_S
    while not place.answers(port):
        if superset.poll() is not None or time.monotonic() > end:
            _ended(superset)
            raise TilikError(f"Superset does not answer on port {port}: see dashboards.log")
        time.sleep(LOOK_S)
    return superset


def _ended(superset: subprocess.Popen[bytes]) -> None:
    superset.terminate()
    try:
        superset.wait(STOP_S)
    except subprocess.TimeoutExpired:
        superset.kill()
        superset.wait()


def _free(port: int) -> int:
    """Return a port of this machine that can be had; for 0 any free one."""
    try:
        return bindable(port)
    except OSError as error:
        raise TilikError(f"port {port} of 127.0.0.1 cannot be had: {error.strerror}: give another --port") from error


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), os.environ.pop("TILIK_WAREHOUSE")))
