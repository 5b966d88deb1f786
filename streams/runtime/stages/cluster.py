"""Clustering over messages."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import get_args

from streams.contracts import codec
from streams.contracts.records import Decision, EventType, Stage, Story, TaggedArticle
from streams.contracts.topology import STATE_CLUSTER, STORIES, STORY_EVENTS
from streams.metrics import LINK_CHANGES, Metrics
from streams.pipeline import Clusterer
from streams.runtime import inputs, state
from streams.runtime.incarnation import current_base, is_tagged_article
from streams.runtime.inputs import INPUT_ROW
from streams.runtime.messages import Incoming, Outgoing, rows_out
from streams.runtime.outcomes import Outcomes
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, tell_restored
from streams.settings import Settings

logger = logging.getLogger(__name__)


class OtherArticleError(Exception):
    """The log says of a redelivered record's position what it decided on another article: never applied."""


class _Partition:
    """A partition's clusterer, and the decisions that the log already holds for redelivered articles."""

    def __init__(self, clusterer: Clusterer, logged: dict[int, Decision], base: int) -> None:
        self.clusterer = clusterer
        self.logged = logged
        self.base = base
        self.decided_to = max(logged, default=-1)


class ClusterStage:
    """Tagged articles to decisions, one record of the log at most for each; then the rows and snapshots they touch."""

    name: Stage = "cluster"
    pool = None

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        self._prefix, self._metrics, self._reader = settings.topic_prefix, metrics, reader
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
        self.restoring = False

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        log: list[Outgoing] = []
        rows: list[Outgoing] = []
        stories: dict[str, Outgoing] = {}
        for message in batch:
            held = await self._state(message)
            message = replace(message, base=held.base)
            redelivered = message.place <= held.decided_to
            try:
                article = message.decode(TaggedArticle)
                decision = held.logged.get(message.place) if redelivered else held.clusterer.decide(article)
                if decision is not None and decision.article_id != article.id:
                    raise OtherArticleError(f"the log's decision of this position is on article {decision.article_id}")
                decided = [] if decision is None or redelivered else [self._decided(message, article, decision)]
                self.outcomes.sizes.check(decided)
            except Exception as error:
                # Deciding changes nothing: there is nothing to undo.
                log.append(self.outcomes.failed(message, error))
                continue
            if decision is None:
                self.outcomes.good("nothing")
                continue
            try:
                changes = held.clusterer.apply(article, decision, message.place)
                # Every version of a row, in order: a row that gave something away must not be written before the one
                # that took it. Of a snapshot, the last version will do.
                changed = rows_out(STATE_CLUSTER, message.partition, changes.rows.items())
                snapshots = {story.id: self._snapshot(message, story) for story in changes.stories}
                snapshots |= {id_: Outgoing(topic=STORIES, key=id_.encode(), value=None) for id_ in changes.forgotten}
                # A decision whose rows cannot be written must not be logged: the log is the truth.
                self.outcomes.sizes.check([*changed, *snapshots.values()])
            except Exception as error:
                # The clusterer has changed, if only half: publish what stands, then start it anew from its rows.
                yield self._pop_lives()
                yield log
                for phase in self._derived(rows, stories):
                    yield phase
                log, rows, stories = [self.outcomes.failed(message, error)], [], {}
                self.forget([message.partition])
                continue
            self.outcomes.good("redelivered" if redelivered else "published")
            if not redelivered:
                self._tell_decision(decision)
            log += decided
            rows += changed
            stories |= snapshots
        yield self._pop_lives()
        yield log
        for phase in self._derived(rows, stories):
            yield phase
        self._tell_size()

    def _pop_lives(self) -> list[Outgoing]:
        lives, self._lives = self._lives, []
        return lives

    def _derived(self, rows: list[Outgoing], stories: dict[str, Outgoing]) -> Iterator[list[Outgoing]]:
        """What follows from the log. Only the rows still tell which stories a forgotten one had absorbed: these leave
        the snapshots before the rows go."""
        gone = [out for out in stories.values() if out.value is None]
        if gone:
            yield gone
        yield [*self._fresh, *rows, *(out for out in stories.values() if out.value is not None)]
        self._fresh.clear()

    async def _restored(self, message: Incoming, rows: dict[str, bytes]) -> Clusterer:
        """The clusterer of a partition from its rows, or, where they are another version's, from the log."""
        topic, partition = STATE_CLUSTER.full_name(self._prefix), message.partition
        stamped = rows.get(state.STAMP_ROW)
        lost = not rows and await self._reader.newest_decision(
            STORY_EVENTS.full_name(self._prefix), partition, message.topic
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
        if anew:
            clusterer, built = await state.build(
                self._reader, STORY_EVENTS.full_name(self._prefix), message.topic, partition, self._grain
            )
            inputs.tell_rebuilt(self._metrics, self.name, topic, partition, len(built))
            fresh = {**built, **dict.fromkeys(key for key in rows if key not in built)}
            # First: a crash before the last of the rows must not leave a part of them as the whole.
            self._fresh += rows_out(STATE_CLUSTER, partition, [(state.STAMP_ROW, state.unfinished())])
        if anew or stamped is None:
            fresh[state.STAMP_ROW] = state.stamp()
            self._fresh += rows_out(STATE_CLUSTER, partition, fresh.items())
        return clusterer

    def _decided(self, message: Incoming, article: TaggedArticle, decision: Decision) -> Outgoing:
        id_, key = f"{decision.article_id}@{message.place}", STORY_EVENTS.key_bytes(article)
        return replace(self.outcomes.outgoing(message, STORY_EVENTS, decision, id_, key), partition=message.partition)

    def _snapshot(self, message: Incoming, story: Story) -> Outgoing:
        id_, key = f"{story.id}@{message.place}", STORIES.key_bytes(story)
        return self.outcomes.outgoing(message, STORIES, story, id_, key)

    async def _state(self, message: Incoming) -> _Partition:
        if message.partition not in self._partitions:
            self.restoring, began = True, time.monotonic()
            log, partition = STORY_EVENTS.full_name(self._prefix), message.partition
            rows = await self._reader.rows(STATE_CLUSTER.full_name(self._prefix), partition)
            row = rows.pop(INPUT_ROW, None)
            was, now, _ = await inputs.compare(self._reader, message.topic, STATE_CLUSTER.full_name(self._prefix), row)
            clusterer = await self._restored(message, rows)
            last = await self._reader.newest_decision(log, partition, message.topic)
            if last is None and rows:
                logger.warning(
                    "%s, partition %d, is empty, but there are stories: going on from their rows", log, partition
                )
            after = max(clusterer.newest, last[0].place if last else -1) + 1
            newest = (last[0].place, last[1].article_id) if last else None
            base = await current_base(
                self._reader,
                message.topic,
                partition,
                is_tagged_article,
                base=max(last[0].base if last else 0, was.base if was else 0),
                newest=newest,
                after=after,
                other=was.is_other(now) if was else None,
            )
            if was != replace(now, base=base):
                self._lives.append(inputs.row_out(STATE_CLUSTER, partition, replace(now, base=base)))
            logged = await self._reader.decisions(log, partition, message.topic, base + message.offset)
            again = sum(place >= base + message.offset for place in logged)
            if again:
                logger.warning(
                    "%s, partition %d, begins at offset %d, but %d positions from there on were decided before "
                    "(a crash, or a lost consumer group): their decisions are read back, not made again",
                    message.topic, partition, message.offset, again,
                )  # fmt: skip
            # What was restored is long-lived: a million stories need not be walked by every full collection.
            gc.collect()
            gc.freeze()
            self.restoring = False
            self._partitions[message.partition] = _Partition(clusterer, logged, base)
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
