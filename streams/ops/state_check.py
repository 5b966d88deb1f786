"""Whether what the stages know still fits the topics: what `streams doctor` says of state."""

from __future__ import annotations

from streams.runtime.faust.app import INPUTS
from streams.runtime.inputs import PARTITION_BY_PARTITION, PartitionsError, StageReader, check, recorded
from streams.settings import Settings


async def moved(settings: Settings) -> list[str]:
    """A sentence for each stage that cannot go on, as partitions were added."""
    reader, prefix, said = StageReader(settings), settings.topic_prefix, []
    for stage, written in PARTITION_BY_PARTITION.items():
        topic = f"{prefix}.{INPUTS[stage]}"
        counts = {f"{prefix}.{name}": len(await reader.partitions(f"{prefix}.{name}")) for name in written}
        try:
            check(topic, await reader.input(topic), await recorded(reader, f"{prefix}.{written[0]}"), counts)
        except PartitionsError as error:
            said.append(f"{stage}: {error}")
    return said


async def lost(settings: Settings) -> list[str]:
    """A sentence for each partition of which a stage has worked off records, but knows nothing."""
    reader, prefix, said = StageReader(settings), settings.topic_prefix, []
    for stage, (state, *_) in PARTITION_BY_PARTITION.items():
        for partition in await reader.partitions(f"{prefix}.{state}"):
            done = await reader.committed(f"{prefix}.{stage}", f"{prefix}.{INPUTS[stage]}", partition)
            if done and await reader.is_empty(f"{prefix}.{state}", partition):
                said.append(
                    f"{prefix}.{state}, partition {partition}, is empty, though {stage} has worked on it: lost; the "
                    "next record has it built anew from the logs"
                )
    return said
