"""The folder of a city's dashboards: what lies in it, and whether somebody serves them.

`keeper.lock` is held by the process that serves, `server.json` says where, `stop` asks it to end. `login.txt` holds
the first account, `access.toml` who else may sign in, `people.txt` their first passwords, `accounts.txt` those of the
warehouse, `secret_key` what signs sessions, `superset.db` what people made; the folder is its owner's alone.
"""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.locks import is_held
from connectors.warehouse.directory import write_private
from flows.dashboards.admitting import Account

HEALTH_S: Final = 5.0
"""How long Superset is waited for to say that it is well."""


class Served(NamedTuple):
    """Who serves: on which port, which warehouse (without a password)."""

    port: int
    warehouse: str
    pid: int

    @property
    def url(self) -> str:
        """Return the address to open."""
        return f"http://127.0.0.1:{self.port}/"


def prepare(root: Path) -> None:
    """Make the folder and the key of its sessions, once."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    (root / "cache").mkdir(exist_ok=True)
    (root / "translations").mkdir(exist_ok=True)
    if not (root / "secret_key").exists():
        write_private(root / "secret_key", secrets.token_urlsafe(42))


def is_kept(root: Path) -> bool:
    """Say whether a process serves, or is about to."""
    return (root / "keeper.lock").exists() and is_held(root / "keeper.lock")


def served(root: Path) -> Served | None:
    """Return who serves; None before it answers, and when nobody does."""
    if not root.is_dir() or not is_kept(root):
        return None
    try:
        return Served(**json.loads((root / "server.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def answers(port: int) -> bool:
    """Say whether Superset answers on a port of this machine."""
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=HEALTH_S) as reply:
        return bool(reply.read() == b"OK")
    return False


def announce(root: Path, said: Served) -> None:
    """Say who serves."""
    write_private(root / "server.json", json.dumps(said._asdict()))


def tell_access(root: Path, people: list[dict[str, Any]]) -> None:
    """Say who may sign in, and what is kept from them."""
    write_private(root / "access.json", json.dumps(people))


def tell_warehouse(root: Path, url: str, account: str, password: str, people: Mapping[str, Account]) -> None:
    """Say where the warehouse answers now, and as whom it is asked; Superset reads it before it connects.

    Parameters
    ----------
    account, password
        For who has no account of their own, as the first login.
    people
        By login, who has one.
    """
    own = {login: {"account": each.name, "password": each.word} for login, each in people.items()}
    told = {"url": url, "account": account, "password": password, "people": own}
    write_private(root / "warehouse.json", json.dumps(told))
