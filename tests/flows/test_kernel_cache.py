"""Two processes that compile the same kernel at once, for other signatures, step by step in every order."""

from __future__ import annotations

import itertools
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from numba.core.caching import IndexDataCacheFile

from flows import kernel_cache

STEPS = ("_load_index", "_save_index", "_save_data")
ORDERS = sorted(set(itertools.permutations("aaabbb")))


class Process:
    """Saves what it compiled for a signature, a step whenever it is told to."""

    def __init__(self, folder: Path, key: str) -> None:
        self.key, self.go, self.stopped = key, queue.Queue[bool](), queue.Queue[bool]()
        self.file: Any = IndexDataCacheFile(str(folder), "kernel-1.py3", 1.0)
        for name in STEPS:
            setattr(self.file, name, self._stepwise(getattr(self.file, name)))
        self.thread = threading.Thread(target=self._save)
        self.thread.start()
        self.stopped.get()

    def step(self) -> None:
        self.go.put(True)
        self.stopped.get()

    def _save(self) -> None:
        self.file.save(self.key, f"code for {self.key}")
        self.stopped.put(True)

    def _stepwise(self, does: Any) -> Any:
        def stepwise(*given: Any) -> Any:
            self.stopped.put(True)
            self.go.get()
            return does(*given)

        return stepwise


def loaded(folder: Path) -> dict[str, Any]:
    """Return what a third process loads for each signature."""
    file: Any = IndexDataCacheFile(str(folder), "kernel-1.py3", 1.0)
    return {key: file.load(key) for key in "ab"}


@pytest.mark.parametrize("order", ORDERS, ids="".join)
def test_no_signature_ever_loads_what_was_compiled_for_another(tmp_path: Path, order: tuple[str, ...]) -> None:
    both = {key: Process(tmp_path, key) for key in "ab"}
    for key in order:
        both[key].step()
        assert {key: code for key, code in loaded(tmp_path).items() if code not in (None, f"code for {key}")} == {}
    for each in both.values():
        each.thread.join()
    for key in "ab":  # who finds nothing compiles again, alone
        IndexDataCacheFile(str(tmp_path), "kernel-1.py3", 1.0).save(key, f"code for {key}")
    assert loaded(tmp_path) == {key: f"code for {key}" for key in "ab"}
    assert len(list(tmp_path.glob("*.nbc"))) == 2


def test_whoever_runs_kernels_saves_them_so() -> None:
    asked = "import flows.dataflow, numba.core.caching as c; print(c.IndexDataCacheFile.save.__module__)"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == kernel_cache.__name__
