"""What the columns of a camera list mean, and how their cells are read.

Headers are compared without case, spaces, accents and signs, in Indonesian and
English. Cells are read as offices write them: decimal commas, degrees with
minutes, `LS` and `BT`, a dash for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from connectors.registry.lists import POINT
from schemas.errors import UsageError
from schemas.registry import CATEGORIES
from schemas.registry.mistakes import did_you_mean, expected

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "id": (
        *("id", "cameraid", "idkamera", "idcctv", "kodekamera", "kodecctv", "cameracode", "kode", "code"),
        *("cctvid", "nomorkamera", "nokamera"),
    ),
    "name": (
        *("nama", "name", "namakamera", "cameraname", "namacctv", "cctvname", "namatitik", "namalokasi"),
        *("locationname", "lokasi", "location", "titik", "judul", "title", "label"),
    ),
    "latitude": ("lat", "latitude", "lintang", "garislintang", "gpslatitude", "koordinaty", "ycoord", "y"),
    "longitude": (
        *("lon", "lng", "long", "longitude", "bujur", "garisbujur", "gpslongitude", "koordinatx", "xcoord", "x"),
    ),
    "position": (
        *("koordinat", "titikkoordinat", "koordinatlokasi", "coordinate", "coordinates", "latlon", "latlng", "latlong"),
        *("posisi", "position", "gps"),
    ),
    "area": ("area", "kodewilayah", "kodekelurahan", "kodekemendagri", "areacode", "kodearea"),
    "kelurahan": ("kelurahan", "namakelurahan", "kelurahandesa", "desakelurahan", "desa", "kel", "village"),
    "kecamatan": ("kecamatan", "namakecamatan", "kec", "district", "subdistrict"),
    "owner": ("instansi", "owner", "pemilik", "pengelola", "cameraowner", "dinas", "opd", "agency"),
    "category": ("kategori", "category", "kategorikamera"),
    "site": ("site", "situs", "nvr", "dvr", "namanvr", "nvrid", "idnvr"),
    "fps": ("fps", "framerate", "framespersecond"),
    "size": ("resolusi", "resolution", "size", "ukuran"),
    "optics": ("optics", "optik"),
}
"""Names of a column for each field, the likeliest first; ours, from lists of Indonesian cities and GIS exports."""
NOTHING: Final = ("", "-", "--", "n/a", "#n/a", "na", "null", "none", "nan", "tidak ada", "kosong")
"""How a list says that it does not know."""
IGNORED: Final = "-"

_NUMBER = r"[-+\u2212]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?"
_MINUTE, _SECOND = r"['\u2019\u2032]", r"(?:[\"\u201d\u2033]|''|\u2019\u2019)"
_DEGREES = re.compile(
    rf"(?P<deg>{_NUMBER})\s*(?:[°º]\s*(?:(?P<min>\d+(?:[.,]\d+)?)\s*{_MINUTE}\s*"
    rf"(?:(?P<sec>\d+(?:[.,]\d+)?)\s*{_SECOND}\s*)?)?)?(?P<side>LS|LU|BT|BB|[NSEW])?",
    re.IGNORECASE,
)
_NEGATIVE = ("LS", "S", "BB", "W")
"""Lintang selatan, south; bujur barat, west."""


class Meaning(NamedTuple):
    """Which header holds each field of one list, and headers that were passed over."""

    header: dict[str, str]
    remarks: list[str]


def folded(text: str) -> str:
    """Return a text's plain letters and digits in lower case: how headers and area names are compared."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


_FIELD_OF: Final = {name: field for field, names in COLUMNS.items() for name in names}


def columns_option(text: str | None) -> dict[str, str]:
    """Read ``field=header,...``; a header of ``-`` leaves the field unread.

    Raises
    ------
    UsageError
        A pair that is none, or a field that cameras do not have.
    """
    given: dict[str, str] = {}
    for item in (text or "").split(","):
        if not item.strip():
            continue
        field, sign, header = (part.strip() for part in item.partition("="))
        if not (field and sign and header):
            raise UsageError(f"--columns: {expected('pairs such as name=Titik', repr(item), 'write field=header')}")
        if field not in COLUMNS:
            todo = did_you_mean(field, COLUMNS, "known are " + ", ".join(COLUMNS))
            raise UsageError(f"--columns: {expected('a field of a camera', field, todo)}")
        given[field] = header
    return given


def known(cells: Iterable[str], columns: Mapping[str, str]) -> int:
    """Return how many fields a row of cells names."""
    return len(meaning(list(cells), columns).header)


def meaning(headers: list[str], columns: Mapping[str, str]) -> Meaning:
    """Find the column of each field: what `columns` says, else the likeliest known name."""
    given = {field: header for field, header in columns.items() if header in headers}
    taken = {*given.values(), *(header for header in headers if header in columns.values())}
    found: dict[str, list[str]] = {}
    for header in headers:
        field = _FIELD_OF.get(folded(header))
        if field is not None and field not in columns and header not in taken:
            found.setdefault(field, []).append(header)
    remarks = []
    for field, names in found.items():
        names.sort(key=lambda name, field=field: COLUMNS[field].index(folded(name)))  # type: ignore[misc]
        given[field] = names[0]
        if len(names) > 1:
            remarks.append(f"{field} is read from column {names[0]}, not from {', '.join(names[1:])}")
    own = dict(zip(("latitude", "longitude"), POINT, strict=True))
    given |= {field: header for field, header in own.items() if header in headers}
    return Meaning(given, remarks)


def cell(values: Mapping[str, str], header: str | None) -> str:
    """Return a cell's text, '' where the list says nothing."""
    text = " ".join(values.get(header, "").split()) if header is not None else ""
    return "" if text.lower() in NOTHING else text


def number(text: str) -> float | None:
    """Read a number with a decimal point or comma."""
    found = re.fullmatch(_NUMBER, text.strip())
    return float(found[0].replace(",", ".").replace("\u2212", "-")) if found else None


def degrees(text: str) -> float | None:
    """Read degrees: ``-6,99``, ``6.99 LS``, ``6°59'24"S``; None where they are none."""
    found = _DEGREES.fullmatch(text.strip())
    if found is None:
        return None
    whole, minutes, seconds = (number(found[part] or "0") or 0.0 for part in ("deg", "min", "sec"))
    if minutes >= 60 or seconds >= 60:
        return None
    value = abs(whole) + minutes / 60 + seconds / 3600
    negative = found["deg"].startswith(("-", "\u2212")) or (found["side"] or "").upper() in _NEGATIVE
    return -value if negative else value


def pair(text: str) -> tuple[float, float] | None:
    """Read two degrees out of one cell: ``-6.99, 110.42``, ``-6,99; 110,42``, ``-6.99 110.42``."""
    bare = text.strip().strip("()[]")
    for separator in (";", ", ", "/", "|"):
        if bare.count(separator) == 1:
            return _both(bare.split(separator))
    parts = [part for part in bare.split(",") if part.strip()]
    if len(parts) == 4 and "." not in bare:
        return _both([",".join(parts[:2]), ",".join(parts[2:])])
    return _both(parts) if len(parts) == 2 and ("." in bare or " " not in bare) else _both(bare.split())


def _both(parts: list[str]) -> tuple[float, float] | None:
    read = [degrees(part) for part in parts]
    return (read[0], read[1]) if len(read) == 2 and None not in read else None  # type: ignore[return-value]


def category(text: str) -> str:
    """Return the registry's word for a category, or the text as it is."""
    words = {folded(word): word for word in CATEGORIES} | {"rtrw": "rt", "pasartradisional": "pasar"}
    return words.get(folded(text), text)


def optics(text: str) -> str:
    """Return ``ptz``, ``fisheye`` or ``fixed`` as a type or name says it; '' where it says none."""
    if re.search(r"\bptz\b|speed ?dome", text, re.IGNORECASE):
        return "ptz"
    if re.search(r"\b(?:360|180)\b|fish ?eye", text, re.IGNORECASE):
        return "fisheye"
    return "fixed" if re.search(r"\b(?:fixed|bullet|dome|tetap)\b", text, re.IGNORECASE) else ""


def size(text: str) -> tuple[int, int] | None:
    """Read ``1920x1080``, ``1920 x 1080`` or ``1080p``; None where it is none."""
    found = re.fullmatch(r"(\d{2,5})\s*[xX\u00d7*]\s*(\d{2,5})", text)
    if found:
        return int(found[1]), int(found[2])
    lines = re.fullmatch(r"(480|720|1080|1440|2160)\s*[pP]", text)
    return (round(int(lines[1]) * 16 / 9 / 2) * 2, int(lines[1])) if lines else None
