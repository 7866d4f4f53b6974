"""A registry as people write it loads as it stands, over one file or several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from connectors.registry import load_areas
from operators import city
from schemas import ground
from schemas.cards import ZONE_METRICS
from schemas.errors import RegistryError
from schemas.registry import ZONE_KINDS
from schemas.registry.check import parse
from schemas.registry.remarks import remarks

DOCS = Path(__file__).parents[2] / "docs" / "registry.md"

CONTRACT = (Path(__file__).parent / "contract.toml").read_text()


def test_the_contract_example_loads_as_it_stands():
    registry = parse({"kota.toml": CONTRACT}, load_areas())
    assert [camera.id for camera in registry.camera] == ["smg-001"]
    assert registry.camera[0].zone[0].limits.off_s == 900
    assert registry.place[0].hours == ("06:00", "23:00")
    assert city.build(registry).zone_area_m2.tolist() == [240.0]


def test_mistakes_of_several_files_come_together():
    with pytest.raises(RegistryError) as caught:
        parse({"a.toml": "x = [", "b.toml": "[[camera]]\n", "c.toml": CONTRACT.replace("fps = 10.0", "fps = 0")})
    assert [row.split(":")[0] for row in caught.value.mistakes] == ["a.toml", *["b.toml"] * 3, "c.toml"]


def test_a_place_may_name_zones_of_another_file():
    head, place = CONTRACT.split("[[place]]")
    registry = parse({"cameras.toml": head, "places.toml": "[[place]]" + place}, load_areas())
    assert registry.place[0].zones == ("smg-001/trotoar",)


def test_a_camera_may_stand_once_for_each_valid_from():
    later = '\n[[camera]]\nid = "smg-001"\narea = "33.74.07.1005"\nfps = 10.0\nvalid_from = 2026-02-01T00:00:00+07:00\n'
    assert len(parse({"kota.toml": CONTRACT + later}, load_areas()).camera) == 2


@pytest.mark.parametrize("code", ["00", "33.74.07", "33.74.07.1005", "33.74.07.1005.002", "33.74.07.1005.002.011"])
def test_an_area_may_be_as_fine_as_a_neighbourhood(code):
    text = CONTRACT.replace("33.74.07.1005", code, 1)
    assert parse({"kota.toml": text}, load_areas()).camera[0].area == code


@pytest.mark.parametrize(("id_", "simulated"), [("sim-001", True), ("smg-001", False)])
def test_a_camera_is_simulated_by_its_prefix(id_, simulated):
    assert parse({"kota.toml": CONTRACT.replace("smg-001", id_)}).camera[0].simulated is simulated


def test_metrics_without_a_zone_or_line_are_remarked_not_refused():
    said = remarks(parse({"kota.toml": CONTRACT}, load_areas()), load_areas())
    assert [re.search(r"metric (\w+)", row)[1] for row in said] == ["parking", "garbage", "flood"]


def quadrilaterals() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(1)
    image = np.array([[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]])
    for _ in range(5):
        yield image + rng.uniform(-0.05, 0.05, (4, 2)), rng.uniform(0, 1, (4, 2)) + image * 20


def test_the_fitted_ground_holds_the_points_it_was_fitted_to():
    for image, metres in quadrilaterals():
        assert np.allclose(ground.to_ground(ground.homography(image, metres), image), metres)


@pytest.mark.parametrize(
    "text", re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)[:2], ids=["short", "full"]
)
def test_the_entries_in_the_guide_load(text):
    assert len(parse({"docs/registry.md": text}, load_areas()).camera) == 1


def test_the_guides_name_every_zone_kind():
    guides = [(DOCS.parent / name).read_text().partition("| zone kind |")[2] for name in ("registry.md", "metrics.md")]
    explained, listed = (set(re.findall(r"^\| `(\w+)`|, `(\w+)`", each.partition("\n\n")[0], re.M)) for each in guides)
    kinds = {kind for pair in listed for kind in pair if kind}
    assert kinds == set(ZONE_METRICS) == set(ZONE_KINDS)
    assert {kind for pair in explained for kind in pair if kind} <= kinds
