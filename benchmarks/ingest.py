"""What a POST costs `tilik ingest`: `python -m benchmarks.ingest [DIR]`.

Eight senders post bodies of 1 to 1,000 frames of 1.4 KB, plain and packed, each waiting for its 202.
Shown are what was durable a second by the clock, and for each CPU second of the server.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from connectors.ingest.tokens import made

SENDERS, SECONDS = 8, 3.0
THING = {"class": "person", "confidence": 0.91, "box": [0.1, 0.2, 0.15, 0.4], "mask": "masked", "mask_confidence": 0.88}
FRAME = json.dumps(
    {
        "camera": "smg-001",
        "ts": "2026-01-05T00:00:00.100Z",
        "objects": [THING | {"track": str(number)} for number in range(10)],
    }
)
TICKS = os.sysconf("SC_CLK_TCK")


def main(folder: str | None) -> None:
    """Print requests and frames a second."""
    heads = f"{'requests/s':>11} {'frames/s':>9} {'requests a CPU s':>17} {'frames a CPU s':>15}"
    print(f"{'frames a body':>14} {'packed':>7} {heads}")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        token = made(Path(place) / "spool" / "tokens", "bench")
        code = "import sys; from flows.cli import main; sys.argv[0] = 'tilik'; main()"
        command = [sys.executable, "-c", code, "ingest", "--spool", f"{place}/spool", "--http", ":0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            port = int(server.stderr.readline().split(":")[2].split("/")[0])
            for size in (1, 10, 100, 1_000):
                for is_packed in (False, True):
                    _row(server.pid, port, token, size, is_packed)
            server.terminate()
            server.stderr.read()


def _row(pid: int, port: int, token: str, size: int, is_packed: bool) -> None:
    raw = "\n".join([FRAME] * size).encode()
    headers = {"Authorization": f"Bearer {token}"} | ({"Content-Encoding": "gzip"} if is_packed else {})
    body, counts = gzip.compress(raw, 6) if is_packed else raw, [0] * SENDERS
    start, used = time.perf_counter(), _cpu(pid)
    senders = [
        threading.Thread(target=_send, args=(port, headers, body, start + SECONDS, counts, n)) for n in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    wall, cpu, many = time.perf_counter() - start, _cpu(pid) - used, sum(counts)
    rates = f"{many / wall:>11,.0f} {many * size / wall:>9,.0f} {many / cpu:>17,.0f} {many * size / cpu:>15,.0f}"
    print(f"{size:>14,} {'gzip' if is_packed else '-':>7} {rates}")


def _send(port: int, headers: dict[str, str], body: bytes, until: float, counts: list[int], number: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.perf_counter() < until:
        connection.request("POST", "/v1/frames/native", body, headers)
        response = connection.getresponse()
        response.read()
        counts[number] += response.status == 202
    connection.close()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
