"""Superset's charts out of the cells of pages: one function a kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flows.dashboards.datasets import id_of, worded
from flows.dashboards.pages import Chart, Figure, Kind

GREY: Final = "#9e9e9e"
NUMBER: Final = ",.0f"
MOST: Final = 50_000
"""Points of a line, columns and cells: fewer would leave some out unseen."""
TIMES: Final = {"PT15M": "%-d %b %H.%M", "PT1H": "%-d %b %H.%M", "P1D": "%a %-d %b", "P1W": "%-d %b", "P1M": "%b %Y"}
"""How a step's beginning is written along the bottom, by its length."""
CARD: Final = (
    '<div class="tilik-card"><div class="n">{{data.[0].angka}}</div><div class="s">{{data.[0].ket}}</div></div>'
)
NOTE: Final = '<div class="tilik-note">{{data.[0].ket}}</div>'
RIBBON: Final = '<div class="tilik-ribbon tilik-{{data.[0].asal}}">{{data.[0].ket}}</div>'


def of(page: str, cell: Chart, dataset: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's chart as Superset imports it; `dataset` is the one it asks."""
    viz, params = KINDS[cell.kind](cell)
    if cell.columns:
        params["column_config"] = _written(cell, dataset)
    at = dataset["main_dttm_col"] or ""
    name = f"{page}/{cell.id}"
    return {
        "slice_name": cell.title or cell.id,
        "description": cell.about or None,
        "certified_by": None,
        "certification_details": None,
        "viz_type": viz,
        "params": {
            "viz_type": viz,
            "color_scheme": "tilik",
            "row_limit": MOST if cell.kind in ("line", "columns", "heatmap") else cell.limit,
            "adhoc_filters": _filters(cell, at),
            **params,
            **cell.more,
        },
        "cache_timeout": None,
        "uuid": id_of("chart", name),
        "version": "1.0.0",
        "dataset_uuid": id_of("dataset", cell.dataset),
        "is_managed_externally": True,
    }


def figure(of: Figure) -> dict[str, Any]:
    """Return a figure as Superset asks for it."""
    return {
        "expressionType": "SQL",
        "sqlExpression": worded(of.sql),
        "label": of.label,
        "hasCustomLabel": True,
        "optionName": f"metric_{id_of('figure', of.label + of.sql)[:8]}",
    }


def _filters(cell: Chart, at: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if at:
        found.append(
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "operator": "TEMPORAL_RANGE",
                "subject": at,
                "comparator": "No filter",
            }
        )
    if cell.where:
        found.append({"clause": "WHERE", "expressionType": "SQL", "sqlExpression": cell.where})
    return found


def _written(cell: Chart, dataset: dict[str, Any]) -> dict[str, Any]:
    """Return how a table writes the numbers of its columns: as their definitions say."""
    formats = {column["column_name"]: column["extra"].get("format") for column in dataset["columns"]}
    return {name: {"d3NumberFormat": formats[name]} for name in cell.columns if formats[name]}


def _metrics(cell: Chart) -> list[dict[str, Any]]:
    return [figure(each) for each in cell.figures]


def _format(cell: Chart) -> str:
    return cell.figures[0].format or NUMBER if cell.figures else NUMBER


def _series(cell: Chart) -> dict[str, Any]:
    """Return what lines and columns over time share: gaps stay gaps, times are written as here."""
    return {
        "x_axis": cell.x,
        "time_grain_sqla": cell.grain if cell.x == "waktu" else None,
        "x_axis_time_format": TIMES.get(cell.grain, "smart_date"),
        "tooltipTimeFormat": TIMES.get(cell.grain, "smart_date"),
        "x_axis_sort_asc": True,
        "metrics": _metrics(cell),
        "groupby": list(cell.by),
        "y_axis_format": _format(cell),
        "truncateYAxis": False,
        "y_axis_bounds": [0, 1 if "%" in _format(cell) else None],
        "show_legend": len(cell.figures) > 1 or bool(cell.by),
        "legendOrientation": "top",
        "legendType": "scroll",
        "rich_tooltip": True,
        "connectNulls": False,
        "sort_series_type": "sum",
        "order_desc": True,
        "truncate_metric": True,
    }


def _line(cell: Chart) -> tuple[str, dict[str, Any]]:
    return "echarts_timeseries_line", {**_series(cell), "markerEnabled": False, "opacity": 0.2, "seriesType": "line"}


def _columns(cell: Chart) -> tuple[str, dict[str, Any]]:
    return "echarts_timeseries_bar", {**_series(cell), "orientation": "vertical", "stack": "Stack", "zoomable": False}


def _ranking(cell: Chart) -> tuple[str, dict[str, Any]]:
    """Return bars in the cells of a table, the longest at the top, fifteen at most: a click on a name filters the page.

    Superset's own horizontal bars filter by the length of the bar, which leaves nothing.
    """
    viz, params = _table(cell)
    for each in cell.figures[1:]:
        params["column_config"][each.label]["showCellBars"] = False
    return viz, {**params, "show_cell_bars": True, "row_limit": min(cell.limit, 15)}


def _heatmap(cell: Chart) -> tuple[str, dict[str, Any]]:
    (down,) = cell.by
    return "heatmap_v2", {
        "x_axis": cell.x,
        "groupby": down,
        "metric": figure(cell.figures[0]),
        "linear_color_scheme": "tilik_seq",
        "y_axis_format": _format(cell),
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "legend_type": "continuous",
        "show_legend": True,
        "show_percentage": False,
        "show_values": False,
        "xscale_interval": 1,
        "yscale_interval": 1,
        "left_margin": 8,
        "bottom_margin": 8,
        "value_bounds": [None, None],
        "border_color": {"r": 255, "g": 255, "b": 255, "a": 1},
        "border_width": 1,
    }


def _table(cell: Chart) -> tuple[str, dict[str, Any]]:
    shared = {
        "table_timestamp_format": "%-d %b %Y %H.%M",
        "show_cell_bars": False,
        "color_pn": False,
        "allow_render_html": cell.links,
        "include_search": False,
        "allow_rearrange_columns": False,
        "page_length": 0,
        "order_desc": cell.descending,
    }
    if cell.figures:
        formats = {each.label: {"d3NumberFormat": each.format or NUMBER} for each in cell.figures}
        first = next((each for each in cell.figures if each.label == cell.order), cell.figures[0])
        return "table", {
            **shared,
            "query_mode": "aggregate",
            "groupby": list(cell.by),
            "metrics": _metrics(cell),
            "timeseries_limit_metric": figure(first),
            "column_config": formats,
        }
    order = [f'["{cell.order}", {str(not cell.descending).lower()}]'] if cell.order else []
    return "table", {**shared, "query_mode": "raw", "all_columns": list(cell.columns), "order_by_cols": order}


def _card(cell: Chart) -> tuple[str, dict[str, Any]]:
    """Return a number in words of its own: figures `angka`, and `ket`, the line below it."""
    return "handlebars", _handlebars(cell, CARD)


def _ribbon(cell: Chart) -> tuple[str, dict[str, Any]]:
    return "handlebars", _handlebars(cell, RIBBON)


def _note(cell: Chart) -> tuple[str, dict[str, Any]]:
    """Return a sentence that follows from the data: its figure `ket`."""
    return "handlebars", _handlebars(cell, NOTE)


def _handlebars(cell: Chart, template: str) -> dict[str, Any]:
    return {
        "query_mode": "aggregate",
        "groupby": [],
        "metrics": _metrics(cell),
        "handlebarsTemplate": template,
        "styleTemplate": "",
    }


def _map(cell: Chart) -> tuple[str, dict[str, Any]]:
    return "deck_geojson", {
        "geojson": "geojson",
        "mapbox_style": "tile:///tilik/blank/{z}/{x}/{y}.png",
        "autozoom": True,
        "filled": True,
        "stroked": True,
        "extruded": False,
        "point_radius_scale": 260,
        "line_width": 1,
        "line_width_unit": "pixels",
        "fill_color_picker": {"r": 0, "g": 0, "b": 0, "a": 0},
        "stroke_color_picker": {"r": 158, "g": 158, "b": 158, "a": 0},
        "viewport": {"latitude": -7.02, "longitude": 110.39, "zoom": 10.8, "bearing": 0, "pitch": 0},
    }


KINDS: Final[dict[Kind, Callable[[Chart], tuple[str, dict[str, Any]]]]] = {
    "card": _card,
    "columns": _columns,
    "heatmap": _heatmap,
    "line": _line,
    "map": _map,
    "note": _note,
    "ranking": _ranking,
    "ribbon": _ribbon,
    "table": _table,
}
