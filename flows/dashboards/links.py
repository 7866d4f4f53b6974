"""Links in cells of tables to a page whose filter is set."""

from __future__ import annotations


def to_page(given: str) -> str:
    """Return SQL of a link: `given` is a page's slug, one of its filters, and the column that says its value.

    The filter travels in the address as Superset writes it (Rison), where a quote is written as !'.
    """
    slug, name, column = (each.strip() for each in given.split(","))
    value = f"encodeURLComponent(replaceAll(replaceAll({column}, '!', '!!'), '\\'', '!\\''))"
    shown = f"replaceAll(replaceAll({column}, '&', '&amp;'), '<', '&lt;')"
    held = (
        f"(NATIVE_FILTER-{name}:(id:NATIVE_FILTER-{name},extraFormData:(filters:!((col:{name},op:IN,val:!(%27@%27)))),"
        "filterState:(value:!(%27@%27)),ownState:()))"
    )
    before, between, after = held.split("@")
    address = (
        f"'<a href=\"/superset/dashboard/{slug}/?native_filters={before}', {value}, '{between}', {value}, '{after}\">'"
    )
    return f"concat({address}, {shown}, '</a>')"
