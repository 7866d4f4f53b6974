"""People let in to a warehouse, each to read what they may see; nobody else of those let in before.

An embedded engine is told by its files and starts anew (`admitted`). A server is told in SQL that may be run again,
and that leaves nobody a moment in which more is seen: rights and limits are there before who has them, somebody's
change at once, and who is kept sees nothing where no limit of theirs says otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from connectors.warehouse import admitted
from connectors.warehouse.admitted import Admitted
from connectors.warehouse.session import Session
from schemas import limits
from schemas.errors import WarehouseError
from schemas.limits import Limit

USERS: Final = "SELECT name FROM system.users WHERE startsWith(name, {p:String})"
OURS: Final = """
SELECT user_name FROM system.role_grants WHERE granted_role_name = {r:String} AND user_name IS NOT NULL
UNION DISTINCT SELECT name FROM system.users WHERE has(default_roles_list, {r:String})
"""
LIMITS: Final = "SELECT name FROM system.roles WHERE startsWith(name, {p:String})"
POLICIES: Final = """
SELECT concat(database, '.', table) AS place, arrayJoin(apply_to_list) AS account
FROM system.row_policies WHERE select_filter != ''
"""


class Held(NamedTuple):
    """What a server has: all accounts of the prefix, which of them are ours, and roles of limits."""

    accounts: frozenset[str]
    ours: frozenset[str]
    limits: frozenset[str]


class Names(NamedTuple):
    """What roles and policies of a database are called on its server."""

    database: str

    @property
    def people(self) -> str:
        """Return the role of everybody of ours."""
        return f"{self.database}_people"

    @property
    def kept(self) -> str:
        """Return the role of everybody who is kept to something."""
        return f"{self.database}_kept"

    def sees(self, kind: str) -> str:
        """Return the role that reads as far as its kind."""
        return f"{self.database}_sees_{kind}"

    def limit(self, limit: Limit) -> str:
        """Return the role, and the row policies, of a limit."""
        return f"{self.database}_limit_{hashlib.sha256(limit.clause.encode()).hexdigest()[:12]}"


def admit(session: Session, people: Sequence[Admitted]) -> int:
    """Let people in, and nobody of those let in before but them; return how many no longer come in.

    An embedded engine that knew others starts anew; who uses it goes on with the next.

    Raises
    ------
    WarehouseError
        When an account of such a name is somebody else's, ours may not make any, or an engine does not keep to limits.
    """
    return _on_server(session, people) if session.folder is None else _in_directory(session, session.folder, people)


def _in_directory(session: Session, folder: Path, people: Sequence[Admitted]) -> int:
    gone = {each.account for each in admitted.read(folder)} - {each.account for each in people}
    admitted.write(folder, people)
    session.renew()
    if not session.unconfined and (open_ := _unkept(session, admitted.policies(people))):
        admitted.write(folder, ())
        session.renew()
        raise WarehouseError(f"{session.where} does not keep to their limits: {', '.join(open_)}: nobody was let in")
    return len(gone)


def _on_server(session: Session, people: Sequence[Admitted]) -> int:
    names = Names(session.address.database)
    held = _held(session, names)
    if foreign := sorted({each.account for each in people} & (held.accounts - held.ours)):
        raise WarehouseError(
            f"{session.where} has accounts that Tilik did not make: {', '.join(foreign)}: give these people other "
            "logins, or let the server's administrator drop the accounts"
        )
    for statement in statements(people, names, held):
        session.command(statement)
    return len(held.ours - {each.account for each in people})


def _held(session: Session, names: Names) -> Held:
    def asked(sql: str, **told: str) -> frozenset[str]:
        return frozenset(str(name) for (name,) in session.query(sql, told).rows)

    return Held(
        asked(USERS, p=f"{names.database}_"),
        asked(OURS, r=names.people),
        asked(LIMITS, p=f"{names.database}_limit_"),
    )


def statements(people: Sequence[Admitted], names: Names, held: Held) -> list[str]:
    """Return what brings a server to these people, in the order in which it is safe."""
    wanted = {names.limit(each.limit): each.limit for each in people if each.limit.clause}
    gone = sorted(held.ours - {each.account for each in people})
    return [
        *(f"DROP USER IF EXISTS `{account}`" for account in gone),
        *_rights(names),
        *(sql for role, limit in sorted(wanted.items()) for sql in _limited(names, role, limit)),
        *(sql for each in people for sql in _person(names, each)),
        *(sql for role in sorted(held.limits - wanted.keys()) for sql in _unlimited(names, role)),
    ]


def _rights(names: Names) -> list[str]:
    """Return what holds for everybody: how far roles read, and that who is kept sees no row that no limit allows."""
    roles = (names.people, names.kept, *map(names.sees, limits.KINDS))
    rights = (f"GRANT {limits.grant(kind, names.database)} TO {names.sees(kind)}" for kind in limits.KINDS)
    return [
        f"CREATE ROLE IF NOT EXISTS {', '.join(roles)}",
        *(f"{right} WITH REPLACE OPTION" for right in rights),
        _policy(f"{names.database}_others", _limitable(names), "1", f"ALL EXCEPT {names.kept}"),
        _policy(f"{names.database}_nothing", _limitable(names), "0", names.kept),
    ]


def _limitable(names: Names) -> list[str]:
    """Return every table and view whose rows are kept from somebody."""
    return [f"{names.database}.{table}" for table in sorted(limits.filters(Limit(areas=("0",)), names.database))]


def _limited(names: Names, role: str, limit: Limit) -> list[str]:
    alike: dict[str, list[str]] = {}
    for table, sql in sorted(limits.filters(limit, names.database).items()):
        alike.setdefault(sql, []).append(table)
    return [
        f"CREATE ROLE IF NOT EXISTS {role}",
        *(_policy(role, [f"{names.database}.{table}" for table in tables], sql, role) for sql, tables in alike.items()),
    ]


def _unlimited(names: Names, role: str) -> list[str]:
    return [f"DROP ROW POLICY IF EXISTS {role} ON {', '.join(_limitable(names))}", f"DROP ROLE IF EXISTS {role}"]


def _policy(name: str, tables: Iterable[str], sql: str, to: str) -> str:
    return f"CREATE ROW POLICY OR REPLACE {name} ON {', '.join(tables)} FOR SELECT USING {sql} AS PERMISSIVE TO {to}"


def _person(names: Names, person: Admitted) -> list[str]:
    known_by = f"IDENTIFIED WITH sha256_hash BY '{person.sha256}'"
    fixed = ", ".join(f"{name} = {value} CONST" for name, value in limits.SETTINGS.items())
    kept = [names.kept, names.limit(person.limit)] if person.limit.clause else []
    roles = ", ".join([names.people, names.sees(person.limit.kind), *kept])
    return [
        f"CREATE USER IF NOT EXISTS `{person.account}` {known_by} DEFAULT ROLE {names.people} SETTINGS {fixed}",
        f"ALTER USER `{person.account}` {known_by} SETTINGS {fixed}",
        f"GRANT {roles} TO `{person.account}` WITH REPLACE OPTION",
        f"ALTER USER `{person.account}` DEFAULT ROLE ALL",
    ]


def _unkept(session: Session, expected: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the accounts of which an embedded engine lacks row policies (of each account, by table)."""
    held: dict[str, set[str]] = {}
    for place, account in session.query(POLICIES).rows:
        held.setdefault(account, set()).add(place)
    return sorted(account for account, of in expected.items() if not of.keys() <= held.get(account, set()))
