"""Superset's dashboards out of pages: where each cell stands, and the filters at the left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flows.dashboards import style
from flows.dashboards.datasets import id_of
from flows.dashboards.pages import Chart, Page

FILTERS: Final = {
    "kecamatan": ("Kecamatan", "asal_data", ""),
    "kelurahan": ("Kelurahan", "asal_data", "kecamatan"),
    "kamera": ("Kamera", "asal_data", "kelurahan"),
    "kategori": ("Kategori", "asal_data", ""),
    "pemilik": ("Pemilik", "asal_data", ""),
    "jalan": ("Jalan", "jalan_jam", "kamera"),
    "tempat": ("Tempat", "kunjungan_hari", "kelurahan"),
}
"""A filter's title, the dataset its values come from, and the filter that narrows it."""
TIME: Final = "waktu"
ALL_TIMES: Final = "No filter"
"""As Superset calls it."""


def of(page: Page) -> dict[str, Any]:
    """Return a page's dashboard as Superset imports it."""
    return {
        "dashboard_title": page.title,
        "description": page.about,
        "css": style.of(page.unknown, cells(page)),
        "slug": page.slug,
        "certified_by": None,
        "certification_details": None,
        "published": True,
        "uuid": id_of("dashboard", page.slug),
        "position": _position(page),
        "metadata": {
            "color_scheme": "tilik",
            "refresh_frequency": page.refresh_s,
            "timed_refresh_immune_slices": [],
            "expanded_slices": {},
            "label_colors": {each.label: each.colour for cell in cells(page) for each in cell.figures if each.colour},
            "shared_label_colors": [],
            "cross_filters_enabled": True,
            "default_filters": "{}",
            "filter_bar_orientation": "VERTICAL",
            "native_filter_configuration": [_filter(page, name) for name in page.filters],
            "chart_configuration": {},
            "global_chart_configuration": {"scope": {"rootPath": ["ROOT_ID"], "excluded": []}, "chartsInScope": []},
        },
        "version": "1.0.0",
        "is_managed_externally": True,
    }


def _position(page: Page) -> dict[str, Any]:
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": page.title}},
    }
    for at, row in enumerate(page.row):
        name = f"ROW-{at}"
        cells = [
            _cell(page, cell, f"{at}-{n}", row.height, ["ROOT_ID", "GRID_ID", name]) for n, cell in enumerate(row.cell)
        ]
        position["GRID_ID"]["children"].append(name)
        position[name] = {
            "type": "ROW",
            "id": name,
            "children": [cell["id"] for cell in cells],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        position.update({cell["id"]: cell for cell in cells})
    return position


def _cell(page: Page, cell: Chart, at: str, height: int, parents: list[str]) -> dict[str, Any]:
    if cell.kind == "text":
        meta: dict[str, Any] = {"width": cell.width, "height": height, "code": cell.text.strip()}
        return {"type": "MARKDOWN", "id": f"MARKDOWN-{at}", "children": [], "parents": parents, "meta": meta}
    meta = {
        "width": cell.width,
        "height": height,
        "chartId": 0,
        "uuid": id_of("chart", f"{page.slug}/{cell.id}"),
        "sliceName": cell.title or cell.id,
    }
    return {"type": "CHART", "id": f"CHART-{at}", "children": [], "parents": parents, "meta": meta}


def _filter(page: Page, name: str) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "id": f"NATIVE_FILTER-{name}",
        "description": "",
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "type": "NATIVE_FILTER",
        "cascadeParentIds": [],
    }
    if name == TIME:
        return {
            **shared,
            "name": "Rentang waktu",
            "filterType": "filter_time",
            "targets": [{}],
            "controlValues": {"enableEmptyFilter": False},
            "defaultDataMask": {"extraFormData": {"time_range": ALL_TIMES}, "filterState": {"value": ALL_TIMES}},
        }
    title, dataset, above = FILTERS[name]
    narrowed = [f"NATIVE_FILTER-{above}"] if above in page.filters else []
    return {
        **shared,
        "name": title,
        "filterType": "filter_select",
        "targets": [{"column": {"name": name}, "datasetUuid": id_of("dataset", dataset)}],
        "cascadeParentIds": narrowed,
        "controlValues": {
            "enableEmptyFilter": False,
            "defaultToFirstItem": False,
            "multiSelect": True,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": True,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
    }


def cells(page: Page) -> Iterable[Chart]:
    """Return the charts of a page."""
    return (cell for row in page.row for cell in row.cell if cell.kind != "text")
