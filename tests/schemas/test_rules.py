"""Alert rules: what ships is right, and every mistake is named with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry import load_areas, rules
from schemas.errors import UsageError
from schemas.rules import Rules, subjects
from schemas.rules.check import parse
from schemas.rules.durations import UNITS_S, duration_us, is_duration, said

RULE = '[[rule]]\nid = "a"\ntitle = "A"\nseverity = "high"\n'
RECEIVER = '[[receiver]]\nid = "x"\ntelegram = "-1001"\n'
ROUTE = f'{RECEIVER}[[route]]\nto = "x"\n'


def mistakes(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse({"r.toml": text}, load_areas())
    return str(refused.value)


def test_what_ships_is_right_and_told_to_somebody() -> None:
    shipped = rules.load(rules.shipped())
    told = {kind for route in shipped.route for kind in route.match.kind}
    named = {name for route in shipped.route for name in route.match.rule}
    for rule in shipped.rule:
        kinds = set(rule.incident) or {"blind" if rule.blind else "silent" if rule.silent else "figure"}
        assert kinds <= told or rule.id in named, rule.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RULE, "r.toml:1: rule a: expected one of incident, figure, blind, silent, came none"),
        (RULE + 'incident = ["flood"]\nsilent = "5m"', "came incident, silent: a rule goes by one of them"),
        (RULE + 'incident = ["flod"]', "r.toml:5: rule a, incident[0]: expected a incident that there is"),
        (RULE + 'incident = ["flood"]\nfor = "5x"', "r.toml:6: rule a, for: expected a duration, came '5x'"),
        (RULE + 'incident = ["flood"]\nabove = 3', "expected a figure that it bounds, came none"),
        (RULE + 'incident = ["flood"]\narea = ["33.99"]', "r.toml:6: rule a, area[0]: expected an area's code"),
        (RULE + 'incident = ["flood"]\nhours = ["6-22"]', "hours[0]: expected hours such as"),
        (RULE + 'figure = "crowd_day.persons_mean"\nabove = 3', "expected a view of minutes, quarters or hours"),
        (RULE + 'figure = "crowd_minute.person_mean"\nabove = 3', "did you mean persons_mean?"),
        (RULE + 'figure = "crowd_minute.level"\nabove = 3', "expected a bound of the figure's kind, came above"),
        (RULE + 'figure = "crowd_minute.level"\nat_least = "G"', "known are A, B, C, D, E, F"),
        (RULE + 'figure = "crowd_minute.persons_mean"', "expected one of above, below, at_least, unusual, came none"),
        (RULE + 'figure = "crowd_minute.persons_mean"\nunusual = "above"', "what is usual is known hour by hour"),
        (RULE + 'figure = "crowd_place_minute.level"\nat_least = "E"\nowner = ["dpu"]', "expected what its rows say"),
        (RULE + 'silent = "5m"\narea = ["33.74"]', "expected what its rows say (nothing), came area"),
        (RULE + 'blind = { share = 0.0 }', "expected a share of 0..1 and at least 1 camera"),
        (RULE + RULE, "expected each id once, came a 2 times"),
        (RULE.replace('"high"', '"hgh"'), "r.toml:4: rule a, severity: expected one of low, medium, high, critical"),
        (RECEIVER + '[[route]]\nto = "y"', "r.toml:5: route number 1, to: expected a receiver's id, came 'y'"),
        (ROUTE + 'escalate_after = "5m"', "expected escalate_after and escalate_to together"),
        (ROUTE + 'group_by = ["street"]', "group_by[0]: expected a group_by that there is, came 'street'"),
        (ROUTE + 'match = { kind = ["flod"] }', "did you mean flood?"),
        ('[[receiver]]\nid = "x"', "expected one of telegram, webhook, email, came none"),
        (RECEIVER + 'secret = "hush"', "secrets stand in the environment, never in a file"),
        (RECEIVER + 'secret = "env:A"', "r.toml:4: receiver x, secret: expected a webhook that it signs for"),
        (RECEIVER + 'webhook = "http://10.0.0.1/x"', "r.toml:4: receiver x, webhook: expected https:// ("),
        (RECEIVER + 'webhook = "https://a:b@h/x"', "expected an address without user and password"),
        (RECEIVER + 'webhook = "https://h:port/x"', "expected an address https://..., came an address: correct it"),
        (RECEIVER + 'email = ["a@b.id", "b"]', "r.toml:4: receiver x, email[1]: expected an address of e-mail"),
        (RECEIVER + 'email = ["a@b.id, x@y.id"]', "email[0]: expected an address of e-mail"),
        ('[[rule]]\nid = "a', "r.toml:2: file: expected TOML, came a syntax error"),
        ("[[rules]]", "expected a known field, came rules: did you mean rule?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_what_mends_it(text: str, said: str) -> None:
    assert said in mistakes(text)


def test_no_secret_is_repeated() -> None:
    assert "hush" not in mistakes(RECEIVER + 'secret = "hush"')
    for url in ("ftp://a:hush@h", "http://a:hush@h/hush?x=hush", "https://a:hush@h", "https://h:hush"):
        assert "hush" not in mistakes(RECEIVER + f'webhook = "{url}"')


def test_files_are_read_together() -> None:
    whole = parse({"a.toml": RULE + 'incident = ["flood"]', "b.toml": ROUTE})
    assert whole == parse({"c.toml": RULE + 'incident = ["flood"]\n' + ROUTE})
    assert isinstance(whole, Rules)
    assert whole.rule[0].for_ == "0s"


def test_every_view_that_a_rule_may_name_has_rows_that_are_told_apart() -> None:
    for view in subjects.views():
        assert set(subjects.subject(view)) <= set(subjects.columns(view)), view
        assert subjects.subject(view), view
    assert "level" in subjects.figures("crowd_minute")
    assert "frames" not in subjects.figures("crowd_minute")


@given(st.integers(0, 9_999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(d: int, h: int, m: int, s: int) -> None:
    text = f"{d}d{h}h{m}m{s}s"
    assert is_duration(text)
    assert duration_us(text) == 1_000_000 * (d * UNITS_S["d"] + h * UNITS_S["h"] + m * UNITS_S["m"] + s)


@pytest.mark.parametrize("text", ["", "5", "m5", "5m5h", "1.5h", "-5m", "5 m"])
def test_what_is_no_duration(text: str) -> None:
    assert not is_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 dtk"), (59.6, "1 mnt"), (3_600, "1 jam"), (7_505, "2 jam 5 mnt"), (90_061, "1 hari 1 jam")],
)
def test_a_duration_is_said_in_two_units(seconds: float, text: str) -> None:
    assert said(seconds) == text
