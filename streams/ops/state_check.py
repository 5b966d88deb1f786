"""Whether what the stages know still fits the topics: what `streams doctor` says of state."""

from __future__ import annotations

from streams.contracts.topics import prefixed
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
        topic, written = row.input.full_name(prefix), [each.full_name(prefix) for each in row.by_partition]
        counts = {name: len(await reader.partitions(name)) for name in written}
        try:
            check(topic, await reader.input(topic), await recorded(reader, row.state.full_name(prefix)), counts)
        except PartitionsError as error:
            said.append(f"{stage}: {error}")
    return said


async def lost(settings: Settings) -> list[str]:
    """A sentence for each partition of which a stage has worked off records, but knows nothing."""
    reader, prefix, said = StageReader(settings), settings.topic_prefix, []
    for stage, row in TOPOLOGY.items():
        if row.state is None:
            continue
        state = row.state.full_name(prefix)
        for partition in await reader.partitions(state):
            done = await reader.committed(prefixed(stage, prefix), row.input.full_name(prefix), partition)
            if done and await reader.is_empty(state, partition):
                said.append(
                    f"{state}, partition {partition}, is empty, though {stage} has worked on it: lost; "
                    "the next record has it built anew from the logs"
                )
    return said
