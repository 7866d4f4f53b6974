"""People in the warehouse itself: whatever SQL somebody writes, it shows no camera but theirs."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors.warehouse import Admitted, Warehouse, account, admit, connect
from connectors.warehouse.engine import landlock
from schemas import area_hours, ddl, limits
from schemas.errors import WarehouseError
from schemas.limits import Limit
from schemas.local_time import ZONE
from schemas.views import every
from schemas.views.describe import CALLED

pytestmark = pytest.mark.skipif(bool(landlock.missing()), reason=f"no account reads here: {landlock.missing()}")

HERE, BESIDE, FAR = "33.74.07.1004.003.002", "33.74.07.1004.003.001", "33.74.01.1012"
CAMERAS = {
    "milik-rt": (HERE, "rt"),
    "milik-dinas": (HERE, "dpu"),
    "asing-sebelah": (BESIDE, "rt"),
    "asing-jauh": (FAR, "asing"),
}
"""Whatever begins with `asing` is neither the RT head's nor the office's."""
OURS = "33.74.07.1004"
RT, OFFICE, PLANNER = Limit(areas=(HERE,)), Limit(owners=("dpu",)), Limit()
LIMITS = {"pak.rt-2": RT, "dinas": OFFICE, "bappeda": PLANNER, "lurah": Limit(areas=(OURS,))}
SEEN = {"pak.rt-2": {"milik-rt", "milik-dinas"}, "dinas": {"milik-dinas"}, "bappeda": set(CAMERAS)}
DAY = "2026-01-05 00:00:00"
ROADS = ("jalan-milik", "jalan-asing-bersama")
LIMITED = ("pak.rt-2", "dinas")


class Town(NamedTuple):
    """A warehouse with every table filled, and people in it."""

    store: Warehouse
    words: dict[str, str]

    def asked(self, login: str, sql: str, word: str | None = None, more: str = "") -> tuple[int, str]:
        """Return the status and the text that somebody is answered, with `more` in the address."""
        name = f"{account(login)}:{self.words[login] if word is None else word}"
        head = {"Authorization": "Basic " + base64.b64encode(name.encode()).decode()}
        url = f"http://127.0.0.1:{self.store.address.port}/?database=tilik{more}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, sql.encode(), head), timeout=60) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def town(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with connect(laid(tmp_path_factory.mktemp("people") / "store")) as store:
        fill(store)
        words = {login: f"kata-{login}" for login in LIMITS}
        store.admit([admit(login, words[login], limit) for login, limit in LIMITS.items()])
        yield Town(store, words)


def fill(store: Warehouse) -> None:
    """Put a row a camera into every table that says whose it is, and what stands beside them into the others."""
    for name, table in ddl.tables().items():
        if "road" in table.columns and name != "roads_log":  # a road of two RTs by its first camera, and the RT's own
            rows = ", ".join(f"('milik-rt', '{HERE}', 'dpu', '{of}', '{DAY}')" for of in ROADS)
            store.command(f"INSERT INTO {name} (camera_id, area, owner, road, ts) VALUES {rows}")
        elif name == "alerts_log":
            rows = ", ".join(f"('{each}', '{of[0]}', '{of[1]}', 'pesan-{each}')" for each, of in CAMERAS.items())
            store.command(f"INSERT INTO {name} (camera_id, area, owner, message) VALUES {rows}")
        elif {"area", "owner"} <= table.columns.keys():
            at = next(each for each in ("ts", "opened_at", "valid_from") if each in table.columns)
            rows = ", ".join(f"('{camera}', '{of[0]}', '{of[1]}', '{DAY}')" for camera, of in CAMERAS.items())
            store.command(f"INSERT INTO {name} (camera_id, area, owner, {at}) VALUES {rows}")
    for name in area_hours.tables():
        rows = ", ".join(f"('{area}', '{DAY}')" for area in ("", "33.74.01", FAR, OURS, f"{OURS}0"))
        store.command(f"INSERT INTO {name} (area, ts) VALUES {rows}")
    rows = f"('tempat-milik', '{HERE}'), ('tempat-asing-bersama', '{HERE}')"
    store.command(f"INSERT INTO visits_place_day_log (place_id, area) VALUES {rows}")
    said = ", ".join(f"('pesan-{each}', 'petugas-{each}')" for each in CAMERAS)
    for name in ("acknowledgements_log", "notes_log", "silences_log"):
        store.command(f"INSERT INTO {name} (message, officer) VALUES {said}")
    store.command("INSERT INTO mutes_log (camera_id) VALUES ('milik-rt'), ('asing-sebelah')")
    for kind, table, listed in (
        ("jalan", "roads_log (road, lines, version)", "l"),
        ("tempat", "places_log (place_id, zones, version)", "z"),
    ):
        of = {"milik": ["milik-rt"], "asing-bersama": ["milik-rt", "asing-sebelah"], "asing-jauh": ["asing-jauh"]}
        rows = ", ".join(f"('{kind}-{name}', {[f'{each}/{listed}' for each in own]}, 1)" for name, own in of.items())
        store.command(f"INSERT INTO {table} VALUES {rows}")
    store.command("INSERT INTO trends_log (place_id) VALUES ('tempat-milik'), ('tempat-asing-bersama')")
    registered = "('camera', 'milik-rt', 's'), ('camera', 'asing-jauh', 'asing')"
    store.command(f"INSERT INTO sources_log (kind, id, source) VALUES {registered}")
    store.command("INSERT INTO runs_log (run, cameras, inputs) VALUES (1, ['asing-jauh'], ['asing.jsonl'])")
    store.command("INSERT INTO dead_letters_log (source, detail, count) VALUES ('asing.jsonl', 'asing', 1)")
    store.command("INSERT INTO dead_letters_raw (source, raw) VALUES ('asing.jsonl', 'asing')")
    for table in ("health_minute_log", "incidents_log", "cameras_log"):
        store.command(f"OPTIMIZE TABLE {table} FINAL")  # all in one part, in one granule, in one dictionary


def written(name: str) -> list[str]:
    """Return the statements of a file beside this one, one a line."""
    return Path(__file__).with_name(f"{name}.sql").read_text().splitlines()


@pytest.mark.parametrize("login", LIMITED)
def test_no_table_and_no_view_shows_another_camera(town: Town, login: str) -> None:
    readable = limits.readable(LIMITS[login].kind)
    shown = set()
    for name, columns in readable.items():
        if name.endswith(("_quarter", "_hour")):
            continue  # like those of minutes and days, and their tables are asked
        status, text = town.asked(login, f"SELECT {', '.join(columns) or '*'} FROM {name} FORMAT TSV")
        assert status == 200, (name, text)
        assert "asing" not in text, (name, text)
        shown |= {name} if "milik" in text else set()
        if "milik" in text and name in limits.filters(LIMITS[login], "tilik"):
            everything = town.store.query(f"SELECT count() AS n FROM {name}")["n"][0].as_py()
            assert text.count("\n") < everything, name
    assert {"cameras_now", "crowd_minute", "incidents", "crowd_hour_log", "incidents_log", "health_now"} <= shown
    assert ("roads" in shown) == ("mutes_log" in shown) == ("trends_log" in shown) == (login == "pak.rt-2")


@pytest.mark.parametrize("login", LIMITED)
def test_what_cannot_be_limited_is_refused(town: Town, login: str) -> None:
    views = {view.name: view for view in every(ZONE)}
    feeds = [row[0] for row in town.store.query("SELECT name FROM system.tables WHERE name LIKE '%_now_feed'").rows]
    closed = [name for name in [*ddl.tables(), *views, *feeds] if name not in limits.readable(LIMITS[login].kind)]
    assert len(closed) > 20
    for name in closed:
        if name.endswith(("_quarter", "_hour")):
            continue
        wants = sorted(set(CALLED.findall(views[name].text))) if name in views else []
        given = ", ".join(f"{each.strip('{}').partition(':')[0]} = '2026-01-05'" for each in wants)
        status, text = town.asked(login, f"SELECT count() FROM {name}{f'({given})' if given else ''}")
        assert status != 200, name
        assert "ACCESS_DENIED" in text, (name, text)


def test_an_area_is_told_only_where_all_of_it_is_ones_own(town: Town) -> None:
    """A sum of the kelurahan would be one of the RT's cameras under another name: it is not told."""
    codes = [row[0] for row in town.store.query("SELECT DISTINCT area FROM health_area_day").rows]
    assert "33.74.07.1004" in codes
    assert town.asked("pak.rt-2", "SELECT count() FROM health_area_day") == (200, "0\n")
    assert town.asked("dinas", "SELECT count() FROM health_area_day")[0] != 200
    for name in area_hours.tables():
        assert town.asked("pak.rt-2", f"SELECT count(area) FROM {name}") == (200, "0\n")
        assert town.asked("lurah", f"SELECT groupUniqArray(area) FROM {name}") == (200, f"['{OURS}']\n")
        assert town.asked("dinas", f"SELECT count(area) FROM {name}")[0] != 200


@pytest.mark.parametrize("login", LIMITED)
def test_no_sql_of_ones_own_shows_another_camera(town: Town, login: str) -> None:
    answered = 0
    for sql in written("prying"):
        status, text = town.asked(login, sql)
        told = text.replace(sql, "").replace("asing-jauh'", "")  # what one wrote oneself
        assert "asing" not in told, (sql, text)
        assert BESIDE not in told, (sql, text)
        assert "mergeTree" not in sql or "ACCESS_DENIED" in text, (sql, text)
        assert "> 0" not in sql or (status, text) == (200, "") or "ACCESS_DENIED" in text, (sql, text)
        answered += status == 200 and "milik" in text
    assert answered > 10
    everything = town.store.query("SELECT groupUniqArray(lowCardinalityKeys(camera_id)) AS k FROM health_minute_log")
    assert any("asing" in name for name in everything["k"][0].as_py())


@pytest.mark.parametrize("login", LIMITED)
def test_no_error_and_no_count_tells_of_another_camera(town: Town, login: str) -> None:
    """A condition that fails on others' rows would tell that they are there."""
    for sql in written("counting"):
        assert town.asked(login, sql) == (200, f"{len(SEEN[login])}\n"), sql
    asked = "SELECT ('asing-jauh', '33.74.01.1012') IN (SELECT camera_id, area FROM health_minute_log)"
    assert town.asked(login, asked) == (200, "0\n")
    with pytest.raises(WarehouseError, match="throwIf"):
        town.store.query("SELECT throwIf(owner = 'asing') FROM incidents_log")


def test_what_one_asked_changes_no_answer_of_another(town: Town) -> None:
    """The engine remembers which granules a condition leaves empty: not of rows that were kept from who asked."""
    sql = "SELECT count() FROM incidents_log WHERE owner = '{}' SETTINGS use_query_condition_cache = 1"
    for login in ("dinas", "bappeda", "pak.rt-2", "bappeda", "dinas"):
        for owner in ("rt", "dpu", "asing"):
            own = sum(CAMERAS[each][1] == owner for each in SEEN[login])
            assert town.asked(login, sql.format(owner)) == (200, f"{own}\n"), (login, owner)


def test_who_sees_all_of_the_city_reads_as_the_reader_does(town: Town) -> None:
    assert set(
        json.loads(town.asked("bappeda", "SELECT groupArray(camera_id) FROM cameras_now FORMAT JSONCompact")[1])[
            "data"
        ][0][0]
    ) == set(CAMERAS)
    assert town.asked("bappeda", "SELECT count() FROM dead_letters_raw")[0] != 200
    assert town.asked("bappeda", "INSERT INTO health_minute_log (camera_id) VALUES ('x')")[0] != 200


def test_nobody_comes_in_without_their_password_or_by_another_name(town: Town) -> None:
    for word in ("", "kata-dinas"):
        assert town.asked("pak.rt-2", "SELECT 1", word)[0] in (401, 403, 516)
    assert town.asked("siapa", "SELECT 1", "kata")[0] in (401, 403, 516)
    for name in ("default", "tilik", "reader"):
        assert town.asked("siapa", "SELECT 1", "kata", f"&user={name}")[0] != 200
        assert town.asked("dinas", "SELECT camera_id FROM health_minute_log", None, f"&user={name}")[0] != 200
    assert "kata-" not in (town.store.folder / "people.json").read_text()  # type: ignore[operator]
    assert (town.store.folder / "people.json").stat().st_mode & 0o077 == 0  # type: ignore[operator]


def test_who_is_no_longer_named_comes_in_no_more_and_who_uses_the_engine_goes_on(town: Town) -> None:
    """The engine knows people from its start: another one takes over where it listened."""
    port = town.store.address.port
    with connect(f"embedded:{town.store.folder}") as beside:
        of_before = beside.address
        kept = [admit(login, town.words[login], LIMITS[login]) for login in ("pak.rt-2", "bappeda")]
        moved = kept[0]._replace(limit=Limit(areas=(FAR,)))
        assert town.store.admit([moved, kept[1]]) == 2
        beside.command("INSERT INTO settings_log VALUES ('x', 'y')")
        assert beside.query("SELECT count() AS n FROM cameras_now")["n"][0].as_py() == len(CAMERAS)
        assert beside.address.port == of_before.port == port
        assert town.asked("dinas", "SELECT 1")[0] != 200
        assert town.asked("pak.rt-2", "SELECT camera_id FROM cameras_now") == (200, "asing-jauh\n")
        assert town.store.admit([moved, kept[1]]) == 0
        assert town.store.admit([]) == 2
        assert town.asked("bappeda", "SELECT 1")[0] != 200


def test_nobody_is_let_in_whom_the_engine_would_not_keep(town: Town) -> None:
    """ClickHouse finds no row policy of a name with a dot in its configuration: such a person would see everything."""
    dotted = Admitted("tilik_pak.rt", "0" * 64, RT)
    with pytest.raises(WarehouseError, match=r"does not keep to their limits: tilik_pak\.rt: nobody was let in"):
        town.store.admit([dotted, admit("dinas", "kata", OFFICE)])
    assert town.asked("dinas", "SELECT 1", "kata")[0] != 200
    assert "." not in account("pak.rt-2")
