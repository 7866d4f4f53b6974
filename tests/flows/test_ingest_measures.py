"""What `tilik ingest` measures is what its doors counted; it is not ready while it cannot keep what comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from connectors.ingest import Intake, SpoolKeeper
from connectors.ingest.intake import TROUBLE_S
from connectors.records import Origin
from connectors.spool import Bounds, make
from flows import ingest_measures
from tests.flows.scraping import read

NATIVE = Origin("native")


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def intake(tmp_path: Path, clock: Clock) -> Iterator[Intake]:
    found = Intake(SpoolKeeper(make(tmp_path / "spool", 1), Bounds(bytes=50_000)), clock)
    yield found
    found.close()


def values(port: int) -> dict[tuple[str, str], float]:
    """Return samples by name and label."""
    families = text_string_to_metric_families(read(port, "/metrics")[1])
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, "".join(sample.labels.values())): sample.value for sample in samples}


def test_the_page_says_what_came_and_what_became_of_it(intake: Intake) -> None:
    for kept in intake.take([b"x" * 100, b"y"], [NATIVE] * 2):
        kept.result(60)
    measured = ingest_measures.Measured(intake, Counter({202: 1, 401: 2}), Counter({"unknown": 3}))
    with ingest_measures.served(0, measured) as port:
        found = values(port)
    held = found.pop(("tilik_ingest_held_bytes", ""))
    assert 101 < held < 50_000
    assert found == {
        ("tilik_ingest_records_total", "kept"): 2,
        ("tilik_ingest_records_total", "refused"): 0,
        ("tilik_ingest_answers_total", "202"): 1,
        ("tilik_ingest_answers_total", "401"): 2,
        ("tilik_ingest_unkept_messages_total", "unknown"): 3,
        ("tilik_ingest_unkept_messages_total", "oversized"): 0,
        ("tilik_ingest_waiting_bytes", ""): 0,
        ("tilik_ingest_bound_bytes", ""): 50_000,
    }


def test_a_full_spool_is_alive_and_not_ready_for_some_seconds(intake: Intake, clock: Clock) -> None:
    with ingest_measures.served(0, ingest_measures.Measured(intake, None, None)) as port:
        assert read(port, "/readyz") == (200, "ok\n")
        (refused,) = intake.take([b"x" * 60_000], [NATIVE])
        assert refused.exception(60) is not None
        code, said = read(port, "/readyz")
        assert code == 503
        assert "bytes are taken" in said
        assert read(port, "/healthz") == (200, "ok\n")
        assert values(port)["tilik_ingest_records_total", "refused"] == 1
        clock.now_s += TROUBLE_S
        assert read(port, "/readyz") == (200, "ok\n")
        clock.now_s -= TROUBLE_S
        (kept,) = intake.take([b"x"], [NATIVE])
        assert kept.exception(60) is None
        assert read(port, "/readyz") == (200, "ok\n")
