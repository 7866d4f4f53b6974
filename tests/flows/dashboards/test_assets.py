"""What Superset imports is what the pages and datasets say, and says nothing that does not hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.warehouse import Warehouse
from flows.dashboards import assets, checking, datasets, layout, pages
from schemas.errors import UsageError

FOLDER = pages.FOLDER / "assets"


@pytest.fixture(scope="module")
def committed() -> dict[str, dict[str, Any]]:
    return {str(path.relative_to(FOLDER)): yaml.safe_load(path.read_text()) for path in FOLDER.rglob("*.yaml")}


def test_what_is_committed_is_what_make_docs_writes(warehouse: Warehouse) -> None:
    written = assets.texts(warehouse)
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*")} == set(written)
    stale = [name for name, text in written.items() if (FOLDER / name).read_text() != text]
    assert not stale, f"run make docs: {stale}"


def test_every_asset_has_an_id_of_its_own_and_is_ours_alone_to_change(committed: dict[str, dict[str, Any]]) -> None:
    of = [each for name, each in committed.items() if name != "metadata.yaml"]
    assert len({each["uuid"] for each in of}) == len(of)
    assert all(each["is_managed_externally"] for each in of)


def test_charts_ask_for_columns_that_are_there(committed: dict[str, dict[str, Any]]) -> None:
    for page in pages.read():
        for cell in layout.cells(page):
            dataset = committed[f"datasets/tilik/{cell.dataset}.yaml"]
            known = datasets.names([dataset])
            assert {*cell.by, *cell.columns} <= known, (page.slug, cell.id)
            assert cell.kind not in ("line", "columns", "heatmap") or cell.x in known, (page.slug, cell.id)


def test_filters_of_places_hold_for_every_chart_beside_them(committed: dict[str, dict[str, Any]]) -> None:
    for page in pages.read():
        for cell in layout.cells(page):
            known = datasets.names([committed[f"datasets/tilik/{cell.dataset}.yaml"]])
            for name in {"kecamatan", "kelurahan"} & set(page.filters):
                assert name in known, (page.slug, cell.id, name)


def test_rows_can_be_kept_to_an_area_and_an_owner_in_every_dataset(committed: dict[str, dict[str, Any]]) -> None:
    for name, each in committed.items():
        if name.startswith("datasets/"):
            assert {"area", "owner"} <= datasets.names([each]), name


def test_no_address_account_or_password_is_written_down() -> None:
    text = "".join(path.read_text() for path in FOLDER.rglob("*.yaml"))
    assert re.findall(r"sqlalchemy_uri: (.*)", text) == ["clickhousedb://warehouse/tilik"]
    assert "password" not in text


def test_every_query_runs_where_nothing_was_ever_stored(warehouse: Warehouse) -> None:
    assert [each for each in checking.check(warehouse) if each.why] == []


def test_a_period_is_told_to_the_tables_themselves() -> None:
    sql = datasets.expanded("SELECT 1 FROM crowd_hour AS m WHERE $asked(m.ts)")
    assert (
        "{% if from_dttm %} AND m.ts >= addHours(parseDateTimeBestEffort('{{ from_dttm }}', 'UTC'), -7){% endif %}"
        in sql
    )
    assert datasets.plain(sql) == "SELECT 1 FROM crowd_hour AS m WHERE m.ts > '1970-01-02 00:00:00'"


@pytest.mark.parametrize(("number", "said"), [(0, "0"), (999, "999"), (1000, "1.000"), (1234567.4, "1.234.567")])
def test_whole_numbers_are_written_as_people_here_write_them(warehouse: Warehouse, number: float, said: str) -> None:
    rows = warehouse.query(f"SELECT {datasets.worded(f'$angka(({number}))')} AS n").rows
    assert list(rows) == [(said,)]


def test_a_message_counts_once_however_many_alerts_it_tells_of(warehouse: Warehouse) -> None:
    rows = "('a', 'm', 10), ('a', 'm', 10), ('a', 'm', 10), ('a', 'n', 2), ('a', 'o', 4), ('b', 'o', NULL)"
    values = f"VALUES('kantor String, message String, tanggap_menit Nullable(Float64)', {rows})"
    assert warehouse.query(f"SELECT {datasets.worded('$tanggap(0.5)')} AS n FROM {values}").rows == [(4.0,)]
    assert warehouse.query(f"SELECT {datasets.worded('$tanggap(0.5)')} AS n FROM {values} WHERE 0").rows == [(None,)]
    said = [warehouse.query(f"SELECT {datasets.worded(f'$lama({n})')} AS n").rows[0][0] for n in (0, 59.4, 125, 4567)]
    assert said == ["0 menit", "59 menit", "2 jam 5 menit", "3 hari 4 jam"]


def test_what_people_wrote_is_text_but_where_cells_are_links(committed: dict[str, dict[str, Any]]) -> None:
    tables = {name: each["params"] for name, each in committed.items() if each.get("viz_type") == "table"}
    drawn = [name for name, params in tables.items() if params["allow_render_html"] is not False]
    assert drawn == ["charts/kota-sekarang_kecamatan.yaml"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("colour = 'red'", "unknown field `colour`"),
        ("[[row]]\nheight = 5\ncell = [{ kind = 'line', width = 13, id = 'a', dataset = 'b' }]", "expected rows of 12"),
        ("[[row]]\nheight = 5\ncell = [{ kind = 'line', width = 2, title = 'T' }]", "T: expected an id and a dataset"),
        ("[[row]]\nheight = 5\ncell = [{ kind = 'pie', width = 2 }]", "Invalid enum value 'pie'"),
    ],
)
def test_a_page_that_cannot_be_drawn_is_refused(tmp_path: Path, text: str, why: str) -> None:
    head = "slug = 's'\ntitle = 't'\nabout = 'a'\n"
    (tmp_path / "page.toml").write_text(head + ("row = []\n" if "row" not in text else "") + text)
    with pytest.raises(UsageError, match=re.escape(why)):
        pages.read(tmp_path)
