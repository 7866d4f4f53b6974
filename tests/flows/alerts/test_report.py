"""The report of a shift: what it counts of what is stored, and that it fits a message and pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors import warehouse as warehouses
from flows.alerts import record, report
from flows.alerts.record import Row, Who
from flows.alerts.report.figures import Answers, Going, Lasting, Noted, Shift, Watched
from flows.alerts.report.text import MOST_UNITS, units
from flows.dashboards import checking, datasets, layout, pages
from schemas.rules import Match

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_767_571_200 * SECOND  # 2026-01-05T07:00 WIB
HOUR = 60
BUDI = Who("Budi", "dpu", "telegram")


def told(
    office: str, message: str, alert: str, rule: str, at: int, *, over: int | None = None, **more: Any
) -> list[Row]:
    """Return what an office is told of an alert at a minute of the shift, and when it is over."""
    kinds = {"genangan": ("flood", "high"), "parkir": ("parking", "low")}
    said = {
        **dict.fromkeys(("area", "owner", "category", "camera_id", "zone_id", "site", "incident_id"), ""),
        "office": office, "message": message, "alert": alert, "rule": rule, "value": None, "simulated": False,
        "kind": kinds[rule][0], "severity": kinds[rule][1], "since": START + (at - 2) * MINUTE, "matchers": "{}",
    } | more  # fmt: skip
    rows = [Row("alerts_log", said | {"at": START + at * MINUTE, "step": 0, "ended_at": None, "why": ""})]
    if over is not None:
        why, at_us = more.get("why", "cleared"), START + over * MINUTE
        rows.append(Row("alerts_log", said | {"at": at_us, "step": 1, "ended_at": at_us - MINUTE, "why": why}))
    return rows


@pytest.fixture
def url(tmp_path: Path, laid: Callable[[Path], str]) -> str:
    """Lay eight hours in which two cameras are registered, and one of them sees until four minutes before the end."""
    at_url, s = laid(tmp_path / "store"), START // SECOND
    with warehouses.connect(at_url) as store:
        store.command(
            "INSERT INTO cameras_log (camera_id, name, valid_from) VALUES"
            f" ('a', 'Kaligawe', {s - 86_400}), ('b', 'Simpang <b>Lima', {s - 86_400})"
        )
        store.command(
            "INSERT INTO health_minute_log (camera_id, ts, frames, observed_ms, expected_ms, rev)"
            f" SELECT 'a', {s} + 60 * number, 60, 60000, 60000, 1 FROM numbers(476)"
        )
        rows = [
            *told("dpu", "m0", "a0", "parkir", -60, place="b", camera_id="b"),  # goes on from the shift before
            *told("dpu", "m1", "a1", "genangan", 10, over=31, place="a", camera_id="a"),
            *told("dpu", "m2", "a2", "genangan", 400, place="a", camera_id="a"),
            *told("bpbd", "m2", "a2", "genangan", 415, place="a", camera_id="a"),  # escalated: the same message
            *told("dpu", "m3", "a3", "parkir", 20, over=25, place="a", why="dismissed"),
            *told("dpu", "m4", "a4", "parkir", 30, over=490, place="a"),  # ends behind the shift
            *told("dpu", "m5", "a5", "parkir", 481, place="a"),  # behind it
            *told("dpu", "m6", "a6", "genangan", -90, over=-30, place="a"),  # before it
            record.answer("m0", "accepted", BUDI, START - 50 * MINUTE, ["a0"]),
            record.answer("m1", "accepted", BUDI, START + 14 * MINUTE, ["a1"]),
            record.answer("m3", "dismissed", Who("Sari"), START + 22 * MINUTE, ["a3"]),
            record.answer("m2", "accepted", BUDI, START + 485 * MINUTE, ["a2"]),  # too late for this shift
            record.note("m6", "pompa 2\nmati", BUDI, START + 5 * MINUTE),
            record.note("m5", "nanti", BUDI, START + 482 * MINUTE),
            record.silence(Match(kind=("parking",), place=("b",)), "pasar", BUDI, START, START + 900 * MINUTE),
            record.silence(Match(rule=("genangan",)), "lewat", BUDI, START, START + 60 * MINUTE),
        ]
        record.store(store, rows)
    return at_url


ASKED = ("--from", "2026-01-05T07:00+07:00", "--to", "2026-01-05T15:00+07:00")


def test_a_shift_is_told_as_it_stood_when_it_ended(url: str, tilik: Any, tmp_path: Path) -> None:
    code, out, err = tilik("alerts", "report", "--office", "dpu", "--warehouse", url, "--pdf", "s.pdf", *ASKED)
    assert (code, out) == (0, """\
Laporan giliran · Dinas Pekerjaan Umum
Senin 5 Jan 2026, 07.00 - 15.00 WIB

Diberitahukan: 4 pesan baru, 4 peringatan
Ditanggapi: 2 pesan, median 3 mnt setelah dikirim
Belum ditanggapi: 2 pesan, 2 masih berlangsung
Bukan kejadian: 1 pesan
Selesai: 1 peringatan bersih, median 20 mnt setelah dikirim; 1 bukan kejadian

Masih berlangsung (3)
• TINGGI · Genangan di jalan · Kaligawe, sejak 13.38, 1 jam 22 mnt, belum ada yang menangani
• RENDAH · Diduga parkir liar · Simpang <b>Lima, sejak 05.58, 9 jam 2 mnt, ditangani Budi
• RENDAH · Diduga parkir liar · Kaligawe, sejak 07.28, 7 jam 32 mnt, belum ada yang menangani

Catatan (1)
• 07.05 Budi (Genangan di jalan · Kaligawe): pompa 2 mati

Dibisukan melewati giliran ini (1)
• Diduga parkir liar · Simpang <b>Lima, sampai 22.00, oleh Budi: pasar

Pengamatan
1 dari 2 kamera kota melihat, 49 % dari waktu giliran.
1 kamera tidak melihat apa pun: di sana belum diketahui, bukan nol.
Angka tidak lengkap: yang tidak teramati tidak termasuk.
"""), err  # fmt: skip
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF-")

    _, out, _ = tilik("alerts", "report", "--warehouse", url, *ASKED)
    assert "Diberitahukan: 4 pesan baru, 4 peringatan" in out, "who is told by escalation is told of the same"
    assert "• Badan Penanggulangan Bencana Daerah: 1 pesan, 0 ditanggapi, 1 belum" in out


def test_a_shift_without_messages_says_whether_anything_was_watched(url: str, tilik: Any) -> None:
    asked = ("alerts", "report", "--office", "dlh", "--warehouse", url)
    _, out, _ = tilik(*asked, *ASKED)
    assert "Belum pernah ada pesan peringatan yang tercatat" in out
    assert "1 dari 2 kamera kota melihat" in out
    _, out, _ = tilik("alerts", "report", "--office", "bpbd", "--warehouse", url)
    assert "Tidak ada yang baru diberitahukan" in out
    assert "keadaan kota selama giliran ini belum diketahui" in out
    code, _, err = tilik("alerts", "report", "--office", "dlhh", "--warehouse", url)
    assert (code, "did you mean dlh" in err) == (2, True)


def test_the_page_of_handling_counts_messages_as_the_report_does(url: str) -> None:
    (page,) = (page for page in pages.read() if page.slug == "penanganan")
    said = {}
    with warehouses.connect(url) as store:
        for cell in layout.cells(page):
            rows = store.query(checking.query(cell, datasets.read()[cell.dataset][1])).rows
            said[cell.id] = rows[0] if cell.kind == "card" else sorted(rows)
    assert said["belum"] == ("1 dari 3", "pesan yang berlangsung; tertua 0 menit")
    assert said["pesan"] == ("7", "7 peringatan kepada 2 kantor; 3 pesan belum ditanggapi")
    assert said["keliru"] == ("data tidak cukup", "1 dari 4 pesan yang ditanggapi"), "four are no share"
    assert said["per-kantor"] == [("BPBD", 1, 1, 0, 0), ("DPU", 7, 4, 3, 1)]
    assert [row[-1] for row in said["terbuka"]] == [0], "what is told later than the newest minute is not older than it"


def full(many: int, name: str) -> Shift:
    """Return a shift in which much happened, in places with such names."""
    return Shift(
        name, START, START + 480 * MINUTE, True, Answers(many, many, 0, None, many, many, 0),
        [(f"{name} {n}", Answers(1, 1, 1, 2.0, 0, 0, 0)) for n in range(many)],
        [Going("high" if n < many // 2 else "low", f"#{n}", name, START, 1, ()) for n in range(many)], 0, None, (),
        [Noted(START, name, name * 4, name) for _ in range(many)], [Lasting(name, START, name, name)] * many,
        Watched(2, 0, 1.0, START + 480 * MINUTE), True,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Kaligawe", "\U0001f30a" * 300, "a\n\x00b<i>&amp;"])
def test_any_shift_fits_a_message_the_worst_first_and_says_what_it_left_out(name: str) -> None:
    found = report.text(full(300, name))
    assert units(found) <= MOST_UNITS
    shown = [int(n) for n in re.findall(r"#(\d+)", found)]
    assert shown == list(range(len(shown)))
    assert f"Masih berlangsung (300)\n• TINGGI · #0 · {' '.join(name.split()).replace(chr(0), '')[:1]}" in found
    assert f"\ndan {300 - len(shown)} lainnya\n" in found


def test_pages_are_the_same_bytes_again_and_names_are_text() -> None:
    shift = full(12, "Jl. Émail ā <b>x</b> &lt; \U0001f30a " * 3)
    found = report.pdf(shift)
    assert found == report.pdf(shift)
    assert len(re.findall(rb"/Type /Page\b", found)) > 2
    assert report.pdf(full(11, "x")) != report.pdf(full(12, "x"))


def test_a_note_longer_than_a_page_goes_on_over_it() -> None:
    shift = full(1, "x")
    long = shift._replace(notes=[Noted(START, "Budi", "kata " * 2000, "x")])
    pages = [len(re.findall(rb"/Type /Page\b", report.pdf(of))) for of in (shift, long)]
    assert pages[0] == 1
    assert pages[1] > 2
