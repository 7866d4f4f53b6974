"""Which hours are alike: the same local hour of days of one kind, with the same of the calendar in it."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.local_time import OFFSET_US

HOUR_US: Final = 3_600_000_000
WEEK: Final = {5: "saturday", 6: "sunday"}


def alike(hours: pl.Series, calendar: pl.DataFrame) -> pl.DataFrame:
    """Return what hours are like.

    Parameters
    ----------
    hours
        Hours since 1970 UTC.
    calendar
        Columns of `schemas.calendar.DAYS`; days that it lacks follow from the week.

    Returns
    -------
    ``day`` (number of the local day), ``like`` (equal for hours that are alike), ``is_special`` (an event of the city
    lies in the hour, or schools or the month of fasting make the day another than the week says).
    """
    local = pl.DataFrame({"hour": hours + OFFSET_US // HOUR_US}).with_columns(
        day=pl.col("hour") // 24, of_day=pl.col("hour") % 24
    )
    days = calendar.select(
        day=pl.col("date").cast(pl.Date).to_physical().cast(pl.Int64),
        kind=pl.col("day_type").cast(pl.String),
        season=pl.col("school_holiday").cast(pl.String) + pl.col("is_ramadan").cast(pl.Int8).cast(pl.String),
    )
    joined = local.join(days, on="day", how="left").join(_events(calendar), on=["day", "of_day"], how="left")
    weekday = (pl.col("day") + 3) % 7  # 1 January 1970 was a Thursday
    kind = pl.col("kind").fill_null(weekday.replace_strict(WEEK, default="weekday", return_dtype=pl.String))
    events, season = pl.col("event").fill_null(""), pl.col("season").fill_null("0")
    words = pl.concat_str(kind, season, events, pl.col("of_day").cast(pl.String), separator="\n")
    return joined.select(
        "day",
        like=words.rank("dense").cast(pl.Int64),
        is_special=(events != "") | (season != "0") | ~kind.is_in(["weekday", "saturday", "sunday"]),
    )


def _events(calendar: pl.DataFrame) -> pl.DataFrame:
    """Return the names of the city's events by local day and hour."""
    each = (
        calendar.select(day=pl.col("date").cast(pl.Date).to_physical().cast(pl.Int64), events="events")
        .explode("events")
        .drop_nulls("events")
        .unnest("events")
    )
    first, last = pl.col("from_minute").cast(pl.Int64) // 60, (pl.col("to_minute").cast(pl.Int64) - 1) // 60
    return (
        each.with_columns(of_day=pl.int_ranges(first, last + 1))
        .explode("of_day")
        .group_by("day", "of_day")
        .agg(event=pl.col("name").unique().sort().str.join(", "))
    )
