"""Runs the doors of `tilik ingest` until they are told to stop: then what is under way is kept, and they close."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors.ingest import Intake, Keeper, SpoolKeeper, broker, mqtt, server, topics
from connectors.ingest.http import Door
from connectors.ingest.tokens import VARIABLE, Tokens
from connectors.spool import Bounds, make
from flows import ingest_measures
from schemas.counting import counted
from schemas.errors import SourceError, UsageError

LOOK_S: Final = 0.2
TALLY_S: Final = 60.0
"""What came in is told so often, where anything did; and why something was not kept, at most."""


@dataclass(frozen=True)
class IngestOptions:
    """What `tilik ingest` was asked for; at least one of `http` and `mqtt`.

    Attributes
    ----------
    spool, partitions, bounds
        Where records are kept, in how many partitions, how much of it; `spool` is None where `out` is given.
    out
        The topic that takes them instead.
    http, tls
        Address to listen on, port 0 for any; certificate and key, where they are given.
    mqtt, topics
        A broker's URL, and the files that say which topics hold what.
    tokens
        The file of senders.
    """

    spool: Path | None
    tokens: Path
    out: str | None = None
    partitions: int | None = None
    bounds: Bounds = field(default_factory=Bounds)
    http: tuple[str, int] | None = None
    tls: tuple[Path, Path] | None = None
    mqtt: str | None = None
    topics: tuple[str, ...] = ()
    metrics_port: int | None = None


class Ingest:
    """The doors, open.

    Raises
    ------
    UsageError
        An address, a file or the spool is not as it has to be.
    SourceError
        Another process writes the spool.
    """

    def __init__(self, options: IngestOptions, environ: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self.tell = tell
        self._trouble_s = -TALLY_S
        tokens = None if options.http is None else _senders(options.tokens, environ)
        rules = None if options.mqtt is None else topics.read(options.topics)
        named = None if options.mqtt is None else broker.broker(options.mqtt, _client(options), environ)
        self.socket = None if options.http is None else server.listening(*options.http)
        self.intake = Intake(_keeper(options, environ))
        self.door = None if tokens is None else Door(self.intake, tokens)
        self.server = None if self.door is None else server.server(self.door, *(options.tls or (None, None)))
        self.subscriber = None
        if named is not None and rules is not None:
            self.subscriber = mqtt.Subscriber(named, rules, self.intake, tell)
        if self.socket is not None and tokens is not None:
            self._announce(self.socket, options.tls is not None, len(tokens))

    async def serve(self) -> None:
        """Take what comes until a signal says stop.

        Raises
        ------
        SourceError
            The broker refuses us, or a door broke.
        """
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        serving = None
        if self.server is not None and self.socket is not None:
            serving = asyncio.create_task(self.server.serve(sockets=[self.socket]))
        if self.subscriber is not None:
            self.subscriber.start()
        tally = asyncio.create_task(self._tell_now_and_then())
        try:
            while not stopping.is_set() and not self._failed(serving):
                await asyncio.wait({asyncio.create_task(stopping.wait())}, timeout=LOOK_S)
                self.tell_trouble()
        finally:
            tally.cancel()
            await self._drained(serving)
        if self.subscriber is not None and self.subscriber.failed is not None:
            raise self.subscriber.failed
        if not stopping.is_set():
            raise SourceError("the HTTP server ended by itself: start it again")

    def measured(self, port: int | None) -> AbstractContextManager[object]:
        """Serve measures where a port is asked for."""
        if port is None:
            return nullcontext()
        answered = None if self.door is None else self.door.answered
        messages = None if self.subscriber is None else self.subscriber.counted
        return ingest_measures.served(port, ingest_measures.Measured(self.intake, answered, messages))

    def figures(self) -> str:
        """Return what came in, in words."""
        kept, refused = self.intake.counted["kept"], self.intake.counted["refused"]
        said = [f"kept {counted(kept, 'records')}", f"{refused:,} found no room or no disk"]
        if self.door is not None:
            others = {status: many for status, many in sorted(self.door.answered.items()) if status >= 400}
            said += [f"{counted(many, 'requests')} answered {status}" for status, many in others.items()]
        if self.subscriber is not None:
            words = {"unknown": "messages by topics of no pattern", "oversized": "messages too large to be kept"}
            said += [
                f"{self.subscriber.counted[name]:,} {text}"
                for name, text in words.items()
                if self.subscriber.counted[name]
            ]
        return ", ".join(said)

    def tell_trouble(self) -> None:
        """Say why records are not kept; again after a while, whatever came between."""
        said, now_s = self.intake.trouble(), self.intake.now_s()
        if said and now_s - self._trouble_s >= TALLY_S:
            self._trouble_s = now_s
            self.tell(f"senders are told to come again: {said}")

    async def _drained(self, serving: asyncio.Task[None] | None) -> None:
        """Close the doors, then keep what was taken."""
        if self.subscriber is not None:
            await asyncio.to_thread(self.subscriber.stop)
        if self.server is not None and serving is not None:
            self.server.should_exit = True
            await asyncio.wait({serving})
        await asyncio.to_thread(self.intake.close)

    def _failed(self, serving: asyncio.Task[None] | None) -> bool:
        subscriber = self.subscriber
        return (serving is not None and serving.done()) or (subscriber is not None and subscriber.failed is not None)

    async def _tell_now_and_then(self) -> None:
        said = self.figures()
        while True:
            await asyncio.sleep(TALLY_S)
            if self.figures() != said:
                said = self.figures()
                self.tell(said)

    def _announce(self, listens: socket.socket, is_secure: bool, senders: int) -> None:
        host, port = listens.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        url = f"http{'s' if is_secure else ''}://{shown}:{port}/v1/frames/FORMAT"
        self.tell(f"listening on {url} for {counted(senders, 'senders')}")
        if not is_secure and not ipaddress.ip_address(host).is_loopback:
            self.tell("tokens and messages pass readable here: give --tls-cert and --tls-key, or put a proxy before it")


def ingest(options: IngestOptions, environ: Mapping[str, str], tell: Callable[[str], None]) -> None:
    """Take records from senders until a signal says stop.

    Raises
    ------
    KeyboardInterrupt
        A signal said so; all that was acknowledged is durable.
    """
    doors = Ingest(options, environ, tell)
    with doors.measured(options.metrics_port):
        asyncio.run(doors.serve())
    raise KeyboardInterrupt(doors.figures())


def _keeper(options: IngestOptions, environ: Mapping[str, str]) -> Keeper:
    """Open what keeps records."""
    if options.out is None:
        assert options.spool is not None
        return SpoolKeeper(make(options.spool, options.partitions), options.bounds)
    from connectors import kafka  # noqa: PLC0415  loads Kafka's client
    from connectors.ingest.kafka_keeper import KafkaKeeper  # noqa: PLC0415
    from connectors.kafka.settings import of_environment  # noqa: PLC0415
    from connectors.kafka.topic import Topic  # noqa: PLC0415

    return KafkaKeeper(Topic(kafka.parse(options.out), of_environment(environ)))


def _client(options: IngestOptions) -> str:
    """Return who we are to a broker, the same at every start: by where records go, and from which machine."""
    target = options.out if options.spool is None else str(options.spool.absolute())
    return f"tilik-{zlib.crc32(f'{socket.gethostname()} {target}'.encode()):08x}"


def _senders(file: Path, environ: Mapping[str, str]) -> Tokens:
    tokens = Tokens(file, environ.get(VARIABLE, ""))
    if not len(tokens):
        raise UsageError(f"--http: nobody may send yet: make a token by `tilik ingest token NAME --tokens {file}`")
    return tokens
