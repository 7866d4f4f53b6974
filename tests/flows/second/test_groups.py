"""Who is looked at together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.second.groups import around, batches
from schemas.registry import Camera

LATER = datetime(2026, 1, 5, tzinfo=UTC)


def camera(name: str, site: str = "", area: str = "33.74.07.1005", since: datetime | None = None) -> Camera:
    return Camera(id=name, area=area, fps=1.0, site=site, valid_from=since)


TOWN = [
    camera("a", "nvr-1"), camera("b", "nvr-1"), camera("b", "nvr-2", since=LATER), camera("c", "nvr-2"),
    camera("d", "nvr-3"), camera("e"), camera("f"), camera("g", area="33.74.07.1005.002.003"),
    camera("h", area="33.74.07.1005.002.003"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("a", ["abbc"], id="who shares a site, also by a version that came later"),
        pytest.param("d", ["d"], id="another recorder is another group"),
        pytest.param("ef", ["e", "f"], id="cameras without a site are alone"),
        pytest.param("g", ["gh"], id="an RT is a site"),
        pytest.param("acd", ["abbc", "d"], id="a group is found once"),
        pytest.param("x", [], id="who is not registered has none"),
    ],
)
def test_the_group_of_a_camera_is_who_shares_a_site_with_it(asked: str, found: list[str]) -> None:
    assert ["".join(each.id for each in group) for group in around(TOWN, asked)] == found


def test_a_batch_is_full_or_one_group_and_no_group_is_torn() -> None:
    groups = [[camera(f"{size}", area=f"33.74.{at:02d}")] * size for at, size in enumerate([2, 2, 7, 1, 1, 1])]
    assert [len(batch) for batch in batches(groups, 4)] == [4, 7, 3]
    assert [each for batch in batches(groups, 4) for each in batch] == [each for group in groups for each in group]
