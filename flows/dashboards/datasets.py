"""Superset's datasets out of `superset_dashboards/datasets/*.sql`: columns with the labels of the one definition.

In these queries `$camera(w)` stands for what every row says of its camera, `$camera_of(m)` for the same of the camera
of the many rows `m`, without a join, `$areas` for the names of areas, `$kata(about)` for words with their labels,
`$dataset(d)` for the query of another one, `$wib(t)` for a time as local clocks show it (Superset knows no zones: its
times are labelled UTC), `$hari(t)` for its weekday, and `$asked(t)` for the period that a page asks for, told to the
tables themselves so that they read no other days. There and in pages
`$angka(n)`, `$arah(d)` and `$sebab(r)` are numbers, directions and reasons as people read them, and `WORDED` has
figures that many charts ask for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from connectors.warehouse import Warehouse
from flows.dashboards import links, two_periods
from flows.dashboards.labels import CATEGORIES, FORMATS, OWN
from flows.dashboards.pages import FOLDER
from flows.dashboards.two_periods import FIRST_DAY, bound, local
from schemas.card import Figure
from schemas.local_time import ZONE
from schemas.metrics.mask import wilson
from schemas.views import every
from schemas.views.describe import of
from schemas.views.sql import string
from schemas.words import REASON_LABELS, Label

NAMESPACE: Final = UUID("5f6c1d6e-6c1b-5d0a-9a55-7b8f0f1d2c3a")
"""Ids of all assets follow from it and their names: the same name is the same asset in every city."""
WEEKDAYS: Final = ("1 Senin", "2 Selasa", "3 Rabu", "4 Kamis", "5 Jumat", "6 Sabtu", "7 Minggu")
"""As heat maps sort them."""

TYPES: Final = (
    ("DateTime", re.compile(r"DateTime")),
    ("Date", re.compile(r"Date")),
    ("Float64", re.compile(r"Float|Decimal")),
    ("UInt8", re.compile(r"Bool")),
    ("Int64", re.compile(r"Int")),
)


OF_CAMERA: Final = ("area", "owner", "name", "kelurahan", "kecamatan", "category", "simulated")
"""What a row says of its camera, as `cameras_now` has it."""
CAMERAS: Final = (
    f"(SELECT tuple({', '.join(f'groupArray(toString({name}))' for name in ('camera_id', *OF_CAMERA[:-1]))}, "
    "groupArray(toUInt8(simulated))) FROM cameras_now)"
)
"""All cameras, a list a column: a constant, so that an engine looks a camera up once and not for each of its rows."""


def _camera(of: Callable[[str], str]) -> str:
    """Return what every row says of its camera, out of each column of `OF_CAMERA`."""
    listed = ", ".join(f"'{word}'" for word in CATEGORIES)
    called = ", ".join(f"'{word}'" for word in CATEGORIES.values())
    category = f"toString({of('category')})"
    said = f"transform({category}, [{listed}], [{called}], {category})"
    owner = f"upper(toString({of('owner')}))"
    return (
        f"{of('area')} AS area,\n    {of('owner')} AS owner,\n    {of('name')} AS kamera,\n"
        f"    {_known(of('kelurahan'))} AS kelurahan,\n    {_known(of('kecamatan'))} AS kecamatan,\n"
        f"    {_known(said)} AS kategori,\n"
        f"    {_known(owner)} AS pemilik,\n    {of('simulated')} AS simulated"
    )


def _looked_up(row: str) -> str:
    """Return the same of the camera of a row, looked up among all."""
    places = {name: place for place, name in enumerate(OF_CAMERA, 2)}

    def of(name: str) -> str:
        listed = f"tupleElement({CAMERAS}, 1), tupleElement({CAMERAS}, {places[name]})"
        if name == "simulated":
            return f"toBool(transform({row}.camera_id, {listed}, toUInt8(0)))"
        return f"transform({row}.camera_id, {listed}, '')"

    return _camera(of)


def expanded(sql: str) -> str:
    """Return a query with what `$` stands for put in."""
    areas = (
        "(SELECT k.area AS kode, if(k.level = 'kelurahan', k.name, '') AS kelurahan,\n"
        "        if(k.level = 'kecamatan', k.name, d.name) AS kecamatan\n"
        "    FROM areas AS k LEFT JOIN areas AS d ON d.area = k.parent)"
    )
    sql = re.sub(r"\$dataset\((\w+)\)", lambda m: f"({_query(m[1])})", sql)
    sql = re.sub(r"\$camera\((\w+)\)", lambda m: _camera(lambda name: f"{m[1]}.{name}"), sql)
    sql = re.sub(r"\$camera_of\((\w+)\)", lambda m: _looked_up(m[1]), sql)
    sql = re.sub(r"\$kata\(([\w ]+)\)", r"(SELECT word, label_id FROM words WHERE about = '\1')", sql)
    sql = worded(sql.replace("$areas", areas))
    return re.sub(
        r"\$asked\(([\w.]+)\)",
        lambda m: (
            f"{m[1]} > '{FIRST_DAY}'" + bound("from_dttm", f" AND {m[1]} >= ") + bound("to_dttm", f" AND {m[1]} < ")
        ),
        sql,
    )


def worded(sql: str) -> str:
    """Return SQL with what `$angka(x)`, `$arah(x)` and `$sebab(x)` stand for, and figures that many charts ask for."""
    for name, written in WORDED.items():
        while (at := sql.find(f"${name}(")) >= 0:
            first = at + len(name) + 2
            end = first + _closing(sql[first:])
            sql = sql[:at] + written(sql[first:end]) + sql[end + 1 :]
    return sql


def _known(of: str) -> str:
    """Return a name; in words where a camera has none, or a list would begin with an empty line."""
    return f"coalesce(nullIf({of}, ''), 'belum diketahui')"


def _number(of: str) -> str:
    """Return a whole number with its thousands apart: 13.412."""
    digits = f"reverse(toString(toInt64(round({of}))))"
    return f"trim(LEADING '.' FROM reverse(replaceRegexpAll({digits}, '([0-9]{{3}})', '\\\\1.')))"


def _direction(of: str) -> str:
    """Return a direction in words, as the registry names it where it does."""
    said = "['both', 'to_right', 'to_left'], ['dua arah', 'ke kanan', 'ke kiri']"
    return f"transform(toString({of}), {said}, toString({of}))"


def _reason(of: str) -> str:
    """Return why there are no figures, in words; of a day with the hours that it lacks."""
    words, labels = (", ".join(string(each) for each in some) for some in (REASON_LABELS, _said(REASON_LABELS)))
    first = f"splitByString(' (', {of})[1]"
    hours = (
        f"if(position({of}, ' (hours: ') = 0, '', replaceOne(substring({of}, position({of}, ' (')), 'hours', 'jam'))"
    )
    return f"concat(transform({first}, [{words}], [{labels}], {first}), {hours})"


def _said(labels: Mapping[str, Label]) -> list[str]:
    return [label.id for label in labels.values()]


LAST_HOUR: Final = "(SELECT toStartOfHour(max(ts) + INTERVAL 1 MINUTE) - INTERVAL 1 HOUR AS jam FROM health_now)"
"""When the last whole hour began of what is stored."""
COVERAGE: Final = "if(sum(expected_ms) = 0, NULL, least(1, sum(observed_ms) / sum(expected_ms)))"
PERSONS: Final = "60000 * sum(person_minutes) / sumIf(observed_ms, persons_mean IS NOT NULL)"
"""Mean persons of a watched zone."""
VEHICLES: Final = "3600000 * sum(vehicles) / sumIf(observed_ms, vehicles IS NOT NULL)"
"""Vehicles an observed hour of a road's direction."""
MASKED: Final = wilson("sum(masked)", "sum(decided)")
RATED: Final = 5
"""Answers that a share of them needs to be shown; ours."""
_ANSWERED: Final = "uniqExactIf(message, answer != '')"
FALSE_ALARMS: Final = f"if({_ANSWERED} < {RATED}, NULL, uniqExactIf(message, answer = 'dismissed') / {_ANSWERED})"
"""Messages that officers dismissed, of those that they answered."""


def _to_answer(share: str) -> str:
    """Return the quantile of minutes from a message to its answer; each message counts once an office."""
    answered = "groupUniqArrayIf(tuple(kantor, message, assumeNotNull(tanggap_menit)), tanggap_menit IS NOT NULL)"
    minutes = f"arrayMap(each -> each.3, {answered})"
    return f"if(empty({answered}), NULL, arrayReduce('quantileExact({share})', {minutes}))"


def _lasted(of: str) -> str:
    """Return minutes as people say them: 42 menit, 2 jam 5 menit, 3 hari 4 jam."""
    whole = f"toUInt32(round(ifNull({of}, 0)))"
    days = f"concat(toString(intDiv({whole}, 1440)), ' hari ', toString(intDiv({whole} % 1440, 60)), ' jam')"
    hours = f"concat(toString(intDiv({whole}, 60)), ' jam ', toString({whole} % 60), ' menit')"
    return f"multiIf({whole} < 60, concat(toString({whole}), ' menit'), {whole} < 1440, {hours}, {days})"


WORDED: Final[dict[str, Callable[[str], str]]] = {
    "angka": _number,
    "arah": _direction,
    "sebab": _reason,
    "cakupan": lambda _: COVERAGE,
    "keliru": lambda _: FALSE_ALARMS,
    "lama": _lasted,
    "tanggap": _to_answer,
    "cukup": lambda figure: f"if(sum(observed_ms) >= 0.8 * sum(expected_ms), {figure}, NULL)",
    "tautan": links.to_page,
    "wib": local,
    "hari": lambda t: f"arrayElement({list(WEEKDAYS)}, toDayOfWeek({local(t)}))",
    "jam": lambda t: f"formatDateTime({local(t)}, '%H')",
    "jam_terakhir": lambda _: LAST_HOUR,
    "kelurahan": lambda code: f"arrayStringConcat(arraySlice(splitByChar('.', toString({code})), 1, 4), '.')",
    "orang_per_zona": lambda _: PERSONS,
    "kendaraan_per_jam": lambda _: VEHICLES,
    "masker_bawah": lambda _: MASKED[0],
    "masker_atas": lambda _: MASKED[1],
    **two_periods.WORDED,
}


def _closing(sql: str) -> int:
    """Return where the parenthesis closes that was opened before `sql`."""
    depth = 1
    for at, letter in enumerate(sql):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at
    raise ValueError(f"expected a closing parenthesis: {sql}")


def plain(sql: str) -> str:
    """Return an expanded query without what Superset fills in: of all times."""
    return re.sub(r"{%.*?%}.*?{% endif %}", "", sql)


def _query(name: str) -> str:
    """Return the query of another dataset, as it is written."""
    return (FOLDER / "datasets" / f"{name}.sql").read_text().partition("\n")[2].strip()


def read(folder: Path = FOLDER / "datasets") -> dict[str, tuple[str, str]]:
    """Return what each dataset says of itself, and its query, by name."""
    found = {}
    for path in sorted(folder.glob("*.sql")):
        first, _, sql = path.read_text().partition("\n")
        found[path.stem] = (first.removeprefix("-- "), expanded(sql).strip())
    return found


def id_of(kind: str, name: str) -> str:
    """Return the fixed id of an asset."""
    return str(uuid5(NAMESPACE, f"{kind}/{name}"))


def written(store: Warehouse) -> dict[str, dict[str, Any]]:
    """Return every dataset as Superset imports it, its columns as an engine says they are."""
    known = _figures()
    return {name: _dataset(store, name, about, sql, known) for name, (about, sql) in read().items()}


def _dataset(store: Warehouse, name: str, about: str, sql: str, known: dict[str, Figure]) -> dict[str, Any]:
    described = store.query(f"DESCRIBE ({plain(sql)})").rows
    columns = [_column(str(row[0]), str(row[1]), known) for row in described]
    times = [column["column_name"] for column in columns if column["is_dttm"]]
    return {
        "table_name": name,
        "description": about,
        "uuid": id_of("dataset", name),
        "database_uuid": id_of("database", "tilik"),
        "schema": "tilik",
        "main_dttm_col": "waktu" if "waktu" in times else None,
        "sql": sql,
        "cache_timeout": None,
        "filter_select_enabled": True,
        "is_managed_externally": True,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "columns": columns,
        "metrics": [{"metric_name": "count", "verbose_name": "Jumlah baris", "expression": "count()"}],
        "version": "1.0.0",
    }


def _column(name: str, kind: str, known: dict[str, Figure]) -> dict[str, Any]:
    label = OWN[name] if name in OWN else known[name].label
    meaning = "" if name in OWN else known[name].meaning
    form = FORMATS.get(name) or (known[name].format if name not in OWN else "")
    short = next((short for short, pattern in TYPES if pattern.search(kind)), "String")
    return {
        "column_name": name,
        "verbose_name": label.id,
        "description": meaning or label.en,
        "type": short,
        "is_dttm": short in ("DateTime", "Date"),
        "groupby": True,
        "filterable": True,
        "is_active": True,
        "expression": None,
        "extra": {"format": form} if form else {},
    }


def _figures() -> dict[str, Figure]:
    """Return what columns of the views say, by name alone: labels of one name agree, or the first is taken."""
    found: dict[str, Figure] = {}
    for view in every(ZONE):
        for name, figure in of(view).items():
            found.setdefault(name, figure)
    return found


def names(of: Iterable[dict[str, Any]]) -> set[str]:
    """Return the names of columns of datasets."""
    return {column["column_name"] for each in of for column in each["columns"]}
