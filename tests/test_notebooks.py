"""The notebooks run from end to end on data of their own, and what is committed is what they still are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
BOOKS = ROOT / "docs" / "notebooks"
NAMES = ("street_week", "floods", "one_minute")
MOST_BYTES = 300_000
SAID = {
    "street_week": r"rata-rata ([\d.]+) kendaraan/jam",
    "floods": r"bersama ([\d.,]+) jam tergenang",
    "one_minute": r"([\d.,]+) orang-menit dengan tangan, \1 tersimpan",
}
"""The sentence of each notebook that carries its main figure."""

pytestmark = pytest.mark.slow


def read(path: Path) -> dict[str, Any]:
    book: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return book


def sources(book: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in book["cells"]]


def shown(book: dict[str, Any]) -> list[list[str]]:
    """Kinds of every code cell's outputs: a stream's name, an error, or what a value is shown as."""
    return [
        [kind for out in cell["outputs"] for kind in (sorted(out["data"]) if "data" in out else [out["output_type"]])]
        for cell in book["cells"]
        if cell["cell_type"] == "code"
    ]


def texts(book: dict[str, Any]) -> str:
    outs = [out for cell in book["cells"] if cell["cell_type"] == "code" for out in cell["outputs"]]
    return "\n".join("".join(out.get("data", {}).get("text/plain", "")) for out in outs)


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def fresh(name: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the notebook as executed now; a cell that fails ends the run."""
    out = tmp_path_factory.mktemp("books") / f"{name}.ipynb"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TILIK_")}
    done = subprocess.run(
        [sys.executable, str(BOOKS / "run.py"), str(BOOKS / f"{name}.ipynb"), str(out)],
        cwd=out.parent,
        env=environment | {"TMPDIR": str(out.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return read(out)


@pytest.fixture(scope="module")
def committed(name: str) -> dict[str, Any]:
    return read(BOOKS / f"{name}.ipynb")


def test_every_cell_shows_what_it_showed_when_committed(fresh: dict[str, Any], committed: dict[str, Any]) -> None:
    assert sources(fresh) == sources(committed)
    assert shown(fresh) == shown(committed), "stale: run docs/notebooks/run.py"
    assert not {"error", "stream"} & {kind for kinds in shown(fresh) for kind in kinds}


def test_there_are_pictures_and_tables(fresh: dict[str, Any]) -> None:
    kinds = [kind for kinds in shown(fresh) for kind in kinds]
    assert kinds.count("image/png") >= 3
    assert kinds.count("text/html") >= 2


@pytest.mark.parametrize("which", ["fresh", "committed"])
def test_the_figures_are_there(which: str, name: str, request: pytest.FixtureRequest) -> None:
    said = re.search(SAID[name], texts(request.getfixturevalue(which)))
    assert said
    assert float(said[1].replace(".", "").replace(",", ".")) > 1


@pytest.mark.parametrize("which", ["fresh", "committed"])
def test_simulated_data_is_labelled(which: str, name: str, request: pytest.FixtureRequest) -> None:
    book = request.getfixturevalue(which)
    assert texts(book).startswith("'DATA SIMULASI'")
    drawn = [source for kind, source in sources(book) if kind == "code" and "plt.subplots" in source]
    assert drawn
    assert [source for source in drawn if not source.rstrip().endswith("lab.sign(figure)")] == []


def test_what_is_not_known_is_not_filled_in(committed: dict[str, Any]) -> None:
    code = "\n".join(source for kind, source in sources(committed) if kind == "code")
    assert not re.search(r"fill_null\((?!float\(\"nan\"\))|fillna|coalesce\(", code)


def test_the_committed_notebook_is_small(name: str) -> None:
    assert (BOOKS / f"{name}.ipynb").stat().st_size < MOST_BYTES
