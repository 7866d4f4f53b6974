"""Lists of cameras as offices keep them become registry entries, or say by line why not."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry as registries
from connectors.registry import columns
from connectors.registry.ids import slug
from connectors.registry.importing import Defaults, read
from connectors.registry.writing import to_toml
from schemas.errors import TilikError, UsageError
from schemas.registry import Camera, Line, Registry, Zone
from schemas.registry.check import parse

AREAS = registries.load_areas()
LIMA, NOL = (-6.9902, 110.4229), (-6.968889, 110.424695)  # in 33.74.07.1005 and 33.74.02.1009
ZONE = Zone("alun", "crowd", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))


@pytest.fixture
def listed(tmp_path):
    """Import one list given as text or bytes."""

    def run(content, name="list.csv", existing=None, given="", **defaults):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        made = Defaults(**({"fps": 10.0} | defaults))
        return read([path], columns.columns_option(given), made, AREAS, existing)

    return run


def cameras(done) -> list[Camera]:
    parse({"made.toml": to_toml(done.merged.registry, "")}, AREAS)
    return list(done.merged.registry.camera)


def reasons(done) -> list[tuple[int, str]]:
    return [(problem.line, problem.text) for problem in done.problems]


SAME = [
    pytest.param("id,name,lat,lon\nk1,Lima,-6.9902,110.4229\n", id="plain"),
    pytest.param("\ufeffkode;nama;lintang;bujur\r\nk1;Lima;-6,9902;110,4229\r\n", id="BOM, semicolons, decimal commas"),
    pytest.param("ID\tNama Kamera\tLATITUDE\tLongitude\nk1\tLima\t-6.9902\t110.4229\n", id="tabs"),
    pytest.param("sep=;\nid;nama;lat;lng\nk1;Lima;-6,9902;110,4229\n", id="Excel's sep line"),
    pytest.param("id;nama;lat;lng\nk1;Lima;-6,9902;110,4229\n".encode("utf-16"), id="Excel's Unicode text"),
    pytest.param(
        "DAFTAR CCTV;;;\n;;;\nid;nama;lat;lng\nk1;Lima;-6,9902;110,4229\n;;;\n", id="a title above, blanks below"
    ),
    pytest.param('id,nama,koordinat\nk1,Lima,"-6.9902, 110.4229"\n', id="one column of both"),
    pytest.param("id;nama;titik koordinat\nk1;Lima;-6,9902, 110,4229\n", id="one column, decimal commas"),
    pytest.param("id;nama;lat;lon\nk1;Lima;6,9902 LS;110,4229 BT\n", id="LS and BT"),
    pytest.param(
        "id;nama;lat;lon\nk1;Lima;6\u00b059'24.72\"S;110\u00b025'22.44\"E\n".encode(), id="minutes and seconds"
    ),
    pytest.param("id,name,lat,lon\nk1,Lima,110.4229,-6.9902\n", id="swapped"),
    pytest.param("no,id,nama,x,y\n7,k1,Lima,110.4229,-6.9902\n", id="x and y"),
    pytest.param(gzip.compress(b"id,name,lat,lon\nk1,Lima,-6.9902,110.4229\n"), id="gzip"),
    pytest.param('[{"id": "k1", "nama": "Lima", "lat": -6.9902, "lon": 110.4229}]', id="JSON objects"),
    pytest.param('\ufeff[{"id": "k1", "nama": "Lima", "lat": -6.9902, "lon": 110.4229}]', id="JSON with a BOM"),
    pytest.param(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "k1", "nama": "Lima"},'
        ' "geometry": {"type": "Point", "coordinates": [110.4229, -6.9902, 3]}}]}',
        id="GeoJSON",
    ),
    pytest.param(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "k1", "properties": {"name": "Lima"},'
        ' "geometry": {"type": "Point", "coordinates": [-6.9902, 110.4229]}}]}',
        id="GeoJSON, swapped, id of the feature",
    ),
]


@pytest.mark.parametrize("content", SAME)
def test_one_camera_in_every_writing_is_the_same_camera(listed, content):
    assert cameras(listed(content)) == [Camera("k1", "33.74.07.1005", 10.0, name="Lima", position=LIMA)]


def test_swapped_columns_are_said_with_their_line(listed):
    done = listed("id,lat,lon\na,-6.9902,110.4229\nb,110.4229,-6.9902\n")
    assert [text.split("list.csv:")[1] for text in done.remarks] == [
        "3: latitude and longitude stand in each other's column: read as -6.9902, 110.4229"
    ]


def test_names_keep_their_commas_quotes_and_lines(listed):
    done = listed('nama,lat,lon\n"Pasar ""Johar"", utara\nsisi A",-6.9902,110.4229\nKedua,-6.9902,110.4229\nx,y,z\n')
    assert [camera.name for camera in cameras(done)] == ['Pasar "Johar", utara sisi A', "Kedua"]
    assert [line for line, _ in reasons(done)] == [5]  # the quoted name takes two lines


def test_codes_of_a_terminal_are_no_part_of_a_name(listed):
    done = listed('id,name,lat,lon\nk\x1b1,"Jl\x1b[31m\u202e Pemuda",-6.9902,110.4229\n')
    assert [(c.id, c.name) for c in cameras(done)] == [("k-1", "Jl [31m Pemuda")]


def test_windows_letters_are_read_and_said(listed):
    done = listed("id,nama,lat,lon\nk1,Caf\xe9,-6.9902,110.4229\n".encode("cp1252"))
    assert cameras(done)[0].name == "Caf\xe9"
    assert "not UTF-8" in done.remarks[0]


def test_all_that_a_list_says_is_taken_over(listed):
    head = "kode,nama,lat,lon,instansi,kategori,fps,NVR,resolusi,optik\n"
    done = listed(head + '307.0,PTZ Lima,-6.9902,110.4229,Dishub,Layanan Publik,"12,5",nvr-1,1280 x 720,fixed\n')
    assert cameras(done) == [
        Camera(
            "307",
            "33.74.07.1005",
            12.5,
            name="PTZ Lima",
            position=LIMA,
            owner="Dishub",
            category="layanan_publik",
            site="nvr-1",
            size=(1280, 720),
        )
    ]


def test_options_fill_in_and_do_not_write_over(listed):
    done = listed("id,lat,lon,owner,fps\na,-6.9902,110.4229,dpu,5\nb,,,-,\n", owner="dishub", category="rt", area="00")
    assert [(c.fps, c.owner, c.category, c.area) for c in cameras(done)] == [
        (5.0, "dpu", "rt", "33.74.07.1005"),
        (10.0, "dishub", "rt", "00"),
    ]


def test_other_columns_are_named_or_left_unread(listed):
    text = "Titik Pantau,Y,X,kategori\nLima,-6.9902,110.4229,aneh\n"
    assert reasons(listed(text, given="name=Titik Pantau"))[0][1].startswith("expected a known category, came aneh")
    assert cameras(listed(text, given="name=Titik Pantau, category=-"))[0].id == "lima"
    with pytest.raises(UsageError, match="did you mean Titik Pantau"):
        listed(text, given="name=Titik Panta")
    with pytest.raises(UsageError, match="did you mean name"):
        columns.columns_option("nama=x")


AREA_ROWS = [
    ("Pekunden", "", "", "", "33.74.01.1013"),
    ("Kel. karangkidul", "", "", "", "33.74.01.1012"),
    ("Mangunharjo", "Kec. Tugu", "", "", "33.74.16.1007"),
    ("Mangunharjo", "Tembalang", "", "", "33.74.10.1003"),
    ("Mangunharjo", "", "-7.06", "110.46", "33.74.10.1003"),
    ("", "Tugu", "", "", "33.74.16"),
    ("", "", "-6.9902", "110.4229", "33.74.07.1005"),
]


@pytest.mark.parametrize(("kelurahan", "kecamatan", "lat", "lon", "area"), AREA_ROWS)
def test_the_area_comes_from_names_else_from_the_position(listed, kelurahan, kecamatan, lat, lon, area):
    done = listed(f"id,kelurahan,kecamatan,lat,lon\na,{kelurahan},{kecamatan},{lat},{lon}\n")
    assert [(camera.area, reasons(done)) for camera in cameras(done)] == [(area, [])]


@pytest.mark.parametrize("code", ["33.74.07.1005", "3374071005", "33.74.07.1005.002", "3374071005002011", "00"])
def test_a_code_may_come_without_its_dots(listed, code):
    done = listed(f"id,kode wilayah\na,{code}\n")
    assert cameras(done)[0].area.replace(".", "") == code.replace(".", "")


BAD = [
    ("id,lat,lon\na,6.9902,110.4229", "write -6.9902"),
    ("id,lat,lon\na,-69902,110.4229", "decimal sign"),
    ("id,lat,lon\na,-6.990.242,110.4229", "came '-6.990.242', '110.4229'"),
    ("id,lat,lon\na,-6.9902,", "latitude and longitude in degrees"),
    ("id,lat,lon\na,-7.8,110.36", "in no known area"),
    ("id,lat,lon\na,0,0", "in no known area"),
    ("id,lat,lon\na,nan,inf", "latitude and longitude in degrees"),
    ("id,lat,lon\na,,", "neither a position nor a kelurahan"),
    ("id,kelurahan\na,Pekundem", "did you mean Pekunden?"),
    ("id,kelurahan\na,Mangunharjo", "name its kecamatan"),
    ("id,kelurahan,kecamatan\na,Pekunden,Tugu", "Pekunden lies in Semarang Tengah"),
    ("id,kecamatan\na,Tugo", "did you mean Tugu?"),
    ("id,area\na,33.74.07.9999", "a known area code"),
    ("id,kelurahan,lat,lon\na,Mijen,-6.9902,110.4229", "km away"),
    ("id,name,area\n,,00", "an id or a name"),
    ("id,name,area\n//,x,00", "an id with letters or digits"),
    ("id,area\nsim-1,00", "simulated"),
    ("id,area,fps\na,00,banyak", "frames a second"),
    ("id,area,fps\na,00,0", "fps: expected frames a second above 0"),
    ("id,area,resolusi\na,00,besar", "1920x1080"),
    ("id,area,optik\na,00,kaca", "fixed, ptz or fisheye"),
    ("id,area\na,00,lebih", "2 columns, came 3"),
    ('id,area\na,"00', "close the quotes"),
]


@pytest.mark.parametrize(("text", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_row_that_cannot_be_used_says_why(listed, text, reason):
    done = listed(text + "\n")
    assert done.merged.registry.camera == ()
    assert [line for line, _ in reasons(done)] == [2]
    assert reason in str(done.problems[0])
    assert "expected" in str(done.problems[0])


def test_every_bad_row_is_named_at_once(listed):
    done = listed("id,area,lat,lon\na,00,,\na,00,,\nb,zz,1,x\nc,00,,\n")
    assert [camera.id for camera in cameras(done)] == ["a", "c"]
    assert reasons(done)[0] == (
        3,
        f"expected each id once, came a again, first in {done.problems[0].file}:2: rename one",
    )
    assert [line for line, _ in reasons(done)] == [3, 4]


def test_a_frame_rate_that_nobody_says_is_assumed_and_said(listed):
    done = listed("id,area,fps\na,00,\nb,00,5\n", fps=None)
    assert [camera.fps for camera in cameras(done)] == [10.0, 5.0]
    assert any("1 camera without a frame rate: 10 is assumed" in remark for remark in done.remarks)
    assert not any("frame rate" in remark for remark in listed("id,area\na,00\n").remarks)


GARBAGE = [
    (b"", "an empty file"),
    (b" \n\n", "an empty file"),
    (b"PK\x03\x04xlsx", "an office file"),
    (b"\xd0\xcf\x11\xe0xls", "an office file"),
    (b"\x89PNG\r\n\x1a\n\0\0", "a byte that no text has"),
    (b"hello\nworld\n", "name them with --columns"),
    (b"<html><body>404</body></html>", "name them with --columns"),
    (b"{", "expected JSON"),
    (b"[1, NaN]", "the word NaN"),
    (b"[" * 100_000, "expected JSON"),
    (b"[]", "an empty list"),
    (b'{"type": "Topology"}', "type 'Topology'"),
    (b'{"a": 1}', "an object without a type"),
    (b'{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"EPSG:32749"}}}', "EPSG:4326"),
    (gzip.compress(b"id,name\n" * 1000)[:40], "a whole file"),
]


@pytest.mark.parametrize(("content", "reason"), GARBAGE, ids=[reason for _, reason in GARBAGE])
def test_what_is_no_list_is_refused_with_a_reason(listed, content, reason):
    with pytest.raises(TilikError, match=r"list.csv:\d+: expected") as caught:
        listed(content)
    assert reason in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda t: ("id,name,lat,lon\n" + t).encode(errors="replace"))
)
def test_no_bytes_at_all_end_otherwise(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "list.csv"
    path.write_bytes(content)
    try:
        done = read([path], {}, Defaults(fps=10.0, area="00"), AREAS)
    except TilikError:
        return
    cameras(done)


def geojson(*features) -> str:
    return json.dumps({"name": "x", "features": list(features), "type": "FeatureCollection"}, indent=1)


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_lines_polygons_and_broken_points_are_refused_by_their_line(listed):
    point = {"type": "Point", "coordinates": [110.4229, -6.9902]}
    text = geojson(
        feature(point, id="a"),
        feature({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, id="b"),
        feature({"type": "Polygon", "coordinates": []}, id="c"),
        feature({"type": "Point", "coordinates": ["x"]}, id="d"),
        feature(None, id="e"),
        feature(None, id="f", kelurahan="Pekunden"),
        3,
    )
    done = listed(text, "list.geojson")
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line in ("  {", "  3")]
    assert [camera.id for camera in cameras(done)] == ["a", "f"]
    assert [line for line, _ in reasons(done)] == [starts[at] for at in (1, 2, 3, 4, 6)]
    words = ["a LineString", "a Polygon", "coordinates", "neither a position", "an object"]
    assert [word for word, (_, text) in zip(words, reasons(done), strict=True) if word not in text] == []


def test_features_on_one_line_stay_apart(listed):
    point = {"type": "Point", "coordinates": [110.4229, -6.9902]}
    text = json.dumps(json.loads(geojson(feature(point, nama="A"), feature(point, nama="A"), feature(point, nama="B"))))
    assert [camera.id for camera in cameras(listed(text, "list.geojson"))] == ["a", "a-2", "b"]


SLUGS = {
    "Simpang Lima (utara)": "simpang-lima-utara",
    "Caf\xe9": "cafe",
    "SIM Corner": "cam-sim-corner",
    "Sim": "cam-sim",
}


@pytest.mark.parametrize(("name", "made"), [*SLUGS.items(), ("\u5e7f\u573a", "camera")])
def test_a_slug_is_plain_and_never_says_simulated(name, made):
    assert slug(name) == made


NAMED = ["Johar,-6.9702,110.4246", "Johar,-6.9690,110.4246", "Johar 2,-6.9690,110.4250", "Lima,-6.9902,110.4229"]


def test_ids_do_not_depend_on_the_order_of_the_list(listed):
    orders = [NAMED, NAMED[::-1], [NAMED[i] for i in (1, 3, 0, 2)]]
    found = [{c.position: c.id for c in cameras(listed("nama,lat,lon\n" + "\n".join(rows)))} for rows in orders]
    assert found[0] == found[1] == found[2]
    assert sorted(found[0].values()) == ["johar", "johar-2", "johar-3", "lima"]


def test_importing_again_changes_nothing(listed):
    rows = NAMED.copy()
    first = listed("nama,lat,lon\n" + "\n".join(rows)).merged.registry
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        again = listed("nama,lat,lon\n" + "\n".join(rows), existing=first).merged
        assert (again.registry, again.added, again.changed, again.missing) == (first, [], [], [])


def test_a_new_camera_of_an_old_name_takes_the_next_number(listed):
    first = listed("nama,lat,lon\nJohar,-6.9702,110.4246\n").merged.registry
    both = listed("nama,lat,lon\nJohar,-6.9690,110.4246\nJohar,-6.9702,110.4246\n", existing=first)
    assert [(c.id, c.position) for c in cameras(both)] == [
        ("johar", (-6.9702, 110.4246)),
        ("johar-2", (-6.969, 110.4246)),
    ]


DRAWN = Registry(
    (
        Camera("a", "33.74.07.1005", 25.0, name="Lama", position=LIMA, owner="dpu", metrics=("crowd",), zone=(ZONE,)),
        Camera("tua", "00", 10.0, name="Tua"),
        Camera("c", "00", 10.0, name="C"),
    )
)


def test_merging_keeps_what_is_drawn_and_takes_what_the_list_says(listed):
    done = listed(
        "id,nama,lat,lon\na,Baru,-6.9903,110.4229\nb,B,-6.9902,110.4229\nc,C,-6.9902,110.4229\n", existing=DRAWN
    )
    a, tua, c, b = cameras(done)
    assert (a.name, a.position, a.fps, a.owner, a.zone) == ("Baru", (-6.9903, 110.4229), 25.0, "dpu", (ZONE,))
    assert (tua, c.area, b.id) == (DRAWN.camera[1], "33.74.07.1005", "b")
    assert (done.merged.added, done.merged.changed, done.merged.missing) == (["b"], ["a", "c"], ["tua"])
    assert "camera a: name 'Lama' -> 'Baru', position" in "\n".join(done.remarks)


def test_a_camera_whose_row_cannot_be_used_is_not_missing(listed):
    done = listed("id,nama,lat,lon\na,A,x,y\n,Tua,x,y\n", existing=DRAWN)
    assert (done.merged.missing, len(done.problems), cameras(done)) == (["c"], 2, list(DRAWN.camera))


def test_a_camera_that_moved_to_another_area_is_no_longer_that_camera(listed):
    done = listed(f"id,lat,lon\na,{NOL[0]},{NOL[1]}\n", existing=DRAWN)
    assert "give a moved camera a new id" in reasons(done)[0][1]
    assert cameras(done) == list(DRAWN.camera)


def test_a_change_that_breaks_what_is_drawn_is_refused_by_its_row(listed):
    line = Line("utara", ((0.1, 0.5), (0.9, 0.5)))
    drawn = Registry((Camera("a", "00", 10.0, metrics=("flow",), line=(line,)),))
    done = listed("id,area,optik\na,00,PTZ\n", existing=drawn)
    assert reasons(done) == [
        (2, "line, 0: expected no line on ptz optics, came a line: remove it: its place moves or bends")
    ]


def test_the_citys_own_list_gives_the_shipped_cameras():
    path = registries.public_cameras().parent / "source" / "cctvs.json"
    done = read([path], {}, Defaults(fps=10.0), AREAS)
    shipped = registries.load(registries.public_cameras()).camera
    found = sorted((c.id, c.area, c.position, c.optics) for c in cameras(done))
    assert found == sorted((c.id.removeprefix("smg-"), c.area, c.position, c.optics) for c in shipped)
    assert (len(found), done.problems) == (60, [])
