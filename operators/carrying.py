"""State that goes along: from the arrays of one city to those of another, camera by camera.

A registry changes, shards are cut anew, a day's state is read back: each time a
camera gets other codes, and what is remembered of it has to go with it. A state
is never read by position alone. Each kernel's `carry` says with these words what
of its state belongs to a camera, a zone or a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators import slots
from operators.city import City
from operators.slots import Slots

Codes = NDArray[np.integer[Any]]


class Moves(NamedTuple):
    """Where the rows of one city go in another: (c,), (z,) and (l,) codes there, -1 for what stays behind."""

    camera: NDArray[np.int32]
    zone: NDArray[np.int32]
    line: NDArray[np.int32]


def moves(source: City, target: City) -> Moves:
    """Return where each camera that both cities have, with the same validity and geometry, goes with its parts.

    Raises
    ------
    ValueError
        When a camera has other zones or lines in the target: such a camera is another version.
    """
    there = {(c.id, int(t)): i for i, (c, t) in enumerate(zip(target.cameras, target.valid_from_us, strict=True))}
    versions = zip(source.cameras, source.valid_from_us, strict=True)
    camera = np.array([there.get((c.id, int(t)), -1) for c, t in versions], np.int32)
    parts = (source.zone_first, target.zone_first), (source.line_first, target.line_first)
    return Moves(camera, *(_parts(camera, source, *firsts) for firsts in parts))


def _parts(
    camera: NDArray[np.int32], source: City, here: NDArray[np.int64], there: NDArray[np.int64]
) -> NDArray[np.int32]:
    out = np.full(here[-1], -1, np.int32)
    for i in np.flatnonzero(camera >= 0):
        count = here[i + 1] - here[i]
        first = there[camera[i]]
        if there[camera[i] + 1] - first != count:
            raise ValueError(f"camera {source.cameras[i].id}: expected {count} zones or lines as before, came others")
        out[here[i] : here[i + 1]] = np.arange(first, first + count)
    return out


def among(codes: Codes, at: Codes, wanted: Codes) -> NDArray[np.int64]:
    """Return which row each of these things has among the target's, -1 for none.

    Parameters
    ----------
    codes
        Zones or cameras of the source, one a row of a kernel's plan.
    at
        Where each zone or camera goes.
    wanted
        Those of the target's plan, one a row, each once.
    """
    goes = at[codes]
    row = np.full(max(goes.max(initial=-1), wanted.max(initial=-1)) + 2, -1, np.int64)  # the last one stays -1
    row[wanted] = np.arange(len(wanted))
    return row[goes]


def rows(into: NDArray[Any], source: NDArray[Any], at: Codes) -> None:
    """Write each row of the source that goes along to its place."""
    goes = at >= 0
    into[at[goes]] = source[goes]


def cells(into: NDArray[np.void], source: NDArray[np.void], at: Codes) -> None:
    """Write keys of the persistence machine to their places; whose they are stands there already."""
    for name in into.dtype.names or ():
        if name not in ("camera", "zone", "row"):
            rows(into[name], source[name], at)


def fields(into: Iterable[NDArray[Any]], source: Iterable[NDArray[Any]], at: Codes) -> None:
    """Write the rows of several arrays that all have one row a thing."""
    for mine, its in zip(into, source, strict=True):
        rows(mine, its, at)


def records(into: Slots, source: Slots, owner: Codes, **codes: Codes) -> Slots:
    """Return the target's records of tracks with the source's that go along.

    Parameters
    ----------
    owner
        Where each owner of a record goes.
    codes
        Other fields of a record that hold codes, and where these go.
    """
    found = source.row[: source.used[0]]
    found = found[owner[found["owner"]] >= 0].copy()
    found["owner"] = owner[found["owner"]]
    for name, at in codes.items():
        found[name] = at[found[name]]
    return slots.filled(np.concatenate([into.row[: into.used[0]], found]))


def arrays(thing: object) -> Iterator[NDArray[Any]]:
    """Yield every array that a state is made of, however deep in tuples, lists, mappings and dataclasses.

    Raises
    ------
    TypeError
        A state is made of something that this cannot look into.
    """
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, Mapping):
        yield from arrays(tuple(thing.values()))
    elif isinstance(thing, tuple | list):
        for part in thing:
            yield from arrays(part)
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield from arrays([getattr(thing, part.name) for part in fields_of(thing)])
    elif not isinstance(thing, int | float | str | bytes | np.generic | None):
        raise TypeError(f"expected a state made of arrays, found {type(thing).__name__}: say what it holds in arrays")
