"""One stage's Faust app without Kafka: what it sends is caught, what it works with runs in this process."""

from __future__ import annotations

import asyncio

from streams.runtime.faust.app import create_app
from streams.settings import load


class Caught:
    """A producer that keeps what it is given; ``refuse`` makes its acknowledgements fail."""

    def __init__(self, refuse=None):
        self.sent = []
        self.refuse = refuse

    async def send(self, topic, key, value, partition, timestamp, headers):
        self.sent.append((topic, key, value))
        done = asyncio.get_running_loop().create_future()
        if self.refuse:
            done.set_exception(self.refuse)
        else:
            done.set_result(None)
        return done


class Inline:
    def __init__(self, work):
        self.work = work

    async def run(self, items):
        return [self.work(item) for item in items]


def app_of(stage, tmp_path, producer):
    app = create_app(load(data_dir=tmp_path, batch_size=1), stage)
    app.finalize()
    app.flow_control.resume()

    async def start():
        return producer

    async def committed(*_):
        return None

    app.maybe_start_producer = start
    app.reader.committed = committed
    return app


async def put(app, stage, *values):
    async with app.agents[stage].test_context() as agent:
        events = [await asyncio.wait_for(agent.put(value), 10) for value in values]
        await asyncio.sleep(0.3)
    return events
