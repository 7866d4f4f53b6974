"""Roles, people and what is kept from them, as `access.json` says (`tilik dashboards up` writes it of `access.toml`).

Each role of ours is Superset's Gamma, less or more. What somebody is kept to is a role of its own with a rule for rows
on every dataset of ours. Nobody of ours but analysts writes SQL. Pages are for the roles that `assets/roles.json` says.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

OURS = "Tilik"
PAGES = Path(__file__).parent / "assets" / "roles.json"
WRITES = ("can_write", "can_add", "can_edit", "can_delete", "can_import", "can_export", "can_duplicate", "can_upload")
STILL = (
    "DashboardFilterStateRestApi",
    "DashboardPermalinkRestApi",
    "ExploreFormDataRestApi",
    "ExplorePermalinkRestApi",
)
"""What readers write after all: where their filters stand, and links."""
MENUS = ("Dashboards", "Home")
READERS = ("opd", "kecamatan", "rt")


def bring(state: Path) -> dict[str, int]:
    """Bring roles and people to what the file says; return how many people may sign in, and how many no longer may."""
    from superset.extensions import db

    people = json.loads((state / "access.json").read_text()) if (state / "access.json").exists() else []
    base = _base_roles()
    _opened(base)
    limits = _limits({person["clause"] for person in people if person["clause"]})
    for person in people:
        given = [base[person["role"]], *([limits[person["clause"]]] if person["clause"] else [])]
        _person(state, person, given)
    gone = _without({person["login"] for person in people})
    db.session.commit()
    return {"people": len(people), "gone": gone}


def _base_roles() -> dict[str, Any]:
    """Return the roles of ours by name, with what each may do."""
    from superset.extensions import db
    from superset.extensions import security_manager as manager
    from superset.models.core import Database

    gamma = list(manager.find_role("Gamma").permissions)
    sql = list(manager.find_role("sql_lab").permissions)
    warehouse = db.session.query(Database).filter_by(database_name=OURS).one()
    see = [manager.add_permission_view_menu("database_access", warehouse.perm)]
    reading = [each for each in gamma if _reads(each.permission.name, each.view_menu.name)]
    may = {"perencana": gamma + see, "analis": gamma + sql + see, **dict.fromkeys(READERS, reading + see)}
    return {name: _role(f"{OURS}: {name}", permissions) for name, permissions in may.items()}


def _opened(base: dict[str, Any]) -> None:
    """Let each page be opened by the roles it is for."""
    from superset.extensions import db
    from superset.models.dashboard import Dashboard

    for slug, names in json.loads(PAGES.read_text()).items():
        page = db.session.query(Dashboard).filter_by(slug=slug, is_managed_externally=True).one()
        page.roles = [base[name] for name in names]


def _reads(permission: str, view: str) -> bool:
    if permission == "menu_access":
        return view in MENUS
    return not permission.startswith(WRITES) or view in STILL


def _role(name: str, permissions: list[Any]) -> Any:
    from superset.extensions import security_manager as manager

    role = manager.find_role(name) or manager.add_role(name)
    role.permissions = list({each.id: each for each in permissions}.values())
    return role


def _limits(clauses: set[str]) -> dict[str, Any]:
    """Return a role for each rule; rules that nobody is kept to any more go."""
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
    from superset.utils.core import RowLevelSecurityFilterType

    tables = db.session.query(SqlaTable).filter_by(is_managed_externally=True).all()
    found = {}
    for clause in sorted(clauses):
        name = f"{OURS}: batas {hashlib.sha256(clause.encode()).hexdigest()[:12]}"
        found[clause] = _role(name, [])
        rule = db.session.query(RowLevelSecurityFilter).filter_by(name=name).one_or_none()
        rule = rule or RowLevelSecurityFilter(name=name, filter_type=RowLevelSecurityFilterType.REGULAR.value)
        rule.clause, rule.roles, rule.tables = clause, [found[clause]], tables
        db.session.add(rule)
    for rule in db.session.query(RowLevelSecurityFilter):
        if rule.name.startswith(f"{OURS}: batas ") and rule.clause not in clauses:
            db.session.delete(rule)
    return found


def _person(state: Path, person: dict[str, str], roles: list[Any]) -> None:
    """Let somebody sign in; a first password lies in `people.txt`, which its owner alone reads."""
    from superset.extensions import security_manager as manager

    user = manager.find_user(person["login"])
    if user is None:
        word = secrets.token_urlsafe(12)
        first, _, last = person["name"].partition(" ")
        address = f"{person['login']}@localhost.invalid"
        user = manager.add_user(person["login"], first, last or "-", address, roles, password=word)
        with os.fdopen(os.open(state / "people.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(f"{person['login']}\t{word}\n")
    user.roles, user.active = roles, True


def _without(logins: set[str]) -> int:
    """Let nobody of ours sign in who is no longer named; return how many that were."""
    from superset.extensions import security_manager as manager

    gone = 0
    for user in manager.get_all_users():
        ours = [role for role in user.roles if role.name.startswith(f"{OURS}: ")]
        if ours and user.active and user.username not in logins:
            user.active = False
            gone += 1
    return gone
