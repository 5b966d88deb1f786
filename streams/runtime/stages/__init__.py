"""The three stages over messages, one file each; ``stage`` says what they have in common. They decide nothing."""

from __future__ import annotations

from streams.contracts.records import Stage
from streams.metrics import Metrics
from streams.runtime.stages.clean import CleanStage
from streams.runtime.stages.cluster import ClusterStage
from streams.runtime.stages.stage import MessageStage, StateReader
from streams.runtime.stages.tag import TagStage
from streams.settings import Settings

_KINDS: dict[Stage, type[CleanStage | TagStage | ClusterStage]] = {
    "clean": CleanStage,
    "tag": TagStage,
    "cluster": ClusterStage,
}


def create_stage(name: Stage, settings: Settings, metrics: Metrics, reader: StateReader) -> MessageStage:
    """The stage of that name, its pool not yet started."""
    return _KINDS[name](settings, metrics, reader)


__all__ = ["CleanStage", "ClusterStage", "MessageStage", "TagStage", "create_stage"]
