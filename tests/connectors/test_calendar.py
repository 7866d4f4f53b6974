"""The city's days: decrees as golden dates, laws of the Hijri calendar, and files full of mistakes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import calendar
from schemas.calendar import DAY_TYPES, DAYS, CityCalendar
from schemas.errors import UsageError

NOBODY = CityCalendar()


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


NOW_US = us("2026-11-01T00:00:00+07:00")


@pytest.fixture(scope="module")
def days() -> dict[date, dict]:
    return {row["date"]: row for row in calendar.days(None, NOW_US).iter_rows(named=True)}


def read(tmp_path, text: str) -> CityCalendar:
    file = tmp_path / "kota.toml"
    file.write_text(text)
    return calendar.load(file)


def one_day(city: CityCalendar, day: str) -> dict:
    wanted = date.fromisoformat(day)
    return calendar.build(city, wanted.year, wanted.year).filter(pl.col("date") == wanted).row(0, named=True)


def between(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(n) for n in range((end - begin).days + 1)]


HOLIDAYS = {
    2024: "01-01 02-08 02-10 02-14 03-11 03-29 03-31 04-10 04-11 05-01 05-09 05-23 06-01 06-17 07-07 08-17 09-16 11-27 "
    "12-25",
    2025: "01-01 01-27 01-29 03-29 03-31 04-01 04-18 04-20 05-01 05-12 05-29 06-01 06-06 06-27 08-17 09-05 12-25",
}
"""SKB 3 Menteri 855/3/4 of 2023 and 1017/2/2 of 2024; elections by Keppres 10 and 33 of 2024."""

JOINT_LEAVE = {
    2024: "02-09 03-12 04-08 04-09 04-12 04-15 05-10 05-24 06-18 12-26",
    2025: "01-28 03-28 04-02 04-03 04-04 04-07 05-13 05-30 06-09 08-18 12-26",
}
"""The same decrees; 18 August 2025 was added by SKB 933/1/3 of 2025."""


@pytest.mark.parametrize("year", HOLIDAYS)
@pytest.mark.parametrize(("kind", "decree"), [("holiday", HOLIDAYS), ("joint_leave", JOINT_LEAVE)])
def test_a_years_holidays_and_joint_leave_are_those_of_the_decree(days, year, kind, decree):
    found = [f"{day:%m-%d}" for day, row in days.items() if day.year == year and row["day_type"] == kind]
    assert found == decree[year].split()


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        ("2000-01-01", "holiday", "Tahun Baru Masehi"),
        ("2025-03-29", "holiday", "Hari Suci Nyepi"),
        ("2026-03-19", "holiday", "Hari Suci Nyepi"),
        ("2025-08-17", "holiday", "Hari Kemerdekaan Republik Indonesia"),
        ("2004-11-16", "holiday", "Pengganti Hari Raya Idul Fitri"),
        ("2025-08-18", "joint_leave", "Cuti Bersama Hari Kemerdekaan Republik Indonesia"),
        ("2024-02-29", "weekday", ""),
        ("2024-03-02", "saturday", ""),
        ("2024-03-03", "sunday", ""),
        ("2026-12-31", "weekday", ""),
        ("2027-01-01", "holiday", "Tahun Baru Masehi"),
    ],
    ids=str,
)
def test_a_day_has_its_kind_and_its_indonesian_name(days, day, kind, name):
    row = days[date.fromisoformat(day)]
    assert (row["day_type"], row["holiday"]) == (kind, name)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2010-08-11", "2010-09-09"),  # calculated: 12 August
        ("2011-08-01", "2011-08-30"),  # the holiday of 30 August stood, but the fast had a 30th day
        ("2014-06-29", "2014-07-27"),  # Umm al-Qura: 28 June
        ("2022-04-03", "2022-05-01"),  # Umm al-Qura: 2 April
        ("2023-03-23", "2023-04-21"),
        ("2024-03-12", "2024-04-09"),  # Umm al-Qura: 11 March
        ("2025-03-01", "2025-03-30"),  # calculated: 2 March; Umm al-Qura ends it on the 29th
        ("2026-02-19", "2026-03-20"),  # Umm al-Qura: 18 February
    ],
)
def test_ramadan_is_the_one_that_was_decided(days, first, last):
    fast = between(first, last)
    assert [day for day, row in days.items() if row["is_ramadan"] and day.year == fast[0].year] == fast


def test_every_ramadan_ends_on_the_eve_of_indonesias_idul_fitri(days):
    feasts = [day for day, row in days.items() if row["holiday"].startswith("Hari Raya Idul Fitri")]
    assert len(feasts) == 30  # 2000 had two
    early = [day for day in feasts if days[day]["hijri"][5:] != "10-01"]
    assert early == [date(2011, 8, 30)]
    assert [day for day in feasts[1:] if day not in early and not days[day - timedelta(1)]["is_ramadan"]] == []


def test_hijri_days_follow_each_other_and_months_have_29_or_30_days(days):
    hijri = [row["hijri"] for row in days.values()]
    lengths = pl.Series([text[:7] for text in hijri]).rle().struct.field("len").to_list()
    assert set(lengths[1:-1]) == {29, 30}
    months = list(dict.fromkeys(text[:7] for text in hijri))
    numbers = [int(text[:4]) * 12 + int(text[5:]) for text in months]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    steps = {int(b[8:]) - int(a[8:]) for a, b in pairwise(hijri) if a[:7] == b[:7]}
    assert steps == {1}
    assert hijri[0] == "1420-09-24"


def test_islamic_holidays_since_2005_fall_on_their_hijri_days_but_where_a_decree_moved_them(days):
    own = {"Tahun Baru Islam": "01-01", "Maulid": "03-12", "Isra": "07-27", "Hari Raya Idul Adha": "12-10"}
    off = [
        (str(day), row["hijri"])
        for day, row in days.items()
        if day.year >= 2005
        for name, wanted in own.items()
        if row["holiday"].startswith(name) and row["hijri"][5:] != wanted
    ]
    assert off == [("2016-05-06", "1437-07-29"), ("2021-08-11", "1443-01-02"), ("2021-10-20", "1443-03-13")]


def test_a_holiday_that_a_decree_moved_by_two_days_tells_no_month():
    moved = {day: one_day(NOBODY, day) for day in ("2003-05-15", "2003-09-22", "2021-10-20")}
    assert {day: (row["holiday"].split()[0], row["hijri"]) for day, row in moved.items()} == {
        "2003-05-15": ("Maulid", "1424-03-14"),
        "2003-09-22": ("Isra", "1424-07-25"),
        "2021-10-20": ("Maulid", "1443-03-14"),
    }


def test_days_reach_from_2000_to_two_years_after_the_citys_year_without_a_gap():
    for now, last in (("2026-12-31T16:59:59Z", 2028), ("2026-12-31T17:00:00Z", 2029)):
        table = calendar.days(None, us(now))
        assert table.schema == pl.Schema(DAYS)
        assert table["date"].to_list() == between("2000-01-01", f"{last}-12-31")
        assert set(table["day_type"]) == set(DAY_TYPES)


def test_days_end_where_the_hijri_tables_do():
    assert calendar.days(None, us("2250-01-01T00:00:00Z"))["date"].max() == date(2075, 12, 31)


def test_friday_prayer_comes_every_friday_and_car_free_day_every_sunday_since_it_is_held_again(days):
    prayer = {"from_minute": 690, "to_minute": 780, "name": "Salat Jumat"}
    car_free = {"from_minute": 360, "to_minute": 540, "name": "Car free day"}
    assert all((prayer in row["events"]) == (day.weekday() == 4) for day, row in days.items())
    since = date(2022, 6, 26)
    assert all((car_free in row["events"]) == (day.weekday() == 6 and day >= since) for day, row in days.items())


def test_semarangs_school_holidays_name_their_days(days):
    named = [day for day, row in days.items() if row["school_holiday"] and day.year == 2025]
    assert named == [
        *between("2025-01-01", "2025-01-04"),
        *between("2025-06-23", "2025-07-12"),
        *between("2025-12-22", "2025-12-31"),
    ]


def test_a_decree_in_the_file_goes_over_the_package(tmp_path):
    city = read(
        tmp_path,
        """
        [[holiday]]
        date = 2025-08-18
        type = "none"
        [[holiday]]
        date = 2025-12-27
        type = "joint_leave"
        name = "Cuti Bersama Natal"
        [[holiday]]
        date = 2025-05-02
        type = "holiday"
        name = "Hari Jadi Kota Semarang"
        """,
    )
    assert one_day(NOBODY, "2025-08-18")["day_type"] == "joint_leave"
    found = [one_day(city, day) for day in ("2025-08-18", "2025-12-27", "2025-05-02")]
    assert [(row["day_type"], row["holiday"]) for row in found] == [
        ("weekday", ""),
        ("joint_leave", "Cuti Bersama Natal"),  # a Saturday
        ("holiday", "Hari Jadi Kota Semarang"),
    ]


def test_a_holiday_goes_over_joint_leave_and_both_over_the_weekend(monkeypatch):
    import holidays

    known = {
        "public": {date(2026, 1, 3): "Libur", date(2026, 1, 7): "Libur"},
        "government": {date(2026, 1, 3): "Cuti", date(2026, 1, 4): "Cuti", date(2026, 1, 8): "Cuti"},
    }
    monkeypatch.setattr(
        holidays, "country_holidays", lambda country, *, years, language, categories: known[categories[0]]
    )
    days = calendar.build.__wrapped__(NOBODY, 2026, 2026)
    assert days.head(10).select("day_type", "holiday").rows() == [
        *[("weekday", "")] * 2,
        ("holiday", "Libur"),  # a Saturday that is both
        ("joint_leave", "Cuti"),  # a Sunday
        *[("weekday", "")] * 2,
        ("holiday", "Libur"),
        ("joint_leave", "Cuti"),
        ("weekday", ""),
        ("saturday", ""),
    ]


def test_events_may_overlap_and_cross_midnight_and_the_year(tmp_path):
    city = read(
        tmp_path,
        """
        [[event]]
        name = "Malam Tahun Baru"
        from = 2025-12-31
        hours = ["19:00", "02:00"]
        [[event]]
        name = "Pasar"
        from = 2025-12-30
        to = 2026-01-01
        [[weekly]]
        name = "Pasar malam"
        weekday = "wednesday"
        hours = ["18:00", "00:00"]
        """,
    )
    events = {day: one_day(city, day)["events"] for day in ("2025-12-31", "2026-01-01")}
    plain = {day: [tuple(event.values()) for event in held] for day, held in events.items()}
    assert plain == {
        "2025-12-31": [(0, 1440, "Pasar"), (1080, 1440, "Pasar malam"), (1140, 1440, "Malam Tahun Baru")],
        "2026-01-01": [(0, 120, "Malam Tahun Baru"), (0, 1440, "Pasar")],
    }


def test_overlapping_school_holidays_name_both(tmp_path):
    table = '[[school_holiday]]\nname = "{}"\nfrom = 2026-03-{}\nto = 2026-03-{}\n'
    city = read(tmp_path, table.format("Ramadan", "16", "20") + table.format("Lebaran", "20", "27"))
    assert [one_day(city, f"2026-03-{day}")["school_holiday"] for day in (15, 16, 20, 21, 28)] == [
        "",
        "Ramadan",
        "Ramadan, Lebaran",
        "Lebaran",
        "",
    ]


def test_without_a_file_of_the_city_ramadan_still_agrees_with_idul_fitri():
    assert one_day(NOBODY, "2025-03-30")["is_ramadan"]  # 30 days by Idul Fitri, where Umm al-Qura has 29
    assert one_day(NOBODY, "2024-03-11")["hijri"] == "1445-08-30"


@given(st.lists(st.tuples(st.integers(0, 359), st.integers(-1, 1)), max_size=12))
def test_decisions_that_pass_the_check_stand_and_leave_months_of_29_or_30_days(decisions):
    lines = {}
    for number, shift in decisions:
        month = f"{1421 + number // 12}-{number % 12 + 1:02}"
        starts = MONTHS[month] + timedelta(shift)
        lines[month] = (starts, f'[[hijri_month]]\nmonth = "{month}"\nstarts = {starts}\n')
    try:
        city = calendar.parse("kota.toml", "".join(line for _, line in lines.values()), calendar.hijri.flaws)
    except UsageError as error:
        assert "months of 29 or 30 days" in str(error)  # noqa: PT017
        return
    starts = calendar.hijri.months(city, date(2000, 1, 1), date(2031, 12, 31))
    held = {f"{row[1]}-{row[2]:02}": row[0] for row in starts.iter_rows()}
    assert {month: held[month] for month in lines} == {month: day for month, (day, _) in lines.items()}
    assert set(starts["starts"].diff().drop_nulls().dt.total_days()) == {29, 30}


MONTHS = {
    f"{year}-{month:02}": day
    for day, year, month in calendar.hijri.months(NOBODY, date(2000, 1, 1), date(2031, 12, 31)).iter_rows()
}

GARBAGE = """\
[[holiday]]
date = "18 Agustus 2025"
type = "joint leave"
name = "Cuti"
[[holiday]]
date = 2025-12-27
type = "holiday"
name = " "
[[holiday]]
date = 2025-12-27
type = "none"
[[school_holiday]]
name = "Libur"
from = 2025-07-12
to = 2025-06-23
[[school_holiday]]
name = "Libur"
from = 2025-06-23
to = 3025-07-12
[[event]]
nama = "Pasar"
hours = ["7:00", "25:00"]
[[weekly]]
name = "Pasar malam"
weekday = "jumat"
hours = "18:00"
[[weekly]]
name = "Pasar"
weekday = "friday"
hours = ["08:00", "08:00"]
since = 2025-01-02
until = 2025-01-01
[[hijri_month]]
month = "1446-13"
starts = 2025-03-01T00:00:00
[[hijri_month]]
month = "2025-03"
starts = 2025-03-01
[ramadan]
year = 1446
[[weekl]]
"""

MISTAKES = (
    (2, "holiday[0], date: expected a date such as 2026-08-17"),
    (3, "holiday[0], type: expected one of holiday, joint_leave, none, came 'joint leave': did you mean joint_leave?"),
    (8, "holiday[1], name: expected a name"),
    (10, "holiday[2], date: expected each date once, came 2025-12-27 a second time"),
    (15, "school_holiday[0], to: expected a day from 2025-07-12 on, came 2025-06-23"),
    (19, "school_holiday[1], to: expected at most 366 days"),
    (20, "event[0]: expected a field name, came none"),
    (20, "event[0]: expected a field from, came none"),
    (21, "event[0], nama: expected a known field, came nama: did you mean name?"),
    (25, "weekly[0], weekday: expected one of monday"),
    (26, 'weekly[0], hours: expected two times ["HH:MM", "HH:MM"], came \'18:00\''),
    (30, "weekly[1], hours: expected an end that is not the start"),
    (32, "weekly[1], until: expected a day from 2025-01-02 on"),
    (35, "hijri_month[0], starts: expected a date such as 2026-08-17"),
    (37, "hijri_month[1], month: expected a Hijri month YYYY-MM of 1343 to 1500, came '2025-03'"),
    (39, "ramadan: expected a known table"),
    (41, "weekl: expected a known table, came weekl: did you mean weekly?"),
)


def test_every_mistake_of_a_file_is_told_at_once_with_its_line(tmp_path):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, GARBAGE)
    told = str(caught.value).splitlines()
    wanted = [f"{tmp_path}/kota.toml:{line}: {what}" for line, what in MISTAKES]
    assert [want for want in wanted if not any(line.startswith(want) for line in told)] == []
    assert len(told) == len(wanted)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[event]\n", ":1: file: expected TOML"),
        ("event = 5\n", ":1: event: expected tables [[event]]"),
        ("event = [5]\n", ":1: event[0]: expected a table"),
        (
            '[[event]]\nname = "x"\nfrom = 2026-01-01\nhours = ["7:00", "25:00"]\n',
            ":4: event[0], hours: expected two times",
        ),
        ('[[event]]\nname = "x"\nfrom = 2026-01-01\nhours = ["24:00", "06:00"]\n', ":4: event[0], hours"),
        (
            '[[hijri_month]]\nmonth = "1446-09"\nstarts = 2025-03-05\n',
            ":3: hijri_month[0], starts: expected a day within",
        ),
        ('[[hijri_month]]\nmonth = "1446-09"\nstarts = 2025-03-03\n', "Idul Fitri of the package holidays"),
        (
            '[[hijri_month]]\nmonth = "1446-13"\nstarts = 2025-03-01\n',
            "hijri_month[0], month: expected a Hijri month YYYY-MM",
        ),
        (
            '[[hijri_month]]\nmonth = "1446-9"\nstarts = 2025-03-01\n',
            "hijri_month[0], month: expected a Hijri month YYYY-MM",
        ),
        (
            '[[hijri_month]]\nmonth = "1446-02"\nstarts = 2024-08-05\n[[hijri_month]]\nmonth = "1446-03"\n'
            "starts = 2024-09-05\n",
            ":6: hijri_month[1], starts: expected months of 29 or 30 days, came 2024-09-05 where 1446-02",
        ),
    ],
)
def test_a_mistake_names_its_line_and_what_to_do(tmp_path, text, told):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert told in str(caught.value)


def test_files_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(UsageError, match=r"absent\.toml:1: file: expected a readable file, came No such file"):
        calendar.load(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"# one\n# caf\xe9\n")
    with pytest.raises(UsageError, match=r"latin\.toml:2: file: expected UTF-8, came the byte 0xe9"):
        calendar.load(tmp_path / "latin.toml")


def test_dates_at_the_ends_of_time_are_taken(tmp_path):
    text = '[[event]]\nname = "x"\nfrom = {0}\nhours = ["20:00", "01:00"]\n[[weekly]]\nname = "y"\n'
    text += 'weekday = "sunday"\nsince = {0}\n[[school_holiday]]\nname = "z"\nfrom = {0}\nto = {0}\n'
    for day in ("0001-01-01", "9999-12-31"):
        row = one_day(read(tmp_path, text.format(day)), "2026-01-03")
        assert (row["day_type"], row["events"], row["school_holiday"]) == ("saturday", [], "")


def test_spans_are_runs_of_days_and_neighbours_stay_apart(tmp_path):
    table = '[[school_holiday]]\nname = "{}"\nfrom = 2026-{}\nto = 2026-{}\n'
    city = read(tmp_path, table.format("A", "01-01", "01-03") + table.format("B", "01-04", "01-04"))
    assert calendar.spans(calendar.build(city, 2026, 2026)) == [
        ("A", date(2026, 1, 1), date(2026, 1, 3)),
        ("B", date(2026, 1, 4), date(2026, 1, 4)),
        ("Ramadan", date(2026, 2, 19), date(2026, 3, 20)),
    ]


def test_local_years_turn_at_the_citys_midnight():
    assert calendar.local_year(us("2025-12-31T16:59:59Z")) == 2025
    assert calendar.local_year(us("2025-12-31T17:00:00Z")) == 2026
    assert datetime(2025, 12, 31, 17, tzinfo=UTC).astimezone().timestamp() * 1e6 == us("2026-01-01T00:00:00+07:00")
