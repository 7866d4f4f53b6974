"""Where a warehouse is: `embedded:DIR` or `http(s)://user:pass@host:port/db`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.warehouse.embedded import Server
from schemas.errors import UsageError

EXPECTED = "expected embedded:DIR or http(s)://user@host:port/db"


@dataclass(frozen=True, slots=True)
class Address:
    """A server to log in to; `root` is the directory where it is an embedded one."""

    host: str
    port: int
    user: str
    password: str
    database: str
    secure: bool
    root: Path | None = None

    @property
    def url(self) -> str:
        """Return the URL without the password."""
        return f"http{'s' if self.secure else ''}://{self.user}@{self.host}:{self.port}/{self.database}"


def parse(url: str) -> Address | Path:
    """Return a server's address, or the directory of an embedded warehouse."""
    scheme, _, rest = url.partition(":")
    if scheme == "embedded":
        if not rest:
            raise UsageError(f"warehouse {url!r} names no directory: {EXPECTED}")
        return Path(rest).expanduser()
    if scheme not in ("http", "https"):
        raise UsageError(f"warehouse {_shown(url)!r}: {EXPECTED}")
    account, _, server = rest.removeprefix("//").rpartition("@")  # a password may hold any character
    try:
        parts = urlsplit(f"//{server}")
        port = parts.port or (8443 if scheme == "https" else 8123)
    except ValueError:
        raise UsageError(f"warehouse {_shown(url)!r}: {EXPECTED}") from None
    database = parts.path.strip("/") or "tilik"
    if not parts.hostname or not database.isidentifier():
        raise UsageError(f"warehouse {_shown(url)!r}: {EXPECTED}")
    user, colon, given = account.partition(":")
    password = unquote(given) if colon else os.environ.get("TILIK_WAREHOUSE_PASSWORD", "")
    return Address(parts.hostname, port, unquote(user) or "default", password, database, scheme == "https")


def embedded(root: Path, server: Server) -> Address:
    """Return where a running embedded engine listens."""
    return Address("127.0.0.1", server.port, server.user, server.password, "tilik", secure=False, root=root)


def _shown(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://...@{tail}" if at else url
