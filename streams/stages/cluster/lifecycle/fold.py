"""A story's snapshot from its events: one fold, used by the clusterer, the tests and whoever reads the log.

Each event changes each story it names from that story's own state and the event alone, so that stories restored from
rows of different ages can be brought up one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from streams.contracts.records import Pins, Story, StoryArticle, StoryEvent, StoryQuote
from streams.stages.cluster.lifecycle import pins
from streams.stages.cluster.lifecycle.distinct import counted, estimate, may_hold, merged
from streams.stages.cluster.lifecycle.entities import with_entities
from streams.stages.cluster.lifecycle.headline import choose
from streams.stages.cluster.lifecycle.links import with_link
from streams.stages.cluster.lifecycle.quotes import union, with_quotes
from streams.stages.cluster.telling import lead, points
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
        for story_id, story in chain(_step(stories, event), _linked(stories, event)):
            stories[story_id] = story
            touched.pop(story_id, None)
            touched[story_id] = None
    return tuple(touched)


def named(event: StoryEvent) -> Iterator[str]:
    """The ids of the stories that an event may change, some of them more than once."""
    yield event.story_id
    if event.other_id:
        yield event.other_id
    for change in event.linked:
        yield change.story_id
        yield change.other_id


def _linked(stories: dict[str, Story], event: StoryEvent) -> Iterable[tuple[str, Story]]:
    for change in event.linked:
        for story_id in (change.story_id, change.other_id):
            if (story := stories.get(story_id)) is not None:
                yield story_id, with_link(story, change)


def _step(stories: dict[str, Story], event: StoryEvent) -> Iterable[tuple[str, Story]]:
    story = stories.get(event.story_id)
    other = stories.get(event.other_id) if event.other_id else None
    if event.type == "created":
        new = story or Story(id=event.story_id)
        yield event.story_id, _gain(new, [event.article], [event.at]) if event.article else new
    elif event.type == "split":
        # Gains first, so that rows are written before those that lose what they hold.
        new = story or Story(id=event.story_id)
        yield event.story_id, _gain(new, event.moved, [member.published for member in event.moved])
        if other is not None:
            yield other.id, _lose(other, event.moved, event.kept)
    elif story is None:
        return  # its row has gone since: the story was forgotten further down the log
    elif event.type == "joined" and event.article:
        yield story.id, _gain(story, [event.article], [event.at])
    elif event.type == "revised" and event.article:
        yield story.id, _replace(story, event.article, event.before)
    elif event.type == "revised" and event.pins is not None:
        yield story.id, _pinned(story, event.pins)
    elif event.type == "retracted" and event.article:
        yield story.id, _lose(_unnamed(story, event.article.id), [event.article])
    elif event.type == "closed":
        yield story.id, replace(story, status="closed")
    elif event.type == "reopened":
        yield story.id, replace(story, status="open")
    elif event.type == "merged" and event.other_id:
        if other is not None:
            yield other.id, _absorb(other, story)
        yield story.id, replace(story, status="merged", redirect_to=event.other_id)


def _gain(story: Story, articles: Sequence[StoryArticle], times: Sequence[datetime | None]) -> Story:
    first, last, entities, quotes = story.first_seen, story.last_seen, story.entities, story.quotes
    count = story.article_count + len(articles)
    for article, at in zip(articles, times, strict=True):
        first, last = _earlier(first, at), _later(last, at)
        entities, quotes = with_entities(entities, article.entities, 1, most=count), with_quotes(quotes, article)
    languages = tuple(dict.fromkeys(language_key(article.language) for article in articles))
    return _dress(
        replace(
            story,
            status="open",
            first_seen=first,
            last_seen=last,
            article_count=count,
            sources=union(story.sources, _outlets(articles), OUTLETS),
            entities=entities,
            quotes=quotes,
            languages=union(story.languages, languages, 8),
            outlet_sketch=counted(story.outlet_sketch, plus=_outlets(articles)),
            origin_sketch=counted(story.origin_sketch, plus=map(_origin, articles)),
            sentences=lead.gained(story.sentences, articles),
            points=points.gained(story.points, articles, times),
        ),
        _list((*story.articles, *articles)),
    )


def _lose(story: Story, articles: Sequence[StoryArticle], kept: tuple[StoryArticle, ...] = ()) -> Story:
    """The story without ``articles``; ``kept`` are members to list in their places."""
    lost = {article.id: article for article in articles}
    # As the story itself shows them, where it still does: an event of old may tell less.
    lost |= {member.id: member for member in story.articles if member.id in lost}
    listed = tuple(member for member in story.articles if member.id not in lost)
    listed = _list((*listed[:1], *kept, *listed[1:]))
    count = max(0, story.article_count - len(articles))
    entities = story.entities
    for article in articles:
        entities = with_entities(entities, article.entities, -1, most=count)
    outlets = counted(story.outlet_sketch, minus=_outlets(lost.values()))
    sources = tuple(source for source in story.sources if may_hold(outlets, source))
    return _dress(
        replace(
            story,
            status="retracted" if count == 0 else story.status,
            article_count=count,
            sources=union(sources, _outlets(listed), OUTLETS),
            entities=entities,
            quotes=_requote(listed),
            outlet_sketch=outlets,
            origin_sketch=counted(story.origin_sketch, minus=map(_origin, lost.values())),
            sentences=lead.lost(story.sentences, lost),
            points=points.lost(story.points, lost),
        ),
        listed,
    )


def _replace(story: Story, article: StoryArticle, before: StoryArticle | None) -> Story:
    """A revision: the article's entry anew, in its old place; one no longer listed (``before``) only counts anew."""
    entities = story.entities
    listed = []
    for member in story.articles:
        if member.id == article.id:
            most = story.article_count
            entities = with_entities(entities, member.entities, -1, most=most)
            entities = with_entities(entities, article.entities, 1, most=most)
            listed.append(article)
            before = member
        else:
            listed.append(member)
    outlets, origins = story.outlet_sketch, story.origin_sketch
    if before is not None:
        outlets = counted(outlets, plus=_outlets([article]), minus=_outlets([before]))
        origins = counted(origins, plus=[_origin(article)], minus=[_origin(before)])
    sources = tuple(source for source in story.sources if may_hold(outlets, source))
    return _dress(
        replace(
            story,
            entities=entities,
            sources=union(sources, _outlets([article]), OUTLETS),
            quotes=_requote(listed),
            outlet_sketch=outlets,
            origin_sketch=origins,
            sentences=lead.gained(lead.lost(story.sentences, [article.id]), [article]),
            points=points.gained(points.lost(story.points, [article.id]), [article], [article.published]),
        ),
        tuple(listed),
    )


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
            entities=with_entities(
                story.entities, younger.entities, 1, most=story.article_count + younger.article_count
            ),
            quotes=_requote(listed),
            languages=union(story.languages, younger.languages, 8),
            outlet_sketch=merged(story.outlet_sketch, younger.outlet_sketch),
            origin_sketch=merged(story.origin_sketch, younger.origin_sketch),
            sentences=(*story.sentences, *younger.sentences),
            points=points.merged(story.points, younger.points),
            pins=pins.merged(story.pins, younger.pins),
        ),
        listed,
    )


def _pinned(story: Story, now: Pins) -> Story:
    """The story with these pins; a headline that is no longer one gives way to a member's title."""
    chosen = story.headline if story.pins is None or not story.pins.headline_by else choose("", story.articles)
    return replace(story, pins=now if now != pins.NONE else None, headline=now.headline or chosen)


def _unnamed(story: Story, article_id: str) -> Story:
    """The story as it is without the title of an article that is taken back: its words go, whoever pinned them."""
    if story.pins is None or story.pins.headline_of != article_id:
        return story
    return _pinned(story, pins.without_headline(story.pins))


def _dress(story: Story, listed: tuple[StoryArticle, ...]) -> Story:
    """What follows from the listed members, the headline; from the sketches, counts; from what they tell, the lead."""
    listed = tuple(map(_slim, listed))
    story = replace(
        story,
        articles=listed,
        headline=(story.pins.headline if story.pins else "") or choose(story.headline, listed),
        outlets=min(story.article_count, estimate(story.outlet_sketch)),
        origins=min(story.article_count, estimate(story.origin_sketch)),
    )
    return points.compared(lead.told(story))


def _slim(member: StoryArticle) -> StoryArticle:
    """A member as its story lists it: with its first entities, and without what the story itself holds of it."""
    if len(member.entities) <= MEMBER_ENTITIES and not member.sentences and not member.claims:
        return member
    return replace(member, entities=member.entities[:MEMBER_ENTITIES], sentences=(), claims=())


def _list(members: tuple[StoryArticle, ...]) -> tuple[StoryArticle, ...]:
    return members if len(members) <= LISTED else (members[0], *members[1 - LISTED :])


def _outlets(members: Iterable[StoryArticle]) -> tuple[str, ...]:
    return tuple(member.outlet for member in members if member.outlet)


def _origin(member: StoryArticle) -> str:
    return member.origin or member.id


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
