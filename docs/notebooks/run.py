"""Execute a notebook as a whole: `python docs/notebooks/run.py street_week.ipynb [OUT]`.

The kernel is this very interpreter, named by a kernel specification in a
temporary folder, so that nothing needs to be registered; it listens on loopback
alone. Without OUT the notebook is written over itself, outputs in.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

LIMIT_S = 900
"""A cell that takes longer is stopped; making the simulated week takes about a minute on two cores."""

HERE = Path(__file__).parent
NAME = "tilik"


def run(source: Path, target: Path) -> None:
    """Execute a notebook, in the folder where `lab` is.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed; nothing is written then.
    """
    book = nbformat.read(source, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "data" / "kernels" / NAME
        spec.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": NAME, "language": "python"}))
        os.environ |= {
            "JUPYTER_PATH": str(Path(folder) / "data"),
            "JUPYTER_RUNTIME_DIR": str(Path(folder) / "runtime"),
            "IPYTHONDIR": str(Path(folder) / "ipython"),
        }
        client = NotebookClient(book, timeout=LIMIT_S, kernel_name=NAME, resources={"metadata": {"path": str(HERE)}})
        asyncio.run(client.async_execute())
    book.metadata = {"language_info": {"name": "python"}}
    for cell in book.cells:
        cell.metadata = {}
    nbformat.write(book, target)


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve(), Path(sys.argv[-1]).resolve())
