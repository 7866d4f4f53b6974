"""A `Session`: ask, command and insert, with retries; everything else in this room builds on one.

Inserts and commands are retried while the server is away, and an embedded
engine that died is started again. Queries run read-only. Threads may share a
session: a lease's heartbeat does. A command that ends hurries its session: nothing is
tried again then, and nobody is waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as DriverError
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from connectors.warehouse import answers, failures
from connectors.warehouse.address import Address, embedded
from connectors.warehouse.embedded import Lease
from connectors.warehouse.processes import me
from schemas.errors import WarehouseAway

T = TypeVar("T")
S = TypeVar("S", answers.Streamed, answers.Batches)
FAILURES: Final = (DriverError, HTTPError, OSError)
SETTINGS: Final[dict[str, int | str]] = {"do_not_merge_across_partitions_select_final": 1}
RETRY_S: Final = 60.0
STATEMENT_S: Final = 600
"""How long a server may say nothing during a statement; one that works on it says so every ten seconds or more."""
CONNECT_S: Final = 10
HURRY_S: Final = 3
"""How long a statement takes at most that a command still sends when it ends; ours."""
MOST_STARTS: Final = 3
"""Times that a dead engine is started again for one statement: that may be what kills it, by the memory it takes."""


class Session:
    """A connection to a ClickHouse database.

    Parameters
    ----------
    patience_s
        How long a statement that changes something is tried while the server is away.
    statement_s
        How long the server may say nothing during a statement before it counts as away.
    """

    def __init__(
        self,
        place: Address | Path,
        port: int | None = None,
        patience_s: float = RETRY_S,
        statement_s: int = STATEMENT_S,
    ) -> None:
        self.patience_s, self.statement_s = patience_s, statement_s
        self.ending = threading.Event()
        """Set once the command ends: nothing is waited for any more."""
        self._answers = True
        self._given = place
        self._lease = Lease(place, port) if isinstance(place, Path) else None
        self._opening = threading.RLock()
        self._fences: list[Callable[[], None]] = []
        self._writer: Client | None = None
        self._reader: Client | None = None
        self._described = answers.Described()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> Address:
        """Where the server listens now."""
        if self._lease is not None:
            return embedded(self._lease.root, self._lease.server)
        assert isinstance(self._given, Address)
        return self._given

    @property
    def url(self) -> str:
        """The server's URL without its password."""
        return self.address.url

    @property
    def unconfined(self) -> str:
        """Why an embedded engine is not confined; '' where it is, and for a server."""
        return "" if self._lease is None else self._lease.server.unconfined

    @property
    def folder(self) -> Path | None:
        """The directory of an embedded warehouse; None for a server."""
        return None if self._lease is None else self._lease.root

    @property
    def where(self) -> str:
        """How messages name the warehouse."""
        return f"warehouse {self._given if self._lease is not None else self.url}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave; the last client of an embedded warehouse stops its engine."""
        self._drop_clients()
        if self._lease is not None:
            self._lease.close(waits=not self.ending.is_set())

    def hurry(self) -> None:
        """End soon: no lease is waited for, nothing is tried twice, and a server that does not answer is left alone."""
        self.ending.set()
        with self._opening:
            for client in (self._writer, self._reader):
                if client is not None:
                    client.timeout = Timeout(connect=HURRY_S, read=HURRY_S)  # type: ignore[attr-defined]

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> answers.Answer:
        """Answer a query, read-only; times come as Arrow timestamps with their zone."""
        return self._attempt(
            lambda: answers.ask(self._read_client(), sql, parameters, self._described), "answering a query", 0
        )

    @contextmanager
    def stream(self, sql: str, form: str, settings: Mapping[str, int | str]) -> Iterator[answers.Streamed]:
        """Answer a query, read-only, in one of ClickHouse's own formats: `form`, unless the query names another."""
        with self._open_answer(lambda: answers.stream(self._read_client(), sql, form, settings)) as found:
            yield found

    @contextmanager
    def batches(self, sql: str) -> Iterator[answers.Batches]:
        """Answer a query, read-only, bit by bit; columns as those of `query`."""
        with self._open_answer(lambda: answers.batches(self._read_client(), sql)) as found:
            yield found

    @contextmanager
    def _open_answer(self, call: Callable[[], S]) -> Iterator[S]:
        found = self._attempt(call, "answering a query", 0)
        try:
            yield found
        except FAILURES as error:
            raise failures.explain(error, self.where, "answering a query") from error
        finally:
            found.close()

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that changes something; it must be safe to run twice."""
        self._attempt(lambda: self._fenced_client().command(sql, parameters=dict(parameters or {})), "a command")

    def insert_block(self, table: str, block: pa.Table) -> None:
        """Store one block as it is: at most 100 partitions, columns named as in the table."""
        told = arrow_file(block)  # made before the fence is asked: nothing takes time between that and the sending
        self._attempt(
            lambda: self._fenced_client().raw_insert(table, block.column_names, told, fmt="Arrow"),
            f"inserting into {table}",
        )

    @contextmanager
    def fenced(self, fence: Callable[[], None]) -> Iterator[None]:
        """Call `fence` before every try of a statement that changes something; it raises where none may go out."""
        self._fences.append(fence)
        try:
            yield
        finally:
            self._fences.remove(fence)

    def _fenced_client(self) -> Client:
        """Return the client that writes, once no fence forbids it: asked before every try, not once a statement."""
        for fence in list(self._fences):  # other threads come and go
            fence()
        return self.write_client()

    def make_database(self) -> None:
        """Make the database where there is none."""
        create = f"CREATE DATABASE IF NOT EXISTS {self.address.database}"
        self._attempt(lambda: self.write_client().command(create, use_database=False), "making its database")

    def _open(self) -> None:
        self._attempt(self.write_client, "connecting", 0)
        if self._lease is not None:
            self.make_database()

    def _client(self, **settings: int | str) -> Client:
        at = self.address
        client = clickhouse_connect.get_client(
            host=at.host,
            port=at.port,
            username=at.user,
            password=at.password,
            secure=at.secure,
            settings=SETTINGS | {"log_comment": me().comment} | settings,
            autogenerate_session_id=False,
            send_receive_timeout=HURRY_S if self.ending.is_set() else self.statement_s,
            connect_timeout=HURRY_S if self.ending.is_set() else CONNECT_S,
        )
        client.database = at.database
        return client

    def write_client(self) -> Client:
        """Return the client that may change things."""
        with self._opening:
            if self._writer is None:
                self._writer = self._client()
            return self._writer

    def _read_client(self) -> Client:
        with self._opening:
            if self._reader is None:
                self._reader = self._client(readonly=2)
            return self._reader

    def _drop_clients(self) -> None:
        with self._opening:
            for client in (self._writer, self._reader):
                if client is not None:
                    client.close()
            self._writer = self._reader = None

    def _attempt(self, call: Callable[[], T], doing: str, limit_s: float | None = None) -> T:
        """Call; on errors that pass, wait and call again until `limit_s` (else `patience_s`) is over."""
        end, pause, starts = time.monotonic() + (self.patience_s if limit_s is None else limit_s), 0.1, 0
        while True:
            if self.ending.is_set() and not self._answers:
                raise WarehouseAway(f"{self.where} is not waited for while {doing}: the command ends")
            is_answered = False
            try:
                found = call()
                is_answered = True
                return found
            except FAILURES as error:
                is_answered = not failures.unreachable(error)
                if self.ending.is_set():
                    raise failures.explain(error, self.where, doing) from error
                revived = starts < MOST_STARTS and failures.unreachable(error) and self._revive()
                starts += revived
                if not revived and (not failures.passes(error) or time.monotonic() + pause > end):
                    raise failures.explain(error, self.where, doing) from error
            finally:
                self._answers = is_answered  # Ctrl-C leaves a statement behind that had no answer
            self.ending.wait(pause)
            pause = min(2 * pause, 5.0)

    def renew(self) -> None:
        """Let an embedded engine that knows other people than its directory end, and another take over."""
        if self._lease is not None:
            with self._opening:
                self._lease.renew()
                self._drop_clients()

    def _revive(self) -> bool:
        """Start a dead embedded engine again; say whether there is a new one to ask."""
        if self._lease is None:
            return False
        with self._opening:
            before = self._lease.server
            if self._lease.ensure() == before:
                return False
            self._drop_clients()
        return True


def arrow_file(block: pa.Table) -> pa.Buffer:
    """Return a block as the server reads it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, block.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as file:
        file.write(block)
    return sink.getvalue()
