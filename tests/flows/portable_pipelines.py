"""What a pipeline must not have that is to give the same rows on every engine.

Dask's runner drops windows, tagged outputs and what comes out when a bundle ends, without a word, computes no
branch but the last, and reads side inputs whole for each bundle.
"""

from __future__ import annotations

import apache_beam as beam
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api

GLOBAL = common_urns.global_windows.urn
RESHUFFLE = common_urns.composites.RESHUFFLE.urn
PARDO = common_urns.primitives.PAR_DO.urn


def faults(pipeline: beam.Pipeline) -> list[str]:
    """Return what stands in a pipeline's way to other engines, a line each."""
    proto = pipeline.to_runner_api()
    return [*_windows(proto.components), *_sides(proto.components), *_branches(proto), *_ends_of_bundles(pipeline)]


def _steps(parts: api.Components) -> dict[str, api.PTransform]:
    """Return all steps but those inside of a reshuffle, which engines replace by one of their own."""
    inside = {child for step in parts.transforms.values() if step.spec.urn == RESHUFFLE for child in step.subtransforms}
    while more := {child for name in inside for child in parts.transforms[name].subtransforms} - inside:
        inside |= more
    return {name: step for name, step in parts.transforms.items() if name not in inside}


def _windows(parts: api.Components) -> list[str]:
    return [
        f"{step.unique_name}: windows"
        for step in _steps(parts).values()
        for made in step.outputs.values()
        if parts.windowing_strategies[parts.pcollections[made].windowing_strategy_id].window_fn.urn != GLOBAL
    ]


def _sides(parts: api.Components) -> list[str]:
    found = []
    for step in _steps(parts).values():
        if step.spec.urn == PARDO:
            if api.ParDoPayload.FromString(step.spec.payload).side_inputs:
                found.append(f"{step.unique_name}: side inputs")
            if len(step.outputs) != 1:
                found.append(f"{step.unique_name}: side outputs")
    return found


def _branches(proto: api.Pipeline) -> list[str]:
    steps = _steps(proto.components).values()
    moving = [step for step in steps if not step.subtransforms or step.spec.urn == RESHUFFLE]
    taken = [name for step in moving for name in step.inputs.values()]
    made = {name for step in steps for name in step.outputs.values()}
    return [f"{len(made - {*taken})} ends: branches"] if len(made - {*taken}) > 1 else []


class _Bundles(PipelineVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_transform(self, transform_node: AppliedPTransform) -> None:
        fn = getattr(transform_node.transform, "fn", None)
        if isinstance(fn, beam.DoFn) and type(fn).finish_bundle is not beam.DoFn.finish_bundle:
            self.found.append(f"{transform_node.full_label}: finish_bundle")


def _ends_of_bundles(pipeline: beam.Pipeline) -> list[str]:
    visitor = _Bundles()
    pipeline.visit(visitor)
    return visitor.found
