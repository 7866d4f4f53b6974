"""Asking a page of measures."""

from __future__ import annotations

import urllib.error
import urllib.request


def read(port: int, path: str) -> tuple[int, str]:
    """Return the status and what a page of this machine says."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
