"""Bring Superset's own tables, roles and pages to what stands beside this file; the second time changes nothing.

Runs inside Superset's environment: `python -m superset_dashboards.bootstrap`, with the environment of
`superset_config`. Pages, charts and datasets of ours are marked as managed from outside. Of those, what `assets/`
no longer has is removed, unless somebody's own chart uses it; what people made themselves is left alone.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from uuid import UUID

import yaml
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from superset.app import create_app

from superset_dashboards import roles

WORDS = Path(__file__).parent / "translations" / "id.po"
ASSETS = Path(__file__).parent / "assets"
ADMIN = "admin"


def main() -> None:
    """Do it all, and say in one JSON line what changed."""
    state = Path(os.environ["TILIK_DASHBOARDS_STATE"])
    translate(state / "translations")
    app = create_app()
    with app.app_context():
        sys.stdout.write(json.dumps(bootstrap(state)) + "\n")


def translate(folder: Path) -> None:
    """Write the Indonesian words as both sides of Superset read them: a catalogue, and a language pack."""
    with WORDS.open("rb") as file:
        words = read_po(file, locale="id", domain="messages")
    place = folder / "id" / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, words)
    head = {"domain": "superset", "lang": "id", "plural_forms": "nplurals=1; plural=0;"}
    said = {_key(word.id): _forms(word.string) for word in words if word.id}
    pack = {"domain": "superset", "locale_data": {"superset": {"": head, **said}}}
    (folder / "id.json").write_text(json.dumps(pack, ensure_ascii=False))


def _key(word: str | tuple[str, ...]) -> str:
    return word if isinstance(word, str) else word[0]


def _forms(said: str | tuple[str, ...]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


def bootstrap(state: Path) -> dict[str, object]:
    """Migrate, then bring users, pages and roles; return what was done."""
    from flask_migrate import upgrade
    from superset.extensions import appbuilder

    upgrade()
    appbuilder.add_permissions(update_perms=True)
    from superset.extensions import security_manager

    security_manager.sync_role_definitions()
    made = _admin(state)
    contents = _contents()
    _imported(contents)
    removed = _without_orphans(contents)
    people = roles.bring(state)
    return {"admin_made": made, "assets": len(contents), "removed": removed, **people}


def _admin(state: Path) -> bool:
    """Make the first account where there is none; its password lies in a file that its owner alone reads."""
    from superset.extensions import security_manager as manager

    role = manager.find_role("Admin")
    if any(role in user.roles for user in manager.get_all_users()):
        return False
    word = secrets.token_urlsafe(18)
    manager.add_user(ADMIN, "Tilik", "Admin", "admin@localhost.invalid", role, password=word)
    path = state / "login.txt"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"{ADMIN}\n{word}\n")
    return True


def _contents() -> dict[str, str]:
    """Return the assets by their path, as Superset imports them; pages begin with the period that is asked for."""
    found = {str(path.relative_to(ASSETS)): path.read_text() for path in sorted(ASSETS.rglob("*.yaml"))}
    period = os.environ.get("TILIK_DASHBOARDS_PERIOD")
    return {
        name: _beginning_with(text, period) if period and name.startswith("dashboards/") else text
        for name, text in found.items()
    }


def _beginning_with(text: str, period: str) -> str:
    """Return a page whose filter of time stands at a period."""
    page = yaml.safe_load(text)
    for each in page["metadata"]["native_filter_configuration"]:
        if each["filterType"] == "filter_time":
            each["defaultDataMask"] = {"extraFormData": {"time_range": period}, "filterState": {"value": period}}
    return yaml.safe_dump(page, sort_keys=False, allow_unicode=True)


def _imported(contents: dict[str, str]) -> None:
    from flask import g
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.extensions import security_manager as manager

    g.user = manager.find_user(ADMIN) or next(u for u in manager.get_all_users() if u.roles)
    ImportAssetsCommand(contents).run()


def _without_orphans(contents: dict[str, str]) -> int:
    """Remove what an older version of ours imported and this one does not have."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    ours = {UUID(yaml.safe_load(text)["uuid"]) for name, text in contents.items() if name != "metadata.yaml"}
    removed = 0
    for model in (Dashboard, Slice, SqlaTable):
        for each in db.session.query(model).filter_by(is_managed_externally=True):
            if each.uuid in ours:
                continue
            if isinstance(each, SqlaTable) and db.session.query(Slice).filter_by(datasource_id=each.id).count():
                continue  # somebody's own chart reads it
            db.session.delete(each)
            removed += 1
        db.session.commit()
    return removed


if __name__ == "__main__":
    sys.exit(main())
