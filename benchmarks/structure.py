"""How the house is built, in numbers: `python -m benchmarks.structure [TREE]`, the tree of another version beside it.

What is counted is what makes a room hard to enter: files on one floor, imports
within it, long modules, types that are not said.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("schemas", "operators", "connectors", "simulation", "flows")
LONG = 300
"""Lines from which a module is called long (house style)."""


def modules(tree: Path, room: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield a room's modules with their syntax trees."""
    for path in sorted((tree / room).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def arrows(tree: Path, room: str) -> int:
    """Return how many pairs of modules of a room import one another."""
    found = set()
    for path, parsed in modules(tree, room):
        for node in ast.walk(parsed):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == room:
                found |= {(path, _module(tree, node.module, each.name)) for each in node.names}
    return len(found)


def _module(tree: Path, package: str, name: str) -> str:
    full = f"{package}.{name}".replace(".", "/")
    is_module = (tree / f"{full}.py").exists() or (tree / full / "__init__.py").exists()
    return f"{package}.{name}" if is_module else package


def untyped(tree: Path, room: str) -> tuple[int, int]:
    """Return how many parameters have no type, of how many."""
    functions = (n for _, parsed in modules(tree, room) for n in ast.walk(parsed) if isinstance(n, ast.FunctionDef))
    given = [a for f in functions for a in (*f.args.args, *f.args.kwonlyargs) if a.arg != "self"]
    return sum(each.annotation is None for each in given), len(given)


def anys(tree: Path, room: str) -> int:
    """Return how often a room says `Any`."""
    nodes = (node for _, parsed in modules(tree, room) for node in ast.walk(parsed))
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)


def lines(tree: Path) -> list[int]:
    """Return the modules' lengths, shortest first."""
    every = (path for room in ROOMS for path, _ in modules(tree, room))
    return sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in every)


def table(tree: Path) -> dict[str, object]:
    """Return what is counted of a tree."""
    sizes = lines(tree)
    without, parameters = untyped(tree, "operators")
    return {
        "modules": len(sizes),
        "their median and longest, lines": f"{sizes[len(sizes) // 2]}, {sizes[-1]}",
        f"modules over {LONG} lines": sum(size > LONG for size in sizes),
        "files on the floor of operators/": len(list((tree / "operators").glob("[!_]*.py"))),
        "imports between modules of operators/": arrows(tree, "operators"),
        "parameters of operators/ without a type": f"{without} of {parameters}",
        "`Any` in flows/": anys(tree, "flows"),
        "files of connectors/warehouse that hide an import": sum(
            "TYPE_CHECKING" in path.read_text() for path, _ in modules(tree, "connectors/warehouse")
        ),
    }


def main() -> None:
    """Print a line a count."""
    tree = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    for name, value in table(tree).items():
        print(f"{name:<52}{value}")


if __name__ == "__main__":
    main()
