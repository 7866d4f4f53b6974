"""The files of alert rules: those of an office, or those that ship with Tilik."""

from __future__ import annotations

from pathlib import Path

from connectors.registry import loading
from schemas.rules import Rules
from schemas.rules.check import parse


def shipped() -> Path:
    """Return the path of the shipped rules of Semarang's offices."""
    return loading.shipped("rules.toml")


def load(path: Path | str) -> Rules:
    """Read rules: one file, or all ``*.toml`` of a directory together.

    Raises
    ------
    UsageError
        With every mistake of every file (see `schemas.rules.check.parse`).
    """
    return parse(loading.read_texts(Path(path)), loading.load_areas())
