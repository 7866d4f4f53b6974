"""Lists as JSON of any shape: nested values become columns, positions are read however they are written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry as registries
from connectors.registry import columns, nested
from connectors.registry.importing import Defaults, in_groups, read
from connectors.registry.merge import Problem
from schemas.errors import TilikError

AREAS = registries.load_areas()
LIMA, NOL = (-6.9902, 110.4229), (-6.968889, 110.424695)


@pytest.fixture
def listed(tmp_path):
    def run(content, name="list.json", given="", **defaults):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        made = Defaults(**({"fps": 10.0} | defaults))
        return read([path], columns.columns_option(given), made, AREAS, None)

    return run


def cameras(done):
    return [(camera.id, camera.name, camera.position) for camera in done.merged.registry.camera]


def two(**place):
    """Return two cameras, whose place is a function of latitude and longitude."""
    rows = [("k1", "Lima", *LIMA), ("k2", "Nol", *NOL)]
    return [
        {"id": name, "nama": said} | {key: make(lat, lon) for key, make in place.items()}
        for name, said, lat, lon in rows
    ]


PLACED = {
    "[lat, lon]": two(coords=lambda lat, lon: [lat, lon]),
    "[lon, lat]": two(coords=lambda lat, lon: [lon, lat]),
    "[lon, lat, height]": two(coords=lambda lat, lon: [lon, lat, 3.5]),
    "texts in a list": two(coords=lambda lat, lon: [str(lat), str(lon)]),
    "an object": two(location=lambda lat, lon: {"lat": lat, "lng": lon}),
    "an object in an object": two(location=lambda lat, lon: {"coordinates": {"lat": lat, "lng": lon}}),
    "a GeoJSON point": two(location=lambda lat, lon: {"type": "Point", "coordinates": [lon, lat]}),
    "Socrata's location": two(
        location=lambda lat, lon: {"latitude": str(lat), "longitude": str(lon), "human_address": "{}"}
    ),
    "a point in geometry": two(geometry=lambda lat, lon: {"type": "Point", "coordinates": [lon, lat]}),
    "x and y of a geometry": two(geometry=lambda lat, lon: {"x": lon, "y": lat}),
    "a text in brackets": two(LOCATION=lambda lat, lon: f"({lat}, {lon})"),
    "well-known text": two(LOCATION=lambda lat, lon: f"POINT ({lon} {lat})"),
    "well-known text with its system": two(the_geom=lambda lat, lon: f"SRID=4326;POINT({lon} {lat})"),
    "GeoJSON in a text": two(shape=lambda lat, lon: json.dumps({"type": "Point", "coordinates": [lon, lat]})),
    "a header that nobody knows": two(zzz=lambda lat, lon: f"{lat},{lon}"),
    "a header that means a name": two(title=lambda lat, lon: f"{lat}, {lon}"),
    "XPOS and YPOS": two(XPOS=lambda lat, lon: lon, YPOS=lambda lat, lon: lat),
}


@pytest.mark.parametrize("rows", PLACED.values(), ids=PLACED.keys())
def test_a_position_is_read_however_it_is_nested(listed, rows):
    done = listed(json.dumps(rows))
    assert (cameras(done), done.problems) == ([("k1", "Lima", LIMA), ("k2", "Nol", NOL)], [])


def test_which_of_two_numbers_was_taken_for_the_latitude_is_said(listed):
    for key, order in (("[lat, lon]", "latitude, longitude"), ("[lon, lat]", "longitude, latitude")):
        done = listed(json.dumps(PLACED[key]))
        assert any(f"column coords holds two numbers: read as {order}" in text for text in done.remarks)


def test_outside_the_known_cities_the_country_tells_the_order(listed):
    done = listed('[{"id": "m", "coords": [112.6304, -7.9826]}, {"id": "n", "coords": [-7.9826, 112.6304]}]', area="00")
    assert [place for _, _, place in cameras(done)] == [(-7.9826, 112.6304)] * 2


ROWS = two(lat=lambda lat, lon: lat, lon=lambda lat, lon: lon)
DOCUMENTS = {
    "under a key": {"status": "ok", "cctv": ROWS},
    "under keys": {"result": {"count": 2, "records": ROWS}, "links": [{"rel": "self"}]},
    "pages": [ROWS[:1], ROWS[1:]],
    "by id": {row["id"]: {key: value for key, value in row.items() if key != "id"} for row in ROWS},
    "attributes, as ArcGIS writes": {"features": [{"attributes": row} for row in ROWS]},
    "arrays below their names": [list(ROWS[0]), *(list(row.values()) for row in ROWS)],
    "Socrata's rows": {
        "meta": {"view": {"columns": [{"name": name} for name in ROWS[0]]}},
        "data": [list(row.values()) for row in ROWS],
    },
}


@pytest.mark.parametrize("indent", [None, 1], ids=["compact", "indented"])
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_list_is_found_wherever_it_stands(listed, document, indent):
    done = listed(json.dumps(document, indent=indent))
    assert (cameras(done), done.problems) == ([("k1", "Lima", LIMA), ("k2", "Nol", NOL)], [])


def test_a_row_of_a_list_under_keys_is_named_by_its_line(listed):
    text = json.dumps({"result": {"count": 2, "records": [*ROWS, {"id": "k3", "lat": 1, "lon": "x"}]}}, indent=1)
    done = listed(text)
    assert [problem.line for problem in done.problems] == [text.splitlines().index('    "id": "k3",')]


def test_an_owners_id_and_name_are_not_the_cameras(listed):
    row = {
        "owner": {"id": 7, "name": "Dishub"},
        "nama": "Lima",
        "position": list(LIMA),
        "tags": ["a", "b"],
        "more": [{}],
    }
    done = listed(json.dumps([row]))
    [camera] = done.merged.registry.camera
    assert (camera.id, camera.owner) == ("lima", "Dishub")
    assert [text.partition("read: ")[2] for text in done.unread] == ["owner.id, tags, more"]


def test_a_cell_that_is_a_position_is_no_name(listed):
    done = listed('[{"nama": "(-6.9902, 110.4229)", "koordinat": "-6.9902, 110.4229"}, {"nama": "Nol", "area": "00"}]')
    assert [text for text in map(str, done.problems) if "came neither: name the camera" in text] != []
    assert [name for name, _, _ in cameras(done)] == ["nol"]


@pytest.mark.parametrize("text", ["Jl. 12, 34", "1.5, 2.5", "RT 03, RW 04", "10.000, 20.000 lumen", "110", "-6.9902"])
def test_names_with_numbers_are_no_positions(text):
    assert not columns.is_position(text)


def test_metres_of_a_projection_are_said_to_be_such(listed):
    done = listed('[{"id": "a", "x": 436200.4, "y": 9227300.1}]')
    assert "metres of a map projection: export degrees (EPSG:4326)" in str(done.problems[0])


def test_one_cause_is_one_line_with_the_lines_of_its_rows():
    cause = "expected a place, came [{}.5, 2], in no known area: correct it"
    same = [Problem("a.csv", line, cause.format(line)) for line in range(2, 12)]
    other = Problem("a.csv", 4, "expected an id or a name, came neither: name the camera")
    found = in_groups([*same, other])
    assert found == [
        f"a.csv:2: {cause.format(2)} (so too lines 3, 4, 5, 6, 7 and 4 more)",
        str(other),
    ]


def test_nothing_is_a_list_only_by_chance(listed):
    for text in ('{"a": 1}', '{"type": "Topology", "objects": {"a": [{"b": 1}]}}', "5", '"x"'):
        with pytest.raises(TilikError, match="expected"):
            listed(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=5))
def test_every_value_of_an_object_is_under_some_column_as_text(item):
    cells = nested.flat(item)
    assert all(isinstance(text, str) for text in cells.values.values())
    assert {name.partition(".")[0] for name in cells.values} >= {
        key.partition(".")[0] for key, value in item.items() if value or not isinstance(value, dict)
    }
    assert cells.pairs <= cells.values.keys()
