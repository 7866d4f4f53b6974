"""`tilik dashboards up`, `down` and `status`: what they do, for the command and for `make run`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from connectors.warehouse import demand
from connectors.warehouse.address import parse
from flows.dashboards import access, place
from flows.settings import hide
from schemas.errors import TilikError, UsageError

LOOK_S: Final = 0.2
DOWN_S: Final = 60.0


def up(root: Path, port: int, warehouse: str, say: Callable[[str], None]) -> place.Served:
    """Serve the dashboards of a warehouse from `root`, and return once they answer; it goes on in the background.

    Parameters
    ----------
    port
        Of 127.0.0.1; 0 is any free one.
    say
        Gets a line at each step that takes long.

    Raises
    ------
    TilikError
        They cannot be served, or are served for another warehouse or on another port.
    """
    demand(warehouse)
    place.prepare(root)
    access.read(root / access.FILE)  # a mistake in it is said at once
    if not place.is_kept(root):
        _start(root, port, warehouse)
    said = _awaited(root, say)
    asked = hide(_absolute(warehouse))  # whatever folder it is called from
    if said.warehouse != asked or port not in (0, said.port):
        raise UsageError(
            f"the dashboards of {root} answer at {said.url} for {said.warehouse}: expected {asked} on "
            f"port {port}; end them first (tilik dashboards down), or give another --state"
        )
    return said


def down(root: Path) -> bool:
    """End what serves from `root`, and wait until it has; say whether anything did.

    Raises
    ------
    TilikError
        It does not end.
    """
    if not place.is_kept(root):
        return False
    (root / "stop").touch()
    end = time.monotonic() + DOWN_S
    while place.is_kept(root):
        if time.monotonic() > end:
            raise TilikError(f"the dashboards of {root} do not end: see {root / 'dashboards.log'}")
        time.sleep(LOOK_S)
    return True


def _start(root: Path, port: int, warehouse: str) -> None:
    handle = os.open(root / "dashboards.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for name in ("failed", "server.json"):
        (root / name).unlink(missing_ok=True)
    with os.fdopen(handle, "wb") as log:
        subprocess.run(
            [sys.executable, "-m", "flows.dashboards.keeper", str(root.absolute()), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "TILIK_WAREHOUSE": _absolute(warehouse)},
            start_new_session=True,
            check=False,
        )


def _awaited(root: Path, say: Callable[[str], None]) -> place.Served:
    """Wait for who serves; pass on what it says meanwhile."""
    told = 0
    while True:
        if (said := place.served(root)) is not None:
            return said
        if not place.is_kept(root):
            failed = root / "failed"
            why = failed.read_text() if failed.exists() else _last_words(root)
            raise TilikError(why)
        steps = [line for line in _log(root) if line.startswith(("installing", "bringing"))]
        for line in steps[told:]:
            say(line)
        told = len(steps)
        time.sleep(LOOK_S)


def _log(root: Path) -> list[str]:
    return (root / "dashboards.log").read_text(errors="replace").splitlines()


def _last_words(root: Path) -> str:
    return f"the dashboards of {root} were not brought up: {' '.join(_log(root)[-3:])[-600:] or 'they were ended'}"


def _absolute(warehouse: str) -> str:
    found = parse(warehouse)
    return f"embedded:{found.absolute()}" if isinstance(found, Path) else warehouse
