"""From the tables that are there to those that should be, by statements that may be run again."""

from __future__ import annotations

import pytest

from schemas.shape import Column, Feed, Table, compare, create

TABLE = Table(
    {
        "id": Column("UInt64", "", "CODEC(T64, ZSTD(1))", "Who"),
        "at": Column("DateTime('UTC')", "now('UTC')", "", "When it's so"),
    },
    "ReplacingMergeTree(at)",
    "id",
    "toYYYYMM(at)",
    "TTL at + INTERVAL 7 DAY DELETE",
    "Things",
)


def changed(column: str, **given: str) -> Table:
    return TABLE._replace(columns={**TABLE.columns, column: TABLE.columns[column]._replace(**given)})


def test_a_table_is_made_where_there_is_none() -> None:
    assert create("things", TABLE) == (
        "CREATE TABLE IF NOT EXISTS things (\n"
        "    `id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Who',\n"
        "    `at` DateTime('UTC') DEFAULT now('UTC') COMMENT 'When it''s so'\n"
        ")\nENGINE = ReplacingMergeTree(at)\nORDER BY id\nPARTITION BY toYYYYMM(at)\n"
        "TTL at + INTERVAL 7 DAY DELETE\nCOMMENT 'Things'"
    )
    assert [change.statement for change in compare({"things": TABLE}, {}).changes] == [create("things", TABLE)]


def test_equal_tables_need_nothing_and_what_others_added_stays() -> None:
    more = TABLE._replace(columns={**TABLE.columns, "mine": Column("String", "", "", "")})
    assert compare({"things": TABLE}, {"things": more, "guest": TABLE}) == ([], [])


BRIDGED = {
    "a new column": (
        TABLE._replace(columns={"id": TABLE.columns["id"]}),
        "ADD COLUMN IF NOT EXISTS `at` DateTime('UTC') DEFAULT now('UTC') COMMENT 'When it''s so' AFTER `id`",
    ),
    "a column's comment": (changed("id", comment="Whom"), "COMMENT COLUMN IF EXISTS `id` 'Who'"),
    "a default": (
        changed("at", default=""),
        "MODIFY COLUMN IF EXISTS `at` DateTime('UTC') DEFAULT now('UTC') COMMENT 'When it''s so'",
    ),
    "a codec": (
        changed("id", codec="CODEC(ZSTD(1))"),
        "MODIFY COLUMN IF EXISTS `id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Who'",
    ),
    "the table's comment": (TABLE._replace(comment=""), "MODIFY COMMENT 'Things'"),
}


@pytest.mark.parametrize(("found", "statement"), BRIDGED.values(), ids=BRIDGED)
def test_what_can_be_bridged_is_one_statement(found: Table, statement: str) -> None:
    difference = compare({"things": TABLE}, {"things": found})
    assert difference.refused == []
    assert [change.statement for change in difference.changes] == [f"ALTER TABLE things {statement}"]


REFUSED = {
    "a type": (changed("id", type="UInt32"), "things.id: expected type UInt64, found UInt32"),
    "a default that must go": (
        changed("id", default="7"),
        "things.id: expected no default or codec, found 7 CODEC(T64, ZSTD(1))",
    ),
    "an engine": (
        TABLE._replace(engine="MergeTree"),
        "things: expected engine 'ReplacingMergeTree(at)', found 'MergeTree'",
    ),
    "a sorting key": (TABLE._replace(order="(id, at)"), "things: expected sorting key 'id', found 'id, at'"),
    "partitions": (TABLE._replace(partition=""), "things: expected partitions 'toYYYYMM(at)', found ''"),
    "a column of the key": (
        TABLE._replace(columns={"at": TABLE.columns["at"]}),
        "things.id: expected a column of the sorting key, found none",
    ),
}


@pytest.mark.parametrize(("found", "said"), REFUSED.values(), ids=REFUSED)
def test_what_would_rewrite_rows_is_named(found: Table, said: str) -> None:
    assert compare({"things": TABLE}, {"things": found}).refused == [said]


FEED = Feed("things", "newest", ("id",))
WANTED = {"newest": TABLE, "things": TABLE, "feed": FEED}


def test_a_feed_is_given_the_newest_rows_before_it_is_made_and_after() -> None:
    fill = (
        "INSERT INTO newest (id, at)\nSELECT id, at\nFROM things\n"
        "WHERE (id, ts) IN (SELECT id, max(ts) FROM things GROUP BY id)"
    )
    make = "CREATE MATERIALIZED VIEW IF NOT EXISTS feed TO newest AS\nSELECT * FROM things"
    difference = compare(WANTED, {"newest": TABLE, "things": TABLE})
    assert [change.statement for change in difference.changes] == [fill, make, fill]
    assert compare(WANTED, WANTED) == ([], [])


def test_a_feed_elsewhere_and_a_feed_in_a_tables_place_are_named() -> None:
    other = FEED._replace(source="other")
    assert compare(WANTED, WANTED | {"feed": other}).refused == [f"feed: expected {FEED}, found {other}"]
    assert compare({"things": TABLE}, {"things": FEED}).refused == ["things: expected a table, found a feed"]
