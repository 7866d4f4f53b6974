"""A replay that states its input anew says which run it takes the place of, why, and what is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.warehouse import Former
from flows.replay import restating
from flows.replay.asked import Restated

BY = {name: "1" for name in restating.WORDS}
COMPARED = {
    "the first run": (None, 1, None),
    "the same definitions": (Former(3, 1, '{"by":{}}'), 1, None),
    "a registry": (Former(3, 2, json.dumps({"by": BY | {"registry": "2"}})), 1, Restated(3, ("registry",), 5)),
    "all of it": (Former(3, 2, json.dumps({"by": dict.fromkeys(BY, "2")})), 1, Restated(3, tuple(BY), 5)),
    "a part that is new": (Former(3, 2, '{"by":{"registry":"1"}}'), 1, Restated(3, tuple(BY)[1:], 5)),
    "one that ended half-way": (Former(3, 2, ""), 1, Restated(3, (), 5)),
    "one of an older version": (Former(3, 2, '{"frames":7}'), 1, Restated(3, (), 5)),
}


@pytest.mark.parametrize(("former", "definitions", "expected"), COMPARED.values(), ids=COMPARED.keys())
def test_a_run_is_compared_with_the_one_before(
    former: Former | None, definitions: int, expected: Restated | None
) -> None:
    assert restating.compared(former, definitions, BY, 5) == expected


def test_what_is_not_known_to_differ_is_said_so() -> None:
    assert restating.in_words(Restated(3, (), 0)).endswith("its definitions changed; no row withdrawn.")


def registry(path: Path, name: str, fps: float = 1.0) -> Path:
    zone = f'[[camera.zone]]\nid = "{name}"\nkind = "crowd"\npolygon = [[0, 0], [1, 0], [1, 1], [0, 1]]\n'
    path.write_text(f'[[camera]]\nid = "a"\narea = "00"\nfps = {fps}\nmetrics = ["crowd"]\n{zone}')
    return path


def test_a_mended_registry_is_said_and_what_it_withdraws(tilik, tmp_path: Path, empty_store) -> None:
    """Figures changed without a word."""
    lines = [f'{{"camera":"a","ts":"2026-01-05T00:0{s // 60}:{s % 60:02}Z","objects":[]}}' for s in range(240)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    cameras = registry(tmp_path / "cameras.toml", "kiri")
    empty_store("store")

    def play(*options: str) -> str:
        code, out, _ = tilik("replay", "a.jsonl", "--registry", cameras, "--warehouse", "embedded:./store", *options)
        assert code == 0
        return out

    def restated(*options: str) -> object:
        return json.loads(play("--json", *options))["restated"]

    assert restated() is None
    assert restated() is None
    registry(cameras, "kanan")
    assert restated() == {"run": 2, "differs": ["registry"], "withdrawn": 4}
    assert restated() is None
    assert restated("--lateness-s", "30") == {"run": 4, "differs": ["thresholds"], "withdrawn": 0}
    assert restated("--tracker", "iou") == {"run": 5, "differs": ["tracker", "thresholds"], "withdrawn": 0}
    registry(cameras, "kiri")
    assert play().splitlines()[-1] == (
        "Restated run 6, which had stated this input: the registry, whose tracks are made here (tracker) changed; "
        "4 rows that it does not say any more withdrawn."
    )
