"""Write pictures of an office's chat beside this file: `python -m docs.images.chat`.

A warehouse of its own gets incidents of the city's public cameras, `tilik alerts run` tells of them by the rules that
ship, over the emulated Bot API, and officers answer: what is drawn are the messages as they came.
"""

from __future__ import annotations

import html
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from connectors import warehouse as warehouses
from connectors.registry import loading
from connectors.registry import rules as files
from docs.images.shoot import small
from tests.brokers.telegram import TOKEN, TelegramApi
from tests.flows.alerts.stored import Incident, watched, write
from tests.flows.dashboards.browser import chromium

HERE: Final = Path(__file__).parent
DPU, DISHUB, BUDI = -1001, -1002, 11
MINUTE_US: Final = 60_000_000
OFFICER: Final = '[[officer]]\nname = "Budi"\ntelegram = "11"\n'
STYLE: Final = """
body { margin: 0; padding: 24px; width: 852px; background: #dfe7ea; font: 24px/1.35 "DejaVu Sans", sans-serif }
div.m { background: #fff; border-radius: 12px; padding: 12px 18px; margin: 10px 120px 4px 0; white-space: pre-wrap }
div.p { background: #e3f5d8; margin: 10px 0 4px 240px }
div.t { color: #2a6a8c; font-weight: bold }
div.b { display: flex; gap: 6px; margin: 0 120px 6px 0 }
div.b span { flex: 1; background: #b9c8cf; border-radius: 10px; text-align: center; padding: 8px }
"""


def main() -> int:
    """Play a short evening of two offices, and draw it."""
    with tempfile.TemporaryDirectory() as place:
        folder, api = Path(place), TelegramApi(10**6)
        try:
            _play(folder, api)
        finally:
            api.close()
    return 0


def _play(folder: Path, api: TelegramApi) -> None:
    url = f"embedded:{folder / 'store'}"
    (folder / "rules.toml").write_text(files.shipped().read_text() + OFFICER)
    with warehouses.connect(url) as store:
        store.migrate()
        registry = loading.load(loading.public_cameras())
        store.store_registry(registry, loading.load_areas())
        now_us = time.time_ns() // 1000
        for camera in registry.camera[:4]:
            watched(store, camera.id, now_us // MINUTE_US * MINUTE_US - MINUTE_US)
        with _running(folder, url, api):
            time.sleep(8)
            flood = _incident("1", registry.camera[0], "flood")
            write(store, flood)
            _drawn(api, "chat-baru", DPU, bool)
            number = _shown(api, DPU)[0]["number"]
            api.do(DPU, BUDI, name="Budi", message=number, press="Terima")
            api.do(DPU, BUDI, name="Budi", text="pompa 2 mati, genset dikirim", to=number)
            _drawn(api, "chat-ditangani", DPU, lambda shown: "Catatan" in shown[0]["text"])
            write(store, flood._replace(end_us=time.time_ns() // 1000))
            _drawn(api, "chat-selesai", DPU, lambda shown: shown[0]["text"].startswith("SELESAI"))
            for at, camera in enumerate(registry.camera[1:4]):
                write(store, _incident(f"2{at}", camera, "congestion", 11 * MINUTE_US))
            _came(lambda: _shown(api, DISHUB))
            api.do(DISHUB, BUDI, name="Budi", text=f"/status {registry.camera[1].name}")
            api.do(DISHUB, BUDI, name="Budi", text="/insiden")
            _drawn(api, "chat-perintah", DISHUB, lambda shown: "sedang berlangsung" in shown[-1]["text"])


def _incident(name: str, camera: Any, kind: str, age_us: int = 0) -> Incident:
    return Incident(name, camera.id, camera.area, kind, time.time_ns() // 1000 - age_us)


@contextmanager
def _running(folder: Path, url: str, api: TelegramApi) -> Iterator[None]:
    asked = ["alerts", "run", "--rules", "rules.toml", "--warehouse", url, "--telegram-api", api.url]
    known = {"TILIK_TELEGRAM_TOKEN": TOKEN, "TILIK_CHAT_DPU": str(DPU), "TILIK_CHAT_DISHUB": str(DISHUB)}
    code = "from flows.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *asked], cwd=folder, env=os.environ | known | {"PYTHONPATH": str(HERE.parents[1])}
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _shown(api: TelegramApi, chat: int) -> list[dict[str, Any]]:
    return [each for each in api.transcript()["messages"] if each["chat"] == chat]


def _came(what: Callable[[], Any]) -> None:
    for _ in range(1_200):
        if what():
            return
        time.sleep(0.1)
    raise TimeoutError("it never came")


def _drawn(api: TelegramApi, name: str, chat: int, is_there: Callable[[list[dict[str, Any]]], bool]) -> None:
    """Draw a chat once it shows something."""
    _came(lambda: bool(_shown(api, chat)) and is_there(_shown(api, chat)))
    body = "".join(map(_bubble, _shown(api, chat)))
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 900, "height": 200})
        page.set_content(f"<style>{STYLE}</style><body>{body}</body>")
        picture = page.locator("body").screenshot()
    path = HERE / f"{name}.png"
    path.write_bytes(small(picture, 700))
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")


def _bubble(shown: dict[str, Any]) -> str:
    person = "from" in shown
    who = "Budi" if person else "Tilik"
    text = f'<div class="m{" p" if person else ""}"><div class="t">{who}</div>{html.escape(shown["text"])}</div>'
    rows = "".join(
        '<div class="b">' + "".join(f"<span>{html.escape(each['text'])}</span>" for each in row) + "</div>"
        for row in shown["buttons"]
    )
    return text + rows


if __name__ == "__main__":
    sys.exit(main())
