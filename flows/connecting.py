"""How other programs reach a warehouse that is being served, in words to copy."""

from __future__ import annotations

from connectors.warehouse import READER, Lease, closed


def url(lease: Lease, account: str) -> str:
    """Return where a served warehouse answers an account."""
    return f"http://{account}@127.0.0.1:{lease.server.port}/tilik"


def words(lease: Lease, account: str) -> str:
    """Return what somebody types to connect with an account; it tells no password."""
    port, root, here = lease.server.port, lease.root, url(lease, account)
    if account == READER and (why := lease.server.unconfined):
        return f"serving {root} until Ctrl-C, to Tilik's own commands alone: {closed(why)}"
    may = "may only read" if account == READER else "may change and drop everything"
    option = "" if account == READER else " --writer"
    client = f"host='127.0.0.1', port={port}, username='{account}', password=..., database='tilik'"
    return f"""serving {root} until Ctrl-C: {here} ({account} {may})

The password, for this shell:
  export TILIK_WAREHOUSE_PASSWORD="$(tilik warehouse password{option} --warehouse embedded:{root})"
Tilik:
  tilik query "SELECT * FROM columns" --warehouse {here}
Python, pandas (clickhouse-connect; the password from os.environ["TILIK_WAREHOUSE_PASSWORD"]):
  clickhouse_connect.get_client({client}).query_df("SELECT * FROM health_now")
Superset and other tools on SQLAlchemy (others: ClickHouse over HTTP, the same host, port, user and database):
  clickhousedb://{account}:PASSWORD@127.0.0.1:{port}/tilik"""
