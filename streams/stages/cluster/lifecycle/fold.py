"""A story's snapshot from its events: one fold, used by the clusterer, the tests and whoever reads the log.

Each event changes each story it names from that story's own state and the event alone, so that stories restored from
rows of different ages can be brought up one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from streams.contracts.records import Story, StoryArticle, StoryEvent, StoryQuote
from streams.stages.cluster.lifecycle.entities import counted
from streams.stages.cluster.lifecycle.headline import choose
from streams.stages.cluster.lifecycle.quotes import union, with_quotes
from streams.text import language_key

#: Members that a snapshot lists: the founder and the newest. Keeps a story of 10,000 articles within a few kB.
LISTED = 24
#: Outlets that a snapshot holds.
OUTLETS = 48
#: Entities that a listed member keeps; the story's own list counts them all.
MEMBER_ENTITIES = 8


def fold(stories: dict[str, Story], events: Iterable[StoryEvent]) -> tuple[str, ...]:
    """Apply ``events`` in order to ``stories`` (id → snapshot, changed in place); the ids touched, in that order."""
    touched: dict[str, None] = {}
    for event in events:
        for story_id, story in _step(stories, event):
            stories[story_id] = story
            touched.pop(story_id, None)
            touched[story_id] = None
    return tuple(touched)


def _step(stories: dict[str, Story], event: StoryEvent) -> Iterable[tuple[str, Story]]:
    story = stories.get(event.story_id)
    other = stories.get(event.other_id) if event.other_id else None
    if event.type == "created":
        new = story or Story(id=event.story_id)
        yield event.story_id, _add(new, event.article, event.at) if event.article else new
    elif event.type == "split":
        # Gains first, so that rows are written before those that lose what they hold.
        new = story or Story(id=event.story_id)
        for member in event.moved:
            new = _add(new, member, member.published)
        yield event.story_id, new
        if other is not None:
            for member in event.moved:
                other = _remove(other, member)
            yield other.id, other
    elif story is None:
        return  # its row has gone since: the story was forgotten further down the log
    elif event.type == "joined" and event.article:
        yield story.id, _add(story, event.article, event.at)
    elif event.type == "revised" and event.article:
        yield story.id, _replace(story, event.article)
    elif event.type == "retracted" and event.article:
        yield story.id, _remove(story, event.article)
    elif event.type == "closed":
        yield story.id, replace(story, status="closed")
    elif event.type == "reopened":
        yield story.id, replace(story, status="open")
    elif event.type == "merged" and event.other_id:
        if other is not None:
            yield other.id, _absorb(other, story)
        yield story.id, replace(story, status="merged", redirect_to=event.other_id)


def _add(story: Story, article: StoryArticle, at: datetime | None) -> Story:
    listed = _list((*story.articles, article))
    return _dress(
        replace(
            story,
            status="open",
            first_seen=_earlier(story.first_seen, at),
            last_seen=_later(story.last_seen, at),
            article_count=story.article_count + 1,
            sources=union(story.sources, _outlets([article]), OUTLETS),
            entities=counted(story.entities, article.entities, 1, most=story.article_count + 1),
            quotes=with_quotes(story.quotes, article),
            languages=union(story.languages, (language_key(article.language),), 8),
        ),
        listed,
    )


def _remove(story: Story, article: StoryArticle) -> Story:
    listed = tuple(member for member in story.articles if member.id != article.id)
    count = max(0, story.article_count - 1)
    sources = story.sources
    if count <= LISTED:
        sources = union((), _outlets(listed), OUTLETS)
    return _dress(
        replace(
            story,
            status="retracted" if count == 0 else story.status,
            article_count=count,
            sources=sources,
            entities=counted(story.entities, article.entities, -1, most=count),
            quotes=_requote(listed),
        ),
        listed,
    )


def _replace(story: Story, article: StoryArticle) -> Story:
    """A revision: the article's entry anew, in its old place; one no longer listed only adds its quotations."""
    entities = story.entities
    listed = []
    for member in story.articles:
        if member.id == article.id:
            most = story.article_count
            entities = counted(counted(entities, member.entities, -1, most=most), article.entities, 1, most=most)
            listed.append(article)
        else:
            listed.append(member)
    sources = union(story.sources, _outlets([article]), OUTLETS)
    return _dress(replace(story, entities=entities, sources=sources, quotes=_requote(listed)), tuple(listed))


def _absorb(story: Story, younger: Story) -> Story:
    members = sorted((*story.articles, *younger.articles), key=_when)
    founder = story.articles[:1]
    listed = _list((*founder, *(member for member in members if member not in founder)))
    return _dress(
        replace(
            story,
            status="open",
            first_seen=_earlier(story.first_seen, younger.first_seen),
            last_seen=_later(story.last_seen, younger.last_seen),
            article_count=story.article_count + younger.article_count,
            sources=union(story.sources, younger.sources, OUTLETS),
            entities=counted(story.entities, younger.entities, 1, most=story.article_count + younger.article_count),
            quotes=_requote(listed),
            languages=union(story.languages, younger.languages, 8),
        ),
        listed,
    )


def _dress(story: Story, listed: tuple[StoryArticle, ...]) -> Story:
    """What follows from the listed members: headline and origins."""
    listed = tuple(
        member
        if len(member.entities) <= MEMBER_ENTITIES
        else replace(member, entities=member.entities[:MEMBER_ENTITIES])
        for member in listed
    )
    return replace(
        story,
        articles=listed,
        headline=choose(story.headline, listed),
        origins=len({member.origin or member.id for member in listed}),
    )


def _list(members: tuple[StoryArticle, ...]) -> tuple[StoryArticle, ...]:
    return members if len(members) <= LISTED else (members[0], *members[1 - LISTED :])


def _outlets(members: Iterable[StoryArticle]) -> tuple[str, ...]:
    return tuple(member.outlet for member in members if member.outlet)


def _when(member: StoryArticle) -> tuple[bool, str, str]:
    return member.published is None, member.published.isoformat() if member.published else "", member.id


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _requote(listed: Iterable[StoryArticle]) -> tuple[StoryQuote, ...]:
    quotes: tuple[StoryQuote, ...] = ()
    for member in listed:
        quotes = with_quotes(quotes, member)
    return quotes
