"""Who may come in: the accounts of an embedded engine, and what the engine is told of them.

Its own account, `default`, has no password and cannot be closed: so its one session is the
engine's, and nobody is answered over HTTP who does not name another account first. Those that
only read, and those of people (`admitted`), go to nobody where the engine is not confined.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from pathlib import Path
from string import Template
from typing import Final

from connectors.warehouse import admitted
from connectors.warehouse.directory import write_private
from connectors.warehouse.engine import landlock
from schemas.errors import WarehouseError

WRITER: Final = "tilik"
"""The account that changes things: Tilik's own commands use it."""
READER: Final = "reader"
"""The account that reads what is published."""
LETTERS: Final = "letters"
"""The account that reads refused records, which may hold persons' data, and what is said of them; nothing else."""
ACCOUNTS: Final = (WRITER, READER, LETTERS)
MEMORY_BYTES: Final = 3_000_000_000
"""What an engine may take; a query that needs more is refused, and the doctor asks whether the machine has it."""
TEMPLATES: Final = Path(__file__).parents[1]
RULE: Final = """
        <rule><headers><{header}>{value}</{header}></headers>
            <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler></rule>"""


def words(root: Path) -> dict[str, str]:
    """Return the password of each account, making them once."""
    path = root / "secrets.json"
    found = _read(path) if path.exists() else {}
    if missing := [user for user in ACCOUNTS if user not in found]:  # or made before there was such an account
        found |= {user: secrets.token_urlsafe(24) for user in missing}
        write_private(path, json.dumps(found))
    return found


def configure(root: Path, port: int) -> None:
    """Write what an engine reads when it starts, into the folder that it works in until it answers."""
    users = (WRITER,) if landlock.missing() else ACCOUNTS
    people = () if landlock.missing() else admitted.read(root)
    told = {user: word if user in users else secrets.token_urlsafe(24) for user, word in words(root).items()}
    hashes = {f"{user}_sha256": hashlib.sha256(word.encode()).hexdigest() for user, word in told.items()}
    hashes |= {"roles": admitted.roles(people), "people": admitted.users(people)}
    answered = "".join(map(_let_in, users)) + (_let_in_all(admitted.PREFIX) if people else "")
    server = {"port": str(port), "memory_bytes": str(MEMORY_BYTES), "known": answered}
    place = root / "run"
    place.mkdir(mode=0o700, exist_ok=True)
    for name, values in (("config.xml", server), ("users.xml", hashes)):
        write_private(place / name, Template((TEMPLATES / f"clickhouse-{name}").read_text()).substitute(values))
        (root / name).unlink(missing_ok=True)  # where older versions kept it
    write_private(place / "people", admitted.fingerprint(people))


def known(root: Path) -> str:
    """Return what tells an engine that knows the people of a directory from others."""
    return "" if landlock.missing() else admitted.fingerprint(admitted.read(root))


def password(root: Path, account: str = READER) -> str:
    """Return the password of an account of an embedded directory, whether an engine runs or not.

    Raises
    ------
    WarehouseError
        When there is no warehouse, it may not be read by who asks, or the account goes to nobody here.
    """
    assert account in ACCOUNTS
    try:
        found = _read(root / "secrets.json")
    except OSError as error:
        raise WarehouseError(f"{root}: expected an embedded warehouse of yours: {error.strerror}") from error
    if account != WRITER and (why := landlock.missing()):
        raise WarehouseError(closed(why, account))
    if account not in found:
        raise WarehouseError(f"{root}: expected an account {account}, came a warehouse of before: start it once")
    return found[account]


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text())
        return {user: str(found[user]) for user in ACCOUNTS if user in found or user != LETTERS}
    except (ValueError, TypeError, KeyError) as error:
        todo = "put it back, or delete it: new ones are made at the next start"
        raise WarehouseError(f"{path}: expected the passwords of {WRITER} and {READER}, came others: {todo}") from error


def closed(why: str, account: str = READER) -> str:
    """Say why nobody gets an account that only reads."""
    return (
        f"the account {account} is given to nobody on this machine: the engine is not confined ({why}), so a hole in "
        f"it would be a hole in your own account; --writer gives the other account, for programs of your own"
    )


def _let_in_all(prefix: str) -> str:
    """Return the rules that answer every account of a prefix, whose base64 is whole: as many letters as 3 divides."""
    assert len(prefix) % 3 == 0
    beginning = base64.b64encode(prefix.encode()).decode()
    return RULE.format(header="X-ClickHouse-User", value=f"regex:{prefix}.*") + RULE.format(
        header="Authorization", value=f"regex:(?i:basic) +{beginning}.*"
    )


def _let_in(user: str) -> str:
    """Return the rules that answer an account: by ClickHouse's header, or by its name in basic authorization.

    Base64 is compared up to the sign that holds bits of the password. Names in the URL are not looked at by any rule.
    """
    named = f"{user}:".encode()
    beginning = base64.b64encode(named)[: len(named) * 8 // 6].decode().replace("+", "[+]")
    return RULE.format(header="X-ClickHouse-User", value=user) + RULE.format(
        header="Authorization", value=f"regex:(?i:basic) +{beginning}.*"
    )
