"""What `tilik alerts run` is made of, put together: state, warehouse, ways of telling, chats that answer."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from connectors import locks
from connectors import warehouse as warehouses
from connectors.mail import Mail
from connectors.outbox import FILE, Outbox
from connectors.sqlite_errors import explained
from connectors.telegram import Telegram
from connectors.webhook import Webhook
from flows.alerts.buttons import Signing
from flows.alerts.chatting import Chatting
from flows.alerts.commands import Commands
from flows.alerts.delivering import Delivery
from flows.alerts.listening import Listening
from flows.alerts.mailing import Mailing
from flows.alerts.officers import Officers
from flows.alerts.posting import Posting
from flows.alerts.running import Asked, Running
from flows.alerts.ways import Way, Ways
from schemas.errors import StateError


def run(asked: Asked, token: str, api: str | None) -> None:
    """Run until somebody says stop.

    Raises
    ------
    StateAway
        The disk of the state has no room.
    StateError
        Another process has the state, or it cannot be used.
    UsageError
        Telegram knows no such token.
    WarehouseError
        There is no warehouse.
    """
    with _explained(asked.state), ExitStack() as stack:
        stack.enter_context(_alone(asked.state))
        outbox = Outbox(asked.state)
        stack.callback(outbox.close)
        if asked.until_end:
            outbox.leave(asked.reached.every())
        warehouse = stack.enter_context(warehouses.existing(asked.warehouse))
        running, ways = Running(asked, outbox, warehouse), list(_ways(asked))
        if asked.reached.chats:
            _talk(running, stack.enter_context(Telegram(token, api)), token)
            if not asked.until_end:
                hearer = stack.enter_context(Telegram(token, api))
                ways.append(partial(Listening, telegram=hearer, left=asked.stop))
        stack.enter_context(Ways(asked.state, ways, asked.stop))
        running.run()


@contextmanager
def _explained(state: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise explained(state / FILE, error) from error


def _talk(running: Running, telegram: Telegram, token: str) -> None:
    """Let it deliver to chats, and answer what is heard there."""
    asked, outbox, signing = running.asked, running.outbox, Signing(token)
    delivery = Delivery(outbox, telegram, asked.reached.chats, asked.clock, signing.below)
    officers = Officers(asked.rules, delivery.chats, os.environ, delivery.moved)
    commands = Commands(running.warehouse, asked.rules, asked.clock)
    running.delivery = delivery
    running.chatting = Chatting(outbox, telegram, signing, officers, asked.clock, commands, running.said_of)
    running.chatting.goes_on(running.desk_kept())


def _ways(asked: Asked) -> Iterator[Callable[[Outbox], Way]]:
    """Yield the ways that have a thread of their own: each webhook, and all mail."""
    called = {receiver.id: receiver.name or receiver.id for receiver in asked.rules.receiver}
    for receiver, hook in asked.reached.hooks.items():
        name, webhook = f"{called[receiver]} by webhook", Webhook(*hook)
        yield partial(Posting, receiver=receiver, called=name, webhook=webhook, clock=asked.clock)
    if asked.mail is not None:
        yield partial(Mailing, mail=Mail(asked.mail), clock=asked.clock)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = locks.open_lock(state / "alerts.lock")
    except OSError as error:
        raise StateError(f"{state}: expected a folder that can be written: {error.strerror or error}") from error
    try:
        if not locks.try_lock(handle):
            raise StateError(f"{state}: another `tilik alerts run` has it: end that one, or give another --state")
        yield
    finally:
        os.close(handle)
