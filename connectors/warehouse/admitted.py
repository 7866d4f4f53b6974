"""Who else may come in to read: people by account, with what each is kept to (`schemas.limits`).

An embedded engine is told of them when it starts, out of `people.json` in its directory: hashes of passwords, no more.
A server is told by SQL (`people`). Accounts bear the database's name before a person's: they are nobody else's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from connectors.warehouse.directory import write_private
from schemas import limits
from schemas.errors import WarehouseError
from schemas.limits import Limit

DATABASE: Final = "tilik"
"""Of an embedded engine."""
PREFIX: Final = f"{DATABASE}_"
ROLE: Final = "sees_"
"""Before how far somebody sees: the roles of an embedded engine."""


class Admitted(NamedTuple):
    """Somebody who may come in: the account, the SHA-256 of its password as 64 hex digits, and what it is kept to."""

    account: str
    sha256: str
    limit: Limit


def account(login: str, database: str = DATABASE) -> str:
    """Return the account of a person.

    It has no dot: ClickHouse takes one in a name of its configuration for a step in a path, and finds no row policy.
    """
    return f"{database}_{login.replace('.', '_')}"


def admit(login: str, word: str, limit: Limit, database: str = DATABASE) -> Admitted:
    """Return somebody who comes in by a password."""
    return Admitted(account(login, database), hashlib.sha256(word.encode()).hexdigest(), limit)


def write(root: Path, people: Sequence[Admitted]) -> None:
    """Say who may come in to an embedded engine from its next start on."""
    rows = [{"account": a, "sha256": s, "areas": limit.areas, "owners": limit.owners} for a, s, limit in sorted(people)]
    write_private(root / "people.json", json.dumps(rows))


def read(root: Path) -> tuple[Admitted, ...]:
    """Return who may come in to an embedded engine.

    Raises
    ------
    WarehouseError
        When the file is not one that `write` wrote.
    """
    path = root / "people.json"
    if not path.exists():
        return ()
    try:
        return tuple(
            Admitted(str(row["account"]), str(row["sha256"]), Limit(tuple(row["areas"]), tuple(row["owners"])))
            for row in json.loads(path.read_text())
        )
    except (ValueError, TypeError, KeyError) as error:
        todo = "delete it, and let people in again: tilik warehouse people"
        raise WarehouseError(f"{path}: expected who may come in, came something else: {todo}") from error


def fingerprint(people: Sequence[Admitted]) -> str:
    """Return what tells an engine that knows these people, by this version's rules, from others; '' for nobody."""
    return hashlib.sha256((roles(people) + users(people)).encode()).hexdigest()[:16] if people else ""


def policies(people: Sequence[Admitted]) -> dict[str, dict[str, str]]:
    """Return the row policies of each account, by table with its database."""
    return {each.account: _policies(each.limit) for each in people}


def _policies(limit: Limit) -> dict[str, str]:
    of_rows = {f"{DATABASE}.{name}": sql for name, sql in limits.filters(limit, DATABASE).items()}
    of_names = {f"system.{name}": sql for name, sql in limits.NAMES.items()} if limit.clause else {}
    return of_rows | of_names


def roles(people: Sequence[Admitted]) -> str:
    """Return the roles of these people, as an embedded engine's `users.xml` has them."""
    kinds = sorted({each.limit.kind for each in people})
    return "".join(
        f"<{ROLE}{kind}><grants><query>GRANT {limits.grant(kind, DATABASE)}</query></grants></{ROLE}{kind}>\n"
        for kind in kinds
    )


def users(people: Sequence[Admitted]) -> str:
    """Return these people, as an embedded engine's `users.xml` has them."""
    return "".join(map(_user, people))


def _user(person: Admitted) -> str:
    rows: dict[str, str] = {}
    for where, sql in _policies(person.limit).items():
        database, _, table = where.partition(".")
        rows[database] = rows.get(database, "") + f"<{table}><filter>{escape(sql)}</filter></{table}>\n"
    kept = "".join(f"<{database}>{of}</{database}>" for database, of in rows.items())
    return (
        f"<{person.account}><password_sha256_hex>{person.sha256}</password_sha256_hex>"
        "<networks><ip>127.0.0.1</ip></networks><profile>people</profile><quota>default</quota>"
        f"<grants><query>GRANT {ROLE}{person.limit.kind}</query></grants>"
        f"{f'<databases>{kept}</databases>' if kept else ''}</{person.account}>\n"
    )
