"""Clustering over messages."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from streams.contracts import codec
from streams.contracts.records import Correction, Decision, EventType, Rejection, Stage, Story, TaggedArticle
from streams.contracts.topics import prefixed
from streams.contracts.topology import ARTICLES_TAGGED, CORRECTIONS, STATE_CLUSTER, STORIES, STORY_EVENTS
from streams.metrics import LINK_CHANGES, Metrics
from streams.runtime import inputs, state
from streams.runtime.catching_up import CaughtUp, catch_up
from streams.runtime.incarnation import current_base, is_tagged_article
from streams.runtime.inputs import INPUT_ROW
from streams.runtime.messages import Incoming, Outgoing, rows_out
from streams.runtime.outcomes import Outcomes
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, tell_restored
from streams.settings import Settings
from streams.stages.cluster import Changes, Clusterer, UnmendableError

logger = logging.getLogger(__name__)


class _Partition:
    """A partition's clusterer, and what the log already holds for records that are delivered again."""

    def __init__(self, caught_up: CaughtUp, base: int) -> None:
        self.clusterer = caught_up.clusterer
        self.base = base
        self.decided, self.mended, self.broken = caught_up.decided, caught_up.mended, caught_up.broken
        self.decided_to = max(self.decided, default=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What is to be done about a record; ``decision`` None: nothing, or nothing more."""

    message: Incoming
    decision: Decision | None = None
    #: The key of its record in the log.
    key: bytes = b""
    outcome: str = "nothing"
    apply: Callable[[], Changes] = Changes


class ClusterStage:
    """Tagged articles and people's corrections to decisions, one record of the log at most for each; then the rows and
    snapshots that these touch."""

    name: Stage = "cluster"
    pool = None

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        self._prefix, self._metrics, self._reader = settings.topic_prefix, metrics, reader
        self._input, self._corrections = (each.full_name(self._prefix) for each in (ARTICLES_TAGGED, CORRECTIONS))
        for type_ in get_args(EventType):
            metrics.count("streams_story_events_total", 0, stage=self.name, type=type_)
        for change in LINK_CHANGES:
            metrics.count("streams_story_links_total", 0, stage=self.name, change=change)
        self._grain = settings.story_grain
        self._partitions: dict[int, _Partition] = {}
        #: Rows of partitions that were restored in another form than they were found in, to be written with the next.
        self._fresh: list[Outgoing] = []
        #: What must be known before a decision is logged: which life of the input it is of.
        self._lives: list[Outgoing] = []
        #: Snapshots of what was restored, to be written as they stand: the last worker may not have got to it.
        self._again: dict[str, Outgoing] = {}
        self.restoring = False

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        log: list[Outgoing] = []
        rows: list[Outgoing] = []
        stories: dict[str, Outgoing] = {}
        for message in batch:
            held = await self._state(message)
            try:
                step = self._decide(held, message)
                message, decision = step.message, step.decision
                decided = [] if decision is None else [self._decided(message, decision, step.key)]
                self.outcomes.sizes.check(decided)
            except UnmendableError as error:
                log.append(self._refused(message, error))
                continue
            except Exception as error:
                # Deciding changes nothing: there is nothing to undo.
                log.append(self.outcomes.failed(message, error))
                continue
            if decision is None:
                self.outcomes.good(step.outcome)
                continue
            try:
                changes = step.apply()
                changed, snapshots = self._written(message, changes)
            except Exception as error:
                # The clusterer has changed, if only half: publish what stands, then start it anew from its rows.
                yield self._pop_lives()
                yield log
                for phase in self._derived(rows, stories):
                    yield phase
                log, rows, stories = [self.outcomes.failed(message, error)], [], {}
                self.forget([message.partition])
                continue
            self.outcomes.good("published")
            self._tell_decision(decision)
            log += decided
            rows += changed
            stories |= snapshots
        yield self._pop_lives()
        yield log
        for phase in self._derived(rows, stories):
            yield phase
        self._tell_size()

    def _decide(self, held: _Partition, message: Incoming) -> _Step:
        """What a record causes. Raises whatever is wrong with it; ``UnmendableError`` of a correction that cannot be
        made as the stories stand."""
        if message.topic == self._corrections:
            return self._mend(held, message)
        message = replace(message, base=held.base)
        article = message.decode(TaggedArticle)
        if message.place in held.broken:
            raise held.broken[message.place]
        if message.place <= held.decided_to:
            # Its decision, where it caused one, was applied when the partition was restored.
            return _Step(message=message, outcome="redelivered" if message.place in held.decided else "nothing")
        decision = held.clusterer.decide(article)
        if decision is None:
            return _Step(message=message)
        return _Step(
            message=message,
            decision=decision,
            key=STORY_EVENTS.key_bytes(article),
            apply=partial(held.clusterer.apply, article, decision, message.place),
        )

    def _mend(self, held: _Partition, message: Incoming) -> _Step:
        correction = message.decode(Correction)
        if correction.id in held.broken:
            raise held.broken[correction.id]
        # Places only grow, also where the topic was made again: by its id, a correction is known all the same.
        newest = held.clusterer.newest_mend
        if message.offset <= newest:
            message = replace(message, base=newest + 1 - message.offset)
        decision = held.clusterer.mend(correction)
        if decision is None:
            return _Step(message=message, outcome="redelivered" if correction.id in held.mended else "nothing")
        return _Step(
            message=message,
            decision=decision,
            key=STORY_EVENTS.key_bytes(correction),
            apply=partial(held.clusterer.apply_mend, decision, message.place),
        )

    def _refused(self, message: Incoming, error: UnmendableError) -> Outgoing:
        id_ = message.decode(Correction).id
        rejection = Rejection(stage=self.name, reason="correction_refused", detail=str(error), id=id_)
        self.outcomes.count(rejection)
        return self.outcomes.rejected(message, rejection)

    def _written(self, message: Incoming, changes: Changes) -> tuple[list[Outgoing], dict[str, Outgoing]]:
        """The rows and snapshots of what changed. A decision whose rows cannot be written must not be logged: the log
        is the truth.

        Raises:
            RecordTooLargeError: one cannot be written.
        """
        # Every version of a row, in order: a row that gave something away must not be written before the one
        # that took it. Of a snapshot, the last version will do.
        changed = rows_out(STATE_CLUSTER, message.partition, changes.rows.items())
        told: dict[str, Story | None] = {story.id: story for story in changes.stories}
        snapshots = self._snapshots(message, told | dict.fromkeys(changes.forgotten))
        self.outcomes.sizes.check([*changed, *snapshots.values()])
        return changed, snapshots

    def _pop_lives(self) -> list[Outgoing]:
        lives, self._lives = self._lives, []
        return lives

    def _derived(self, rows: list[Outgoing], stories: dict[str, Outgoing]) -> Iterator[list[Outgoing]]:
        """What follows from the log. Only the rows still tell which stories a forgotten one had absorbed: these leave
        the snapshots before the rows go."""
        stories = self._again | stories
        self._again = {}
        gone = [out for out in stories.values() if out.value is None]
        if gone:
            yield gone
        yield [*self._fresh, *rows, *(out for out in stories.values() if out.value is not None)]
        self._fresh.clear()

    async def _restored(self, partition: int, rows: dict[str, bytes]) -> tuple[Clusterer, dict[str, bytes]]:
        """The clusterer of a partition, and the rows that it is made from: as they are, or, where they are another
        version's, from the log."""
        topic = STATE_CLUSTER.full_name(self._prefix)
        stamped = rows.get(state.STAMP_ROW)
        lost = not rows and await self._reader.newest_decision(
            STORY_EVENTS.full_name(self._prefix), partition, self._input
        )
        anew = bool(lost) or state.needs_building(rows, f"{topic}, partition {partition}")
        clusterer = Clusterer(grain=self._grain)
        if not anew:
            try:
                clusterer.restore((key, row) for key, row in rows.items() if key != state.STAMP_ROW)
            except codec.DecodeError as error:
                logger.error("a state row of %s, partition %d, cannot be read: %s", topic, partition, error)
                anew = True
        fresh: dict[str, bytes | None] = {}
        built = rows
        if anew:
            clusterer, built = await state.build(
                self._reader,
                STORY_EVENTS.full_name(self._prefix),
                self._input,
                self._corrections,
                partition,
                self._grain,
            )
            inputs.tell_rebuilt(self._metrics, self.name, topic, partition, len(built))
            fresh = {**built, **dict.fromkeys(key for key in rows if key not in built)}
            # First: a crash before the last of the rows must not leave a part of them as the whole.
            self._fresh += rows_out(STATE_CLUSTER, partition, [(state.STAMP_ROW, state.unfinished())])
        if anew or stamped is None:
            fresh[state.STAMP_ROW] = state.stamp()
            self._fresh += rows_out(STATE_CLUSTER, partition, fresh.items())
        return clusterer, built

    def _decided(self, message: Incoming, decision: Decision, key: bytes) -> Outgoing:
        cause = decision.correction.id if decision.correction else decision.article_id
        out = self.outcomes.outgoing(message, STORY_EVENTS, decision, f"{cause}@{message.place}", key)
        return replace(out, partition=message.partition)

    def _snapshots(self, message: Incoming, stories: Mapping[str, Story | None]) -> dict[str, Outgoing]:
        """The snapshot of each story as it stands; None: it is gone."""
        return {
            id_: Outgoing(topic=STORIES, key=id_.encode(), value=None)
            if story is None
            else self.outcomes.outgoing(message, STORIES, story, f"{id_}@{message.place}", STORIES.key_bytes(story))
            for id_, story in stories.items()
        }

    async def _state(self, message: Incoming) -> _Partition:
        if message.partition not in self._partitions:
            self.restoring, began = True, time.monotonic()
            log, partition = STORY_EVENTS.full_name(self._prefix), message.partition
            rows = await self._reader.rows(STATE_CLUSTER.full_name(self._prefix), partition)
            row = rows.pop(INPUT_ROW, None)
            was, now, _ = await inputs.compare(self._reader, self._input, STATE_CLUSTER.full_name(self._prefix), row)
            clusterer, rows = await self._restored(partition, rows)
            last = await self._reader.newest_decision(log, partition, self._input)
            if last is None and rows:
                logger.warning(
                    "%s, partition %d, is empty, but there are stories: going on from their rows", log, partition
                )
            after = max(clusterer.newest, last[0].place if last else -1) + 1
            newest = (last[0].place, last[1].article_id) if last else None
            base = await current_base(
                self._reader,
                self._input,
                partition,
                is_tagged_article,
                base=max(last[0].base if last else 0, was.base if was else 0),
                newest=newest,
                after=after,
                other=was.is_other(now) if was else None,
            )
            if was != replace(now, base=base):
                self._lives.append(inputs.row_out(STATE_CLUSTER, partition, replace(now, base=base)))
            start = message.offset
            if message.topic == self._corrections:
                start = await self._reader.committed(prefixed(self.name, self._prefix), self._input, partition) or 0
            tail = await self._reader.tail(log, partition, self._input, base + start, self._corrections)
            caught_up = await catch_up(
                self._reader, tail, self._input, partition, clusterer, rows, self._grain,
                partial(self._written, message),
            )  # fmt: skip
            self._fresh += rows_out(STATE_CLUSTER, partition, caught_up.rows.items())
            self._again |= self._snapshots(message, caught_up.stories)
            if caught_up.decided:
                logger.warning(
                    "%s, partition %d, begins at offset %d, but %d positions from there on were decided before "
                    "(a crash, or a lost consumer group): their decisions are read back, not made again",
                    self._input, partition, start, len(caught_up.decided),
                )  # fmt: skip
            # What was restored is long-lived: a million stories need not be walked by every full collection.
            gc.collect()
            gc.freeze()
            self.restoring = False
            self._partitions[message.partition] = _Partition(caught_up, base)
            tell_restored(self._metrics, self.name, began)
        return self._partitions[message.partition]

    def works_ahead(self, partitions: Iterable[int]) -> bool:
        # Where applying fails, the rest of a batch is decided after its first phases. And it works on the loop itself.
        del partitions
        return False

    def forget(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._partitions.pop(partition, None)
        self._tell_size()

    def _tell_decision(self, decision: Decision) -> None:
        """Count what a decision did, and how sure it was; of an article's way through stories, not of its rows."""
        for event in decision.events:
            self._metrics.count("streams_story_events_total", stage=self.name, type=event.type)
            if event.evidence is not None and event.type in ("created", "joined"):
                margin = abs(event.evidence.score - event.evidence.threshold)
                self._metrics.observe("streams_decision_margin", margin, stage=self.name, type=event.type)
            for link in event.linked:
                # One without evidence is an old one, handed on by a merge.
                if link.gone or link.evidence is not None:
                    change = "gone" if link.gone else link.kind
                    self._metrics.count("streams_story_links_total", stage=self.name, change=change)

    def _tell_size(self) -> None:
        sizes = [held.clusterer.size for held in self._partitions.values()]
        self._metrics.set("streams_stories_open", sum(size.open_stories for size in sizes), stage=self.name)
        for kind in ("articles", "stories"):
            held = sum(getattr(size, kind) for size in sizes)
            self._metrics.set("streams_state_entries", held, stage=self.name, kind=kind)


STAGE = ClusterStage
