"""Webhooks over HTTP: what is posted, how it is signed, and what answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import webhook
from connectors.replies import Later, Refused
from connectors.webhook import Webhook
from tests.brokers.inboxes import Hooks, hooks

BODY = '{"status":"firing","text":"banjir £"}'.encode()
NOW_S = 1_768_000_000.5


@pytest.fixture
def inbox() -> Iterator[Hooks]:
    with hooks() as served:
        yield served


def test_the_signature_is_what_the_documentation_checks(inbox: Hooks) -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(example, scope)
    Webhook(f"{inbox.url}/hook", "hush", lambda: NOW_S).post(BODY, "d1")
    (taken,) = inbox.taken
    headers = {name.title(): value for name, value in taken.headers.items()}
    assert (taken.body, headers["X-Tilik-Delivery"], headers["Idempotency-Key"]) == (BODY, "d1", "d1")
    assert scope["is_from_tilik"](headers, taken.body, b"hush", NOW_S + 299)
    assert not scope["is_from_tilik"](headers, taken.body, b"hush", NOW_S + 301)
    assert not scope["is_from_tilik"](headers, taken.body + b" ", b"hush", NOW_S)
    assert not scope["is_from_tilik"](headers, taken.body, b"other", NOW_S)


def test_the_signature_is_that_of_another_implementation() -> None:
    """By `printf '1768000000.{}' | openssl dgst -sha256 -hmac hush`."""
    found = webhook.signed(b"hush", b"{}", 1_768_000_000)
    assert found == {
        "X-Tilik-Timestamp": "1768000000",
        "X-Tilik-Signature": "sha256=ffc23c2a3b1ede69e8184665ba7c1ef4e2d8d81da9e29b8a948e71a65e08505b",
    }


@pytest.mark.parametrize(
    ("answer", "expected", "rest_s"),
    [
        ((500, {}), Later, 5),
        ((429, {"Retry-After": "70"}), Later, 70),
        ((503, {"Retry-After": format_datetime(datetime.fromtimestamp(NOW_S + 90, UTC), usegmt=True)}), Later, 89.5),
        ((429, {"Retry-After": "999999999"}), Later, 3_600),
        ((429, {"Retry-After": "soon"}), Later, 5),
        ("cut", Later, 5),
        (0.3, Later, 5),
        ((400, {}), Refused, None),
        ((410, {}), Refused, None),
        ((302, {"Location": "/elsewhere"}), Refused, None),
        ((307, {"Location": "/elsewhere"}), Refused, None),
    ],
)
def test_an_answer_says_what_to_do_next_and_nothing_secret(
    inbox: Hooks, monkeypatch: pytest.MonkeyPatch, answer: Any, expected: type[Exception], rest_s: float | None
) -> None:
    monkeypatch.setattr(webhook, "ANSWER_S", 0.1 if isinstance(answer, float) else 10.0)
    inbox.answers = [answer]
    url = inbox.url.replace("//", "//user:pl4nted%40@") + "/t0ken?key=k3y"
    with pytest.raises((Later, Refused)) as met:
        Webhook(url, "hush", lambda: NOW_S).post(BODY, "d1")
    assert type(met.value) is expected
    assert getattr(met.value, "seconds", None) == rest_s
    assert not [secret for secret in ("pl4nted", "t0ken", "k3y", "hush") if secret in str(met.value)]
    assert [(each.path, each.headers["authorization"]) for each in inbox.taken] == [
        ("/t0ken?key=k3y", "Basic dXNlcjpwbDRudGVkQA==")
    ], "posted once, and not elsewhere"


def test_nobody_there_is_waited_for() -> None:
    with pytest.raises(Later, match=r"http://127.0.0.1:9: Connection refused"):
        Webhook("http://127.0.0.1:9/t0ken").post(BODY, "d1")
