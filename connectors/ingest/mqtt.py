"""The MQTT door: takes what a broker holds, and acknowledges it once it is durable.

MQTT 5, a shared subscription (`$share/tilik/...`, so that several takers share the
work), a session that outlives connections, QoS 1. A message that cannot be kept is not
acknowledged: the connection is ended, and the broker sends it again when it is back.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.ingest.acks import Ack, Acks
from connectors.ingest.bodies import BODY_BYTES
from connectors.ingest.broker import REFUSALS, Broker, reason
from connectors.ingest.intake import Intake
from connectors.ingest.keepers import Oversized
from connectors.ingest.topics import Topics
from schemas.errors import SourceError, TilikError

GROUP: Final = "tilik"
SESSION_S: Final = 7 * 86_400
"""How long a broker keeps what comes while nobody takes it; a broker may keep it for less."""
KEEPALIVE_S: Final = 30
IN_FLIGHT: Final = 1_000
"""Messages that a broker may send before the first is acknowledged."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
STEP_S: Final = 0.5
DRAIN_S: Final = 10.0


class Subscriber:
    """Takes messages until it is stopped, in a thread of its own.

    Parameters
    ----------
    tell
        Is told, in a line, when something happens that somebody should know of.
    """

    def __init__(self, broker: Broker, topics: Topics, intake: Intake, tell: Callable[[str], None]) -> None:
        self.broker, self.topics, self.intake, self.tell = broker, topics, intake, tell
        self.counted: Counter[str] = Counter()
        self.failed: TilikError | None = None
        self.is_connected = False
        self._was_connected = False
        self._stopping = threading.Event()
        self._acks = Acks()
        self._refused = ""  # why the connection in progress is of no use
        self._client = self._made()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more, acknowledge what becomes durable within a moment, and leave; the session stays."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def _made(self) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, self.broker.client, protocol=paho.MQTTv5, manual_ack=True)
        if self.broker.user:
            client.username_pw_set(self.broker.user, self.broker.password)
        if self.broker.tls is not None:
            client.tls_set_context(self.broker.tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                taken = self._session()
            except TilikError as error:
                self.failed = error
                return
            except Exception as error:
                self.failed = SourceError(f"{self.broker.url}: unexpected {type(error).__name__}: {error}")
                return
            wait_s = FIRST_WAIT_S if taken else min(2 * wait_s, LONGEST_WAIT_S)
            self._stopping.wait(wait_s)

    def _session(self) -> int:
        """Connect and take messages until the connection ends; return how many were kept.

        Raises
        ------
        SourceError
            The broker refuses us, and never took us before.
        """
        before, self._refused = self.counted["kept"], ""
        self._acks = Acks()
        try:
            self._client.connect(
                self.broker.host, self.broker.port, KEEPALIVE_S, clean_start=False, properties=_connecting()
            )
        except OSError as error:
            self._gone(reason(error), is_ours=isinstance(error, ssl.SSLError))
            return 0
        while not self._refused and not self._stopping.is_set():
            if self._client.loop(STEP_S) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        self._leave()
        was, self.is_connected = self.is_connected, False
        if not self._stopping.is_set():
            self._gone(self._refused or ("the connection ended" if was else "it did not answer"), is_ours=False)
        return self.counted["kept"] - before

    def _leave(self) -> None:
        """Send the acknowledgements that are due, and end the connection; the broker keeps the session."""
        until = time.monotonic() + DRAIN_S
        while self._stopping.is_set() and self._acks.waiting and time.monotonic() < until:
            if self._client.loop(0.05) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        self._acks.close()
        with suppress(OSError, ValueError):
            self._client.disconnect()
            self._client.loop(0.05)

    def _gone(self, why: str, *, is_ours: bool) -> None:
        """Say that the broker is away; what no waiting mends ends it all, unless it once worked."""
        said = f"{self.broker.url}: {why}"
        if is_ours and not self._was_connected:
            raise SourceError(said)
        self.counted["disconnects"] += 1
        self.tell(f"{said}; trying again")

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self._refused = f"the broker refuses the connection: {code}"
            if str(code) in REFUSALS and not self._was_connected:
                raise SourceError(f"{self.broker.url}: {self._refused}: {REFUSALS[str(code)]}")
            return
        options = SubscribeOptions(qos=1)
        client.subscribe([(f"$share/{GROUP}/{rule.pattern}", options) for rule in self.topics.rules])

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _more: Any) -> None:
        for rule, code in zip(self.topics.rules, codes, strict=False):
            if code.is_failure:
                self._refused = f"the broker refuses the topics {rule.pattern}: {code}"
                if not self._was_connected:
                    raise SourceError(
                        f"{self.broker.url}: {self._refused}: let {self.broker.user or 'anybody'} read them"
                    )
                return
        self.is_connected = self._was_connected = True
        self.tell(f"{self.broker.url}: takes {', '.join(rule.pattern for rule in self.topics.rules)}")

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        origin = self.topics.origin(message.topic)
        self.counted["came"] += 1
        kept: Future[None] = Future()
        if origin is None:  # of a subscription that an older file of topics left in the session
            kept.set_exception(_Unknown())
        elif len(message.payload) > BODY_BYTES:
            kept.set_exception(Oversized(f"a message of {len(message.payload):,} bytes"))
        else:
            try:
                kept = together(self.intake.take([bytes(message.payload)], [origin]))
            except TilikError as error:
                self._refused = str(error)
                return
        number, qos, acks = message.mid, message.qos, self._acks
        ack = acks.add(lambda: client.ack(number, qos))
        kept.add_done_callback(lambda done: self._on_kept(done, acks, ack))

    def _on_kept(self, kept: Future[None], acks: Acks, ack: Ack) -> None:
        error = kept.exception()
        if error is None or isinstance(error, _Unknown | Oversized):  # what is never kept is taken off the queue, too
            self.counted["kept" if error is None else "unknown" if isinstance(error, _Unknown) else "oversized"] += 1
            acks.done(ack)
        else:
            self.counted["refused"] += 1
            self._refused = str(error)


def together(parts: Sequence[Future[None]]) -> Future[None]:
    """Return what ends when all of them have ended, and well when all have ended well."""
    if len(parts) == 1:
        return parts[0]
    whole: Future[None] = Future()
    left, lock = [len(parts)], threading.Lock()

    def ended(_part: Future[None]) -> None:
        with lock:
            left[0] -= 1
            is_last = left[0] == 0
        if is_last:
            error = next((error for part in parts if (error := part.exception()) is not None), None)
            whole.set_exception(error) if error is not None else whole.set_result(None)

    for part in parts:
        part.add_done_callback(ended)
    return whole


class _Unknown(TilikError):
    """A topic that no pattern fits."""


def _connecting() -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = IN_FLIGHT
    return properties
