"""What a ClickHouse server is told of people: statements that it understands, in an order in which nobody sees more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.warehouse import Warehouse, admit, people
from schemas import limits
from schemas.errors import WarehouseError
from schemas.limits import Limit

LIMITS = {"pak.rt-2": Limit(areas=("33.74.07.1004.003.002",)), "dinas": Limit(owners=("dpu",)), "bappeda": Limit()}


class Server:
    """A server as far as people are concerned: what it has, and what it was told."""

    folder, where = None, "warehouse there"
    address = SimpleNamespace(database="tilik")

    def __init__(self, accounts: set[str], ours: set[str], limited: set[str]) -> None:
        self.told: list[str] = []
        self._has = {people.USERS: accounts, people.OURS: ours, people.LIMITS: limited}

    def query(self, sql: str, told: object) -> SimpleNamespace:
        return SimpleNamespace(rows=[(name,) for name in self._has[sql]])

    def command(self, sql: str) -> None:
        self.told.append(sql)


def told(server: Server, *logins: str) -> list[str]:
    given = [admit(login, "kata", LIMITS[login]) for login in logins]
    people.admit(cast("Warehouse", cast(Any, server)), given)
    return server.told


def test_a_server_is_told_what_it_understands_and_rights_before_people(warehouse: Warehouse) -> None:
    server = Server({"tilik_lama"}, {"tilik_lama"}, {"tilik_limit_0123456789ab"})
    sent = told(server, *LIMITS)
    for sql in sent:
        warehouse.query("SELECT formatQuery({q:String}) AS q", {"q": sql})
    for sql in (people.USERS, people.OURS, people.LIMITS):
        warehouse.query(sql, {"p": "tilik_", "r": "tilik_people"})
    assert sent[0] == "DROP USER IF EXISTS `tilik_lama`"
    assert sent[-1] == "DROP ROLE IF EXISTS tilik_limit_0123456789ab"
    first = next(at for at, sql in enumerate(sent) if sql.startswith("CREATE USER"))
    assert all("ROW POLICY" not in sql and "SELECT" not in sql for sql in sent[first:-2])
    assert not any("kata" in sql for sql in sent)


def test_who_is_kept_sees_nothing_on_a_server_where_no_limit_says_otherwise() -> None:
    sent = told(Server(set(), set(), set()), "dinas")
    nothing = next(sql for sql in sent if sql.startswith("CREATE ROW POLICY OR REPLACE tilik_nothing"))
    assert nothing.endswith("USING 0 AS PERMISSIVE TO tilik_kept")
    limited = limits.filters(LIMITS["dinas"], "tilik").keys()
    assert all(f"tilik.{name}" in nothing for name in limited)
    of_dinas = [sql for sql in sent if "tilik_limit_" in sql and sql.startswith("CREATE ROW POLICY")]
    assert {name for sql in of_dinas for name in sql.partition(" ON ")[2].partition(" FOR ")[0].split(", ")} == {
        f"tilik.{name}" for name in limited
    }
    (granted,) = [sql for sql in sent if sql.startswith("GRANT tilik_people")]
    assert granted.endswith("TO `tilik_dinas` WITH REPLACE OPTION")
    assert "tilik_kept" in granted


def test_an_account_of_somebody_elses_on_a_server_is_left_alone() -> None:
    server = Server({"tilik_dinas"}, set(), set())
    with pytest.raises(WarehouseError, match="accounts that Tilik did not make: tilik_dinas"):
        told(server, "dinas")
    assert server.told == []
