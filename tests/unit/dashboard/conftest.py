"""A small newsroom for the dashboard's tests: decisions as the log has them, without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from log_of_decisions import logged

from streams.contracts.headers import Position
from streams.contracts.records import (
    Decision,
    Evidence,
    RunnerUp,
    Shared,
    StoryArticle,
    StoryEntity,
    StoryEvent,
    StoryQuote,
)
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.store.index import MOST_STORIES, Index
from streams.dashboard.store.projection import project
from streams.dashboard.web.articles import Articles
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.server import create_app
from streams.text import slug

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Newsroom:
    """Writes events into an index, one decision each, at rising offsets of partition 0."""

    def __init__(self, *, most_stories: int = MOST_STORIES) -> None:
        self.index = Index(most_stories=most_stories)
        self.offset = -1
        self.now = NOW.timestamp()

    def article(
        self,
        id_: str,
        title: str = "Bridge closed after storm",
        *,
        source: str = "Harbour Post",
        hours: float = 0,
        url: str | None = None,
        entities: tuple[tuple[str, str, str], ...] = (("place:ox", "Oxhaven", "LOC"),),
        quote: str | None = None,
        language: str = "en",
    ) -> StoryArticle:
        return StoryArticle(
            id=id_,
            title=title,
            source=source,
            url=url,
            published=NOW - timedelta(hours=hours),
            language=language,
            entities=tuple(StoryEntity(id=i, name=n, type=t) for i, n, t in entities),  # type: ignore[arg-type]
            quotes=(StoryQuote(text=quote, sources=(source,)),) if quote else (),
            origin=f"by:{slug(source)}",
        )

    def create(self, story: str, article: StoryArticle) -> list[str]:
        return self.log(self.event("created", story, article))

    def join(self, story: str, article: StoryArticle, *, score: float = 0.9) -> list[str]:
        evidence = Evidence(
            score=score,
            threshold=0.5,
            terms=(Shared(key="bridge", label="bridge", weight=0.3),),
            entities=(Shared(key="place:ox", label="Oxhaven", weight=0.4),),
            hours_apart=1.0,
            runner_up=RunnerUp(story_id="other", headline="Another story", score=0.2),
        )
        return self.log(self.event("joined", story, article, evidence=evidence))

    def event(self, type_: str, story: str, article: StoryArticle | None = None, **more: object) -> StoryEvent:
        return StoryEvent(
            id=f"{article.id if article else story}:{self.offset + 1}:0",
            type=type_,  # type: ignore[arg-type]
            story_id=story,
            at=article.published if article else None,
            article_id=article.id if article else None,
            article=article,
            **more,  # type: ignore[arg-type]
        )

    def log(self, *events: StoryEvent) -> list[str]:
        """One decision of these events; the ids of the stories it changed."""
        self.offset += 1
        self.now += 1
        decision = Decision(article_id=events[0].article_id or "", events=events)
        source = Position(topic="news.articles.tagged", partition=0, offset=self.offset)
        update = project(decision, self.index.lookup, arrived=self.now, source=source)
        return self.index.write(update, Position(topic="news.story-events", partition=0, offset=self.offset))


@pytest.fixture
def newsroom_of():
    """Makes newsrooms with an index of its own each; ``most_stories`` bounds it."""
    rooms = []

    def make(**limits):
        rooms.append(Newsroom(**limits))
        return rooms[-1]

    yield make
    for room in rooms:
        room.index.close()


@pytest.fixture
def newsroom(newsroom_of):
    return newsroom_of()


class Texts(Articles):
    """Stands for ``Articles``: full texts by id, no Kafka."""

    def __init__(self):
        self.texts = {}

    async def read(self, members):
        return {m.entry.id: self.texts[m.entry.id] for m in members if m.entry.id in self.texts}

    async def audit(self, member):
        return []


@pytest.fixture
def context(newsroom):
    broadcaster = Broadcaster(newsroom.index, clock=lambda: newsroom.now)
    return AppContext(
        index=newsroom.index, broadcaster=broadcaster, health=Health(), articles=Texts(), clock=lambda: newsroom.now
    )


@pytest.fixture
def records(newsroom):
    """A log with everything that can befall a story, decisions that were written twice, and one that is none."""
    article, event = newsroom.article, newsroom.event
    told = [
        [event("created", "s1", article("a1"))],
        [event("created", "s2", article("a2", source="Daily Wave"))],
        [event("joined", "s1", article("a3", "Storm shuts bridge"))],
        [event("merged", "s2", other_id="s1")],
        [event("created", "s3", article("a4", "Vote in Vale"))],
        [event("joined", "s3", article("a5", "Late vote"))],
        [event("split", "s4", other_id="s3", moved=(article("a5", "Late vote"),))],
        [event("revised", "s1", article("a3", "Storm shuts two bridges"))],
        [event("retracted", "s1", article("a1"))],
        [event("closed", "s3")],
    ]
    made: list[SimpleNamespace] = []
    for number, events in enumerate(told):
        made.append(logged(len(made), events, source=number))
        if number % 3 == 1:  # a worker that lost its partition writes it again, otherwise
            made.append(logged(len(made), [event("created", f"again{number}", article(f"b{number}"))], source=number))
    no_decision = logged(7, told[0])
    no_decision.value, no_decision.headers = b"{no", []
    made.insert(7, no_decision)
    for offset, each in enumerate(made):
        each.offset, each.timestamp = offset, 1_772_000_000_000 + offset * 1000
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "index.sqlite"


@pytest.fixture
async def get(context):
    """Asks the dashboard over the newsroom's index."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(context)), base_url="http://dashboard"
    ) as client:
        yield client.get
