"""Pipelines that some engine would cut down without a word are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import window

from tests.flows import engine_pipeline
from tests.flows.portable_pipelines import faults


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


def test_a_pipeline_of_numbers_that_are_reckoned_passes() -> None:
    begin = beam.Pipeline(options=PipelineOptions(["--runner=BundleBasedDirectRunner"]))
    engine_pipeline.pipeline(begin, "nowhere")
    assert faults(begin) == []
