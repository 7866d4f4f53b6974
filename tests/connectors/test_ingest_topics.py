"""Topics by pattern to format and camera."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ingest import topics
from connectors.ingest.cameras import camera_of
from connectors.ingest.topics import Rule, Topics, is_filter
from connectors.spool import Origin
from schemas.errors import UsageError

LEVEL = st.sampled_from(["a", "b", "", "$x"])
WANTED = st.sampled_from(["a", "b", "", "$x", "+"])


def as_expression(pattern: str) -> str:
    """Return MQTT's wildcards as a regular expression (MQTT 5, 4.7.1): another way to say the same."""
    parts = [r"[^/]*" if level == "+" else re.escape(level) for level in pattern.split("/")]
    if parts[-1] != re.escape("#"):
        return "/".join(parts)
    return "/".join(parts[:-1]) + r"(/.*)?" if len(parts) > 1 else r".*"


@given(st.lists(WANTED, min_size=1, max_size=4), st.booleans(), st.lists(LEVEL, min_size=1, max_size=5))
def test_a_pattern_fits_as_mqtt_has_it(wanted, takes_all_below, levels):
    pattern = "/".join([*wanted, "#"] if takes_all_below else wanted)
    is_hidden = levels[0].startswith("$") and wanted[0] == "+"
    expected = bool(re.fullmatch(as_expression(pattern), "/".join(levels))) and not is_hidden
    assert Rule(pattern, "native", "").fits(levels) == expected


@pytest.mark.parametrize("pattern", ["#", "+", "a/+/b", "a/#", "/", "+/+", "$SYS/#"])
def test_what_is_a_filter(pattern):
    assert is_filter(pattern)


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "a/b+", "#/a", "$share/x/a", "a\0", "x" * 70_000])
def test_what_is_none(pattern):
    assert not is_filter(pattern)


def written(tmp_path, text: str) -> str:
    path = tmp_path / "topics.toml"
    path.write_text(text)
    return str(path)


def test_the_first_pattern_that_fits_says_format_and_camera(tmp_path):
    text = """
    [[topic]]
    pattern = "city/+/frames"
    format = "native"
    [[topic]]
    pattern = "city/+/#"
    format = "nvschema"
    camera = "smg-{2}-{4}"
    """
    found = topics.read([written(tmp_path, text)])
    assert found.origin("city/7/frames") == Origin("native", "city/7/frames", "")
    assert found.origin("city/7/lane/2") == Origin("nvschema", "city/7/lane/2", "smg-7-2")
    assert found.origin("city/7") == Origin("nvschema", "city/7", "smg-7-")
    assert found.origin("elsewhere") is None


def test_every_mistake_is_told_with_its_place(tmp_path):
    text = """
    [[topic]]
    pattern = "a/#/b"
    format = "native"
    [[topic]]
    pattern = "a/+"
    format = "csv"
    camera = "{3}"
    [[topic]]
    pattern = "a"
    format = "native"
    kamera = "x"
    [[topic]]
    pattern = 3
    """
    with pytest.raises(UsageError) as told:
        topics.read([written(tmp_path, text)])
    lines = str(told.value).split("\n")
    assert [re.sub(r"^.*topics\.toml: (topic \d): (\w+).*$", r"\1 \2", line) for line in lines] == [
        "topic 1 pattern", "topic 2 format", "topic 2 camera", "topic 3 unknown", "topic 4 expected",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "[topic]\npattern='a'", "[[topics]]\n", "x = 1", "[[topic"])
def test_a_file_that_is_none_is_refused(tmp_path, text):
    with pytest.raises(UsageError):
        topics.read([written(tmp_path, text)])


def test_a_file_that_is_not_there_names_the_examples():
    with pytest.raises(UsageError, match="examples that ship: frigate, onvif"):
        topics.read(["nothing.toml"])


@pytest.mark.parametrize(
    ("name", "topic", "camera"),
    [
        ("frigate", "frigate/events", ""),
        ("frigate", "frigate/gate/status/detect", "gate"),
        ("onvif", "smg-1/onvif-mj/VideoAnalytics/1", "smg-1"),
        ("onvif", "smg-1/onvif-ej/RuleEngine/x", "smg-1"),
    ],
)
def test_the_examples_that_ship_are_read(name, topic, camera):
    found = topics.read([name]).origin(topic)
    assert found == Origin(name, topic, "")
    assert camera_of(found, b"") == camera


def test_more_topics_than_are_remembered_are_still_told_apart(monkeypatch):
    monkeypatch.setattr(topics, "MOST_KNOWN", 2)
    found = Topics([Rule("a/+", "native", "{2}")])
    for turn in range(3):
        for level in "xyz":
            assert found.origin(f"a/{level}") == Origin("native", f"a/{level}", level), turn
    assert len(found._known) <= 2
