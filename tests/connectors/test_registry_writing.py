"""A registry written as TOML reads back equal, whatever fields its types have."""

from __future__ import annotations

import tomllib
import types
import typing
from datetime import datetime, timedelta, timezone
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry as registries
from connectors.registry.writing import to_toml, write
from schemas.errors import TilikError
from schemas.plain import plain
from schemas.registry import Camera, Line, Place, Registry, Road, Zone
from schemas.registry.check import parse
from simulation import layout

NAMES = st.text(max_size=12).map(plain)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
PLAIN: dict[Any, st.SearchStrategy] = {
    str: NAMES,
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False),
    datetime: st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS),  # noqa: DTZ001  has OFFSETS
}


def of_type(kind: Any) -> st.SearchStrategy:
    """Anything that a field of that type may hold; made from the types, so that new fields are tried too."""
    if kind in PLAIN:
        return PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of(*(st.none() if part is type(None) else of_type(part) for part in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        many = inner[-1] is Ellipsis
        return st.lists(of_type(inner[0]), max_size=3).map(tuple) if many else st.tuples(*map(of_type, inner))
    if origin is dict:
        return st.dictionaries(of_type(inner[0]), of_type(inner[1]), max_size=3)
    assert issubclass(kind, msgspec.Struct), kind
    hints = typing.get_type_hints(kind)
    fields = msgspec.structs.fields(kind)
    required = {field.name: of_type(hints[field.name]) for field in fields if field.required}
    optional = {field.name: of_type(hints[field.name]) for field in fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: kind(**values))


@settings(max_examples=150, deadline=None)
@given(of_type(Registry))
def test_every_registry_reads_back_equal(registry):
    text = to_toml(registry, "drawn\nby hand")
    assert msgspec.convert(tomllib.loads(text), Registry) == registry
    assert text.startswith("# drawn\n# by hand\n")


RATES = st.floats(0.1, 240, exclude_min=True)
SPOTS = st.floats(0.05, 0.95).map(lambda share: round(share, 4))


@st.composite
def valid(draw) -> Registry:
    """Registries that pass the check: boxes as zones, one straight line, roads and places that name them."""
    cameras = []
    for number in range(draw(st.integers(1, 3))):
        x, y = draw(SPOTS), draw(SPOTS)
        box = ((x, y), (x + 0.04, y), (x + 0.04, y + 0.04), (x, y + 0.04))
        zone = Zone("alun", "crowd", box, name=draw(NAMES), area_m2=draw(st.none() | st.floats(1, 1e4)))
        line = Line(
            "utara", ((0.1, y), (0.9, y)), directions=draw(st.sampled_from([{}, {"to_right": 'masuk ke "kota"'}]))
        )
        since = draw(st.none() | PLAIN[datetime])
        named = Camera(
            f"k-{number}", "00", draw(RATES), name=draw(NAMES), valid_from=since, metrics=("crowd", "flow"),
            zone=(zone,), line=(line,), size=draw(st.sampled_from([(1920, 1080), (704, 576)])),
        )  # fmt: skip
        cameras.append(named)
    road = Road(
        "r",
        "ruas",
        type="4/2 D",
        width_m=14.0,
        factors=draw(st.sampled_from([{}, {"FCsp": 0.97}])),
        lines=("k-0/utara",),
    )
    return Registry(tuple(cameras), (road,), (Place("p", zones=("k-0/alun",), hours=("06:00", "23:00")),))


@settings(max_examples=60, deadline=None)
@given(valid())
def test_a_valid_registry_stays_valid(registry):
    assert parse({"a.toml": to_toml(registry, "")}, registries.load_areas()) == registry


@pytest.mark.parametrize(
    "made", [lambda: registries.load(registries.public_cameras()), lambda: layout.registry(20, 3, 5.0)]
)
def test_the_shipped_and_the_simulated_registry_read_back_equal(made):
    registry = made()
    assert parse({"a.toml": to_toml(registry, "x")}, registries.load_areas()) == registry


def test_what_equals_its_default_is_left_out():
    assert to_toml(Registry((Camera("a", "00", 10.0, tracker="auto", zone=()),)), "x").splitlines() == [
        "# x",
        "",
        "[[camera]]",
        'id = "a"',
        'area = "00"',
        "fps = 10.0",
    ]


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path):
    path = tmp_path / "a.toml"
    write(path, "x = 1\n")
    write(path, "x = 2\n")
    assert [p.name for p in tmp_path.iterdir()] == ["a.toml"]
    assert path.read_text() == "x = 2\n"
    with pytest.raises(TilikError, match="cannot be written"):
        write(tmp_path / "none" / "a.toml", "x")
