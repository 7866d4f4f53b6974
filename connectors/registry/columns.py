"""What the columns of a camera list mean, and how their cells are read.

Headers are compared without case, spaces, accents and signs, in Indonesian and
English. Cells are read as offices write them: decimal commas, degrees with
minutes, `LS` and `BT`, a dash for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from connectors.registry.lists import POINT
from schemas.errors import UsageError
from schemas.plain import words
from schemas.registry import CATEGORIES
from schemas.registry.mistakes import did_you_mean, expected

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "id": (
        *("id", "cameraid", "idkamera", "idcctv", "kodekamera", "kodecctv", "cameracode", "kode", "code"),
        *("cctvid", "nomorkamera", "nokamera"),
    ),
    "name": (
        *("nama", "name", "namakamera", "cameraname", "namacctv", "cctvname", "namatitik", "namalokasi"),
        *("locationname", "lokasi", "location", "titik", "judul", "title", "label", "cameralabel"),
    ),
    "latitude": (*("lat", "latitude", "lintang", "garislintang", "gpslatitude", "koordinaty", "ycoord", "ypos", "y"),),
    "longitude": (
        *("lon", "lng", "long", "longitude", "bujur", "garisbujur", "gpslongitude", "koordinatx", "xcoord", "xpos"),
        "x",
    ),
    "position": (
        *("koordinat", "titikkoordinat", "koordinatlokasi", "coordinate", "coordinates", "latlon", "latlng", "latlong"),
        *("posisi", "position", "gps", "coords", "coord", "koordinatgps", "geolocation", "geom", "point", "lokasigps"),
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
HOLDERS: Final = ("properties", "attributes", "fields", "data", "camera", "kamera", "cctv", "geometry", "item")
"""Objects around the values of a camera that say nothing themselves."""
PLACES: Final = ("latitude", "longitude", "position", "area", "kelurahan", "kecamatan")
"""Fields that are found at the end of a path too: an `owner.id` is no camera's id, a `location.lat` its latitude."""

_NUMBER = r"[-+\u2212]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?"
_MINUTE, _SECOND = r"['\u2019\u2032]", r"(?:[\"\u201d\u2033]|''|\u2019\u2019)"
_DEGREES = re.compile(
    rf"(?P<deg>{_NUMBER})\s*(?:[°º]\s*(?:(?P<min>\d+(?:[.,]\d+)?)\s*{_MINUTE}\s*"
    rf"(?:(?P<sec>\d+(?:[.,]\d+)?)\s*{_SECOND}\s*)?)?)?(?P<side>LS|LU|BT|BB|[NSEW])?",
    re.IGNORECASE,
)
_NEGATIVE = ("LS", "S", "BB", "W")
"""Lintang selatan, south; bujur barat, west."""


_POINT = re.compile(
    rf"POINT(?: Z)?\s*\(\s*({_NUMBER})\s+({_NUMBER})|\"Point\".*?\[\s*({_NUMBER})\s*,\s*({_NUMBER})", re.IGNORECASE
)


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


def meaning(headers: list[str], columns: Mapping[str, str], positions: Collection[str] = ()) -> Meaning:
    """Find the column of each field.

    Parameters
    ----------
    headers
        The list's columns; nested ones by their path, with dots.
    columns
        Field to header, where somebody said it.
    positions
        Headers whose cells are all positions: they are no names, whatever they are called.
    """
    given = {field: header for field, header in columns.items() if header in headers}
    taken = {*given.values(), *(header for header in headers if header in columns.values())}
    found: dict[str, list[str]] = {}
    for header in headers:
        field = "position" if header in positions else _field(header)
        if field is not None and field not in columns and header not in taken:
            found.setdefault(field, []).append(header)
    remarks = []
    for field, names in found.items():
        names.sort(key=lambda name, field=field: _rank(name, field))  # type: ignore[misc]
        given[field] = names[0]
        if len(names) > 1:
            remarks.append(f"{field} is read from column {names[0]}, not from {', '.join(names[1:])}")
    own = dict(zip(("latitude", "longitude"), POINT, strict=True))
    given |= {field: header for field, header in own.items() if header in headers}
    return Meaning(given, remarks)


def _field(header: str) -> str | None:
    """Return the field that a header means; a nested one by its path, by its end if that is a place, or its holder."""
    parts = [part for part in header.split(".") if folded(part) not in HOLDERS] or [header]
    whole = _FIELD_OF.get(folded("".join(parts)))
    if whole is not None or len(parts) == 1:
        return whole
    last = _FIELD_OF.get(folded(parts[-1]))
    if last in PLACES:
        return last
    holder = _FIELD_OF.get(folded(parts[-2]))
    return holder if last == "name" and holder in ("owner", "category", "site") else None


def _rank(header: str, field: str) -> tuple[int, int]:
    """Order the headers of a field: plain ones first, each by how likely its name is."""
    names = COLUMNS[field]
    end = folded(header.rpartition(".")[2])
    return header.count("."), names.index(end) if end in names else len(names)


def cell(values: Mapping[str, str], header: str | None) -> str:
    """Return a cell's text, '' where the list says nothing."""
    text = words(values.get(header, "")) if header is not None else ""
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
    """Read latitude and longitude out of one cell.

    ``-6.99, 110.42``, ``-6,99; 110,42``, ``(-6.99 110.42)``, and the well-known text
    ``POINT (110.42 -6.99)`` and GeoJSON, which have the longitude first.
    """
    if (point := _POINT.search(text)) is not None:
        both = _both([point[1] or point[3], point[2] or point[4]])
        return None if both is None else (both[1], both[0])
    bare = text.strip().strip("()[]")
    for separator in (";", ", ", "/", "|"):
        if bare.count(separator) == 1:
            return _both(bare.split(separator))
    parts = [part for part in bare.split(",") if part.strip()]
    if len(parts) == 4 and "." not in bare:
        return _both([",".join(parts[:2]), ",".join(parts[2:])])
    return _both(parts) if len(parts) == 2 and ("." in bare or " " not in bare) else _both(bare.split())


def is_position(text: str) -> bool:
    """Whether a cell is a position on Earth written out to three decimals or more, and so neither a name nor an id."""
    if len(re.findall(r"\d[.,]\d{3,}|[°º]", text)) < 2 or (found := pair(text)) is None:
        return False
    return all(abs(one) <= 180 for one in found) and min(map(abs, found)) <= 90


def positions(headers: Iterable[str], rows: Iterable[Mapping[str, str]]) -> set[str]:
    """Return the headers whose cells, where there are any, are all positions."""
    texts: dict[str, list[str]] = {header: [] for header in headers}
    for values in rows:
        for header, column in texts.items():
            if text := cell(values, header):
                column.append(text)
    return {header for header, column in texts.items() if column and all(map(is_position, column))}


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
