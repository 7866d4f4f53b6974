"""The MQTT door against a real mosquitto: what was acknowledged is durable, what was not comes again."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from connectors.ingest import Intake, SpoolKeeper
from connectors.ingest.acks import Acks
from connectors.ingest.broker import broker
from connectors.ingest.keepers import Oversized
from connectors.ingest.mqtt import Subscriber
from connectors.ingest.topics import Rule, Topics
from connectors.spool import Bounds, Origin, SpoolFull, SpoolTail, make
from schemas.errors import SourceError, TilikError, UsageError
from schemas.partitions import partition_of
from tests.brokers import authority
from tests.brokers.mosquitto import PASSWORD, USER, MosquittoBroker
from tests.connectors.spooling import told

WAIT_S = 30.0
LARGE = b"larger than is ever kept"


def waited(ready: Callable[[], bool]) -> bool:
    """Wait for another thread or process, and say whether it came to be so."""
    until = time.monotonic() + WAIT_S
    while not ready() and time.monotonic() < until:
        time.sleep(0.01)
    return ready()


class Keeper:
    """Keeps records in a list, or refuses."""

    partitions = lanes = 1

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.kept: list[tuple[bytes, Origin]] = []
        self.refused = 0

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        if self.fails is not None:
            self.refused += len(values)
            raise self.fails
        large = {row: Oversized("too large") for row, value in enumerate(values) if value == LARGE}
        self.kept += [pair for row, pair in enumerate(zip(values, origins, strict=True)) if row not in large]
        return large

    def idle(self, lane: int) -> None:
        pass

    def close(self) -> None:
        pass


@contextmanager
def subscribed(url: str, name: str, keeper, rules: Sequence[Rule], **environ: str) -> Iterator[Subscriber]:
    intake = Intake(keeper)
    said: list[str] = []
    subscriber = Subscriber(broker(url, f"tilik-{name}", environ), Topics(rules), intake, said.append)
    subscriber.start()
    try:
        assert waited(lambda: subscriber.is_connected or subscriber.failed is not None)
        yield subscriber
    finally:
        subscriber.stop()
        intake.close()


@contextmanager
def publishing(mosquitto: MosquittoBroker) -> Iterator[Callable[[str, bytes], None]]:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()

    def publish(topic: str, payload: bytes) -> None:
        client.publish(topic, payload, qos=1).wait_for_publish(WAIT_S)

    yield publish
    client.disconnect()
    client.loop_stop()


def test_messages_are_kept_with_format_topic_and_camera(mosquitto, tmp_path):
    rules = [Rule("one/events", "native", ""), Rule("one/+/status/#", "nvschema", "cam-{2}")]
    spool = make(tmp_path / "spool")
    with (
        subscribed(mosquitto.url, "one", SpoolKeeper(spool, Bounds()), rules) as subscriber,
        publishing(mosquitto) as publish,
    ):
        publish("one/events", b"a")
        publish("one/7/status/detect", b"")
        publish("one/elsewhere", b"c")
        assert waited(lambda: subscriber.counted["kept"] == 2)
    assert told(SpoolTail(spool, 0).poll(10, 1 << 20)) == [
        (0, b"a", "native", "one/events", ""),
        (1, b"", "nvschema", "one/7/status/detect", "cam-7"),
    ]


def test_what_is_for_all_cameras_of_a_sender_lies_in_every_partition(mosquitto, tmp_path):
    spool = make(tmp_path / "spool", 3)
    rules = [Rule("all/#", "frigate", "")]
    with (
        subscribed(mosquitto.url, "all", SpoolKeeper(spool, Bounds()), rules) as subscriber,
        publishing(mosquitto) as publish,
    ):
        publish("all/available", b"offline")
        publish("all/gate/status/detect", b"online")
        assert waited(lambda: subscriber.counted["kept"] == 2)
    found = [[value for _, value, *_ in told(SpoolTail(spool, n).poll(10, 1 << 20))] for n in range(3)]
    assert [values[0] for values in found] == [b"offline"] * 3
    own = partition_of("gate", 3)
    assert [values[1:] for values in found] == [[b"online"] if n == own else [] for n in range(3)]


def test_what_came_while_nobody_took_it_waits_in_the_session(mosquitto):
    rules, keeper = [Rule("two/#", "native", "")], Keeper()
    with subscribed(mosquitto.url, "two", keeper, rules), publishing(mosquitto) as publish:
        publish("two/a", b"first")
        assert waited(lambda: len(keeper.kept) == 1)
    with publishing(mosquitto) as publish:
        for number in range(50):
            publish("two/a", b"%d" % number)
    with subscribed(mosquitto.url, "two", keeper, rules):
        assert waited(lambda: len(keeper.kept) == 51)
    assert [value for value, _ in keeper.kept] == [b"first", *(b"%d" % number for number in range(50))]


def test_what_cannot_be_kept_is_not_acknowledged_and_comes_again(mosquitto):
    rules, keeper = [Rule("three/#", "native", "")], Keeper()
    keeper.fails = SpoolFull("the disk is full")
    with subscribed(mosquitto.url, "three", keeper, rules) as subscriber, publishing(mosquitto) as publish:
        for number in range(40):
            publish("three/a", b"%d" % number)
        assert waited(lambda: keeper.refused > 0 and subscriber.counted["disconnects"] > 1)
        assert keeper.kept == []
        keeper.fails = None
        assert waited(lambda: len({value for value, _ in keeper.kept}) == 40)
        assert subscriber.failed is None
    values = [int(value) for value, _ in keeper.kept]
    assert sorted(set(values)) == list(range(40))
    first_time = list(dict.fromkeys(values))
    assert first_time == list(range(40))


def test_more_than_may_wait_is_not_acknowledged_and_comes_again(mosquitto, monkeypatch):
    monkeypatch.setattr("connectors.ingest.intake.WAITING_BYTES", 3)
    rules, keeper, gate = [Rule("busy/#", "native", "")], Keeper(), threading.Event()
    keep = keeper.keep
    keeper.keep = lambda *given: gate.wait(WAIT_S) and keep(*given)  # type: ignore[method-assign]
    with subscribed(mosquitto.url, "busy", keeper, rules) as subscriber, publishing(mosquitto) as publish:
        for number in range(8):
            publish("busy/a", b"%d" % number)
        assert waited(lambda: subscriber.counted["disconnects"] > 0)
        gate.set()
        assert waited(lambda: len({value for value, _ in keeper.kept}) == 8)


@given(st.permutations(range(8)), st.integers(0, 8))
def test_acknowledgements_go_in_the_order_of_messages_and_none_after_the_connection(due, closed_after):
    acks, sent = Acks(), []
    waiting = [acks.add(partial(sent.append, number)) for number in range(8)]
    for turn, number in enumerate(due):
        if turn == closed_after:
            acks.close()
        acks.done(waiting[number])
        told = set(due[: min(turn + 1, closed_after)])
        assert sent == list(range(next((n for n in range(8) if n not in told), 8)))


def test_what_a_taker_held_and_did_not_acknowledge_goes_to_the_next_one(mosquitto):
    rules, keeper, gate = [Rule("four/#", "native", "")], Keeper(), threading.Event()
    keep = keeper.keep
    keeper.keep = lambda *given: gate.wait(WAIT_S) and keep(*given)  # type: ignore[method-assign]
    intake = Intake(keeper)
    subscriber = Subscriber(broker(mosquitto.url, "tilik-four", {}), Topics(rules), intake, lambda said: None)
    subscriber.start()
    assert waited(lambda: subscriber.is_connected)
    with publishing(mosquitto) as publish:
        for number in range(5):
            publish("four/a", b"%d" % number)
    assert waited(lambda: subscriber.counted["came"] == 5)
    subscriber._acks.close()  # as a killed one acknowledges nothing
    subscriber._client.socket().close()
    again = Keeper()
    subscriber._stopping.set()
    subscriber._thread.join(WAIT_S)
    with subscribed(mosquitto.url, "four", again, rules):
        assert waited(lambda: len(again.kept) == 5)
    assert [value for value, _ in again.kept] == [b"%d" % number for number in range(5)]
    gate.set()
    intake.close()


def test_a_topic_of_no_pattern_is_counted_and_taken_off_the_queue(mosquitto):
    keeper = Keeper()
    with subscribed(mosquitto.url, "five", keeper, [Rule("five/#", "native", "")]):
        pass
    with publishing(mosquitto) as publish:
        publish("five/old", b"of an older file of topics")
    with subscribed(mosquitto.url, "five", keeper, [Rule("five/new", "native", "")]) as subscriber:
        assert waited(lambda: subscriber.counted["unknown"] == 1)
    with subscribed(mosquitto.url, "five", keeper, [Rule("five/new", "native", "")]) as subscriber:
        assert subscriber.counted["unknown"] == 0
    assert keeper.kept == []


def test_a_message_that_is_never_kept_is_counted_and_holds_up_nobody(mosquitto):
    rules, keeper = [Rule("large/#", "native", "")], Keeper()
    with subscribed(mosquitto.url, "large", keeper, rules) as subscriber, publishing(mosquitto) as publish:
        for payload in (b"a", LARGE, b"b"):
            publish("large/a", payload)
        assert waited(lambda: len(keeper.kept) == 2 and subscriber.counted["oversized"] == 1)
    with subscribed(mosquitto.url, "large", keeper, rules) as subscriber:
        assert subscriber.counted["came"] == 0


@pytest.mark.slow
def test_a_broker_that_dies_is_waited_for(mosquitto):
    rules, keeper = [Rule("six/#", "native", "")], Keeper()
    with subscribed(mosquitto.url, "six", keeper, rules) as subscriber:
        mosquitto.kill()
        assert waited(lambda: not subscriber.is_connected)
        mosquitto.start()
        assert waited(lambda: subscriber.is_connected)
        with publishing(mosquitto) as publish:
            publish("six/a", b"after")
        assert waited(lambda: [value for value, _ in keeper.kept] == [b"after"])


def test_a_broker_that_is_not_there_yet_is_waited_for(tmp_path):
    later = MosquittoBroker(tmp_path / "broker")
    intake = Intake(Keeper())
    said: list[str] = []
    subscriber = Subscriber(broker(later.url, "tilik", {}), Topics([Rule("a", "native", "")]), intake, said.append)
    subscriber.start()
    assert waited(lambda: len(said) > 0)
    assert "cannot be reached (Connection refused); trying again" in said[0]
    later.start()
    assert waited(lambda: subscriber.is_connected)
    subscriber.stop()
    later.stop()
    intake.close()


def test_a_wrong_password_ends_it_with_what_to_set(tmp_path):
    server = MosquittoBroker(tmp_path / "broker", password=PASSWORD)
    server.start()
    rules = [Rule("a", "native", "")]
    try:
        right = {"TILIK_MQTT_USERNAME": USER, "TILIK_MQTT_PASSWORD": PASSWORD}
        with subscribed(server.url, "right", Keeper(), rules, **right) as subscriber:
            assert subscriber.is_connected
        with subscribed(server.url, "x", Keeper(), rules, **right | {"TILIK_MQTT_PASSWORD": "secret"}) as subscriber:
            assert isinstance(subscriber.failed, SourceError)
            assert "Not authorized: set TILIK_MQTT_USERNAME and TILIK_MQTT_PASSWORD" in str(subscriber.failed)
            assert "secret" not in str(subscriber.failed)
    finally:
        server.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho lets go of the socket by GC
def test_a_certificate_that_nobody_trusts_ends_it_with_what_to_set(tmp_path):
    made, other = authority.make(tmp_path / "one"), authority.make(tmp_path / "two", "another")
    server = MosquittoBroker(tmp_path / "broker")
    config = tmp_path / "broker" / "mosquitto.conf"
    config.write_text(config.read_text() + f"certfile {made.certificate}\nkeyfile {made.key}\n")
    server.answers = lambda: True  # type: ignore[method-assign]  # its probe speaks no TLS
    server.start()
    url = server.url.replace("mqtt:", "mqtts:")
    rules = [Rule("a", "native", "")]
    try:
        with subscribed(url, "right", Keeper(), rules, TILIK_MQTT_CA=str(made.ca)) as subscriber:
            assert subscriber.is_connected
        with subscribed(url, "wrong", Keeper(), rules, TILIK_MQTT_CA=str(other.ca)) as subscriber:
            assert "its certificate is not trusted" in str(subscriber.failed)
            assert "set TILIK_MQTT_CA" in str(subscriber.failed)
        del subscriber
        gc.collect()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("url", "environ", "said"),
    [
        ("http://x", {}, "expected mqtt://HOST:PORT"),
        ("mqtt://", {}, "expected mqtt://HOST:PORT"),
        ("mqtt://x:99999", {}, "expected mqtt://HOST:PORT"),
        ("mqtt://x/topic", {}, "expected mqtt://HOST:PORT"),
        ("mqtt://bob:hush@x", {}, "set TILIK_MQTT_USERNAME and TILIK_MQTT_PASSWORD"),
        ("mqtt://x", {"TILIK_MQTT_PASSWROD": "hush"}, "TILIK_MQTT_PASSWROD: expected USERNAME"),
        ("mqtts://x", {"TILIK_MQTT_CA": "/nowhere.pem"}, "TILIK_MQTT_CA /nowhere.pem: cannot be read as PEM"),
    ],
)
def test_an_address_that_means_nothing_is_refused(url, environ, said):
    with pytest.raises(UsageError) as refused:
        broker(url, "tilik", environ)
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)


def test_ports_and_names_have_the_usual_defaults():
    assert broker("mqtt://x", "tilik", {}).port == 1883
    assert broker("mqtts://x", "tilik", {}).port == 8883
    assert broker("mqtt://x:0", "tilik", {"TILIK_MQTT_CLIENT_ID": "me"}).client == "me"
