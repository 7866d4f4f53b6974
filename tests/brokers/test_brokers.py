"""The brokers that other tests stand on do what those tests take for granted."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from tests.brokers.kafka import KafkaBroker
from tests.brokers.mosquitto import PASSWORD, USER, MosquittoBroker

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def test_a_topic_keeps_what_was_written_over_a_kill(kafka: KafkaBroker):
    kafka.create("kept", 2)
    assert kafka.produce("kept", [b"a", None, b""], partition=1) == [0, 1, 2]
    kafka.restart()
    assert kafka.span("kept", 1) == (0, 3)


def test_records_before_a_position_can_be_removed(kafka: KafkaBroker):
    kafka.create("trimmed")
    kafka.produce("trimmed", [b"a"] * 10)
    kafka.trim("trimmed", 0, 7)
    assert kafka.span("trimmed") == (7, 10)


OWNER = """
import sys, time
from pathlib import Path
from tests.brokers.mosquitto import MosquittoBroker
broker = MosquittoBroker(Path(sys.argv[1]))
broker.start()
print(broker.pid, flush=True)
time.sleep(600)
"""


def test_a_broker_dies_with_the_process_that_started_it(tmp_path):
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        broker = os.pidfd_open(pid)
        owner.send_signal(signal.SIGKILL)
    try:
        assert select.select([broker], [], [], 10)[0], "the broker outlived its parent"
    finally:
        os.close(broker)


def client(broker: MosquittoBroker, name: str, **password: str) -> tuple[mqtt.Client, list[object]]:
    """Return a connected client and the list that its CONNACK codes go to."""
    answers: list[object] = []
    answered = threading.Event()
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
    if password:
        made.username_pw_set(USER, password["password"])

    def on_connect(_client: object, _data: object, _flags: object, code: object, _properties: object) -> None:
        answers.append(str(code))
        answered.set()

    made.on_connect = on_connect
    made.connect("127.0.0.1", broker.port, clean_start=False)
    made.loop_start()
    assert answered.wait(10)
    made.loop_stop()
    return made, answers


def test_mosquitto_lets_anybody_in_where_no_password_was_set(mosquitto: MosquittoBroker):
    assert client(mosquitto, "any")[1] == ["Success"]


def test_mosquitto_with_a_password_knows_its_user_alone(tmp_path):
    broker = MosquittoBroker(tmp_path, password=PASSWORD)
    broker.start()
    try:
        assert client(broker, "right", password=PASSWORD)[1] == ["Success"]
        assert client(broker, "wrong", password="wrong")[1] == ["Not authorized"]
        assert client(broker, "none")[1] == ["Not authorized"]
    finally:
        broker.stop()


def test_mosquitto_answers_after_a_kill(mosquitto: MosquittoBroker):
    mosquitto.kill()
    mosquitto.start()
    assert client(mosquitto, "after")[1] == ["Success"]
