"""The people of `access.toml` let in to the warehouse itself, each by an account that sees what the person may see.

`accounts.txt` in the dashboards' folder says of each person, one a line, login, account, password and the condition on
the rows they see; its owner alone reads it. Superset asks as the account of who looks, others connect by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from connectors.warehouse import Warehouse, account, admit, closed
from connectors.warehouse.directory import write_private
from flows.dashboards import access
from flows.dashboards.access import Person
from schemas.errors import UsageError, WarehouseError

FILE: Final = "accounts.txt"
PENDING: Final = "?"
"""Stands for the condition until the warehouse knows it."""


class Account(NamedTuple):
    """How somebody comes in to the warehouse, and the condition on the rows they see; '' for all."""

    name: str
    word: str
    clause: str


def let_in(root: Path, store: Warehouse, people: Sequence[Person]) -> int:
    """Let people in and nobody else of before, and say in the folder how; return how many come in no more.

    A password is made once, and stays.

    Raises
    ------
    WarehouseError
        The warehouse cannot keep people to what is theirs, or our account may make no others.
    """
    if people and store.unconfined:
        raise WarehouseError(closed(store.unconfined, "of each person"))
    database, before = store.address.database, known(root)
    found = {
        each.login: Account(
            account(each.login, database),
            before[each.login].word if each.login in before else secrets.token_urlsafe(18),
            each.limit.clause,
        )
        for each in people
    }
    not_yet = {login: each._replace(clause=PENDING) for login, each in found.items()}
    _write(root, before | not_yet)  # who is let in has a password that somebody knows, whatever happens next
    gone = store.admit([admit(each.login, found[each.login].word, each.limit, database) for each in people])
    _write(root, found)
    return gone


def demand(root: Path, people: Sequence[Person], where: str) -> dict[str, Account]:
    """Return the accounts of people who were let in before; ours may not be able to let anybody in.

    Raises
    ------
    UsageError
        They are not those of `access.toml`.
    """
    found = known(root)
    wanted = {each.login: each.limit.clause for each in people}
    if {login: each.clause for login, each in found.items()} != wanted:
        raise UsageError(
            f"{where} does not know the people of {root / access.FILE} as they are there: tell it, by an account that "
            f"may make others: tilik warehouse people --state {root} --warehouse URL"
        )
    return found


def known(root: Path) -> dict[str, Account]:
    """Return who was let in, by login."""
    lines = (root / FILE).read_text().splitlines() if (root / FILE).exists() else []
    return {login: Account(*cells) for login, *cells in (line.split("\t") for line in lines) if len(cells) == 3}


def _write(root: Path, found: Mapping[str, Account]) -> None:
    write_private(root / FILE, "".join("\t".join((login, *each)) + "\n" for login, each in found.items()))
