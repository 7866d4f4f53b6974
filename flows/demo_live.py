"""`LIVE=1 make run`: a simulated city of now is sent into a spool, as its cameras would, and its figures follow."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors import spool
from connectors.ingest.keepers import SpoolKeeper
from connectors.warehouse import Warehouse
from flows import playing_out, rendering
from flows.asking import ask
from flows.console import say
from flows.settings import Settings

EVERY_S: Final = 20.0
NOW: Final = """
SELECT formatDateTime(ts, '%H:%i', 'Asia/Jakarta') AS minute_wib, count() AS cameras,
    countIf(h.state = 'online') AS online,
    round(sum(c.persons), 1) AS persons, sum(f.crossings) AS crossings
FROM tilik.health_minute AS h
LEFT JOIN (SELECT camera_id, ts, sum(persons_mean) AS persons FROM tilik.crowd_minute
           WHERE ts > now() - INTERVAL 10 MINUTE GROUP BY ALL) AS c USING (camera_id, ts)
LEFT JOIN (SELECT camera_id, ts, sum(crossings) AS crossings FROM tilik.flow_minute
           WHERE ts > now() - INTERVAL 10 MINUTE GROUP BY ALL) AS f USING (camera_id, ts)
WHERE ts > now() - INTERVAL 10 MINUTE GROUP BY ts ORDER BY ts DESC LIMIT 3
"""
"""The newest minutes of all cameras."""


def show(store: Warehouse, city: Path, start_us: int, folder: Path, settings: Settings) -> None:
    """Play a written city of now, run `tilik run` behind it, and print its newest minutes until it is over.

    Parameters
    ----------
    city
        With `registry.toml` and `events/`.
    start_us
        When it begins, not long past: it is waited for.
    folder
        Where spool and state go.
    """
    into = SpoolKeeper(spool.make(folder / "spool"), spool.Bounds())
    playing = threading.Thread(target=_play, args=(city / "events", start_us, into), daemon=True)
    with _running(city, folder, settings) as run:
        playing.start()
        while playing.is_alive() and run.poll() is None:
            playing.join(EVERY_S)
            answer = ask(store, NOW)
            if answer.rows:
                say(rendering.table(answer.column_names, answer.rows, title="SIMULATED, now"))
    if run.returncode not in (0, 130):
        say(f"tilik run ended with {run.returncode}")


def _play(events: Path, start_us: int, into: SpoolKeeper) -> None:
    try:
        time.sleep(max(0.0, start_us / 1e6 - time.time()))
        playing_out.play(events, into, 1.0)
    finally:
        into.close()


@contextmanager
def _running(city: Path, folder: Path, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Have `tilik run` behind the spool until the body is over."""
    state = folder / "state"
    run = subprocess.Popen(
        [sys.executable, "-c", "from flows.cli import main; main()", "run", "--source", f"spool:{folder / 'spool'}",
         "--registry", str(city / "registry.toml"), "--warehouse", settings.warehouse, "--state", str(state)],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    say(f"how it goes, from another terminal: .venv/bin/tilik status --state {state}")
    try:
        yield run
    finally:
        run.terminate()
        until_s = time.monotonic() + 30
        while run.poll() is None and time.monotonic() < until_s:
            time.sleep(0.1)
        run.kill()
        run.wait()
