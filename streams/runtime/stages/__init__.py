"""The stages over messages, a file each, named as the stage is. They decide nothing: the pure stages do.

The life of a stage, in the order of a process's own (``runtime.faust.app`` drives it):

1. **Made**, once: ``create_stage``. Nothing is read and nothing runs; its ``pool``, where it has one, is made warm
   next.
2. **Assigned**: nobody tells it more than ``forget`` for the partitions that it gets, since another worker may have
   written of them in between. What it must know of a partition it restores at the first record from there
   (``restoring`` is true meanwhile), outside any guard: a log that cannot be read is no record's fault.
3. **A batch**, phase by phase: ``process``. Between two phases the caller checks that the partitions are still this
   worker's and awaits every acknowledgement; after the last it lets the batch go. A crash anywhere is a redelivery of
   the whole batch, so each phase may be published again: the same bytes, or nothing where the log has it already.
   Where the stage ``works_ahead``, the next batch is worked on until its first phase meanwhile, and published after.
4. **Revoked**: ``forget``. Nothing is written at that point: all that was let go is published.
5. **Closed**: the owner of the process closes the ``pool``. A stage itself holds no connection and no file.

A stage's module has its class under the name ``STAGE``. ``stage`` says what all of them have in common.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from streams.contracts.records import Stage
from streams.metrics import Metrics
from streams.runtime.stages.stage import MakeStage, MessageStage, StateReader
from streams.settings import Settings


def create_stage(name: Stage, settings: Settings, metrics: Metrics, reader: StateReader) -> MessageStage:
    """The stage of that name in the topology, its pool not yet started. ``reading-time`` is in ``reading_time``."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast(MakeStage, module.STAGE)(settings, metrics, reader)


__all__ = ["MessageStage", "StateReader", "create_stage"]
