"""The live run: sources that survive, a flow a shard, the second flow beside them."""

from flows.live.starting import RunOptions, run

__all__ = ["RunOptions", "run"]
