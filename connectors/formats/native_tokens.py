"""Tokens of the native scanner: strings, numbers and times at a place in the bytes.

Every function returns the place behind its token, or -1 to give the line up. A
newline ends every buffer and is no part of any token, so nothing runs past it.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from numba import njit

from schemas import fnv
from schemas.fnv import fnv1a

ABSENT: Final = -(2**63)
QUOTE, BACKSLASH, COMMA, COLON, NEWLINE = 34, 92, 44, 58, 10
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, NULL = 123, 125, 91, 93, 110
FAIL, WHOLE, EXACT, ROUNDED = 0, 1, 2, 3
"""What a number turned out to be; the last two are fractions, of which `ROUNDED` may be off by an ulp."""
POWERS: Final = 10.0 ** np.arange(23)
"""Powers of ten that a double holds exactly."""


def code(name: str) -> np.uint64:
    """Return the code of a key."""
    return np.uint64(fnv1a(name.encode()))


START, PRIME = np.uint64(fnv.OFFSET), np.uint64(fnv.PRIME)
CLOCKS = tuple(code(name) for name in ("capture", "convert", "arrival", "pts"))
LARGEST_EXACT = 2**53
token = partial(njit, cache=True, _nrt=False)()
"""Compile without counting references: nothing here owns an array, and counting costs two thirds of the time."""
MOST_DIGITS = 18
DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@token
def space(d, p):  # type: ignore[no-untyped-def]
    """Return the place of the next byte that is no white space."""
    while d[p] == 32 or d[p] == 9 or d[p] == 13:
        p += 1
    return p


@token
def key_at(d, p):  # type: ignore[no-untyped-def]
    """Read a key and its colon; return the place of its value, and the key's code."""
    code = START
    if d[p] != QUOTE:
        return -1, code
    p += 1
    while d[p] != QUOTE:
        byte = d[p]
        if byte == BACKSLASH or byte < 32 or byte >= 128:
            return -1, code
        code = (code ^ np.uint64(byte)) * PRIME
        p += 1
    p = space(d, p + 1)
    if d[p] != COLON:
        return -1, code
    return space(d, p + 1), code


@token
def null(d, p):  # type: ignore[no-untyped-def]
    """Read the word null."""
    return p + 4 if d[p] == NULL and d[p + 1] == 117 and d[p + 2] == 108 and d[p + 3] == 108 else -1


@token
def _end(d, p):  # type: ignore[no-untyped-def]
    """Return the place of a plain string's closing quote."""
    if d[p] != QUOTE:
        return -1
    p += 1
    while d[p] != QUOTE:
        if d[p] == BACKSLASH or d[p] < 32 or d[p] >= 128:
            return -1
        p += 1
    return p


@token
def text(d, p, spans, row, column, optional):  # type: ignore[no-untyped-def]
    """Read a plain string into a span; only an optional one may be null or empty."""
    if optional and d[p] == NULL:
        return null(d, p)
    end = _end(d, p)
    if end < 0 or (end == p + 1 and not optional):
        return -1
    spans[row, column] = p + 1
    spans[row, column + 1] = end
    return end + 1


@token
def is_clock(d, start, end):  # type: ignore[no-untyped-def]
    """Tell whether a span names one of the clocks, or is absent."""
    code = START
    for i in range(start, end):
        code = (code ^ np.uint64(d[i])) * PRIME
    return start < 0 or code == CLOCKS[0] or code == CLOCKS[1] or code == CLOCKS[2] or code == CLOCKS[3]


@token
def number(d, p):  # type: ignore[no-untyped-def]
    """Read a number: the place behind it, what it is, its value and, when whole, its exact value."""
    negative = d[p] == 45
    if negative:
        p += 1
    first = p
    mantissa, digits, power = np.int64(0), np.int64(0), np.int64(0)
    while 48 <= d[p] <= 57 and digits <= MOST_DIGITS:
        mantissa = mantissa * 10 + (np.int64(d[p]) - 48)
        digits += mantissa != 0  # 19 digits may be beyond 63 bits: below 0, never 0
        p += 1
    if p == first or digits > MOST_DIGITS or (d[first] == 48 and p > first + 1):
        return -1, FAIL, 0.0, np.int64(0)
    sort = WHOLE
    if d[p] == 46:
        sort = EXACT
        p += 1
        point = p
        while 48 <= d[p] <= 57 and digits <= MOST_DIGITS:
            mantissa = mantissa * 10 + (np.int64(d[p]) - 48)
            digits += mantissa != 0
            p += 1
        power = np.int64(point - p)
        if p == point or digits > MOST_DIGITS:
            return -1, FAIL, 0.0, np.int64(0)
    if d[p] == 101 or d[p] == 69:
        sort = EXACT
        p, sign = p + 1, 1
        if d[p] == 45 or d[p] == 43:
            sign = -1 if d[p] == 45 else 1
            p += 1
        start, exponent = p, np.int64(0)
        while 48 <= d[p] <= 57 and p < start + 4:
            exponent = exponent * 10 + (np.int64(d[p]) - 48)
            p += 1
        if p == start or p == start + 4:
            return -1, FAIL, 0.0, np.int64(0)
        power += sign * exponent
    if power < -22 or power > 22:
        return -1, FAIL, 0.0, np.int64(0)
    if mantissa > LARGEST_EXACT and sort == EXACT:
        sort = ROUNDED
    value = float(mantissa) / POWERS[-power] if power < 0 else float(mantissa) * POWERS[power]
    return p, sort, -value if negative else value, -mantissa if negative else mantissa


@token
def fraction(d, p, out, row, column, ratio, optional):  # type: ignore[no-untyped-def]
    """Read a number into 32 bits; give up where 64 bits might round it to another one."""
    if optional and d[p] == NULL:
        return null(d, p)
    p, sort, value, _ = number(d, p)
    if sort == FAIL:
        return -1
    if ratio and not 0 <= value <= 1:
        return -1
    if sort != EXACT:
        spread = abs(value) * 1e-15
        if np.float32(value - spread) != np.float32(value + spread) or (ratio and sort == ROUNDED and value > 0.999):
            return -1
    out[row, column] = np.float32(value)
    return p


@token
def whole(d, p, out, row, column, low, high):  # type: ignore[no-untyped-def]
    """Read a whole number in low..high, or null."""
    if d[p] == NULL:
        return null(d, p)
    p, sort, _, value = number(d, p)
    if sort != WHOLE or not low <= value <= high:
        return -1
    out[row, column] = value
    return p


@token
def track(d, p, spans, row):  # type: ignore[no-untyped-def]
    """Read a track id: a string, a whole number as it is written, or null."""
    if d[p] == QUOTE or d[p] == NULL:
        return text(d, p, spans, row, 2, True)
    end, sort, _, value = number(d, p)
    if sort != WHOLE or (value == 0 and d[p] == 45):
        return -1
    spans[row, 2] = p
    spans[row, 3] = end
    return end


@token
def skip(d, p):  # type: ignore[no-untyped-def]
    """Read past an unknown plain value: a string, number or word."""
    if d[p] == QUOTE:
        return _end(d, p) + 1 if _end(d, p) >= 0 else -1
    if d[p] == NULL:
        return null(d, p)
    if d[p] == 116 and d[p + 1] == 114 and d[p + 2] == 117 and d[p + 3] == 101:
        return p + 4
    if d[p] == 102 and d[p + 1] == 97 and d[p + 2] == 108 and d[p + 3] == 115 and d[p + 4] == 101:
        return p + 5
    return number(d, p)[0]


@token
def _two(d, p):  # type: ignore[no-untyped-def]
    """Return two digits as a number, -100,000 when they are none."""
    tens, ones = np.int64(d[p]) - 48, np.int64(d[p + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -100_000


@token
def time(d, p):  # type: ignore[no-untyped-def]  # noqa: PLR0911  a place to give up at every part
    """Read microseconds, or YYYY-MM-DDTHH:MM:SS[.ffffff] with Z or an offset, as microseconds."""
    if d[p] != QUOTE:
        p, sort, _, value = number(d, p)
        return (p, value) if sort == WHOLE else (-1, ABSENT)
    end = _end(d, p)
    p += 1
    if end < p + 20 or d[p + 4] != 45 or d[p + 7] != 45 or d[p + 10] != 84 or d[p + 13] != COLON or d[p + 16] != COLON:
        return -1, ABSENT
    year, month, day = _two(d, p) * 100 + _two(d, p + 2), _two(d, p + 5), _two(d, p + 8)
    hour, minute, second = _two(d, p + 11), _two(d, p + 14), _two(d, p + 17)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= DAYS[month] + (month == 2 and leap):
        return -1, ABSENT
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return -1, ABSENT
    p, micro = p + 19, np.int64(0)
    if d[p] == 46:
        unit, start = 100_000, p + 1
        p = start
        while 48 <= d[p] <= 57:
            micro += (np.int64(d[p]) - 48) * unit
            unit //= 10
            p += 1
        if p == start or p > start + 6:
            return -1, ABSENT
    offset = np.int64(0)
    if d[p] == 90:
        p += 1
    elif (d[p] == 43 or d[p] == 45) and end == p + 6 and d[p + 3] == COLON:
        hours, minutes = _two(d, p + 1), _two(d, p + 4)
        if not (0 <= hours < 24 and 0 <= minutes < 60):
            return -1, ABSENT
        offset = (hours * 60 + minutes) * (1 if d[p] == 43 else -1)
        p += 6
    if p != end or not (d[p - 1] == 90 or (d[p - 3] == COLON and (d[p - 6] == 43 or d[p - 6] == 45))):
        return -1, ABSENT
    shifted = year - (month <= 2)  # days of the civil calendar, counted from March
    days = shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400
    days += (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1 - 719468
    seconds = days * 86400 + hour * 3600 + (minute - offset) * 60 + second
    return end + 1, seconds * 1_000_000 + micro
