"""People let in to the warehouse: whose account is whose stands in one file, and a server that knows others is said."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.warehouse import Admitted, Warehouse
from flows.dashboards import access, admitting
from flows.dashboards.access import Person
from schemas.errors import UsageError, WarehouseError

RT = Person("pak.rt", "Ketua RT", "rt", area=("33.74.01.1013.003.002",))
OFFICE = Person("dpu", "Dinas", "opd", owner=("dpu",))


class Store:
    """A warehouse as far as people are concerned."""

    address = SimpleNamespace(database="kota")

    def __init__(self, unconfined: str = "", refuses: str = "") -> None:
        self.unconfined, self.refuses = unconfined, refuses
        self.people: list[Admitted] = []

    def admit(self, people: list[Admitted]) -> int:
        if self.refuses:
            raise WarehouseError(self.refuses)
        gone = {each.account for each in self.people} - {each.account for each in people}
        self.people = list(people)
        return len(gone)


def let_in(folder: Path, store: Store, *people: Person) -> int:
    return admitting.let_in(folder, cast("Warehouse", cast(Any, store)), people)


def test_a_password_is_made_once_and_goes_with_its_person(tmp_path: Path) -> None:
    store = Store()
    assert let_in(tmp_path, store, RT, OFFICE) == 0
    first = admitting.known(tmp_path)
    assert {login: each.name for login, each in first.items()} == {"pak.rt": "kota_pak_rt", "dpu": "kota_dpu"}
    assert (tmp_path / admitting.FILE).stat().st_mode & 0o077 == 0
    assert len({each.word for each in first.values()}) == 2
    assert let_in(tmp_path, store, RT) == 1
    assert admitting.known(tmp_path) == {"pak.rt": first["pak.rt"]}
    let_in(tmp_path, store, RT, OFFICE)
    assert admitting.known(tmp_path)["dpu"].word != first["dpu"].word


def test_a_server_is_asked_as_people_only_where_it_knows_them_as_they_are(tmp_path: Path) -> None:
    """Its address may be that of an account that lets nobody in."""
    assert admitting.demand(tmp_path, (), "there") == {}
    let_in(tmp_path, Store(), RT)
    assert admitting.demand(tmp_path, (RT,), "there") == admitting.known(tmp_path)
    moved = Person("pak.rt", "Ketua RT", "rt", area=("33.74.01.1013.003.001",))
    for people in ((), (RT, OFFICE), (moved,)):
        with pytest.raises(UsageError, match=re.escape(f"tilik warehouse people --state {tmp_path}")):
            admitting.demand(tmp_path, people, "there")
    with pytest.raises(WarehouseError, match="no right"):
        let_in(tmp_path, Store(refuses="no right"), moved)
    with pytest.raises(UsageError, match=access.FILE):
        admitting.demand(tmp_path, (moved,), "there")


def test_nobody_is_let_in_where_the_engine_is_not_confined(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"of each person is given to nobody .*no Landlock"):
        let_in(tmp_path, Store(unconfined="no Landlock"), RT)
    assert let_in(tmp_path, Store(unconfined="no Landlock")) == 0
