"""Backfills as an Apache Beam pipeline: shards of the archive beside each other, each day by day.

An element is a shard of a recording; what comes out of it is a line a day. Frames never pass between
workers: each reads its own files, column by column, and stages rows in the archive. So the pipeline is
the same on one machine, on a Dask cluster and on whatever speaks Beam's portable API, a worker needs the
installed package and the archive, and whatever is killed and done again stages the same. It has no
windows, no side inputs or outputs, and nothing comes out when a bundle ends: not every engine keeps those.

Several processes of one machine run a pipeline each over single shards: Beam's own listen on every address,
and wait for ever for one that was killed (docs/decisions/backfills.md).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple

logging.disable(logging.WARNING)  # what it says while it loads is of clients that nobody asked for
import apache_beam as beam  # noqa: E402
import grpc  # noqa: E402
import msgspec  # noqa: E402
from apache_beam.options.pipeline_options import PipelineOptions  # noqa: E402

from connectors import archive  # noqa: E402
from flows import working  # noqa: E402
from flows.backfilling import days  # noqa: E402
from flows.backfilling.plan import Chain, Plan  # noqa: E402
from schemas.errors import TilikError, UsageError  # noqa: E402

logging.disable(logging.NOTSET)

RUNNERS: Final = {
    "local": "apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "dask": "apache_beam.runners.dask.dask_runner.DaskRunner",
    "portable": "apache_beam.runners.portability.portable_runner.PortableRunner",
}
"""By name, as Beam knows them: one that is not named would be chosen by Beam itself."""
STEP: Final = re.compile(r" \[while running '[^']*'\]")
"""What Beam puts behind the words of an error."""
ANSWER_S: Final = 5
"""How long an engine that does not answer is waited for."""
JOB_S: Final = 366 * 86_400
"""How long a job may take: Beam's time for answers of a job endpoint is also that for which it follows the job."""
POOL: Final = "localhost:50000"
"""Where Beam's pool of workers listens by its own custom."""


class Engine(NamedTuple):
    """Where a pipeline runs: `address` is tcp://HOST:PORT of a Dask scheduler, HOST:PORT of a job endpoint."""

    runner: str = "local"
    workers: int = 1
    address: str | None = None
    pool: str = POOL


class Obey(beam.DoFn):  # type: ignore[misc]
    """Makes the rows of a shard again, day by day."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def process(self, element: tuple[int, int]) -> Iterator[bytes]:
        """Yield what came of each day, as JSON."""
        store = archive.connect(self.plan.archive)
        for job in days.obeyed(self.plan, store, Chain(*element)):
            yield msgspec.json.encode(job)


def pipeline(begin: beam.Pipeline, plan: Plan, chains: Sequence[Chain]) -> beam.PCollection:
    """Wire the backfill; elements are plain numbers, as keys must be."""
    elements = [(int(recording), int(shard)) for recording, shard in chains]
    return begin | "shards" >> beam.Create(elements, reshuffle=True) | "days" >> beam.ParDo(Obey(plan))


def options(engine: Engine) -> PipelineOptions:
    """Return what an engine is told.

    Raises
    ------
    UsageError
        The runner is none of these, or its address is missing.
    """
    if engine.runner not in RUNNERS:
        raise UsageError(f"--runner {engine.runner}: expected one of {', '.join(RUNNERS)}")
    if (engine.runner != "local") != (engine.address is not None):
        raise UsageError(f"--runner {engine.runner}: expected {'no ' if engine.runner == 'local' else ''}--address")
    told = [f"--runner={RUNNERS[engine.runner]}"]
    if engine.runner == "local":
        told += ["--direct_running_mode=in_memory", "--direct_num_workers=1"]
    if engine.runner == "dask":
        told += [f"--dask_client_address={engine.address}", "--dask_partition_size=1"]
        told += [f"--dask_connection_timeout={ANSWER_S}"]
    if engine.runner == "portable":
        told += [f"--job_endpoint={engine.address}", f"--job_server_timeout={JOB_S}"]
        told += ["--environment_type=EXTERNAL", f"--environment_config={engine.pool}"]
    return PipelineOptions(told)


def run(plan: Plan, engine: Engine) -> None:
    """Run the pipeline to its end; what came of it lies in the archive (`flows.backfilling.staged`).

    Raises
    ------
    TilikError
        A worker or the engine ended half-way, or is away: the same again goes on.
    """
    told = options(engine)
    if engine.runner == "local" and engine.workers > 1:
        _beside(plan, engine)
        return
    logging.getLogger().setLevel(logging.CRITICAL)  # it logs what it raises
    if engine.runner == "local":
        _here(plan, plan.chains(), told)
        return
    try:
        _elsewhere(plan, engine, told)
    except TilikError:
        raise
    except ImportError:
        raise TilikError("--runner dask: Dask is not installed: pip install 'tilik[dask]'") from None
    except Exception as error:
        where = f"--runner {engine.runner} --address {engine.address}"
        raise TilikError(f"{where}: {_said(error)}; the same command goes on") from error


def _elsewhere(plan: Plan, engine: Engine, told: PipelineOptions) -> None:
    """Run the pipeline on an engine outside this process; who interrupts it ends it there, too."""
    if engine.runner == "portable":
        with grpc.insecure_channel(engine.address) as channel:
            grpc.channel_ready_future(channel).result(timeout=ANSWER_S)
    begin = beam.Pipeline(options=told)
    pipeline(begin, plan, plan.chains())
    result: Any = begin.run()
    try:
        result.wait_until_finish()
        # without its scheduler Dask drops a job, and Beam calls that done
        if engine.runner == "dask" and any(future.status != "finished" for future in result.futures):
            raise TilikError(
                f"--runner dask --address {engine.address}: the scheduler went away; the same command goes on"
            )
    except BaseException:
        with suppress(Exception):
            result.cancel()
        raise
    finally:
        if engine.runner == "dask":
            result.client.close()


def _said(error: Exception) -> str:
    """Return what an engine says of an end, which may be a worker's whole stack, in a line."""
    if isinstance(error, grpc.FutureTimeoutError):
        return f"no job endpoint answers within {ANSWER_S} s"
    said = str(error.details()) if isinstance(error, grpc.Call) else str(error)
    return STEP.sub("", (said.strip().splitlines() or [type(error).__name__])[-1])


def _beside(plan: Plan, engine: Engine) -> None:
    """Run each shard in one of several processes, the fullest first."""
    chains = sorted(plan.chains(), key=lambda chain: -plan.recordings[chain.recording].fullest(chain.shard))
    for _ in working.each(partial(_alone, plan), chains, engine.workers):
        pass


def _alone(plan: Plan, chain: Chain) -> None:
    """Run one shard in this process."""
    _here(plan, [chain], options(Engine()))


def _here(plan: Plan, chains: Sequence[Chain], told: PipelineOptions) -> None:
    """Run shards in this process; what is refused is told without Beam's words for where it was."""
    begin = beam.Pipeline(options=told)
    pipeline(begin, plan, chains)
    try:
        begin.run().wait_until_finish()
    except TilikError as error:
        error.args = (STEP.sub("", str(error)),)
        raise
    except RuntimeError as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):  # Beam makes a mistake of Ctrl-C
            raise KeyboardInterrupt("the same command goes on") from None
        raise
