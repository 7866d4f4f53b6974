"""Pipelines that some engine would cut down without a word are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest.mock import Mock

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import window

from flows import backfill
from flows.backfilling.plan import Chain, Plan
from flows.thresholds import Thresholds
from schemas.errors import TilikError
from tests.flows.portable_pipelines import faults

PLAN = Plan("file:nowhere", 16, (), b"", Thresholds(), 7, 0, 1, (), ())


class Counts(beam.DoFn):
    def start_bundle(self) -> None:
        self.n = 0

    def process(self, _: int) -> None:
        self.n += 1

    def finish_bundle(self) -> Iterator[object]:
        yield window.GlobalWindows.windowed_value(self.n)


def numbers(begin: beam.Pipeline) -> beam.PCollection:
    return begin | beam.Create([1, 2], reshuffle=True)


def windows(begin: beam.Pipeline) -> None:
    _ = numbers(begin) | beam.WindowInto(window.FixedWindows(60)) | beam.Map(abs)


def side_outputs(begin: beam.Pipeline) -> None:
    _ = (numbers(begin) | beam.FlatMap(lambda n: [beam.TaggedOutput("odd", n)]).with_outputs("odd", main="all")).odd


def side_inputs(begin: beam.Pipeline) -> None:
    few = numbers(begin)
    _ = few | beam.Map(max, beam.pvalue.AsSingleton(few | beam.combiners.Count.Globally()))


def rows_when_bundles_end(begin: beam.Pipeline) -> None:
    _ = numbers(begin) | beam.ParDo(Counts())


def branches(begin: beam.Pipeline) -> None:
    few = numbers(begin)
    _ = few | "one" >> beam.Map(abs), few | "two" >> beam.Map(abs)


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (windows, {"windows"}),
        (side_outputs, {"side outputs", "branches"}),
        (side_inputs, {"side inputs"}),
        (rows_when_bundles_end, {"finish_bundle"}),
        (branches, {"branches"}),
    ],
)
def test_what_is_lost_on_the_way_is_refused(wire: Callable[[beam.Pipeline], None], said: set[str]) -> None:
    begin = beam.Pipeline(options=PipelineOptions(["--runner=BundleBasedDirectRunner"]))
    wire(begin)
    assert {fault.rpartition(": ")[2] for fault in faults(begin)} == said


def test_backfills_pass() -> None:
    begin = beam.Pipeline(options=backfill.options(backfill.Engine()))
    backfill.pipeline(begin, PLAN, [Chain(0, 1), Chain(0, 2)])
    assert faults(begin) == []


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (backfill.Engine("dask", address="tcp://127.0.0.1:9"), "Timed out"),
        (backfill.Engine("portable", address="127.0.0.1:9"), "no job endpoint answers"),
    ],
)
def test_an_engine_that_is_away_is_named(engine: backfill.Engine, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "ANSWER_S", 1)
    with pytest.raises(TilikError, match=f"{engine.address}: .*{said}.*; the same command goes on"):
        backfill.run(PLAN, engine)


def test_a_job_that_dask_drops_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its scheduler is gone, futures are cancelled, and Beam says DONE."""
    dropped = Mock(futures=[Mock(status="finished"), Mock(status="cancelled")])
    monkeypatch.setattr(backfill.beam.Pipeline, "run", lambda _: dropped)
    with pytest.raises(TilikError, match="the scheduler went away; the same command goes on"):
        backfill.run(PLAN, backfill.Engine("dask", address="tcp://127.0.0.1:9"))
    dropped.client.close.assert_called_once()
