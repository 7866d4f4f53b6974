"""SQL that holds the period that a page asks for against the one before it, like for like.

The period before is as long and ends where the other begins; of less than a week it is the same days a week earlier.
Hours are compared with those of the same kind of day (Monday to Friday, Saturday, Sunday or holiday) and clock, of
each zone or road by itself: neither a new camera, nor one that was blind, nor a week with fewer holidays is growth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schemas.local_time import ZONE, offset_us

ZONE_HOURS: Final = offset_us(ZONE) // 3_600_000_000
"""Local time - UTC [h]."""
FIRST_DAY: Final = "1970-01-02 00:00:00"
WEEK: Final = 7
FEWEST_CAMERAS: Final = 0.5
"""Below this share of cameras that can be compared nothing is said of all of them."""
FEWEST_COUNTED: Final = 10
"""Of fewer incidents before, a change in per cent is chance."""
KINDS: Final = {"weekday": "Senin-Jumat", "saturday": "Sabtu"}
OTHER_DAYS: Final = "Minggu, libur"


def bound(name: str, before: str) -> str:
    """Return what Superset fills in of an end of the asked period, in UTC; nothing where a page asks for all times."""
    return (
        f"{{% if {name} %}}{before}addHours(parseDateTimeBestEffort('{{{{ {name} }}}}', 'UTC'), "
        f"-{ZONE_HOURS}){{% endif %}}"
    )


BEGINS: Final = f"greatest(toDateTime('{FIRST_DAY}', 'UTC'){bound('from_dttm', ', ')})"
ENDS: Final = f"least(toDateTime('2100-01-01 00:00:00', 'UTC'){bound('to_dttm', ', ')})"
DAYS: Final = f"intDiv(dateDiff('second', {BEGINS}, {ENDS}) + 86399, 86400)"
IS_ASKED: Final = f"{BEGINS} > '{FIRST_DAY}'"
BACK: Final = f"if({IS_ASKED}, greatest({DAYS}, {WEEK}), 0)"
"""By how many days the period before is earlier."""
SAID: Final = (
    f"multiIf(NOT {IS_ASKED}, '', {BACK} = {WEEK}, 'minggu lalu', concat(toString({BACK}), ' hari sebelumnya'))"
)
"""What the period before is called; '' where there is none, since all times are asked for."""


MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


def local(t: str) -> str:
    """Return a time as local clocks show it."""
    return f"addHours(toDateTime({t}, 'UTC'), {ZONE_HOURS})"


def day(t: str) -> str:
    """Return the local day of a time in words: 3 Mei 2026."""
    month = f"arrayElement({list(MONTHS)}, toMonth({local(t)}))"
    return f"concat(toString(toDayOfMonth({local(t)})), ' ', {month}, ' ', toString(toYear({local(t)})))"


def named(_: str) -> str:
    """Return both periods in words."""
    last = f"({ENDS} - INTERVAL 1 SECOND)"
    back = f"- INTERVAL {BACK} DAY"
    this = f"{day(BEGINS)}, ' sampai ', {day(last)}"
    before = f"{day(f'({BEGINS} {back})')}, ' sampai ', {day(f'({last} {back})')}"
    none = "'Semua waktu dipilih: tidak ada periode sebelumnya. Pilih rentang waktu untuk membandingkan.'"
    return f"if({IS_ASKED}, concat({this}, ' dibandingkan dengan ', {before}), {none})"


def compared(t: str) -> str:
    """Return whether a time lies in either period."""
    before = f"{t} >= {BEGINS} - INTERVAL {BACK} DAY AND {t} < {ENDS} - INTERVAL {BACK} DAY"
    return f"({t} >= {BEGINS} AND {t} < {ENDS} OR {before} AND {t} < {BEGINS})"


def asked(t: str) -> str:
    """Return whether a time that lies in either period lies in the one that is asked for."""
    return f"({t} >= {BEGINS})"


def parts(given: str) -> str:
    """Return the columns of both periods: `given` is a time, an amount times milliseconds, observed and expected ms.

    Means are over published hours; `bobot_jam`, the hours of both, weighs a kind of day and clock alike in both.
    """
    t, amount, observed, expected = (each.strip() for each in given.split(","))
    valid = f"{amount} IS NOT NULL"
    this, last = f"{asked(t)}", f"NOT {asked(t)}"
    mean = "if(sebanding, bobot_jam * {0} / {1}, NULL)"
    return ",\n        ".join(
        [
            f"sumIf({amount}, {this}) AS jumlah",
            f"sumIf({amount}, {last}) AS jumlah_lalu",
            f"sumIf({observed}, {valid} AND {this}) AS teramati_ms",
            f"sumIf({observed}, {valid} AND {last}) AS teramati_ms_lalu",
            f"sumIf({observed}, {this}) AS observed_ms",
            f"sumIf({expected}, {this}) AS expected_ms",
            f"sumIf({observed}, {last}) AS observed_ms_lalu",
            f"sumIf({expected}, {last}) AS expected_ms_lalu",
            "teramati_ms > 0 AND teramati_ms_lalu > 0 AS sebanding",
            f"countIf({valid}) AS bobot_jam",
            f"{mean.format('jumlah', 'teramati_ms')} AS sesudah",
            f"{mean.format('jumlah_lalu', 'teramati_ms_lalu')} AS sebelum",
        ]
    )


PARTS: Final = (
    *("jumlah", "jumlah_lalu", "teramati_ms", "teramati_ms_lalu"),
    *("observed_ms", "expected_ms", "observed_ms_lalu", "expected_ms_lalu"),
    *("bobot_jam", "sebanding", "sesudah", "sebelum"),
)
"""What `parts` makes."""


def of_parts(row: str) -> str:
    """Return the columns that `parts` made of a row."""
    return ",\n    ".join(f"{row}.{name} AS {name}" for name in PARTS)


def kind(day_type: str) -> str:
    """Return the kind of day in words: public holidays and joint leave are as Sundays."""
    words = ", ".join(f"'{each}'" for each in KINDS)
    said = ", ".join(f"'{each}'" for each in KINDS.values())
    return f"transform({day_type}, [{words}], [{said}], '{OTHER_DAYS}')"


ENOUGH: Final = f"uniqIf(camera_id, sebanding) >= {FEWEST_CAMERAS} * uniq(camera_id) AND sum(sebelum) > 0"
CHANGE: Final = f"if({ENOUGH}, round(sum(sesudah) / nullIf(sum(sebelum), 0) - 1, 2) + 0, NULL)"
"""In whole per cent; + 0, or none would be told as -0 %."""
COMPARED: Final = "concat(toString(uniqIf(camera_id, sebanding)), ' dari ', toString(uniq(camera_id)))"


def signed(share: str) -> str:
    """Return a share as a change in words: +12 %."""
    sign = f"multiIf(round(100 * {share}) = 0, '', {share} < 0, '-', '+')"
    return f"concat({sign}, toString(round(abs(100 * {share}))), ' %')"


def since(_: str) -> str:
    """Return from when a change is, and how many cameras stand behind it."""
    return (
        f"if(any(sebelumnya) = '', 'pilih rentang waktu untuk membandingkan', "
        f"concat('dari ', any(sebelumnya), '; ', {COMPARED}, ' kamera dibandingkan'))"
    )


def said(_: str) -> str:
    """Return the line below a card's number: the change, from when, and how many cameras are compared."""
    return told(signed(CHANGE))


def counted(name: str) -> str:
    """Return the same of a count by camera, `name` and `name`_lalu; of few before, a share says nothing."""
    before = f"sumIf({name}_lalu, sebanding)"
    return told(
        f"if({before} < {FEWEST_COUNTED}, NULL, {signed(f'(sumIf({name}, sebanding) / nullIf({before}, 0) - 1)')})"
    )


def told(change: str) -> str:
    """Return a change in words with what stands behind it, or that there is none."""
    lacks = (
        f"if(any(sebelumnya) = '', {since('')}, concat('data tidak cukup untuk dibandingkan dengan ', any(sebelumnya)))"
    )
    return f"ifNull(concat({change}, ' ', {since('')}), {lacks})"


def coverage(_: str) -> str:
    """Return how much was watched in the period before."""
    share = "round(100 * least(1, sum(observed_ms_lalu) / greatest(sum(expected_ms_lalu), 1)))"
    return (
        "if(sum(expected_ms_lalu) = 0, 'sebelumnya tidak diketahui', "
        f"concat('sebelumnya ', toString({share}), ' % (', any(sebelumnya), ')'))"
    )


WORDED: Final[dict[str, Callable[[str], str]]] = {
    "terbanding": compared,
    "terpilih": asked,
    "dua": parts,
    "dari_dua": of_parts,
    "jenis_hari": kind,
    "tanggal": day,
    "periode_kata": named,
    "sebelumnya": lambda _: SAID,
    "sejak": since,
    "perubahan_kata": said,
    "perubahan_jumlah": counted,
    "perubahan": lambda _: CHANGE,
    "kamera_dibandingkan": lambda _: COMPARED,
    "cakupan_lalu": coverage,
    "bertanda": signed,
}
"""What these are called in queries and figures, after a `$`."""
