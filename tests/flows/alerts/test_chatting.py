"""`tilik alerts run` in a chat with people: buttons, notes, commands over the emulated Bot API, and kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import warehouse as warehouses
from schemas.registry import Registry
from tests.brokers.telegram import TOKEN, TelegramApi
from tests.flows.alerts.stored import Incident, watched, write
from tests.flows.city import camera

pytestmark = pytest.mark.slow
SECOND = 1_000_000
MINUTE = 60 * SECOND
CHAT, BUDI, SARI, NOBODY = -1001, 11, 22, 99
RULES = """
[[rule]]
id = "genangan"
title = "Genangan"
severity = "high"
incident = ["flood"]
[[receiver]]
id = "dpu"
telegram = "-1001"
[[route]]
to = "dpu"
group_by = ["camera", "kind"]
group_wait = "0s"
[[officer]]
name = "Budi"
telegram = "env:BUDI"
office = ["dpu"]
[[officer]]
name = "Sari"
telegram = "22"
"""
CODE = "from flows.cli import main; main()"


@pytest.fixture
def api() -> Iterator[TelegramApi]:
    served = TelegramApi(10**6)
    yield served
    served.close()


class Program:
    """`tilik alerts run`, which can be killed."""

    def __init__(self, folder: Path, url: str, api: TelegramApi) -> None:
        self.folder, self.url, self.api = folder, url, api
        (folder / "r.toml").write_text(RULES)
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        asked = ["alerts", "run", "--rules", "r.toml", "--warehouse", self.url, "--telegram-api", self.api.url]
        known = {"TILIK_TELEGRAM_TOKEN": TOKEN, "BUDI": str(BUDI), "PYTHONPATH": str(Path(__file__).parents[3])}
        with (self.folder / "said.log").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-c", CODE, *asked], cwd=self.folder, env=os.environ | known, stderr=said
            )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def again(self) -> None:
        self.process = self._started()

    def end(self) -> str:
        self.process.terminate()
        self.process.wait(60)
        return (self.folder / "said.log").read_text()


def came(what: Callable[[], Any]) -> Any:
    """Return what comes at last."""
    for _ in range(1_200):
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it never came")


def shown(api: TelegramApi, begins: str) -> dict[str, Any] | None:
    return next((each for each in api.transcript()["messages"] if each["text"].startswith(begins)), None)


def says(api: TelegramApi, number: int, *words: str) -> Callable[[], bool]:
    def there() -> bool:
        text = next(each["text"] for each in api.transcript()["messages"] if each["number"] == number)
        return all(word in text for word in words)

    return there


def test_people_press_write_and_ask(tmp_path: Path, laid: Callable[[Path], str], api: TelegramApi) -> None:
    url, now_us = laid(tmp_path / "store"), time.time_ns() // 1000
    with warehouses.connect(url) as store:
        store.store_registry(Registry(camera=(msgspec.structs.replace(camera("a"), name="Jalan a"),)))
        watched(store, "a", now_us - MINUTE)
        program = Program(tmp_path, url, api)
        came((tmp_path / "data" / "alerts" / "outbox.sqlite").exists)
        time.sleep(1)
        write(store, Incident("1", "a", "33.74.01.1001", "flood", time.time_ns() // 1000))
        first = came(lambda: shown(api, "TINGGI: Genangan · Jalan a"))
        number = first["number"]
        assert [[each["text"] for each in row] for row in first["buttons"]] == [
            ["Terima", "Bukan kejadian"], ["Bisukan 2 jam", "Catatan"],
        ]  # fmt: skip

        forged = api.do(CHAT, BUDI, message=number, data="a:0000000000000000:0000000000000000")
        stranger = api.do(CHAT, NOBODY, message=number, press="Terima")
        came(lambda: {forged, stranger} <= api.transcript()["toasts"].keys())
        assert api.transcript()["toasts"][forged] == "Tombol ini tidak dikenal."
        assert "99" in api.transcript()["toasts"][stranger]

        program.kill()
        pressed = api.do(CHAT, BUDI, message=number, press="Terima", times=3)
        program.again()
        came(lambda: pressed in api.transcript()["toasts"])
        came(says(api, number, "Diterima: Budi"))
        buttons = next(each["buttons"] for each in api.transcript()["messages"] if each["number"] == number)
        assert [[each["text"] for each in row] for row in buttons] == [["Bukan kejadian"], ["Bisukan 2 jam", "Catatan"]]

        api.do(CHAT, SARI, message=number, press="Catatan")
        prompt = came(lambda: shown(api, "Balas pesan ini"))
        api.do(CHAT, SARI, text="pompa 2 mati", to=prompt["number"])
        api.do(CHAT, SARI, text="genset dikirim", to=number)
        api.do(CHAT, SARI, text="bukan untuk Tilik")
        came(says(api, number, "Catatan Sari", "pompa 2 mati", "genset dikirim"))

        for asked, answer in (
            ("/status jalan", "Jalan a · "),
            ("/insiden@tilik_bot", "1 sedang"),
            ("/bantuan", "/status TEMPAT"),
            ("/laporan", "Laporan giliran · dpu"),
        ):
            api.do(CHAT, SARI, text=asked)
            came(lambda answer=answer: shown(api, answer))
        api.do(CHAT, BUDI, message=number, press="Bisukan 2 jam")
        came(says(api, number, "DIBISUKAN", "Dibisukan sampai"))
        said = program.end()
        assert store.query("SELECT officer, answer, via, length(alerts) FROM acknowledgements").rows == [
            ("Budi", "accepted", "telegram", 1)
        ]
        assert store.query("SELECT officer, text FROM notes ORDER BY at").rows == [
            ("Sari", "pompa 2 mati"), ("Sari", "genset dikirim"),
        ]  # fmt: skip
        assert store.query("SELECT why, answered_by FROM alerts").rows == [("silenced", "Budi")]
    assert TOKEN not in said
    assert "Traceback" not in said
