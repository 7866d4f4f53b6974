"""Records to an MQTT broker, QoS 1: each is sent once more until the broker has acknowledged it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from connectors.ingest.broker import Broker, reason
from connectors.records import Origin
from schemas.errors import SourceError, TilikError

TOPIC: Final = "tilik/{camera}/frames"
"""Where a camera's frames go; `tilik ingest --topics` names the pattern `tilik/+/frames`."""
KEEPALIVE_S: Final = 30
DELIVERED_S: Final = 60.0
"""A broker that takes longer is away."""


class MqttKeeper:
    """Publishes records of cameras, each under its own topic.

    Raises
    ------
    SourceError
        The broker does not answer, or refuses us.
    """

    partitions = lanes = 1
    bound: int | None = None
    held: int | None = None

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._client = paho.Client(CallbackAPIVersion.VERSION2, broker.client, protocol=paho.MQTTv5)
        self._refused = ""
        self._acknowledged: set[int] = set()  # what was published while the broker was away is sent once it is back
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls is not None:
            self._client.tls_set_context(broker.tls)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        try:
            self._client.connect(broker.host, broker.port, KEEPALIVE_S)
        except OSError as error:
            raise SourceError(f"{broker.url}: {reason(error)}") from error
        self._client.loop_start()
        self._wait(self._client.is_connected)

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        """Publish records, and wait until the broker has all of them."""
        sent = {
            self._client.publish(TOPIC.format(camera=camera), value, qos=1).mid
            for value, camera in zip(values, cameras, strict=True)
        }
        self._wait(lambda: sent <= self._acknowledged)
        self._acknowledged -= sent
        return {}

    def idle(self, lane: int) -> None:
        """Need nothing."""

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: object, given: object, flags: object, code: paho.ReasonCode, more: object) -> None:
        self._refused = str(code) if code.is_failure else ""

    def _on_publish(self, client: object, given: object, number: int, code: paho.ReasonCode, more: object) -> None:
        self._acknowledged.add(number)

    def _wait(self, is_so: Callable[[], bool]) -> None:
        until_s = time.monotonic() + DELIVERED_S
        while not is_so():
            if self._refused or time.monotonic() > until_s:
                self.close()
                raise SourceError(f"{self.broker.url}: {self._refused or 'the broker does not answer'}")
            time.sleep(0.005)
