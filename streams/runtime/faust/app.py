"""The Faust app of one stage: receive a batch, let the stage decide, publish, await, let go.

Each setting here that differs from Faust's default answers one of its traps (ARCHITECTURE.md, "Where we leave Faust's
beaten path").
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import faust
from faust.transport.consumer import Consumer
from faust.types import TP

from streams import __version__
from streams.contracts.records import SCHEMA_VERSION, Stage
from streams.contracts.topics import prefixed
from streams.contracts.topology import TOPOLOGY
from streams.kafka import admin
from streams.kafka.security import codec_of, faust_credentials
from streams.metrics import Metrics
from streams.runtime.faust.batches import Batches
from streams.runtime.faust.ending import die
from streams.runtime.faust.fence import FencedError, FencedProducer
from streams.runtime.faust.watchdog import Watchdog
from streams.runtime.gaps import Gaps
from streams.runtime.inputs import check_at_start
from streams.runtime.pauses import Pauses
from streams.runtime.publish import BATCH_BYTES, Publisher
from streams.runtime.sizes import MAX_REQUEST_BYTES
from streams.runtime.stage_reader import StageReader
from streams.runtime.stages import MessageStage, create_stage
from streams.runtime.tracing import Tracing, create_tracing
from streams.settings import Settings

logger = logging.getLogger(__name__)


class HeldEvent(faust.Event):
    """An event that only ``release`` acknowledges.

    Faust acknowledges on its own what it skips while a rebalance is under way, and whatever an exception or a
    cancelled agent leaves behind; an acknowledged record that was not processed is a lost one.
    """

    def ack(self) -> bool:
        return False

    def release(self) -> bool:
        return super().ack()


class StageApp(faust.App):
    """A Faust app that knows its stage, for the health server and the tests."""

    #: mode names a service's logger after its module: our own lines would drown in its comings and goings.
    logger = logging.getLogger("faust.app")

    stage: MessageStage
    metrics: Metrics
    reader: StageReader
    publisher: Publisher
    gaps: Gaps
    pauses: Pauses
    batches: Batches
    watch: Watchdog
    tracing: Tracing
    #: Compares the topics with what is known of them; to be awaited before the first record.
    check_topics: Callable[[], Awaitable[None]]
    #: What is called when the worker stops and all that it had in hand is committed, before it leaves its group.
    on_committed: Callable[[], None] = staticmethod(lambda: None)
    #: Whether the group has ever given this worker its partitions (which may be none).
    joined: bool = False

    def _new_consumer(self) -> Consumer:
        consumer = cast(Consumer, super()._new_consumer())
        finish = consumer.on_stop

        async def on_stop() -> None:
            await finish()
            self.on_committed()

        consumer.on_stop = on_stop  # type: ignore[method-assign]  # the transport makes it, of its own class
        return consumer

    def _new_producer(self) -> FencedProducer:
        return FencedProducer(
            self.transport, loop=self.loop, beacon=self.beacon, stage=self.stage.name, pauses=self.pauses
        )


def create_app(settings: Settings, stage_name: Stage, *, metrics: Metrics | None = None) -> StageApp:
    """The app of one stage, with its own consumer group ``<prefix>.<stage>``. Nothing is connected before it starts."""
    metrics = metrics or Metrics()
    prefix, topics = settings.topic_prefix, TOPOLOGY[stage_name]
    group = prefixed(stage_name, prefix)
    data_dir = settings.data_dir / stage_name
    app = StageApp(
        group,
        broker=settings.broker,
        broker_credentials=faust_credentials(settings),
        store="memory://",
        datadir=str(data_dir),
        Event=HeldEvent,
        key_serializer="raw",
        value_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
        stream_wait_empty=True,
        stream_buffer_maxsize=256,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=settings.session_timeout / 6,
        broker_rebalance_timeout=max(settings.session_timeout, 60.0),
        # Nothing is polled while a batch fills the buffers: a batch of hanging articles must not cost the partitions.
        broker_max_poll_interval=max(600.0, settings.longest_batch),
        broker_max_poll_records=200,
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        broker_request_timeout=max(90.0, 2 * settings.session_timeout),
        consumer_auto_offset_reset="earliest",
        # What may wait in memory a partition; one larger record is handed over all the same (KIP-74).
        consumer_max_fetch_size=2_097_152,
        producer_acks=-1,
        producer_compression_type=codec_of(settings),
        producer_linger=0.005,
        producer_max_batch_size=BATCH_BYTES,
        producer_max_request_size=MAX_REQUEST_BYTES,
        producer_request_timeout=60.0,
    )
    app.metrics = metrics
    metrics.begin(stage_name)
    metrics.set("streams_build_info", 1, version=__version__, schema=str(SCHEMA_VERSION))
    app.reader = StageReader(settings, partial(metrics.count, "streams_restored_records_total", stage=stage_name))
    app.stage = create_stage(stage_name, settings, metrics, app.reader)
    app.tracing = create_tracing(settings, stage_name)
    app.stage.outcomes.trace = app.tracing.handed_on
    app.gaps = Gaps(stage_name, group, metrics, app.reader)
    app.publisher = Publisher(
        # Looked up with each call: the app makes its producer when it starts.
        lambda: app.maybe_start_producer(),
        prefix,
        app.stage.outcomes.sizes,
        writes=topics.writes,
        partitions=lambda name: app.reader.partitions(name),
        largest=partial(admin.largest_record, settings),
    )

    # The last heartbeat before a pause may be a sixth of the session old, and has to have arrived.
    app.pauses = Pauses(settings.session_timeout * 2 / 3)
    app.check_topics = partial(check_at_start, app.reader, stage_name, prefix, metrics)

    async def forget(*args: Any, **_: Any) -> None:
        partitions: set[TP] = args[-1]
        app.stage.forget([tp.partition for tp in partitions])
        app.gaps.forget([tp.partition for tp in partitions])

    async def join(*args: Any, **_: Any) -> None:
        await forget(*args)
        if app.pauses.found():
            # A new generation would make what this worker still has in hand look like its own.
            die(stage_name, FencedError())
        app.pauses.begin()
        app.joined = True

    # Another worker may have written since: what was remembered of a partition ends with its assignment.
    app.on_partitions_revoked.connect(forget, weak=False)
    app.on_partitions_assigned.connect(join, weak=False)

    # The app's, not the agent's: whatever becomes of that, a batch in hand is published before the next.
    app.batches = Batches(app, partial(die, stage_name))
    # Faust gives topics of as many partitions, read by the same members, to one worker by their numbers.
    names = [topic.full_name(prefix) for topic in (topics.input, *topics.beside)]
    source = app.topic(*names, key_type=bytes, value_type=bytes)

    @app.agent(source, name=stage_name, concurrency=1)
    async def agent(stream: Any) -> None:
        async for events in stream.noack_take(settings.batch_size, within=settings.batch_within):
            try:
                await app.batches.take(events)
            except Exception as error:
                die(stage_name, error)

    return app
