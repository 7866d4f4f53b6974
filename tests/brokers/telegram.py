"""An emulation of Telegram's Bot API, over HTTP in a process of its own: what tests of alerts send to.

`python -m tests.brokers.telegram` serves on loopback. It knows the methods that Tilik calls, refuses unknown ones,
unknown parameters and bad values as Telegram does, keeps a group's limit, and fails as it is told to: POST /faults
with a list of `{"method": ..., "fault": ...}`, each of which meets the next call of that method. POST /people with
`{"chat": ..., "user": ..., ...}` is somebody who presses a button (`press` is its words or, forged, `data`) or writes
(`text`); `times` says how often the update comes. GET /transcript is what the groups show, and how often.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

TOKEN: Final = "123456:emulated-token"
BOT: Final = {"id": 123456, "is_bot": True, "first_name": "Tilik", "username": "tilik_bot"}
KNOWN: Final = {
    "sendMessage": {"chat_id", "text", "disable_notification", "reply_markup", "reply_parameters"},
    "editMessageText": {"chat_id", "message_id", "text", "reply_markup"},
    "answerCallbackQuery": {"callback_query_id", "text"},
    "getUpdates": {"offset", "timeout", "allowed_updates", "limit"},
}
MOST_DATA: Final = 64
"""Bytes of what a button carries."""
MOST_UNITS: Final = 4_096
A_MINUTE: Final = 20
"""Messages and edits that a group takes; the first argument of this program is another number."""


class Refusal(Exception):
    """An answer that is no."""

    def __init__(self, code: int, said: str, **parameters: int) -> None:
        super().__init__(said)
        self.code, self.said, self.parameters = code, said, parameters


class Groups:
    """What the groups show."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        self.lock = threading.Lock()
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.sent: dict[int, deque[float]] = {}
        self.faults: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.updates: list[dict[str, Any]] = []
        self.past: list[dict[str, Any]] = []
        self.toasts: dict[str, str] = {}
        self.came = threading.Condition(self.lock)

    def fault(self, method: str) -> dict[str, Any]:
        """Return what is to go wrong with this call."""
        for at, fault in enumerate(self.faults):
            if fault["method"] == method:
                return self.faults.pop(at)
        return {"fault": ""}

    def call(self, method: str, given: dict[str, str]) -> Any:
        """Do what a method does."""
        if method not in KNOWN:
            raise Refusal(404, "Not Found")
        if given.keys() - KNOWN[method]:
            raise Refusal(400, f"Bad Request: unknown parameter {sorted(given.keys() - KNOWN[method])}")
        if method == "getUpdates":
            return self.waiting(int(given.get("offset", 0)), float(given.get("timeout", 0)))
        if method == "answerCallbackQuery":
            return self.answered(given["callback_query_id"], given.get("text", ""))
        chat, text = int(given["chat_id"]), given["text"]
        if len(text.encode("utf-16-le")) > 2 * MOST_UNITS:
            raise Refusal(400, "Bad Request: message is too long")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        buttons = checked(given.get("reply_markup"))
        self._keep_to_limits(chat)
        if method == "sendMessage":
            number = 1 + max((of for _, of in self.messages), default=0)
            to = json.loads(given.get("reply_parameters", "{}")).get("message_id", 0)
            self.messages[chat, number] = {"text": text, "edits": 0, "buttons": buttons, "to": to}
        else:
            number = int(given["message_id"])
            shown = self.messages.get((chat, number))
            if shown is None:
                raise Refusal(400, "Bad Request: message to edit not found")
            if (shown["text"], shown["buttons"]) == (text, buttons):
                raise Refusal(400, "Bad Request: message is not modified: specified new message content is the same")
            shown["text"], shown["edits"], shown["buttons"] = text, shown["edits"] + 1, buttons
        self.calls.append({"method": method, "chat": chat, "number": number, "text": text})
        return message(group(chat), number, text, BOT)

    def waiting(self, offset: int, timeout_s: float) -> list[dict[str, Any]]:
        """Return updates from a number on, waiting for one; those before are gone."""
        self.updates = [each for each in self.updates if each["update_id"] >= offset]
        self.came.wait_for(lambda: bool(self.updates), timeout_s)
        return self.updates

    def answered(self, query: str, text: str) -> bool:
        """Show who pressed a line; the first answer counts."""
        if query in self.toasts or not any(
            each.get("callback_query", {}).get("id") == query for each in [*self.updates, *self.past]
        ):
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.toasts[query] = text
        return True

    def do(self, person: dict[str, Any]) -> dict[str, Any]:
        """Let somebody press or write; return the update's number."""
        number = 1 + max((each["update_id"] for each in self.past), default=1_000)
        who = {"id": person["user"], "is_bot": False, "first_name": person.get("name", f"user{person['user']}")}
        chat = group(person["chat"])
        if "text" in person:
            own = 1 + max((of for _, of in self.messages), default=0)
            self.messages[person["chat"], own] = {"text": person["text"], "edits": 0, "buttons": [], "from": who["id"]}
            done: dict[str, Any] = {"message": message(chat, own, person["text"], who)}
            if person.get("to"):
                done["message"]["reply_to_message"] = message(chat, person["to"], "", BOT)
        else:
            data = person.get("data") or self._data(person)
            shown = message(chat, person["message"], "", BOT)
            done = {"callback_query": {
                "id": str(number), "from": who, "message": shown, "chat_instance": "1", "data": data,
            }}  # fmt: skip
        update = {"update_id": number, **done}
        self.past.append(update)
        self.updates += [update] * person.get("times", 1)
        self.came.notify_all()
        return {"update": number}

    def _data(self, person: dict[str, Any]) -> str:
        rows = self.messages[person["chat"], person["message"]]["buttons"]
        return next(each["callback_data"] for row in rows for each in row if each["text"] == person["press"])

    def _keep_to_limits(self, chat: int) -> None:
        sent, now_s = self.sent.setdefault(chat, deque(maxlen=self.a_minute)), time.monotonic()
        if len(sent) == self.a_minute and now_s - sent[0] < 59.0:
            self.refused.append(f"{chat}: more than {self.a_minute} a minute")
            raise Refusal(429, "Too Many Requests: retry after 5", retry_after=5)
        sent.append(now_s)

    def transcript(self) -> dict[str, Any]:
        """Return what the groups show."""
        shown = [{"chat": chat, "number": number, **of} for (chat, number), of in self.messages.items()]
        return {"messages": shown, "calls": self.calls, "refused": self.refused, "toasts": self.toasts}


def group(chat: int) -> dict[str, Any]:
    """Return a chat as the API tells of it: below 0 a group, else one person."""
    return {"id": chat, "type": "supergroup", "title": "group"} if chat < 0 else {"id": chat, "type": "private"}


def message(chat: dict[str, Any], number: int, text: str, who: dict[str, Any]) -> dict[str, Any]:
    """Return a message as the API tells of it."""
    return {"message_id": number, "date": int(time.time()), "chat": chat, "from": who, "text": text}


def checked(markup: str | None) -> list[list[dict[str, str]]]:
    """Return the buttons of a message, as Telegram takes them."""
    rows: list[list[dict[str, str]]] = json.loads(markup)["inline_keyboard"] if markup else []
    for row in rows:
        for each in row:
            if len(each["callback_data"].encode()) > MOST_DATA or not each["text"]:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    groups: Groups
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Show what there is."""
        with self.groups.lock:
            self._answer(200, self.groups.transcript())

    def do_POST(self) -> None:
        """Take a call, or what is to go wrong."""
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.groups.lock:
            if self.path == "/faults":
                self.groups.faults += json.loads(content)
                self._answer(200, {})
                return
            if self.path == "/people":
                self._answer(200, self.groups.do(json.loads(content)))
                return
            self._call(content)

    def _call(self, content: bytes) -> None:
        token, _, method = self.path.removeprefix("/bot").partition("/")
        if token != TOKEN:
            self._refuse(Refusal(401, "Unauthorized"))
            return
        fault = self.groups.fault(method)
        if fault["fault"] == "cut before":
            self.close_connection = True
            self.connection.close()
            return
        try:
            if fault["fault"] not in ("", "cut after"):
                parameters = {name: value for name, value in fault.items() if name not in ("method", "fault", "code")}
                raise Refusal(int(fault.get("code", 400)), fault["fault"], **parameters)
            result = self.groups.call(method, dict(parse_qsl(content.decode(), keep_blank_values=True)))
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if fault["fault"] == "cut after":
            self.close_connection = True
            self.connection.close()
            return
        self._answer(200, {"ok": True, "result": result})

    def _refuse(self, refusal: Refusal) -> None:
        answer: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.said}
        if refusal.parameters:
            answer["parameters"] = refusal.parameters
        self._answer(refusal.code, answer)

    def _answer(self, status: int, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked was killed
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class TelegramApi:
    """The emulation, as tests use it."""

    def __init__(self, a_minute: int = A_MINUTE) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(a_minute)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def fail(self, method: str, *faults: str, **more: int) -> None:
        """Let the next calls of a method fail, one fault each."""
        asked = json.dumps([{"method": method, "fault": fault, **more} for fault in faults]).encode()
        urllib.request.urlopen(f"{self.url}/faults", asked, timeout=10).close()

    def do(self, chat: int, user: int, **what: Any) -> str:
        """Let somebody press (`message`, `press` or `data`) or write (`text`, `to`); return the update's number."""
        asked = json.dumps({"chat": chat, "user": user, **what}).encode()
        with urllib.request.urlopen(f"{self.url}/people", asked, timeout=10) as answer:
            return str(json.load(answer)["update"])

    def transcript(self) -> dict[str, Any]:
        """Return what the groups show."""
        with urllib.request.urlopen(f"{self.url}/transcript", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


def main() -> None:
    """Serve on a free port, which is written first."""
    Handler.groups = Groups(int(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201  who started it reads it
    server.serve_forever()


if __name__ == "__main__":
    main()
