"""What the doctor says of a warehouse's doors: whose files they are, who may come in, what the engine may reach."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Literal, NamedTuple

from connectors.warehouse import Warehouse, doors


class Door(NamedTuple):
    """One door that was tried; a `note` is worth knowing, with nothing to mend."""

    what: Literal["permissions", "accounts", "sandbox", "transport"]
    state: Literal["good", "note", "wrong"]
    detail: str


def examine(store: Warehouse) -> Iterator[Door]:
    """Try the doors of a warehouse that is open."""
    if store.address.root is None:
        yield _transport(store)
    else:
        yield from _permissions(store)
    yield _accounts(store)
    if store.address.root is not None:
        yield _sandbox(store)


def _permissions(store: Warehouse) -> Iterator[Door]:
    root = store.address.root
    assert root is not None
    found = doors.open_to_others(root)
    yield from (Door("permissions", "wrong", line) for line in found)
    if not found:
        yield Door("permissions", "good", f"{root} and what it holds is yours alone")


def _accounts(store: Warehouse) -> Door:
    at = store.address
    if doors.lets_strangers_in(f"http{'s' if at.secure else ''}://{at.host}:{at.port}"):
        todo = "give the account `default` a password" if at.root is None else "end the commands that use it"
        return Door("accounts", "wrong", f"{at.host}:{at.port} answers who gives no password: {todo}")
    if at.root is None:
        return Door("accounts", "good", f"who gives no password is answered nothing; {at.user} is logged in")
    if store.unconfined:
        return Door("accounts", "note", "tilik writes; nobody reads by an account of his own, see sandbox")
    return Door("accounts", "good", "tilik writes, reader and letters read, each by a password; nobody else comes in")


def _sandbox(store: Warehouse) -> Door:
    if store.unconfined:
        return Door("sandbox", "note", f"off: {store.unconfined}; so the account that reads is given to nobody")
    return Door(
        "sandbox", "good", "on: the engine opens no files but its own, starts no program, calls no other machine"
    )


def _transport(store: Warehouse) -> Door:
    at = store.address
    if at.secure or _is_here(at.host):
        return Door("transport", "good", "https" if at.secure else f"http to this machine ({at.host})")
    return Door("transport", "wrong", f"http to {at.host}: password and figures pass readable; use https://")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
