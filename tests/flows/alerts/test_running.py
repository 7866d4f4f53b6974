"""`tilik alerts run` against the emulated Bot API: what it sends is what a rehearsal says, whoever is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from flows.alerts.rehearsing import rehearse
from flows.replay import ReplayOptions, replay
from schemas.registry import Registry
from schemas.rules.check import parse
from tests.brokers import inboxes
from tests.brokers.telegram import TOKEN, TelegramApi
from tests.flows.city import SECOND, START, camera, stream
from tests.waiting import until

pytestmark = pytest.mark.slow
MINUTES = 10
END = START + MINUTES * 60 * SECOND
NAMES = ("a", "b", "c")
RULES = """
[[rule]]
id = "genangan"
title = "Genangan"
severity = "high"
incident = ["flood"]
[[rule]]
id = "parkir"
title = "Parkir"
severity = "low"
incident = ["parking"]
[[rule]]
id = "ramai"
title = "Ramai"
severity = "medium"
figure = "crowd_minute.persons_mean"
above = 0.75
[[receiver]]
id = "desk"
telegram = "-1001"
[[receiver]]
id = "chief"
telegram = "env:CHIEF"
[[receiver]]
id = "nobody"
telegram = "env:NOT_SET"
[[route]]
to = "desk"
match = { kind = ["flood", "parking"] }
group_by = ["camera", "kind"]
repeat = "0s"
goes_on = true
[[route]]
to = "desk"
match = { rule = ["ramai"] }
group_by = ["camera", "zone"]
repeat = "0s"
goes_on = true
[[route]]
to = "chief"
match = { severity = ["high", "medium"] }
group_by = ["kind"]
repeat = "5m"
[[route]]
to = "nobody"
"""
CODE = "from flows.cli import main; main()"
KILLS = int(os.environ.get("TILIK_KILLS", "4"))
STEP_S = 30
STEPS = f"""
import time, msgspec
from operators.alerts.desk import Kept
import connectors.telegram.budget as budget, flows.alerts.delivering as delivering, flows.alerts.running as running
import flows.alerts.mailing as mailing, flows.alerts.ways as ways
from connectors.telegram import Telegram
from flows.alerts.reading import Reader
budget.ALL, budget.EACH, delivering.MOST = (10**6, 1), ((10**6, 1),), 10**6
mailing.GAP_US, mailing.MOST, ways.REST_S = 0, 10**6, 0.01
def run(self):
    for at in range({START} + {STEP_S * SECOND}, {END} + 1, {STEP_S * SECOND}):
        if self.kept is None or msgspec.msgpack.decode(self.kept, type=Kept).until_us < at:
            Reader.newest_us = lambda self, at=at: at
            self.look()
        while self.outbox.next_us() is not None:
            (self.delivery and self.delivery.turn()) or time.sleep(0.01)
running.Running.run = run
"""
"""Time goes on while it runs, every step is told before the next, and groups take as much as comes."""
SLOWLY = """
for name in ("send", "edit"):
    def slow(*given, call=getattr(Telegram, name)):
        time.sleep(0.02)
        found = call(*given)
        time.sleep(0.02)
        return found
    setattr(Telegram, name, slow)
"""
MAYBE = "\n(mungkin terkirim dua kali)"


@pytest.fixture
def api() -> Iterator[TelegramApi]:
    served = TelegramApi()
    yield served
    served.close()


@pytest.fixture
def patient() -> Iterator[TelegramApi]:
    """One without limits."""
    served = TelegramApi(10**6)
    yield served
    served.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, laid: Callable[[Path], str]) -> str:
    folder = tmp_path_factory.mktemp("alerts")
    registry = Registry(camera=tuple(msgspec.structs.replace(camera(name), name=f"Jalan {name}") for name in NAMES))
    (folder / "registry.toml").write_text(to_toml(registry, "test"))
    (folder / "frames.jsonl").write_bytes(to_json_lines(stream(list(NAMES), MINUTES * 60)))
    url = laid(folder / "store")
    options = ReplayOptions((str(folder / "frames.jsonl"),), "native", url, str(folder / "registry.toml"))
    replay(options, now_us=START + 86_400 * SECOND)
    return url


def started(folder: Path, url: str, api: TelegramApi, before: str = "") -> subprocess.Popen[str]:
    environment = {"TILIK_TELEGRAM_TOKEN": TOKEN, "CHIEF": "-1002"}
    return running(folder, url, RULES, environment, before, "--telegram-api", api.url)


def running(
    folder: Path, url: str, rules: str, environment: dict[str, str], before: str, *options: str
) -> subprocess.Popen[str]:
    (folder / "r.toml").write_text(rules)
    asked = ["alerts", "run", "--rules", "r.toml", "--warehouse", url, "--state", "state", "--until-end", *options]
    return subprocess.Popen(
        [sys.executable, "-c", before + CODE, *asked], cwd=folder, text=True, stderr=subprocess.PIPE,
        env=os.environ | environment | {"PYTHONPATH": str(Path(__file__).parents[3])}, start_new_session=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    return said


def rehearsed(url: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return what a rehearsal says, by receiver and message."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with connect(url) as warehouse:
        for each in rehearse(warehouse, parse({"r.toml": RULES}), START, END + 60 * SECOND):
            found.setdefault((each["receiver"], each["message"]), []).append(each)
    return found


def sent(api: TelegramApi) -> dict[tuple[str, int], list[str]]:
    """Return the texts that a message had, by receiver and number."""
    found: dict[tuple[str, int], list[str]] = {}
    for call in api.transcript()["calls"]:
        found.setdefault(({-1001: "desk", -1002: "chief"}[call["chat"]], call["number"]), []).append(call["text"])
    return found


def told(url: str) -> dict[tuple[str, str], list[list[str]]]:
    """Return what is to be sent, by receiver and message: the texts of each time that it is sent anew."""
    found: dict[tuple[str, str], list[list[str]]] = {}
    for name, notices in rehearsed(url).items():
        for each in notices:
            if name[0] != "nobody" and each["what"] in ("new", "again", "escalated"):
                found.setdefault(name, []).append([])
            if name[0] != "nobody":
                found[name][-1].append(each["text"])
    return found


def test_it_sends_edits_and_closes_what_a_rehearsal_says(store: str, tmp_path: Path, patient: TelegramApi) -> None:
    patient.fail("sendMessage", "Bad Gateway", code=502)
    patient.fail("editMessageText", "Bad Gateway", code=502)
    said = ended(started(tmp_path, store, patient, STEPS))
    assert "nothing is sent to nobody: NOT_SET is not set" in said
    assert TOKEN not in said
    right, found = told(store), sent(patient)
    assert Counter(name[0] for name, times in right.items() for _ in times) == Counter(name[0] for name in found)
    every = Counter((name[0], text) for name, times in right.items() for texts in times for text in texts)
    shown = Counter((name[0], text) for name, texts in found.items() for text in texts)
    assert not shown - every
    assert (every - shown).total() <= 4, "what changed within a step is told once"
    ends = Counter((name[0], times[-1][-1]) for name, times in right.items())
    assert not ends - Counter((name[0], texts[-1]) for name, texts in found.items())
    assert any(len(texts) > 2 for texts in found.values()), "messages are edited"


def test_who_is_killed_at_any_moment_tells_every_message_and_none_twice_unsaid(
    store: str, tmp_path: Path, patient: TelegramApi
) -> None:
    chance, kills = random.Random(7), 0
    calls = sum(len(texts) for times in told(store).values() for texts in times)
    for at in sorted(chance.sample(range(1, calls), KILLS)):
        process = started(tmp_path, store, patient, STEPS + SLOWLY)
        while process.poll() is None and len(patient.transcript()["calls"]) < at:
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, 0.04))
        kills += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    ended(started(tmp_path, store, patient, STEPS + SLOWLY))
    assert kills == KILLS
    found, right = sent(patient), told(store)
    ends = Counter((name[0], times[-1][-1]) for name, times in right.items())
    last = Counter((name[0], texts[-1].removesuffix(MAYBE)) for name, texts in found.items())
    assert not ends - last, "every message is told to its end"
    begun = Counter((name[0], texts[0]) for name, times in right.items() for texts in times)
    first = Counter((name[0], texts[0]) for name, texts in found.items() if not texts[0].endswith(MAYBE))
    assert all(first[key] <= max(1, begun[key]) for key in first), "what is sent twice says so"


def test_what_is_much_at_once_is_a_digest_within_the_limits(store: str, tmp_path: Path, api: TelegramApi) -> None:
    api.fail("sendMessage", "Too Many Requests: retry after 1", code=429, retry_after=1)
    ended(started(tmp_path, store, api))
    transcript = api.transcript()
    assert transcript["refused"] == []
    assert any(" kejadian" in each["text"].split("\n")[0] for each in transcript["messages"])
    assert len(transcript["calls"]) < len(told(store))


def test_of_two_at_once_the_second_is_refused(store: str, tmp_path: Path, patient: TelegramApi) -> None:
    process = started(tmp_path, store, patient, STEPS + SLOWLY)
    while not (tmp_path / "state" / "alerts.lock").exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    second = started(tmp_path, store, patient)
    said = second.communicate()[1]
    assert (second.returncode, "another `tilik alerts run` has it" in said) == (1, True), said
    ended(process)


def test_webhooks_and_mailboxes_are_told_what_a_rehearsal_says_whoever_is_killed(store: str, tmp_path: Path) -> None:
    rules = RULES.replace('telegram = "-1001"', 'email = ["desk@city.test"]')
    rules = rules.replace('telegram = "env:CHIEF"', 'webhook = "env:TILIK_WEBHOOK_CHIEF"\nsecret = "env:SECRET"')
    with inboxes.hooks() as hook, inboxes.letters() as box:
        environment = {
            "TILIK_WEBHOOK_CHIEF": f"{hook.url}/t0ken",
            "SECRET": "hush",
            "TILIK_SMTP_URL": f"smtp://ana:pl4nted@127.0.0.1:{box.port}",
            "TILIK_SMTP_FROM": "tilik@city.test",
        }
        hook.answers = [(200, {}), 5.0]
        process = running(tmp_path, store, rules, environment, STEPS)
        until(lambda: len(hook.taken) == 2)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        said = ended(running(tmp_path, store, rules, environment, STEPS))
    assert "told is chief by webhook (http://127.0.0.1:" in said
    assert not [secret for secret in ("t0ken", "hush", "pl4nted") if secret in said]
    first, second, third, *_ = [each.headers["idempotency-key"] for each in hook.taken]
    assert first != second == third
    last = {body["groupKey"].partition(":")[0]: body for body in (json.loads(each.body) for each in hook.taken)}
    right = rehearsed(store)
    assert {name[1]: (notices[-1]["text"].split("\n")[0], notices[-1]["what"]) for name, notices in right.items()
            if name[0] == "chief"} == {
        key.removeprefix("tilik/"): (body["commonAnnotations"]["summary"], body["commonAnnotations"]["state"])
        for key, body in last.items()
    }  # fmt: skip
    mailed = {str(taken["Message-ID"]): taken for _, taken in box.taken}
    begun = Counter(times[0][0] for name, times in told(store).items() if name[0] == "desk")
    texts = Counter(taken.get_content().replace("\r\n", "\n").rstrip("\n") for taken in mailed.values())
    assert texts == begun + Counter(
        notices[-1]["text"] for name, notices in right.items() if name[0] == "desk" and notices[-1]["what"] == "over"
    )
    assert len({str(taken["References"]) for taken in mailed.values()}) == begun.total()
