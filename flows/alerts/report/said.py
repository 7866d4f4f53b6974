"""The sentences of a shift's report, in Indonesian: one for the text and for the page."""

from __future__ import annotations

from typing import Final, NamedTuple

from flows.alerts.report.figures import Shift
from flows.alerts.wording import WHY
from schemas.local_time import OFFSET_US, at_time, day_of
from schemas.rules.durations import said as lasted

DAYS: Final = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
NOTHING: Final = "Tidak ada yang baru diberitahukan dalam giliran ini."
NEVER: Final = "Belum pernah ada pesan peringatan yang tercatat: apakah `tilik alerts run` berjalan?"
_STALE_US: Final = 15 * 60_000_000
"""What is this much older than the end of a shift lacks more than frames that are on their way: frames may be ten
minutes late."""


class Figure(NamedTuple):
    """One of a shift's numbers: what it is called, how many, of what, and what else is to be known of it."""

    label: str
    many: int
    unit: str
    more: str


def title(shift: Shift) -> str:
    """Return whose report it is."""
    simulated = "[SIMULASI] " if shift.simulated else ""
    return f"{simulated}Laporan giliran · {shift.office or 'semua kantor'}"


def period(shift: Shift) -> str:
    """Return from when until when, local: the second day where it is another."""
    since, until = _day(shift.since_us), _day(shift.until_us)
    end = clock(shift.until_us) if since == until else f"{until}, {clock(shift.until_us)}"
    return f"{since}, {clock(shift.since_us)} - {end} WIB"


def clock(t_us: int, beside_us: int | None = None) -> str:
    """Return a local time; with its day where that is another than that of a time beside it."""
    hour = f"{at_time(t_us + OFFSET_US):%H.%M}"
    return hour if beside_us is None or day_of(t_us) == day_of(beside_us) else f"{_date(t_us)} {hour}"


def number(count: int) -> str:
    """Return how people write it: ``13.412``."""
    return f"{count:,}".replace(",", ".")


def minutes(length_min: float) -> str:
    """Return a duration, to the minute where it is one."""
    return lasted(60 * (round(length_min) if length_min >= 1 else length_min))


def figures(shift: Shift) -> list[Figure]:
    """Return how messages were answered, and what was cleared and how fast."""
    of = shift.answers
    others = [f"{number(count)} {WHY.get(why, why) or 'tidak lagi dikirim'}" for why, count in shift.ended_otherwise]
    return [
        Figure("Diberitahukan", of.messages, "pesan baru", f"{number(of.alerts)} peringatan"),
        Figure("Ditanggapi", of.answered, "pesan", _median(of.median_min)),
        Figure(
            "Belum ditanggapi",
            of.unanswered,
            "pesan",
            f"{number(of.unanswered_open)} masih berlangsung" if of.unanswered_open else "",
        ),
        Figure("Bukan kejadian", of.dismissed, "pesan", ""),
        Figure(
            "Selesai",
            shift.cleared,
            "peringatan bersih",
            "; ".join(filter(None, [_median(shift.cleared_min), *others])),
        ),
    ]


def _median(length_min: float | None) -> str:
    return "" if length_min is None else f"median {minutes(length_min)} setelah dikirim"


def watched(shift: Shift) -> list[str]:
    """Return how well the city was watched, and what that means for all that is said above."""
    of, sentences = shift.watched, list[str]()
    if not of.cameras:
        return ["Tidak ada kamera yang terdaftar: tidak ada yang diamati."]
    if of.blind == of.cameras:
        sentences.append(
            f"Tidak satu pun dari {number(of.cameras)} kamera kota melihat sesuatu:"
            " keadaan kota selama giliran ini belum diketahui."
        )
    else:
        sentences.append(
            f"{number(of.cameras - of.blind)} dari {number(of.cameras)} kamera kota melihat,"
            f" {int(100 * of.coverage)} % dari waktu giliran."
        )
        if of.blind:
            sentences.append(f"{number(of.blind)} kamera tidak melihat apa pun: di sana belum diketahui, bukan nol.")
    if of.until_us < shift.until_us - _STALE_US:
        newest = f"baru sampai {clock(of.until_us, shift.until_us)} WIB" if of.until_us else "belum ada"
        sentences.append(f"Data tersimpan {newest}.")
    if of.is_little:
        sentences.append("Angka tidak lengkap: yang tidak teramati tidak termasuk.")
    return sentences


def _day(t_us: int) -> str:
    day = at_time(t_us + OFFSET_US)
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _date(t_us: int) -> str:
    day = at_time(t_us + OFFSET_US)
    return f"{day.day} {MONTHS[day.month - 1]}"
