"""Alerts to people: what is sent, when, again or never; and what nobody can make it do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from decided_stories import START, watch
from takers import Hooks, Mailbox, taking

from streams.contracts import codec, headers
from streams.contracts.records import Alert, Watch
from streams.contracts.topology import DEAD_LETTERS, STATE_NOTIFY
from streams.metrics import Metrics
from streams.notify.notifier import Notifier
from streams.notify.outbox import Outbox
from streams.notify.send import Sender, SendError, signature
from streams.notify.service import incoming
from streams.notify.sinks import Sink, is_sink, parse_sink
from streams.notify.timing import due, quiet_hours
from streams.notify.wording import Notice, body, html, plain
from streams.runtime.messages import Incoming, Outgoing
from streams.settings import Settings, SettingsError, load


def alert(id_: str = "a1", **more: Any) -> Alert:
    given = {"headline": "Ferry aground", "title": "Ferry ran aground", "outlet": "A", "url": "https://a.example/1"}
    about: dict[str, Any] = {"watch_id": "w", "condition": "ferry", "story_id": "s/1", "at": START, "articles": 1}
    return Alert(id=id_, **(about | given | more))


async def local(host: str, port: int) -> list[str]:
    del host, port
    return ["127.0.0.1"]


def settings_of(**more: object) -> Settings:
    return load(notify_private=True, notify_timeout=1.0, **more)


class Clock:
    """Time that tests move."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Room:
    """A notifier over topics in memory; ``again`` is its successor after a kill."""

    def __init__(self, settings: Settings, *watches: Watch, clock: Clock | None = None) -> None:
        self.settings, self.watches, self.clock = settings, {each.id: each for each in watches}, clock or Clock()
        self.published: list[Outgoing] = []
        self.metrics = Metrics()
        self.sender = Sender(settings, local, self.clock.time)
        self.again()

    def again(self) -> None:
        rows = {(out.key or b"").decode(): out.value for out in self.on(STATE_NOTIFY)}
        self.notifier = Notifier(
            self.settings, self.metrics, self.sender, self.clock, publish=self.publish, kept=self.kept
        )
        self.notifier.outboxes[0] = Outbox({key: value for key, value in rows.items() if value is not None})

    def on(self, topic: object) -> list[Outgoing]:
        return [out for out in self.published if out.topic is topic]

    async def publish(self, out: Sequence[Outgoing]) -> None:
        self.published += out

    async def kept(self) -> dict[str, Watch]:
        return self.watches

    async def take(self, *alerts: Alert) -> None:
        for offset, each in enumerate(alerts):
            message = Incoming(topic="news.alerts", partition=0, offset=offset, key=b"k", value=codec.encode(each))
            await self.notifier.take(message)

    async def settle(self) -> None:
        await self.notifier.look()
        for _ in range(400):
            await asyncio.sleep(0.01)
            if all(trip.task.done() for trip in self.notifier._trips):
                break
        await self.notifier.look()

    def outcomes(self) -> list[float]:
        return [
            self.metrics.value("streams_notices_total", outcome=each) for each in ("sent", "put_off", "dead_letter")
        ]


async def test_a_hook_gets_a_signed_message_once() -> None:
    hooks = Hooks()
    async with taking(hooks):
        room = Room(settings_of(notify_secret="a-key-of-sixteen"), watch("w", "ferry", sinks=(f"webhook:{hooks.url}",)))
        await room.take(alert())
        await room.settle()
        room.again()
        await room.take(alert())
        await room.settle()
        await room.sender.aclose()
    ((fields, content),) = hooks.got
    assert (fields["target"], fields["host"]) == ("POST /in?key=1 HTTP/1.1", f"hooks.test:{hooks.port}")
    assert fields["idempotency-key"] == fields["webhook-id"] == "a1"
    assert fields["webhook-signature"] == signature("a-key-of-sixteen", "a1", fields["webhook-timestamp"], content)
    told = json.loads(content)
    assert (told["watch_id"], told["alerts"][0]["headline"]) == ("w", "Ferry aground")
    assert room.outcomes() == [1, 0, 0]


async def test_what_fails_is_tried_again_and_what_never_will_is_a_dead_letter() -> None:
    hooks = Hooks("503 Later\r\nRetry-After: 7200", "hang", "200 OK")
    gone = Hooks("410 Gone")
    async with taking(hooks), taking(gone):
        room = Room(settings_of(), watch("w", "f", sinks=(f"webhook:{hooks.url}", f"slack:{gone.url}")))
        await room.take(alert())
        await room.settle()
        assert room.outcomes() == [0, 1, 1]
        (letter,) = room.on(DEAD_LETTERS)
        about = headers.error_fields(letter.headers)
        assert (about["stage"], about["topic"], about["offset"]) == ("notify", "news.alerts", "0")
        assert "slack at hooks.test: answered 410" in about["message"]
        assert "key=1" not in about["message"], "who knows a hook's address can post there"
        assert codec.decode(Alert, letter.value or b"") == alert()
        await room.settle()
        room.clock.now += 7199
        await room.settle()
        assert len(hooks.got) == 1, "not before the server wants it"
        room.again()
        room.clock.now += 2
        await room.settle()
        assert room.outcomes()[1] == 2, "the server hung"
        room.clock.now += 3600
        await room.settle()
        assert room.outcomes() == [1, 2, 1]
        await room.take(alert())
        await room.settle()
        assert (len(hooks.got), len(gone.got)) == (3, 2), "put back, it goes where it did not arrive"
        await room.sender.aclose()


async def test_tries_end() -> None:
    hooks = Hooks("500 No")
    async with taking(hooks):
        room = Room(settings_of(notify_tries=3), watch("w", "f", sinks=(f"discord:{hooks.url}",)))
        await room.take(alert())
        for _ in range(5):
            await room.settle()
            room.clock.now += 4000
        await room.sender.aclose()
    assert len(hooks.got) == 3
    assert room.outcomes() == [0, 2, 1]


@pytest.mark.parametrize("url", ["http://hooks.test:1/", "http://[::1]/", "http://169.254.169.254/latest"])
async def test_no_message_goes_to_a_private_address(url: str) -> None:
    sender = Sender(load(), local, lambda: 0.0)
    with pytest.raises(SendError, match="STREAMS_NOTIFY_PRIVATE") as caught:
        await sender(parse_sink(f"webhook:{url}"), Notice(id="n", watch_id="w", alerts=(alert(),)))
    await sender.aclose()
    assert caught.value.final


async def test_a_redirect_is_not_followed() -> None:
    hooks, inside = Hooks("302 There\r\nLocation: http://127.0.0.1:1/"), Hooks()
    async with taking(hooks), taking(inside):
        sender = Sender(settings_of(), local, lambda: 0.0)
        with pytest.raises(SendError, match="answered 302"):
            await sender(Sink("webhook", hooks.url), Notice(id="n", watch_id="w", alerts=(alert(),)))
        await sender.aclose()
    assert inside.got == []


async def test_a_digest_is_one_mail_after_the_quiet_hours() -> None:
    mailbox = Mailbox()
    async with taking(mailbox):
        settings = settings_of(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", smtp_from="n@x.test"
        )
        quiet = watch("w", "ferry", sinks=("mail:desk@example.org",), digest="hourly", quiet="11:00-15:30")
        room = Room(settings, quiet)
        evil = alert("a2", headline="<script>x</script>\r\nBcc: all@x.test", at=START + timedelta(hours=1))
        await room.take(alert(), evil)
        await room.settle()
        room.clock.now += 3 * 3600
        await room.settle()
        assert mailbox.got == []
        room.clock.now += 1801
        await room.settle()
        await room.sender.aclose()
    (mail,) = mailbox.got
    assert mail["To"] == "desk@example.org"
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[w] <script>x</script> Bcc: all@x.test and 1 more"
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert page
    assert "Ferry aground" in text.get_content()
    assert "<script>" not in page.get_content()
    assert 'href="https://a.example/1"' in page.get_content()


async def test_a_recipient_that_is_refused_for_good_is_a_dead_letter() -> None:
    mailbox = Mailbox(refuse="550 nobody of that name")
    async with taking(mailbox):
        settings = settings_of(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", smtp_from="n@x.test"
        )
        room = Room(settings, watch("w", "ferry", sinks=("mail:no@example.org",)))
        await room.take(alert())
        await room.settle()
        await room.sender.aclose()
    assert room.outcomes() == [0, 0, 1]


async def test_nothing_in_the_topics_stops_it() -> None:
    room = Room(settings_of(), watch("w", "f", sinks=("pigeon:loft", "mail:x"), quiet="soon", zone="Mars/Olympus"))
    await room.notifier.take(Incoming(topic="news.alerts", partition=0, offset=0, key=b"k", value=b"junk"))
    await room.take(alert(), alert("a2", watch_id="gone"))
    await room.settle()
    await room.sender.aclose()
    assert room.outcomes() == [0, 0, 2]


@pytest.mark.parametrize(
    ("more", "now", "expected"),
    [
        ({}, "2026-03-01T12:00+00:00", "2026-03-01T12:00+00:00"),
        ({"quiet": "22:00-07:00", "zone": "Europe/Berlin"}, "2026-03-01T22:30+00:00", "2026-03-02T06:00+00:00"),
        ({"quiet": "22:00-07:00", "zone": "Europe/Berlin"}, "2026-03-01T03:30+00:00", "2026-03-01T06:00+00:00"),
        ({"quiet": "12:00-13:00"}, "2026-03-01T13:00+00:00", "2026-03-01T13:00+00:00"),
        ({"digest": "hourly"}, "2026-03-01T12:00+00:00", "2026-03-01T13:00+00:00"),
        ({"digest": "daily", "zone": "Europe/Berlin"}, "2026-03-28T12:00+00:00", "2026-03-29T05:00+00:00"),
        (
            {"digest": "daily", "digest_hour": 3, "quiet": "01:00-06:00"},
            "2026-03-01T12:00+00:00",
            "2026-03-02T06:00+00:00",
        ),
        ({"quiet": "01:00-03:30", "zone": "Europe/Berlin"}, "2026-10-25T00:30+00:00", "2026-10-25T02:30+00:00"),
    ],
)
def test_when_it_goes_out(more: dict[str, Any], now: str, expected: str) -> None:
    moment = due(watch("w", "f", **more), datetime.fromisoformat(now))
    assert moment == datetime.fromisoformat(expected)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["22-7", "24:00-07:00", "07:00-07:00", "a"])
def test_quiet_hours_are_checked(text: str) -> None:
    with pytest.raises(ValueError, match="22:00-07:00"):
        quiet_hours(text)


@pytest.mark.parametrize(
    "text",
    [
        "pigeon:x", "mail:", "mail:a@b", "mail:a@b.c,d@e.f", "mail:a@b.c\r\nBcc: d@e.f", "webhook:ftp://a.b/",
        "webhook:https://", "webhook:https://u:p@a.b/", "slack:https://a b/", "webhook:https://a:99999/", "https://a.b/",
    ],
)  # fmt: skip
def test_what_is_no_sink(text: str) -> None:
    assert not is_sink(text)


def test_chats_read_no_markup_of_theirs() -> None:
    notice = Notice(id="n", watch_id="w", alerts=(alert(headline="<!channel> [x](http://evil) @everyone\u202e"),))
    assert "&lt;!channel&gt;" in json.loads(body("slack", notice))["text"]
    discord = json.loads(body("discord", notice))
    assert discord["allowed_mentions"] == {"parse": []}
    assert "[x](" not in discord["content"]
    (card,) = json.loads(body("teams", notice))["attachments"]
    assert "[x](" not in card["content"]["body"][0]["text"]
    assert "\u202e" not in plain(notice)
    many = Notice(id="n", watch_id="w", alerts=tuple(alert(str(n)) for n in range(60)), public_url="https://d.example/")
    assert "and 10 more" in plain(many)
    assert "https://d.example/story/s%2F1" in html(many)
    assert len(json.loads(body("discord", many))["content"]) <= 2000


def test_settings_of_mail_fit_together() -> None:
    with pytest.raises(SettingsError, match="STREAMS_SMTP_FROM is missing"):
        load(smtp_host="mail.example")
    with pytest.raises(SettingsError, match="in the clear"):
        load(smtp_host="mail.example", smtp_from="a@b.c", smtp_user="u", smtp_security="none")


@pytest.mark.parametrize("timestamp", [-(2**63), -1, 2**62, 2**63 - 1])
def test_no_timestamp_or_header_of_a_record_raises(timestamp: int) -> None:
    record = ConsumerRecord(
        topic="news.alerts", partition=0, offset=3, timestamp=timestamp, timestamp_type=0, key=None, value=b"x",
        checksum=None, serialized_key_size=0, serialized_value_size=1, headers=[("a", None)],
    )  # fmt: skip
    message = incoming(record)
    assert (message.place, message.at, message.headers) == (3, None, [("a", b"")])


async def test_an_alert_that_nothing_can_be_made_of_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(settings_of(), watch("w", "ferry"))

    def broken(*_: object) -> None:
        raise OverflowError("a moment that is none")

    monkeypatch.setattr(Outbox, "take", broken)
    await room.notifier.take(Incoming(topic="t", partition=0, offset=0, key=None, value=codec.encode(alert())))
    (letter,) = room.on(DEAD_LETTERS)
    assert b"OverflowError" in dict(letter.headers).values()
