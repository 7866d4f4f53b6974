"""Superset's own environment: packages that would not live beside Tilik's, locked with their hashes.

It lies beside Tilik's (`.venv` -> `.venv-dashboards`), or where `TILIK_DASHBOARDS_ENVIRONMENT` says, and is made or
brought to another lock only when it has to be.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from connectors.locks import open_lock
from flows.dashboards.pages import FOLDER
from schemas.errors import TilikError

PLACE: Final = "TILIK_DASHBOARDS_ENVIRONMENT"
LOCK: Final = FOLDER / "requirements.txt"
BYTES: Final = 700_000_000
"""What it takes on the disk, about."""


def place(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the environment lies or is to lie."""
    if given := environ.get(PLACE):
        return Path(given).expanduser().absolute()
    if sys.prefix == sys.base_prefix:
        return Path.home() / ".cache" / "tilik" / "dashboards"
    here = Path(sys.prefix)
    return here.with_name(f"{here.name}-dashboards")


def python(root: Path) -> Path:
    """Return its interpreter."""
    return root / "bin" / "python"


def ready(root: Path, say: Callable[[str], None]) -> Path:
    """Make the environment where it is not there or of another lock; return its interpreter.

    Raises
    ------
    TilikError
        It cannot be made: what pip said last.
    """
    root.parent.mkdir(parents=True, exist_ok=True)
    gate = open_lock(root.with_name(root.name + ".lock"))
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not _is_made(root):
            say(f"installing Superset into {root} (a minute or some, and {BYTES // 1_000_000} MB, once)")
            _make(root)
    finally:
        os.close(gate)
    return python(root)


def _wanted() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _is_made(root: Path) -> bool:
    try:
        return (root / "installed").read_text() == _wanted() and python(root).exists()
    except OSError:
        return False


def _make(root: Path) -> None:
    if shutil.disk_usage(root.parent).free < 2 * BYTES:
        raise TilikError(f"{root.parent}: expected {2 * BYTES // 1_000_000} MB free for Superset: free some space")
    (root / "installed").unlink(missing_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", str(root)])
    _install(python(root))
    (root / "installed").write_text(_wanted())


def _install(into: Path) -> None:
    """Install what the lock names: with uv, which takes seconds, where it stands beside this interpreter."""
    locked = ["--quiet", "--require-hashes", "-r", str(LOCK)]
    uv = Path(sys.executable).with_name("uv")
    with suppress(TilikError, OSError):
        _run([str(uv), "pip", "install", "--python", str(into), *locked])
        return
    _run([str(into), "-m", "pip", "install", *locked])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip()[-600:]
        raise TilikError(f"Superset's environment could not be made ({' '.join(command[1:4])}): {last}")
