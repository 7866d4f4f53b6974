"""How pages look: Superset's own boxes, with cards, a ribbon and words where nothing is.

The mark that a filter holds is hidden: a page's period holds all its charts. Tables fade out where more rows follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flows.dashboards.pages import Chart

CSS: Final = """\
.tilik-card{text-align:left;line-height:1.15;container-type:inline-size}
.tilik-card .n{font-size:clamp(24px,15cqi,40px);line-height:1.05;font-weight:600;color:#333}
.tilik-card .s{font-size:14px;line-height:1.25;color:#555;margin-top:6px}
.dashboard-component-chart-holder:has(.tilik-card) .handlebars{padding:0!important}
.tilik-ribbon{font-size:15px;line-height:48px;text-align:center;white-space:nowrap;overflow:hidden}
.tilik-simulasi{background:#333;color:#fff;font-weight:600;letter-spacing:.08em}
.tilik-kamera{color:#555}
.tilik-note{font-size:14px;line-height:1.35;color:#444}
.dashboard-component-chart-holder:has(.tilik-simulasi){background:#333}
.dashboard-component-chart-holder:has(.tilik-ribbon){padding:0;overflow:hidden}
.dashboard-component-chart-holder:has(.tilik-note){padding-top:8px;padding-bottom:8px;overflow:hidden}
.dashboard-component-chart-holder:has(:is(.tilik-ribbon,.tilik-note)) [data-test="slice-header"]{display:none}
.dashboard-component-chart-holder:has(:is(.tilik-ribbon,.tilik-note))
  :is(.dashboard-chart,.chart-container,.slice_container,.handlebars,.handlebars>div)
  {height:48px!important;padding:0!important;overflow:hidden!important}
.dashboard-markdown p{font-size:14px;color:#444}
.dashboard-component-chart-holder [data-test="slice-header"] .header-title{font-size:15px;line-height:1.25}
.dashboard-component-chart-holder .filter-counts{display:none}
@keyframes tilik-more{0%,99%{mask-image:linear-gradient(#000 calc(100% - 26px),transparent)}100%{mask-image:none}}
.superset-chart-table div[style*="overflow: auto"]{animation:tilik-more linear;animation-timeline:scroll(self)}
@media(max-width:1500px){.superset-chart-table table.table-condensed 
  :is(td,th){font-size:11px;padding:4px 3px!important}}
.superset-chart-table td.dt-is-null{font-size:0!important}
.dt-is-null::after{content:"UNKNOWN";font-size:12px;color:#757575}
"""
NOTHING: Final = """\
CHART :is(.ant-empty-image,p:has(+.ant-empty-description)){display:none}
CHART .ant-empty-description{font-size:0}
CHART .ant-empty-description::after{content:"SAID";font-size:14px}
"""


TOP: Final = "CHART .anticon-warning{display:none}\n"
"""Of a ranking nobody expects all rows: Superset's mark that there are more is left out."""


def of(unknown: str, cells: Iterable[Chart]) -> str:
    """Return a page's style; its tables say `unknown` for NULL, and charts what they mean by having no rows."""
    return CSS.replace("UNKNOWN", unknown) + "".join(map(_chart, cells))


def _chart(cell: Chart) -> str:
    rules = (NOTHING.replace("SAID", cell.empty) if cell.empty else "") + (TOP if cell.kind == "ranking" else "")
    return rules.replace("CHART", _named(cell))


def _named(cell: Chart) -> str:
    return f'[data-test-chart-name="{cell.title}"]'
