"""Who sees what: `access.toml` in the dashboards' folder, read at each `tilik dashboards up` and `warehouse people`.

```toml
[[person]]
login = "camat.selatan"
name = "Camat Semarang Selatan"
role = "kecamatan"        # perencana, analis: all of the city; opd: by owner; kecamatan, rt: by area
area = ["33.74.07"]
[[person]]
login = "dpu"
name = "Dinas Pekerjaan Umum"
role = "opd"
owner = ["dpu"]
```

Somebody who is no longer in it can no longer sign in, neither to the pages nor to the warehouse.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

import msgspec

from connectors.warehouse import account
from schemas.errors import UsageError
from schemas.limits import Limit
from schemas.plain import listed

FILE: Final = "access.toml"
Role = Literal["perencana", "analis", "opd", "kecamatan", "rt"]
LIMITED: Final[dict[Role, tuple[str, str]]] = {
    "opd": ("owner", 'owner = ["..."], whose cameras it is that the office sees'),
    "kecamatan": ("area", 'area = ["33.74.NN"]'),
    "rt": ("area", 'area = ["33.74.NN.NNNN.NNN.NNN"], its kelurahan, RW and RT'),
}
"""What a role must be kept to, and how that is written."""
PARTS: Final[dict[Role, tuple[int, ...]]] = {"kecamatan": (3,), "rt": (5, 6)}
"""Of how many parts the code of such an area is."""
_CODE: Final = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4}(\.\d{3}(\.\d{3})?)?)?)?)?")
_LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{1,62}")


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who may sign in, and what is kept from them."""

    login: str
    name: str
    role: Role
    area: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()

    @property
    def limit(self) -> Limit:
        """Return what this person is kept to."""
        return Limit(self.area, self.owner)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: tuple[Person, ...] = ()


def read(path: Path) -> tuple[Person, ...]:
    """Read who may sign in; nobody but the first login where there is no such file.

    Raises
    ------
    UsageError
        With every mistake, one a line.
    """
    if not path.exists():
        return ()
    try:
        people = msgspec.toml.decode(path.read_bytes(), type=_File).person
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{path}: {error}") from error
    mistakes = [f"{path}: {each.login}: {wrong}" for each in people for wrong in _mistakes(each)]
    seen = [each.login for each in people]
    mistakes += [f"{path}: {login}: expected once, came twice" for login in sorted(set(seen)) if seen.count(login) > 1]
    mistakes += [
        f"{path}: {' and '.join(some)}: expected logins that differ by more than dots" for some in _alike(seen)
    ]
    if mistakes:
        raise UsageError(listed(mistakes))
    return people


def _alike(logins: list[str]) -> list[list[str]]:
    """Return logins that would share an account of the warehouse."""
    by_account: dict[str, set[str]] = {}
    for login in logins:
        by_account.setdefault(account(login), set()).add(login)
    return [sorted(some) for some in by_account.values() if len(some) > 1]


def _mistakes(person: Person) -> list[str]:
    found = []
    if not _LOGIN.fullmatch(person.login) or person.login == "admin":
        found.append("login: expected small letters, digits, dots and dashes, not admin")
    if person.role in LIMITED:
        field, how = LIMITED[person.role]
        if not getattr(person, field):
            found.append(f"role {person.role}: expected {how}: without it all of the city would be seen")
    for code in person.area:
        if not _CODE.fullmatch(code):
            found.append(f"area {code!r}: expected a Kemendagri code such as 33.74.07")
        elif person.role in PARTS and code.count(".") + 1 not in PARTS[person.role]:
            found.append(f"area {code!r}: expected one of a {person.role}: {LIMITED[person.role][1]}")
    return found
