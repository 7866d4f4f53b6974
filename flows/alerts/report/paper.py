"""A shift's report as a PDF: A4, numbered pages, tables that go on over them.

The same report gives the same bytes: nothing in them is of the clock or by chance. Names are text wherever they stand;
letters that the font lacks are written without their marks, else as a box.
"""

from __future__ import annotations

import io
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, KeepTogether, Paragraph, SimpleDocTemplate, Table, TableStyle

from flows.alerts.report import said
from flows.alerts.report.figures import Shift
from schemas.plain import words
from schemas.rules.entries import SEVERITY_LABELS

INK, SOFT, LINE, SHADE, WHITE = (HexColor(code) for code in ("#333333", "#6b6b6b", "#d0d0d0", "#f3f3f3", "#ffffff"))
SEVERE: Final = {code: HexColor(colour) for code, colour in (("critical", "#b2182b"), ("high", "#ef8a62"))}
"""Of what is to be seen first: the colours of the dashboards' worst levels."""
MARGIN: Final = 18 * mm
PADDING: Final = 6
"""What a frame of reportlab leaves free inside itself [pt]."""
WIDTH: Final = A4[0] - 2 * MARGIN
ROOM: Final = 30 * mm
"""What a section needs below it on a page to begin there: its head and some rows."""
PLAIN, BOLD = "Vera", "VeraBd"
CELL_LETTERS: Final = 600
"""Letters of a cell, at most: more fits no page where a column is narrow. Ours."""
BOX: Final = "\u25a1"


def pdf(shift: Shift) -> bytes:
    """Return the report, all of it; the same report gives the same bytes."""
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=_shown(said.title(shift)),
        author="Tilik",
        lang="id",
    )
    foot = _shown(f"Tilik · {shift.office or 'semua kantor'} · {said.period(shift)}")
    page.build(_story(shift), canvasmaker=lambda *given, **more: _Numbered(foot, *given, **{**more, "invariant": 1}))
    return out.getvalue()


class _Numbered(Canvas):
    """Writes below each page which of how many it is: that is known once all are laid out."""

    def __init__(self, foot: str, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.foot, self.pages = foot, list[dict[str, Any]]()

    def showPage(self) -> None:
        """Keep a page until all are known."""
        self.pages.append(dict(vars(self)))
        self._startPage()

    def save(self) -> None:
        """Write all pages."""
        for number, page in enumerate(self.pages, 1):
            self.__dict__.update(page)
            self.setFont(PLAIN, 7)
            self.setFillColor(SOFT)
            self.drawString(MARGIN, MARGIN, _fitting(self.foot, WIDTH - 30 * mm, 7))
            self.drawRightString(A4[0] - MARGIN, MARGIN, f"Halaman {number} dari {len(self.pages)}")
            super().showPage()
        super().save()


def _story(shift: Shift) -> list[Any]:
    """Return what stands on the pages, from the top."""
    parts: list[Any] = [_paragraph(said.title(shift), TITLE), _paragraph(said.period(shift), LEAD)]
    if shift.is_empty:
        parts.append(_paragraph(said.NOTHING if shift.ever else said.NEVER, TEXT))
    else:
        parts.append(_numbers(said.figures(shift)))
    parts += _section("Masih berlangsung", _going_on(shift), "Tidak ada.")
    if shift.by_office:
        parts += _section("Per kantor", _by_office(shift))
    if shift.notes:
        parts += _section("Catatan", _notes(shift))
    if shift.silences:
        parts += _section("Dibisukan melewati giliran ini", _silences(shift))
    watched = [_paragraph(sentence, TEXT) for sentence in said.watched(shift)]
    return [*parts, KeepTogether([_paragraph("Pengamatan", HEAD), *watched])]


def _numbers(figures: Sequence[said.Figure]) -> Table:
    """Return the shift's numbers side by side."""
    cells = [
        [
            _paragraph(each.label, COLUMN),
            _paragraph(said.number(each.many), NUMBER),
            _paragraph(each.unit, SMALL),
            _paragraph(each.more, SMALL),
        ]
        for each in figures
    ]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, -1), SHADE),
        ("LINEAFTER", (0, 0), (-2, -1), 3, WHITE),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
    ]
    return Table([cells], [WIDTH / len(cells)] * len(cells), style=TableStyle(style), hAlign="LEFT")


def _section(head: str, table: Table | None, nothing: str = "") -> list[Any]:
    return [CondPageBreak(ROOM), _paragraph(head, HEAD), table or _paragraph(nothing, TEXT)]


def _going_on(shift: Shift) -> Table | None:
    rows = [
        (
            SEVERITY_LABELS[each.severity].id if each.severity in SEVERITY_LABELS else each.severity,
            each.what,
            each.where + (f" ({said.number(each.cameras)} kamera)" if each.cameras > 1 else ""),
            said.clock(each.since_us, shift.until_us),
            said.minutes((shift.until_us - each.since_us) / 6e7),
            ", ".join(each.taken_by) or "belum ada",
        )
        for each in shift.going_on
    ]
    marks = [(number, SEVERE[each.severity]) for number, each in enumerate(shift.going_on) if each.severity in SEVERE]
    head = ("Kegawatan", "Kejadian", "Tempat", "Sejak", "Lama", "Ditangani")
    return _table(head, rows, (0.12, 0.2, 0.26, 0.12, 0.12, 0.18), marks) if rows else None


def _by_office(shift: Shift) -> Table:
    rows = [
        (
            name,
            *map(said.number, (of.messages, of.alerts, of.answered)),
            "-" if of.median_min is None else said.minutes(of.median_min),
            *map(said.number, (of.unanswered, of.dismissed)),
        )
        for name, of in shift.by_office
    ]
    head = ("Kantor", "Pesan", "Peringatan", "Ditanggapi", "Median tanggap", "Belum", "Bukan kejadian")
    return _table(head, rows, (0.3, 0.09, 0.13, 0.13, 0.13, 0.09, 0.13))


def _notes(shift: Shift) -> Table:
    rows = []
    for each in shift.notes:
        first, *more = textwrap.wrap(words(each.text), CELL_LETTERS) or [""]
        rows.append((said.clock(each.at_us, shift.until_us), each.officer, each.about, first))
        rows += [("", "", "", text) for text in more]  # a row is never higher than a page
    return _table(("Jam", "Oleh", "Tentang", "Catatan"), rows, (0.1, 0.16, 0.28, 0.46))


def _silences(shift: Shift) -> Table:
    rows = [
        (each.what, said.clock(each.until_us, shift.until_us), each.officer, each.reason) for each in shift.silences
    ]
    return _table(("Yang dibisukan", "Sampai", "Oleh", "Alasan"), rows, (0.36, 0.14, 0.16, 0.34))


def _table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    shares: Sequence[float],
    marks: Sequence[tuple[int, HexColor]] = (),
) -> Table:
    """Return a table whose head is on every page; `shares` of the width, `marks` of rows that are to be seen first."""
    cells = [[_paragraph(text, COLUMN) for text in head]]
    cells += [[_paragraph(_cut(text), CELL) for text in row] for row in rows]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        *(("LINEBEFORE", (0, row + 1), (0, row + 1), 3, colour) for row, colour in marks),
    ]
    return Table(
        cells,
        [WIDTH * share for share in shares],
        style=TableStyle(style),
        repeatRows=1,
        hAlign="LEFT",
    )


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Return a line of text: nothing in it is markup."""
    return Paragraph(escape(_shown(text)), style)


def _shown(text: str) -> str:
    """Return a text in letters that the font has."""
    has = pdfmetrics.getFont(PLAIN).face.charToGlyph
    return "".join(letter if ord(letter) in has else _plainer(letter, has) for letter in words(text))


def _plainer(letter: str, has: dict[int, int]) -> str:
    base = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return base if base and all(ord(part) in has for part in base) else "" if unicodedata.combining(letter) else BOX


def _cut(text: str) -> str:
    return text if len(text) <= CELL_LETTERS else f"{text[: CELL_LETTERS - 1]}…"


def _fitting(text: str, width: float, size: float) -> str:
    """Return a line that is not wider than that."""
    if pdfmetrics.stringWidth(text, PLAIN, size) <= width:
        return text
    few = text[: int(width / size * 4)]  # no letter is narrower than a quarter of its height
    while pdfmetrics.stringWidth(f"{few}…", PLAIN, size) > width:
        few = few[:-1]
    return f"{few}…"


def _style(name: str, size: float, font: str = PLAIN, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        textColor=more.pop("colour", INK),
        splitLongWords=1,
        **more,
    )


TITLE: Final = _style("title", 15, BOLD, spaceAfter=2)
LEAD: Final = _style("lead", 9, colour=SOFT, spaceAfter=8)
HEAD: Final = _style("head", 10.5, BOLD, spaceBefore=12, spaceAfter=4)
TEXT: Final = _style("text", 8.5, spaceAfter=3)
COLUMN: Final = _style("column", 7.5, BOLD)
CELL: Final = _style("cell", 8)
NUMBER: Final = _style("number", 18, BOLD)
SMALL: Final = _style("small", 7, colour=SOFT)
