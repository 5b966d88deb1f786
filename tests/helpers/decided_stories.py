"""Decisions as clustering writes them, for those who read its log, without any clustering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Action, Correction, Decision, StoryArticle, StoryEntity, StoryEvent, Watch
from streams.contracts.topology import WATCHES
from streams.runtime.messages import Incoming, Outgoing

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def member(
    id_: str, title: str = "Ferry aground", *, hours: float = 0, outlet: str = "A", origin: str = ""
) -> StoryArticle:
    """An article ``hours`` after the start."""
    return StoryArticle(
        id=id_,
        title=title,
        source=outlet,
        published=START + timedelta(hours=hours),
        language="en",
        origin=origin or f"outlet:{outlet}",
        entities=(StoryEntity(id="place:lindvik", name="Lindvik", type="LOC"),),
    )


def step(kind: str, story: str, article: StoryArticle | None = None, **more: object) -> StoryEvent:
    """One event; its time is its article's."""
    return StoryEvent(
        id=f"{kind}:{story}:{article.id if article else ''}",
        type=kind,  # type: ignore[arg-type]
        story_id=story,
        at=article.published if article else None,
        article_id=article.id if article else None,
        article=article,
        **more,  # type: ignore[arg-type]
    )


def decided(
    offset: int, *events: StoryEvent, partition: int = 0, source: int | None = None, after: float = 1000
) -> Incoming:
    """The record of a decision on the log, ``after`` hours from the start; ``source``: its article's offset."""
    id_ = next((event.article_id for event in events if event.article_id), f"x{offset}")
    decision = Decision(article_id=id_, events=tuple(events), language="en")
    place = Position(topic="news.articles.tagged", partition=partition, offset=offset if source is None else source)
    return Incoming(
        topic="news.story-events",
        partition=partition,
        offset=offset,
        key=b"en",
        value=codec.encode(decision),
        headers=headers.make(Decision, id_, "cluster", position=place),
        at=START + timedelta(hours=after),
    )


def corrected(offset: int, *events: StoryEvent, source: int, after: int, action: Action = "merge") -> Incoming:
    """The record of a decision on a correction: the ``source``-th of its topic, made after the article at ``after``."""
    correction = Correction(id=f"c{source}", action=action, by="me", at=START, language="en", story_id="s")
    decision = Decision(article_id="", events=tuple(events), language="en", correction=correction, after=after)
    place = Position(topic="news.corrections", partition=0, offset=source)
    return replace(
        decided(offset, *events),
        value=codec.encode(decision),
        headers=headers.make(Decision, correction.id, "cluster", position=place),
    )


def watch(id_: str, query: str, *, created: float = -1000, **more: object) -> Watch:
    return Watch(id=id_, query=query, created=START + timedelta(hours=created), **more)  # type: ignore[arg-type]


def kept(watches: Sequence[Watch]) -> list[Outgoing]:
    """The watches as their topic holds them."""
    return [Outgoing(topic=WATCHES, key=each.id.encode(), value=codec.encode(each), partition=0) for each in watches]
