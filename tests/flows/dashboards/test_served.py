"""The pages of a simulated day: figures equal the truth; served, every page opens in a real browser."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from playwright.sync_api import Browser

from connectors.warehouse import connect
from flows.dashboards import admitting, checking, datasets, environment, layout, pages, place, serving
from flows.replay import ReplayOptions, replay
from schemas.errors import TilikError, UsageError
from schemas.local_time import DAY_MINUTES, MINUTE_US
from simulation import simulate
from tests.brokers.fetching import CACHE
from tests.flows.city import START
from tests.flows.dashboards.account import Account
from tests.flows.dashboards.browser import Reader, chromium

pytestmark = pytest.mark.slow
MIDNIGHT = START - 7 * 60 * MINUTE_US
OF_EACH_KIND = ("sim-0001", "sim-0014", "sim-0018", "sim-0033", "sim-0034", "sim-0035", "sim-0039")


WORDS = {"motorcycle": "Sepeda motor", "car": "Mobil", "bus": "Bus", "truck": "Truk", "bicycle": "Sepeda"}


PEOPLE = """
[[person]]
login = "bappeda"
name = "Bappeda"
role = "perencana"
[[person]]
login = "camat"
name = "Camat Semarang Tengah"
role = "kecamatan"
area = ["33.74.01"]
[[person]]
login = "dpu"
name = "Dinas Pekerjaan Umum"
role = "opd"
owner = ["dpu"]
[[person]]
login = "analis"
name = "Analis"
role = "analis"
[[person]]
login = "pak.rt"
name = "Ketua RT 002"
role = "rt"
area = ["33.74.01.1013.003.002"]
"""
RTS = {"sim-0014": ".003.002", "sim-0018": ".003.001"}
"""Two cameras of one kelurahan, each in an RT of its own."""


class Town(NamedTuple):
    url: str
    truth: Path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, laid: Callable[[Path], str]) -> Town:
    """A day of six cameras, without noise, in a warehouse of its own."""
    out = tmp_path_factory.mktemp("town")
    simulate(60, DAY_MINUTES, 7, MIDNIGHT, out / "city", "arrow", noiseless=True, only=OF_EACH_KIND)
    url = laid(out / "store")
    given = str(out / "city" / "events"), str(out / "city" / "registry.toml")
    put_into_rts(out / "city" / "registry.toml")
    replay(ReplayOptions(given[:1], "arrow", url, registry=given[1]))
    return Town(url, out / "city" / "truth")


def put_into_rts(registry: Path) -> None:
    head, *cameras = registry.read_text().split("[[camera]]")
    for camera, rt in RTS.items():
        at = next(at for at, text in enumerate(cameras) if f'id = "{camera}"' in text)
        cameras[at] = cameras[at].replace('area = "33.74.01.1013"', f'area = "33.74.01.1013{rt}"', 1)
    registry.write_text("[[camera]]".join([head, *cameras]))


class Served(NamedTuple):
    said: place.Served
    state: Path
    login: tuple[str, str]


@pytest.fixture(scope="module")
def served(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(environment.PLACE, str(CACHE / "dashboards"))
        state = tmp_path_factory.mktemp("state") / "dashboards"
        state.mkdir(mode=0o700)
        (state / "access.toml").write_text(PEOPLE)
        said = serving.up(state, 0, town.url, lambda line: None)
        name, word = (state / "login.txt").read_text().split()
        yield Served(said, state, (name, word))
        serving.down(state)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def reader(served: Served, browser: Browser) -> Reader:
    somebody = Reader(browser, served.said.url)
    assert somebody.sign_in(*served.login)
    return somebody


def figures(town: Town, page: str, chart: str) -> list[dict[str, Any]]:
    """Return what a chart shows, without filters."""
    of = next(each for each in pages.read() if each.slug == page)
    cell = next(each for each in layout.cells(of) if each.id == chart)
    with connect(town.url) as store:
        return store.query(checking.query(cell, datasets.read()[cell.dataset][1])).to_pylist()


def true(town: Town, name: str) -> pl.DataFrame:
    return pl.read_parquet(town.truth / f"{name}.parquet")


def watched_hours(town: Town) -> list[datetime]:
    """Return the hours (UTC) that every camera watched enough to be published."""
    hours = (
        true(town, "watch").group_by("camera_id", hour=pl.col("ts").dt.truncate("1h")).agg(pl.col("observed_ms").sum())
    )
    full = (
        hours.group_by("hour")
        .agg(pl.col("observed_ms").min(), pl.len())
        .filter(pl.col("observed_ms") >= 0.8 * 3_600_000, pl.col("len") == len(OF_EACH_KIND))
    )
    return full["hour"].to_list()


def test_vehicles_of_each_class_are_those_that_passed_hour_by_hour(town: Town) -> None:
    hours = watched_hours(town)
    rows = figures(town, "lalu-lintas", "per-kelas")
    wib = timedelta(hours=7)
    shown = {(row["waktu"], row["kelas"]): row["Lintasan"] for row in rows if row["Lintasan"]}
    passed = true(town, "flow").filter(pl.col("ts").dt.truncate("1h").is_in(hours), pl.col("class").is_in(list(WORDS)))
    counted = passed.group_by(pl.col("ts").dt.truncate("1h"), "class").agg(pl.col("crossings").sum())
    expected = {((ts + wib).replace(tzinfo=None), WORDS[name]): count for ts, name, count in counted.rows() if count}
    at = {(hour + wib).replace(tzinfo=None) for hour in hours}
    assert {
        (ts.replace(tzinfo=None), name): n for (ts, name), n in shown.items() if ts.replace(tzinfo=None) in at
    } == expected
    assert len(hours) > 12
    assert len(expected) > 50


def test_parking_and_floods_are_those_that_were(town: Town) -> None:
    rows = figures(town, "ketertiban", "parkir-jam")
    parked = sum(
        row["Kejadian sehari"] or 0 for row in rows if row["jam"] != "23"
    )  # the last ones are told after the day
    began = pl.col("opened_at").dt.convert_time_zone("Asia/Jakarta").dt.hour()
    assert parked == true(town, "parking").filter(began != 23).height > 0
    assert len(figures(town, "genangan", "episode")) == true(town, "flood").height > 0


def test_a_place_within_an_rt_stands_in_its_kelurahan(town: Town) -> None:
    query = datasets.plain(datasets.read()["kunjungan_hari"][1])
    with connect(town.url) as store:
        rows = store.query(f"SELECT area, kelurahan, kecamatan FROM ({query}) WHERE area LIKE '33.74.01.1013.%'").rows
    assert rows
    assert all(kelurahan and kecamatan for _, kelurahan, kecamatan in rows), rows


def test_every_chart_can_be_asked(town: Town) -> None:
    with connect(town.url) as store:
        assert [each for each in checking.check(store) if each.why] == []


def test_what_cannot_be_served_is_said_in_words(town: Town, tmp_path: Path) -> None:
    with pytest.raises(TilikError, match="expected a warehouse, came no such folder"):
        serving.up(tmp_path / "a", 0, f"embedded:{tmp_path}/none", lambda line: None)
    with socket.socket() as taken, pytest.MonkeyPatch.context() as patch:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        patch.setenv(environment.PLACE, str(CACHE / "dashboards"))
        with pytest.raises(TilikError, match=r"port \d+ of 127.0.0.1 cannot be had: Address already in use"):
            serving.up(tmp_path / "b", taken.getsockname()[1], town.url, lambda line: None)
    assert not place.is_kept(tmp_path / "b")


CHARTS = {page.slug: len(list(layout.cells(page))) for page in pages.read()}
ANSWERS = {
    "kunjungan": (["tempat"], "Naik, landai, turun (8 minggu terakhir)", "data tidak cukup"),
    "genangan": ([], "Episode genangan", "DPU"),
    "kesehatan-kamera": ([], "Kamera dan lokasi yang mati, terbaru di atas", "Kamera mati"),
}
"""To docs/planners.md's questions: the page, the filter to set, the table that answers, what it says of this day."""
CLICKED = {"keramaian", "kota-sekarang", *ANSWERS}
"""Pages that tests of clicks open, and see whole before they click."""


def assert_whole(reader: Reader) -> None:
    """See that the page that is open has no errors, and says that its data are simulated."""
    assert reader.errors() == []
    assert reader.failed == []
    assert reader.page.locator(".tilik-simulasi").count() == 1
    assert "2026 23.59 WIB" in reader.page.locator(".tilik-simulasi").inner_text()


@pytest.mark.parametrize("slug", sorted(CHARTS.keys() - CLICKED))
def test_a_page_opens_whole(reader: Reader, slug: str) -> None:
    reader.opens(slug, CHARTS[slug])
    assert_whole(reader)


def test_nobody_else_is_asked(reader: Reader) -> None:
    """Superset's own pixel is stopped by the page's policy before it leaves."""
    assert {url.split("/")[2] for url in reader.elsewhere} <= {"apachesuperset.gateway.scarf.sh"}


def test_a_filter_changes_what_is_drawn(reader: Reader) -> None:
    page = reader.opens("keramaian", CHARTS["keramaian"])
    assert_whole(reader)
    before = page.locator(".tilik-card .n").all_inner_texts()
    page.locator('[data-test="NATIVE_FILTER-kamera"]').click()
    page.keyboard.type("Gajahmada")
    page.locator(".ant-select-item-option", has_text="Gajahmada").first.click()
    page.keyboard.press("Escape")
    page.locator('[data-test="filter-bar__apply-button"]').click()
    reader.settled(CHARTS["keramaian"])
    after = page.locator(".tilik-card .n").all_inner_texts()
    assert after != before
    assert reader.errors() == []


def test_from_the_city_to_a_camera_takes_three_clicks(reader: Reader) -> None:
    """By a link in a cell, then by names in tables: what is left each time is what was clicked."""
    page = reader.opens("kota-sekarang", CHARTS["kota-sekarang"])
    assert_whole(reader)
    page.get_by_role("link", name="Semarang Tengah").click()
    page.wait_for_url("**/dashboard/keramaian/**")
    for column, title, name in (
        (0, "", "Semarang Tengah"),
        (1, "... lalu kelurahan ...", "Pekunden"),
        (2, "... lalu kamera", "Simpang Lima 1 360 (simulasi)"),
    ):
        if title:
            reader.chart(title).locator("td", has_text=name).click()
        reader.settled(CHARTS["keramaian"])
        rows = reader.chart("Rincian per zona").locator("tbody tr").all_inner_texts()
        assert {row.split("\t")[column] for row in rows} == {name}


def test_three_questions_of_planners_take_fewer_than_five_clicks(reader: Reader) -> None:
    """From the list of dashboards on, as docs/planners.md counts them."""
    clicks = dict.fromkeys(ANSWERS, 0)
    for slug, (filters, table, said) in ANSWERS.items():
        reader.page.goto(f"{reader.url}/dashboard/list/")
        pressed = [reader.page.locator(f'a[href*="/superset/dashboard/{slug}/"]')]
        for name in filters:
            pressed += [
                reader.page.locator(f'[data-test="NATIVE_FILTER-{name}"]'),
                reader.page.locator(".ant-select-item-option", has_text="Simpang Lima"),
                reader.page.locator('[data-test="filter-bar__apply-button"]'),
            ]
        for each in pressed:
            reader.failed.clear()
            each.first.click()
            clicks[slug] += 1
            reader.settled(CHARTS[slug])
            assert_whole(reader)
        answer = reader.chart(table).locator("tbody").last.inner_text()
        assert said in answer
        assert not filters or all("Simpang Lima" in row for row in answer.splitlines())
    assert clicks == {"kunjungan": 4, "genangan": 1, "kesehatan-kamera": 1}


@pytest.fixture(scope="module")
def people(served: Served) -> dict[str, Account]:
    return {name: Account(served.said.url, name, word) for name, word in passwords(served).items()}


def test_each_role_sees_its_own_rows_by_any_dataset(served: Served, people: dict[str, Account], town: Town) -> None:
    with connect(town.url) as store:
        cameras = store.query("SELECT area, owner, camera_id FROM cameras_now").rows
    names = {
        "bappeda": {name for _, _, name in cameras},
        "analis": {name for _, _, name in cameras},
        "camat": {name for area, _, name in cameras if area.startswith("33.74.01.")},
        "dpu": {name for _, owner, name in cameras if owner == "dpu"},
        "pak.rt": {"sim-0014"},
    }
    assert names["pak.rt"] < names["camat"]
    assert 0 < len(names["camat"]) < len(names["bappeda"]) > len(names["dpu"]) > 0
    for who, expected in names.items():
        for dataset in ("kamera_kini", "kesehatan_jam"):
            assert people[who].seen(ids(served, "tables")[dataset], "camera_id") == expected, (who, dataset)


def test_every_dataset_answers_somebody_who_is_kept_to_an_area(served: Served, people: dict[str, Account]) -> None:
    """By the warehouse's own account of theirs, over two periods; what is of all of the city answers nobody else."""
    found = {}
    for name, dataset in ids(served, "tables").items():
        query = {"columns": ["area"], "metrics": ["count"], "time_range": "2026-01-04 : 2026-01-06"}
        status, said = people["camat"].asked(dataset, query)
        if name in ("catatan", "pembisuan"):
            assert (status, people["bappeda"].asked(dataset, query)[0]) == (400, 200), (name, said)
            continue
        assert status == 200, (name, said)
        found[name] = {row["area"] for row in said["result"][0]["data"]}
    assert all(area.startswith("33.74.01") for areas in found.values() for area in areas)
    assert found["banding_orang"]
    assert found["banding_kendaraan"] == found["jalan_jam"]


def test_nobody_gets_round_it_by_sql_of_their_own(served: Served, people: dict[str, Account]) -> None:
    dataset = ids(served, "tables")["kamera_kini"]
    for sql in ("(SELECT count() FROM tilik.crowd_hour)", "count() FROM (SELECT 1 AS camera_id) --"):
        assert people["camat"].asked(dataset, {"columns": ["camera_id"], "metrics": [adhoc(sql)]})[0] == 400, sql
    for where in ("1=1) OR (1=1", "1=1 /* "):
        given = {"columns": ["camera_id"], "metrics": ["count"], "extras": {"where": where}}
        assert people["camat"].asked(dataset, given)[0] == 400, where
    given = {"columns": ["camera_id"], "metrics": ["count"], "extras": {"where": "1=1"}}
    status, answer = people["camat"].asked(dataset, given)
    assert (status, len(answer["result"][0]["data"])) == (200, len(people["camat"].seen(dataset, "camera_id")))


def test_sql_is_for_analysts_alone_and_only_to_read(people: dict[str, Account]) -> None:
    assert {who: each.sql("SELECT count() FROM health_hour")[0] for who, each in people.items()} == {
        "bappeda": 403, "camat": 403, "dpu": 403, "pak.rt": 403, "analis": 200
    }  # fmt: skip
    assert people["analis"].sql("SELECT currentUser() AS n")[1]["data"] == [{"n": "tilik_analis"}]
    for sql in ("DROP TABLE crowd_hour_log", "SELECT * FROM dead_letters_raw", "SELECT * FROM file('/etc/passwd')"):
        assert people["analis"].sql(sql)[0] != 200, sql


def test_pages_of_the_night_are_for_those_who_may(people: dict[str, Account]) -> None:
    seen = {who: each.get("/api/v1/dashboard/malam")[0] for who, each in people.items()}
    assert seen == {"bappeda": 200, "camat": 404, "dpu": 200, "pak.rt": 404, "analis": 404}
    notes = {who: each.get("/api/v1/dashboard/catatan")[0] for who, each in people.items()}
    assert notes == {"bappeda": 200, "camat": 404, "dpu": 404, "pak.rt": 404, "analis": 200}
    assert {each.get("/api/v1/dashboard/keramaian")[0] for each in people.values()} == {200}


def test_the_head_of_an_rt_sees_one_rt_by_page_address_export_and_api(
    served: Served, people: dict[str, Account], browser: Browser
) -> None:
    """Another camera of the same kelurahan, in the RT beside, is asked for in every way."""
    rt, datasets_of = people["pak.rt"], ids(served, "tables")
    own, other = "Gajahmada (simulasi)", "Simpang Lima 1 360 (simulasi)"
    every = {"columns": ["kamera"], "metrics": ["count"]}
    for name in ("kamera_kini", "kesehatan_jam", "lembar_15_menit", "kerumunan_jam", "peta"):
        dataset = datasets_of[name]
        assert {cell for cell in rt.seen(dataset, "kamera") if cell} == {own}, name
        assert own in rt.exported(dataset, every)
        assert other not in rt.exported(dataset, every), name
        beside = every | {"filters": [{"col": "kamera", "op": "IN", "val": [other]}]}
        assert rt.asked(dataset, beside)[1]["result"][0]["data"] == [], name
        assert rt.exported(dataset, beside).count("\n") <= 1, name
        assert other not in json.dumps(rt.get(f"/api/v1/datasource/table/{dataset}/column/kamera/values/")), name
    for kind in ("dashboard", "dataset", "database", "chart"):
        assert rt.get(f"/api/v1/{kind}/export/?q=!(1)")[0] in (403, 404), kind
    somebody = Reader(browser, served.said.url)
    assert somebody.sign_in("pak.rt", passwords(served)["pak.rt"])
    page = somebody.opens("kesehatan-kamera", CHARTS["kesehatan-kamera"])
    page.get_by_text(own).first.wait_for()  # a table is drawn after its chart has come
    assert other not in page.content()
    assert somebody.errors() == []


def test_the_warehouse_itself_keeps_somebody_whom_superset_would_not(
    served: Served, people: dict[str, Account]
) -> None:
    """Rules for rows taken away: who asks is still the account of the RT's head."""
    dataset = ids(served, "tables")["kesehatan_jam"]
    with sqlite3.connect(served.state / "superset.db", timeout=30) as made:
        rules = made.execute("SELECT id, clause FROM row_level_security_filters").fetchall()
        made.execute("UPDATE row_level_security_filters SET clause = '1 = 1'")
    try:
        assert people["pak.rt"].seen(dataset, "camera_id") == {"sim-0014"}
        assert people["dpu"].seen(dataset, "owner") == {"dpu"}
    finally:
        with sqlite3.connect(served.state / "superset.db", timeout=30) as made:
            made.executemany("UPDATE row_level_security_filters SET clause = ? WHERE id = ?", [r[::-1] for r in rules])


def test_people_come_in_to_the_warehouse_by_what_their_file_says(served: Served) -> None:
    at = json.loads((served.state / "warehouse.json").read_text())["url"].partition("://")[2]
    assert (served.state / "accounts.txt").stat().st_mode & 0o077 == 0
    name, word, _ = admitting.known(served.state)["pak.rt"]
    with connect(f"http://{name}:{word}@{at}") as store:
        assert store.query("SELECT DISTINCT camera_id FROM health_minute").rows == [("sim-0014",)]
        with pytest.raises(TilikError, match="lacks the right"):
            store.query("SELECT * FROM runs_log")


def adhoc(sql: str) -> dict[str, str]:
    return {"expressionType": "SQL", "sqlExpression": sql, "label": "m"}


def ids(served: Served, table: str) -> dict[str, int]:
    with sqlite3.connect(served.state / "superset.db") as made:
        return dict(made.execute(f"SELECT table_name, id FROM {table}"))


def test_a_wrong_password_lets_nobody_in(served: Served, browser: Browser) -> None:
    assert not Reader(browser, served.said.url).sign_in(served.login[0], "guess")


def test_up_again_changes_nothing(served: Served, town: Town) -> None:
    assert serving.up(served.state, 0, town.url, lambda line: None) == served.said
    with pytest.raises(UsageError, match="end them first"):
        serving.up(served.state, served.said.port + 1, town.url, lambda line: None)


class Again(NamedTuple):
    """What there was before Superset was ended and served once more, and where it answers now."""

    said: place.Served
    stored: dict[str, list[str]]
    seen: set[str]
    """Cameras that the head of a kecamatan saw."""


@pytest.fixture(scope="module")
def again(served: Served, people: dict[str, Account], town: Town) -> Again:
    """Serve once more, after people made a chart and took a page for theirs, and their file named others."""
    before = stored(served.state)
    seen = people["camat"].seen(ids(served, "tables")["kamera_kini"], "camera_id")
    assert serving.down(served.state)
    with sqlite3.connect(served.state / "superset.db") as made:
        made.execute(
            "UPDATE slices SET slice_name = 'Milik saya', is_managed_externally = 0, uuid = randomblob(16) WHERE id = 1"
        )
        made.execute("UPDATE dashboards SET slug = 'dulu', uuid = randomblob(16) WHERE slug = 'malam'")
    text = PEOPLE.replace('login = "dpu"', 'login = "dpu.baru"').replace("33.74.01", "33.74.02")
    (served.state / "access.toml").write_text(text)
    return Again(serving.up(served.state, 0, town.url, lambda line: None), before, seen)


def test_an_import_leaves_no_orphans_and_what_people_made(served: Served, again: Again) -> None:
    assert place.answers(again.said.port)
    after = stored(served.state)
    assert (served.state / "login.txt").read_text().split() == list(served.login)
    assert after["dashboards"] == again.stored["dashboards"]
    assert sorted(after["slices"]) == sorted([*again.stored["slices"], "Milik saya"])


def stored(state: Path) -> dict[str, list[str]]:
    with sqlite3.connect(state / "superset.db") as made:
        return {
            "dashboards": [row[0] for row in made.execute("SELECT slug FROM dashboards ORDER BY slug")],
            "slices": [row[0] for row in made.execute("SELECT slice_name FROM slices ORDER BY slice_name")],
        }


def test_the_folder_is_its_owners_alone_and_the_log_tells_no_password(served: Served) -> None:
    assert served.state.stat().st_mode & 0o077 == 0
    told = json.loads((served.state / "warehouse.json").read_text())
    log = (served.state / "dashboards.log").read_text()
    assert not [each for each in (told, *told["people"].values()) if each["password"] in log]
    assert served.login[1] not in log


def test_who_is_no_longer_named_can_no_longer_sign_in_and_what_a_new_limit_keeps_is_kept(
    served: Served, again: Again
) -> None:
    words = passwords(served)
    assert set(words) == {"bappeda", "camat", "dpu", "dpu.baru", "pak.rt", "analis"}
    with pytest.raises(PermissionError):
        Account(again.said.url, "dpu", words["dpu"])
    now = Account(again.said.url, "camat", words["camat"]).seen(ids(served, "tables")["kamera_kini"], "camera_id")
    assert again.seen
    assert now.isdisjoint(again.seen)
    assert set(admitting.known(served.state)) == set(words) - {"dpu"}


def passwords(served: Served) -> dict[str, str]:
    return dict(line.split("\t") for line in (served.state / "people.txt").read_text().splitlines())
