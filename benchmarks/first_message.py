"""How long an office waits for its message: `python -m benchmarks.first_message`.

`tilik alerts run` by the shipped rules, a program of its own, tells the emulated Bot API of floods that are stored one
by one as they are confirmed: from then until its message stands in the chat, by the clock of this machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors import warehouse as warehouses
from connectors.registry import loading
from connectors.warehouse import Warehouse
from flows.console import say
from tests.brokers.telegram import TOKEN, TelegramApi
from tests.flows.alerts.stored import Incident, watched, write

EVERY_S: Final = 1.3
"""Between two floods: looks, every three seconds, meet them at all of their ages."""
START_S: Final = 10.0
CHAT: Final = -1001


def main() -> None:
    """Measure, and say how long it took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--floods", type=int, default=20, help="at most as many as there are public cameras")
    floods = asked.parse_args().floods
    api = TelegramApi(10**6)
    try:
        with tempfile.TemporaryDirectory() as place:
            waits = _measured(Path(place), api, floods)
    finally:
        api.close()
    worst, median = max(waits), statistics.median(waits)
    say(f"{len(waits)} floods, from confirmed to told: median {median:.1f} s, worst {worst:.1f} s (aim 10)")


def _measured(folder: Path, api: TelegramApi, floods: int) -> list[float]:
    """Return how long each flood waited for its message [s]."""
    url = f"embedded:{folder / 'store'}"
    with warehouses.connect(url) as store:
        store.migrate()
        registry = loading.load(loading.public_cameras())
        store.store_registry(registry, loading.load_areas())
        watched(store, registry.camera[0].id, time.time_ns() // 60_000_000_000 * 60_000_000)
        with _running(folder, url, api):
            time.sleep(START_S)
            return _waits(store, api, [camera.id for camera in registry.camera[:floods]])


def _waits(store: Warehouse, api: TelegramApi, cameras: list[str]) -> list[float]:
    begun: list[float] = []
    told: list[float] = []
    while len(told) < len(cameras):
        if len(begun) < len(cameras) and (not begun or time.time() - begun[-1] >= EVERY_S):
            begun.append(time.time())
            camera = cameras[len(begun) - 1]
            write(store, Incident(str(len(begun)), camera, "33.74.01.1001", "flood", int(begun[-1] * 1e6)))
        came = sum(each["method"] == "sendMessage" for each in api.transcript()["calls"])
        told += [time.time()] * (came - len(told))
        time.sleep(0.05)
    return [at - since for since, at in zip(begun, told, strict=True)]


@contextmanager
def _running(folder: Path, url: str, api: TelegramApi) -> Iterator[None]:
    asked = ["alerts", "run", "--warehouse", url, "--telegram-api", api.url]
    known = {"TILIK_TELEGRAM_TOKEN": TOKEN, "TILIK_CHAT_DPU": str(CHAT), "PYTHONPATH": str(Path.cwd())}
    code = "from flows.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *asked], cwd=folder, env=os.environ | known, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    main()
