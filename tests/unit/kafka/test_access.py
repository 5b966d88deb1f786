"""What the clients' errors mean, and that the page on secured clusters names what each stage needs."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)

from streams.contracts.topics import Topic
from streams.kafka import access
from streams.kafka.access import DASHBOARD, FOLLOWS, NOTIFIES, STAGE_ACCESS, RefusedError, refusal, why_refused
from streams.kafka.admin import BrokerUnavailableError
from streams.kafka.local.process import free_port
from streams.kafka.provision import plan
from streams.settings import load

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "secure.md"


def names(topics: tuple[Topic, ...]) -> str:
    return ", ".join(topic.name for topic in topics)


@pytest.mark.parametrize("stage", STAGE_ACCESS)
def test_the_page_names_the_rights_of_each_stage(stage: str) -> None:
    (row,) = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{stage}` |")]
    needs = STAGE_ACCESS[stage]
    cells = (f"`{stage}`", names(needs.reads), names(needs.writes), f"news.{needs.group}")
    assert row == "| " + " | ".join(cells) + " |"


def test_the_page_names_the_rights_of_the_dashboard() -> None:
    assert f"| dashboard, `doctor --reconcile` | {names(DASHBOARD.reads)} |" in PAGE.read_text()


def test_the_page_names_the_rights_of_a_follower() -> None:
    row = f"| `streams follow` | {names(FOLLOWS.reads)} | {names(FOLLOWS.writes)} | news.{FOLLOWS.group} |"
    assert row in PAGE.read_text()
    row = f"| `streams notify` | {names(NOTIFIES.reads)} | {names(NOTIFIES.writes)} | news.{NOTIFIES.group} |"
    assert row in PAGE.read_text()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TopicAuthorizationFailedError("news.a"), "use topic news.a:"),
        (TopicAuthorizationFailedError({"news.b", "news.a"}), "use topic news.a, news.b:"),
        (TopicAuthorizationFailedError(), "use topic (not told which):"),
        (GroupAuthorizationFailedError("news.clean"), "use a consumer group (news.clean): grant it READ"),
    ],
)
def test_missing_rights_are_a_sentence(error: Exception, says: str) -> None:
    said = refusal(error, "me")
    assert said is not None
    assert said.startswith("the cluster does not let me ")
    assert says in said


def test_other_errors_are_none_of_ours() -> None:
    assert refusal(KafkaConnectionError("closed")) is None
    assert refusal(ValueError("x")) is None


async def test_a_server_that_is_not_there_refuses_nobody() -> None:
    settings = load(broker=f"kafka://127.0.0.1:{free_port()}")
    assert await why_refused(settings) is None
    with pytest.raises(BrokerUnavailableError, match="STREAMS_SECURITY_PROTOCOL"):
        await plan(settings)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), r"TLS with 127\.0\.0\.1:\d+ failed"),
        (IllegalSaslStateError("x"), "asks for no login"),
    ],
)
async def test_one_server_of_two_says_why(error: Exception, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def create_conn(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(access, "create_conn", create_conn)
    assert re.search(says, str(await why_refused(load(broker="kafka://127.0.0.1:1,127.0.0.1:2"))))
    with pytest.raises(RefusedError, match=says):
        await plan(load(broker=f"kafka://127.0.0.1:{free_port()}"))
