"""Who sees what: one file, refused with every mistake where somebody would see more than meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.dashboards import access
from schemas.errors import UsageError

RT = '[[person]]\nlogin = "pak.rt"\nname = "Ketua RT"\nrole = "rt"\n'


def read(folder: Path, text: str) -> tuple[access.Person, ...]:
    (folder / access.FILE).write_text(text)
    return access.read(folder / access.FILE)


def test_nobody_else_signs_in_where_there_is_no_file(tmp_path: Path) -> None:
    assert access.read(tmp_path / access.FILE) == ()


def test_what_is_kept_from_somebody_is_all_outside_the_area_and_of_other_owners(tmp_path: Path) -> None:
    (person,) = read(tmp_path, RT + 'area = ["33.74.07.1005.005.001", "33.74.07.1005.005.002"]\nowner = ["rt"]')
    assert person.limit.clause == (
        "(area = '33.74.07.1005.005.001' OR startsWith(area, '33.74.07.1005.005.001.')"
        " OR area = '33.74.07.1005.005.002' OR startsWith(area, '33.74.07.1005.005.002.')) AND owner IN ('rt')"
    )


def test_an_owner_is_a_text_and_never_sql(tmp_path: Path) -> None:
    (person,) = read(tmp_path, '[[person]]\nlogin = "opd"\nname = "O"\nrole = "opd"\nowner = ["x\') OR (\'1\' = \'1"]')
    assert person.limit.clause == "owner IN ('x'') OR (''1'' = ''1')"


def test_who_plans_for_the_city_sees_all_of_it(tmp_path: Path) -> None:
    (person,) = read(tmp_path, '[[person]]\nlogin = "bappeda"\nname = "Bappeda"\nrole = "perencana"')
    assert person.limit.clause == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (RT, "pak.rt: role rt: expected area"),
        (RT + 'area = ["33.74.07"]', "area '33.74.07': expected one of a rt"),
        (RT + 'area = ["33.74%"]', "expected a Kemendagri code such as 33.74.07"),
        (RT.replace("rt", "opd", 2) + 'area = ["33.74.07"]', "role opd: expected owner"),
        (RT.replace("pak.rt", "admin") + 'area = ["33.74.07.1005.005.001"]', "admin: login: expected small letters"),
        (2 * (RT + 'area = ["33.74.07.1005.005.001"]\n'), "pak.rt: expected once, came twice"),
        (
            "".join(RT.replace("pak.rt", login) + 'area = ["33.74.07.1005.005.001"]\n' for login in ("a.b_c", "a_b.c")),
            "a.b_c and a_b.c: expected logins that differ by more than dots",
        ),
        (RT.replace('"rt"', '"raja"'), "Invalid enum value 'raja'"),
        (RT + 'password = "x"', "unknown field `password`"),
        ("person = 3", "Expected `array`"),
        ("[[", "access.toml: "),
    ],
)
def test_a_mistake_is_refused_by_name(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        read(tmp_path, text)
