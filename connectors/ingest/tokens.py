"""Who may send: a token a sender, of which only the SHA-256 is kept.

A token is 32 random bytes, so a plain hash of it gives nothing away. The file is its
owner's alone and is read again when it changes: a token that was made or taken back
counts at once. `TILIK_INGEST_TOKENS` may name more (`name=sha256,...`).
"""

from __future__ import annotations

import fcntl
import hmac
import os
import re
import secrets
import stat
from hashlib import sha256
from pathlib import Path
from typing import Final

from connectors.durable import sync_folder
from schemas.errors import UsageError

VARIABLE: Final = "TILIK_INGEST_TOKENS"
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Tokens:
    """The senders that are known now.

    Parameters
    ----------
    file
        Where they stand, a name and a hash a line; it may be missing.
    variable
        More of them, as `TILIK_INGEST_TOKENS` has them.

    Raises
    ------
    UsageError
        One cannot be read, or others may read the file.
    """

    def __init__(self, file: Path, variable: str = "") -> None:
        self.file = file
        self._fixed = _read(variable.replace("=", " ").split(","), VARIABLE)
        self._stamp: tuple[int, ...] = ()
        self._known: dict[str, str] = {}
        self.look()

    def look(self) -> None:
        """Read the file again where it changed."""
        try:
            found = self.file.stat()
        except FileNotFoundError:
            self._stamp, self._known = (), dict(self._fixed)
            return
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            if stat.S_IMODE(found.st_mode) & 0o077:
                raise UsageError(f"{self.file}: expected a file that its owner alone reads: chmod 600 {self.file}")
            lines = self.file.read_text(encoding="utf-8").splitlines()
            self._known = self._fixed | _read(lines, str(self.file))
            self._stamp = stamp

    def __len__(self) -> int:
        """Return how many senders are known."""
        return len(self._known)

    def sender(self, token: bytes) -> str | None:
        """Return whose token it is; None where it is nobody's. It takes as long whosever it is."""
        given, found = sha256(token).hexdigest(), None
        for digest, name in self._known.items():
            if hmac.compare_digest(digest, given):
                found = name
        return found


def made(file: Path, name: str, *, replaces: bool = False) -> str:
    """Return a new token of a sender, whose hash is added to a file.

    Raises
    ------
    UsageError
        The name cannot be one, or has a token and `replaces` is not said.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"expected a sender's name of letters, digits, '.', '_' and '-', came {name!r}")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        others = [line for line in lines if line.split()[:1] != [name]]
        if len(others) < len(lines) and not replaces:
            raise UsageError(f"{name} has a token: --replace makes another one and ends the old; see {file}")
        token = f"tilik_{secrets.token_urlsafe(32)}"
        _write(file, [*others, f"{name} {sha256(token.encode()).hexdigest()}"])
    finally:
        os.close(handle)
    return token


def _read(lines: list[str], place: str) -> dict[str, str]:
    """Return hash -> name of lines of a name and a hash."""
    known: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not NAME.fullmatch(words[0]) or not _HASH.fullmatch(words[1]):
            raise UsageError(f"{place}: entry {number}: expected a sender's name and 64 hexadecimal digits")
        known[words[1]] = words[0]
    return known


def _write(file: Path, lines: list[str]) -> None:
    draft = file.with_name(f"{file.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write("\n".join([*lines, ""]))
        out.flush()
        os.fsync(handle)
    draft.replace(file)
    sync_folder(file.parent)
