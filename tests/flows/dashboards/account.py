"""Somebody who asks Superset's API without a browser, as a script with their password would."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any


class Account:
    """A session of one person.

    Raises
    ------
    PermissionError
        The password is wrong, or they may not sign in.
    """

    def __init__(self, url: str, name: str, word: str) -> None:
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._head: dict[str, str] = {"Content-Type": "application/json", "Referer": self._url}
        given = {"username": name, "password": word, "provider": "db", "refresh": False}
        status, said = self._call("/api/v1/security/login", given)
        if status != 200:
            raise PermissionError(name)
        self._head["Authorization"] = f"Bearer {said['access_token']}"
        self._head["X-CSRFToken"] = self._call("/api/v1/security/csrf_token/")[1]["result"]

    def get(self, path: str) -> tuple[int, Any]:
        """Return the status and the answer of a path."""
        return self._call(path)

    def asked(self, dataset: int, query: dict[str, Any]) -> tuple[int, Any]:
        """Ask a dataset a query of one's own."""
        given = {"datasource": {"id": dataset, "type": "table"}, "queries": [{"row_limit": 1_000, **query}]}
        return self._call("/api/v1/chart/data", {**given, "result_format": "json", "result_type": "full"})

    def seen(self, dataset: int, column: str) -> set[str]:
        """Return the values of a column that one is shown."""
        status, said = self.asked(dataset, {"columns": [column], "metrics": ["count"]})
        assert status == 200, said
        return {row[column] for row in said["result"][0]["data"]}

    def exported(self, dataset: int, query: dict[str, Any]) -> str:
        """Return the answer to a query as a file of comma-separated values."""
        given = {"datasource": {"id": dataset, "type": "table"}, "queries": [{"row_limit": 1_000, **query}]}
        body = json.dumps({**given, "result_format": "csv", "result_type": "full"}).encode()
        asked = urllib.request.Request(f"{self._url}/api/v1/chart/data", body, self._head)
        with self._opener.open(asked, timeout=120) as reply:
            assert reply.headers.get_content_type() == "text/csv"
            return str(reply.read().decode())

    def sql(self, sql: str) -> tuple[int, Any]:
        """Run SQL in SQL Lab."""
        given = {"database_id": 1, "sql": sql, "runAsync": False, "client_id": secrets.token_hex(5), "schema": "tilik"}
        return self._call("/api/v1/sqllab/execute/", {**given, "tmp_table_name": "", "select_as_cta": False})

    def _call(self, path: str, given: dict[str, Any] | None = None) -> tuple[int, Any]:
        body = None if given is None else json.dumps(given).encode()
        try:
            with self._opener.open(urllib.request.Request(self._url + path, body, self._head), timeout=120) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, error.read()[:500].decode(errors="replace")
