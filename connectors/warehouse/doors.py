"""Who else on the machine may open a warehouse's files; what is open is shut at start."""

from __future__ import annotations

import os
import stat
import urllib.request
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

OURS: Final = {
    *("clients.lock", "start.lock", "engine.lock", "engine.log", "secrets.json", "server.json", "version", "data"),
    *("run", "stop", "config.xml", "users.xml", "migrate.lock"),
}
"""What a warehouse's directory holds. One that holds other things too is not ours to shut."""
OTHERS: Final = 0o077


def shut(root: Path) -> None:
    """Leave a warehouse's directory to its owner: 700 for folders, 600 for files, as older versions did not.

    What belongs to somebody else stays as it is; `open_to_others` names it.
    """
    if _is_ours(root):
        _leave_to_owner(root, 0o700)
    with suppress(FileNotFoundError):
        for entry in list(os.scandir(root)):
            if entry.name in OURS and entry.is_file(follow_symlinks=False):
                _leave_to_owner(Path(entry.path), 0o600)


def shut_data(root: Path) -> None:
    """Do the same for all that ClickHouse stored; its folder comes last and stands for all."""
    data = root / "data"
    if data.is_dir() and _mode(data) & OTHERS:
        for folder, _, names in os.walk(data, topdown=False):
            for name in names:
                _leave_to_owner(Path(folder, name), 0o600)
            _leave_to_owner(Path(folder), 0o700)


def open_to_others(root: Path) -> list[str]:
    """Name what others than its owner may list, read or write, and what belongs to somebody else."""
    here = [root, *(root / name for name in sorted(OURS))]
    found = []
    for path in here:
        with suppress(FileNotFoundError):
            status = path.lstat()
            if stat.S_IMODE(status.st_mode) & OTHERS and (path != root or _is_ours(root) or _writable(status)):
                found.append(f"{path} is open to others (mode {stat.S_IMODE(status.st_mode):o}): chmod go= {path}")
            if status.st_uid != os.geteuid():
                found.append(f"{path} belongs to user {status.st_uid}, not to you ({os.geteuid()}): chown it")
    return found


def lets_strangers_in(url: str) -> bool:
    """Say whether a server answers who gives no password: `url` is where it answers, without an account."""
    asked = urllib.request.Request(f"{url}/?query=SELECT%201")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5) as reply:
            return bool(reply.status == HTTPStatus.OK)
    except OSError:
        return False


def _writable(status: os.stat_result) -> bool:
    return bool(status.st_mode & 0o022) and not status.st_mode & stat.S_ISVTX


def _is_ours(root: Path) -> bool:
    """Say whether a directory holds nothing but a warehouse: `/tmp` and a home are not ours to shut."""
    return {path.name for path in root.iterdir() if path.suffix != ".new"} <= OURS


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _leave_to_owner(path: Path, mode: int) -> None:
    with suppress(FileNotFoundError, PermissionError):
        if not path.is_symlink() and _mode(path) & OTHERS:
            path.chmod(mode)
