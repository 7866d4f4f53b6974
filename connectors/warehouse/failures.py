"""What ClickHouse's errors mean, and which of them pass by themselves."""

from __future__ import annotations

import re

from clickhouse_connect.driver.exceptions import Error as DriverError
from urllib3.exceptions import HTTPError

from schemas.errors import WarehouseAway, WarehouseError

ADVICE = {
    60: "the table does not exist: run `tilik warehouse migrate`, or look at `SHOW TABLES`",
    81: "the database does not exist: run `tilik warehouse migrate`",
    164: "the user may only read: use one that may write",
    192: "the user is unknown: check the URL",
    193: "the password is wrong: set TILIK_WAREHOUSE_PASSWORD",
    194: "a password is needed: set TILIK_WAREHOUSE_PASSWORD",
    241: "the query needs more memory than the server may use: ask for less at once",
    242: "the table is read-only",
    243: "the disk is full: free some space, then run the command again",
    497: "the user lacks the right to do this",
    516: "user or password is wrong: set TILIK_WAREHOUSE_PASSWORD",
}
"""ClickHouse error code -> what to do."""

FORBIDDEN = 497
"""The account lacks a grant."""
RECORDS = "dead_letters_raw"
OF_RECORDS = (
    "refused records are read by an account of their own: `letters` of an embedded warehouse (its password: "
    "`tilik warehouse password --letters`), one with SELECT on dead_letters_raw of a server; what was wrong with them "
    "is open to all readers: `tilik dead-letters list`"
)

PASSING = {159, 202, 209, 210, 236, 242, 252, 319, 425, 999}
"""Codes that a retry may cure: timeouts, too many queries or parts, network, keeper."""

FULL = {243}
"""Codes that pass once somebody has made room."""

_CAUSE = re.compile(r"""Caused by \w+\(["'](?:[\w.]+\(.*?\): )?(.*?)["']\)""", re.DOTALL)
"""What a client that tried several times says of why, behind the address that is named already."""

_CODE = re.compile(r"[Cc]ode: (\d+)[.,]|error code (\d+)")


def code(error: BaseException) -> int | None:
    """Return ClickHouse's error code, None when the server did not answer."""
    found = _CODE.search(str(error))
    return int(found[1] or found[2]) if found else None


def passes(error: BaseException) -> bool:
    """Say whether the same call may succeed a little later."""
    number = code(error)
    return unreachable(error) if number is None else number in PASSING


def unreachable(error: BaseException) -> bool:
    """Say whether the server was not there at all."""
    return code(error) is None and isinstance(error, DriverError | HTTPError | OSError)


def explain(error: BaseException, where: str, doing: str) -> WarehouseError:
    """Return the error people read: what was tried, where, what came, what to do."""
    number = code(error)
    if number is None:
        return WarehouseAway(f"{where} does not answer while {doing}: {_first_line(error)}")
    kind = WarehouseAway if number in PASSING or number in FULL else WarehouseError
    advice = ADVICE.get(number)
    if number == FORBIDDEN and RECORDS in str(error):
        advice = OF_RECORDS
    if "No space left" in str(error):
        advice = ADVICE[243]
    if "getcwd" in str(error):
        return WarehouseError(
            f"{where}: {doing} failed: no query reads files of the machine (a function "
            "file(), a table that is not of tilik): correct the name, or give the files to `tilik replay`"
        )
    said = _first_line(error)
    return kind(f"{where}: {doing} failed: {said}" + (f": {advice}" if advice else ""))


def _first_line(error: BaseException) -> str:
    text = re.sub(r"^.*?server response: ", "", str(error).strip(), flags=re.DOTALL)
    caused = _CAUSE.search(text)
    text = caused[1] if caused else text
    text = re.sub(r"\s*\(for url [^)]*\)", "", text)
    text = re.sub(r"\s*\(version [^)]*\)+", "", text)
    return " ".join(text.split())[:900]
