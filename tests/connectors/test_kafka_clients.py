"""A client that is let go by the collector, on a thread of its own, does not end the process."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest

from connectors.kafka import clients
from tests.waiting import until

COLLECTED_ON_ITS_OWN_THREAD = """
import gc, threading
from connectors.kafka import parse, topic
from connectors.kafka.settings import of_environment

topic.ASK_S = 1.0
class Opening(topic.Topic):
    def _wait_until_known(self, open_s):
        pass

gc.disable()
made = Opening(parse("kafka://127.0.0.1:1/frames"), of_environment({}))
(asked,) = made._ask_shape().values()
done = threading.Event()
asked.add_done_callback(lambda _: (gc.collect(), done.set()))
del made
assert done.wait(60)
print("alive")
"""


def test_a_topic_that_is_collected_while_brokers_are_asked_ends_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED_ON_ITS_OWN_THREAD], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr[-2000:]


class Owner:
    def __init__(self) -> None:
        self.told: list[int] = []
        self.itself = self

    def hear(self, number: int) -> None:
        self.told.append(number)


class Client:
    def __init__(self, callback: object) -> None:
        self.callback = callback


@pytest.mark.parametrize("is_let_go", [False, True])
def test_a_client_lives_as_long_as_its_owner_or_until_it_is_let_go(is_let_go: bool) -> None:
    owner = Owner()
    client = Client(clients.weakly(owner.hear))
    client.callback(7)  # type: ignore[operator]
    assert owner.told == [7]
    seen, let_go = weakref.ref(client), clients.held(owner, client)
    del client
    gc.collect()
    assert seen() is not None
    if is_let_go:
        let_go()
    else:
        del owner
        gc.collect()
    until(lambda: seen() is None)
