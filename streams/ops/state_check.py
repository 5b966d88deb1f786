"""Whether what the stages know still fits the topics: what `streams doctor` says of state."""

from __future__ import annotations

from streams.contracts.topology import TOPOLOGY
from streams.runtime.inputs import PartitionsError, check, recorded
from streams.runtime.stage_reader import StageReader
from streams.settings import Settings


async def moved(settings: Settings) -> list[str]:
    """A sentence for each stage that cannot go on, as partitions were added."""
    reader, prefix, said = StageReader(settings), settings.topic_prefix, []
    for stage, row in TOPOLOGY.items():
        if row.state is None:
            continue
        topic = f"{prefix}.{row.input}"
        counts = {f"{prefix}.{name}": len(await reader.partitions(f"{prefix}.{name}")) for name in row.by_partition}
        try:
            check(topic, await reader.input(topic), await recorded(reader, f"{prefix}.{row.state}"), counts)
        except PartitionsError as error:
            said.append(f"{stage}: {error}")
    return said


async def lost(settings: Settings) -> list[str]:
    """A sentence for each partition of which a stage has worked off records, but knows nothing."""
    reader, prefix, said = StageReader(settings), settings.topic_prefix, []
    for stage, row in TOPOLOGY.items():
        if row.state is None:
            continue
        for partition in await reader.partitions(f"{prefix}.{row.state}"):
            done = await reader.committed(f"{prefix}.{stage}", f"{prefix}.{row.input}", partition)
            if done and await reader.is_empty(f"{prefix}.{row.state}", partition):
                said.append(
                    f"{prefix}.{row.state}, partition {partition}, is empty, though {stage} has worked on it: lost; "
                    "the next record has it built anew from the logs"
                )
    return said
