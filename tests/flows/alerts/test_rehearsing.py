"""Rules over what a replay stored: incidents, figures, what is usual, what nobody sees; the same again in any part."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Warehouse, connect
from flows.alerts import evaluating, names, page
from flows.alerts.evaluating import Evaluation
from flows.alerts.following import Following
from flows.alerts.reading import Reader
from flows.alerts.rehearsing import rehearse
from flows.replay import ReplayOptions, replay
from schemas.local_time import at_time
from schemas.registry import Place, Registry
from schemas.rules import Rules
from schemas.rules.check import parse
from tests.flows.city import SECOND, START, camera, stream

MINUTES = 16
END = START + MINUTES * 60 * SECOND
ROUTES = """
[[receiver]]
id = "desk"
telegram = "-1001"
[[route]]
to = "desk"
group_wait = "0s"
repeat = "0s"
"""


def rules(text: str) -> Rules:
    return parse({"r.toml": text + ROUTES})


def rule(**fields: Any) -> str:
    given = {"id": "r", "title": "R", "severity": "high"} | fields
    return "[[rule]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, laid: Callable[[Path], str]) -> str:
    """A warehouse with a quarter of an hour of three cameras: cars that park, water that rises after two minutes."""
    folder = tmp_path_factory.mktemp("rehearsed")
    cameras = tuple(
        msgspec.structs.replace(camera(name, owner="dpu", site="nvr"), name=f"Jalan <{name}>")
        for name in ("a", "b", "c", "gone")
    )
    registry = Registry(camera=cameras, place=(Place("alun", "Alun-alun", zones=("a/kiri", "a/kanan")),))
    (folder / "registry.toml").write_text(to_toml(registry, "test"))
    (folder / "frames.jsonl").write_bytes(to_json_lines(stream(["a", "b", "c"], MINUTES * 60)))
    url = laid(folder / "store")
    options = ReplayOptions((str(folder / "frames.jsonl"),), "native", url, str(folder / "registry.toml"))
    replay(options, now_us=START + 86_400 * SECOND)
    return url


def sent(url: str, text: str, since_us: int = START, until_us: int = END) -> list[dict[str, Any]]:
    with connect(url) as warehouse:
        return list(rehearse(warehouse, rules(text), since_us, until_us))


def test_an_incident_is_told_where_it_is_with_what_people_call_it(store: str) -> None:
    told = sent(store, rule(incident=["flood"], todo="Pompa.", camera=["a", "b"]))
    assert [(each["what"], each["group"]["place"], len(each["incidents"])) for each in told] == [
        ("new", "alun", 1),
        ("new", "b", 1),
    ]
    first = told[0]["text"].split("\n")
    assert first[0] == "TINGGI: R · Alun-alun"
    assert first[1].startswith("• Genangan Jalan <a> (jalan), sejak 07:02 WIB, ")
    assert first[2] == "Pompa."


def test_for_and_hours_decide_when_it_is_told(store: str) -> None:
    with connect(store) as warehouse:
        (active_us,) = warehouse.query(
            "SELECT toUnixTimestamp64Micro(active_at) FROM incidents WHERE kind = 'flood' AND camera_id = 'b'"
        ).rows[0]
    at = {each["at"] for each in sent(store, rule(incident=["flood"], camera=["b"]) + 'for = "2m"\n')}
    assert at == {_iso(active_us + 120 * SECOND)}
    assert sent(store, rule(incident=["flood"], hours=["08:00-09:00"])) == []
    inside = sent(store, rule(incident=["flood"], camera=["b"], hours=["07:10-09:00"]))
    assert [each["at"] for each in inside] == [_iso(START + 600 * SECOND)]
    assert sent(store, rule(incident=["flood"], day_type=["sunday"])) == []


def test_a_place_has_what_its_cameras_see_beside_its_zones(store: str) -> None:
    told = sent(store, rule(incident=["flood"], place=["alun"]))
    assert {each["group"]["place"] for each in told} == {"alun"}
    zones = sent(store, rule(figure="crowd_minute.persons_mean", above=0.0, place=["alun"]))
    assert {each["group"]["place"] for each in zones} == {"alun"}
    assert sent(store, rule(incident=["flood"], place=["elsewhere"])) == []


def test_figures_are_told_by_their_bounds_and_places_by_theirs(store: str) -> None:
    some = sent(
        store, rule(figure="crowd_minute.persons_mean", above=0.5, camera=["b"], zone=["kiri"]) + 'for = "3m"\n'
    )
    assert [each["at"] for each in some][:1] == [_iso(START + 180 * SECOND)]
    place = sent(store, rule(figure="crowd_place_minute.persons_mean", above=0.0))
    assert {each["group"]["place"] for each in place} == {"alun"}
    assert sent(store, rule(figure="crowd_minute.persons_mean", above=1_000.0)) == []
    assert sent(store, rule(figure="crowd_minute.persons_mean", below=-1.0)) == []
    levels = sent(store, rule(figure="crowd_minute.level", at_least="A", camera=["a"], zone=["kanan"]))
    assert levels == [], "the zone is not calibrated: nobody knows its level"


def test_cameras_that_see_nothing_are_counted_in_their_area(store: str) -> None:
    told = sent(store, rule(blind={}).replace("{}", '{ share = 0.2, by = "city" }'))
    assert [each["group"]["place"] for each in told] == ["33.74"]
    assert sent(store, rule(blind={}).replace("{}", '{ share = 0.3, by = "city" }')) == []


def test_a_silence_of_tilik_itself_is_told_up_to_what_is_stored(own_store: Warehouse) -> None:
    def silent() -> list[tuple[str, str]]:
        told = rehearse(own_store, rules(rule(silent="10m")), START, START + 86_400 * SECOND)
        return [(each["what"], each["at"]) for each in told]

    assert silent() == [], "what is stored ends there"
    own_store.command(
        "INSERT INTO health_minute_log SELECT * REPLACE (ts + INTERVAL 30 MINUTE AS ts) FROM"
        " (SELECT * FROM health_minute_log FINAL WHERE camera_id = 'a' ORDER BY ts DESC LIMIT 1)"
    )
    back = END + 29 * 60 * SECOND
    assert silent() == [("new", _iso(END + 600 * SECOND)), ("over", _iso(back + 60 * SECOND))]


def test_what_is_unusual_is_told_against_like_hours(own_store: Warehouse) -> None:
    def unusual(which: str) -> list[str]:
        text = rule(figure="crowd_hour.persons_mean", unusual=which, zone=["kiri"], camera=["a"])
        evaluation = Evaluation(Reader(own_store, names.read(own_store)), rules(text))
        return [each.labels["camera"] for each in evaluation.alerts(START, START + 2 * 3_600 * SECOND)]

    assert unusual("above") == [], "nothing is known of other weeks"
    own_store.command(
        "INSERT INTO crowd_hour_log SELECT * REPLACE (ts - INTERVAL week WEEK AS ts, intDiv(person_ms, 2) AS person_ms)"
        " FROM (SELECT * FROM crowd_hour_log FINAL WHERE camera_id = 'a') ARRAY JOIN range(1, 7) AS week"
    )
    assert unusual("above") == ["a"]
    assert unusual("below") == []


@pytest.fixture
def own_store(store: str) -> Any:
    with connect(store) as warehouse:
        yield warehouse


def test_names_that_are_read_again_leave_what_was_stepped_through(own_store: Warehouse) -> None:
    known = names.read(own_store)
    known.camera["a"], known.day_types = "before", {}
    text = rule(figure="crowd_minute.persons_mean", above=0.5)
    following = Following(Evaluation(Reader(own_store, known), rules(text)), 60 * SECOND, 0)
    before = following.alerts(START, END)
    stepped = [each.of for each in following.settled]
    known.read_again(own_store)
    assert following.alerts(START, END) == before
    assert all(each.of is of for each, of in zip(following.settled, stepped, strict=True))
    assert (stepped[0].names.called("camera", "a"), bool(stepped[0].names.day_types)) == ("Jalan <a>", True)


def test_who_is_started_again_goes_on_with_what_began_before_anything_that_is_read_again(
    own_store: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rule(figure="crowd_minute.persons_mean", above=0.5) + 'for = "2m"\nkeep_firing_for = "1m"\n'
    evaluation = Evaluation(Reader(own_store, names.read(own_store)), rules(text))
    whole = {each.key: each for each in evaluation.alerts(START, END)}
    monkeypatch.setattr(evaluating, "BEFORE_US", 0)
    went_on = 0
    for minute in (6, 9, 12):
        cut = START + minute * 60 * SECOND
        told = Following(evaluation, 60 * SECOND, 0).alerts(START, cut)
        again = Following(evaluation, 60 * SECOND, 0, resumed=told).alerts(cut, END)
        began = [each for each in told if each.over_us is None and each.fired_us <= cut - 180 * SECOND]
        assert {each.key for each in began} <= {each.key for each in again} <= whole.keys()
        assert all(whole[each.key].over_us == each.over_us for each in again)
        went_on += len(began)
    assert went_on > 3
    assert len(Following(evaluation, 60 * SECOND, 0).alerts(cut, END)) > 0


def test_any_part_of_a_time_tells_what_the_whole_does(store: str) -> None:
    text = rule(incident=["flood", "parking"]) + rule(id="s", figure="crowd_minute.persons_mean", above=1.0)
    whole = sent(store, text)
    assert len(whole) > 3
    for minute in (1, 4, 9):
        cut = START + minute * 60 * SECOND
        assert sent(store, text, START, cut) + sent(store, text, cut, END) == whole


def test_a_page_says_how_much_each_office_would_have_had_and_begins_it(own_store: Warehouse) -> None:
    asked = rules(rule(incident=["flood"], camera=["b"]) + '[[receiver]]\nid = "spare"\nemail = ["a@b"]\n')
    lines = page.render(own_store, START, END, asked).splitlines()
    assert lines[1].split() == ["desk", "1", "0", "0", "0", "0", "1"]
    assert lines[-2] == "    TINGGI: R · Jalan <b>"
    assert lines[-1].startswith("    • jalan, sejak 07:02 WIB, ")
    assert page.render(own_store, START, START + SECOND, asked) == "no office would have been sent anything\n"


def test_the_command_writes_a_line_a_message(store: str, tilik: Any, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(rule(incident=["flood"]) + ROUTES)
    span = ("--from", "2026-01-05T00:00:00Z", "--to", "2026-01-05T07:30+07:00")
    code, out, _ = tilik("rules", "test", "--rules", "r.toml", *span, "--warehouse", store, "--json")
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["receiver"] for line in lines} == {"desk"}
    code, out, said = tilik("rules", "test", "--rules", "r.toml", *span, "--warehouse", store)
    assert "new to desk\n  TINGGI: R · " in out
    assert f"{sum(line['what'] == 'new' for line in lines)} sent" in said
    code, _, said = tilik("rules", "test", "--from", "2026-01-05", "--to", "2026-01-04", "--warehouse", store)
    assert (code, "expected a time after --from" in said) == (2, True)
    code, out, _ = tilik("rules", "check")
    assert (code, " rules, " in out) == (0, True)


def _iso(t_us: int) -> str:
    return at_time(t_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
