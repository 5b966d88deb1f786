"""The fold behind the pages: what one decision of the log changes in what they show. Pure: no Kafka, no clock, no web.

Folding the same log gives the same projection, whoever does it and however often: stories, their members with the
evidence that placed them, and the times that order and describe them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from streams.contracts.headers import Position
from streams.contracts.records import Decision, Evidence, Story, StoryArticle, StoryEvent
from streams.query.times import Phase, article_time, phase_of
from streams.stages.cluster import fold, named

HOUR = 3600.0
#: Hours that a sparkline covers, one bar each (issue F asks for a 24-hour sparkline).
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story as the projection keeps it. Times are seconds since the epoch.

    ``active`` is when the log last gave it an article; ``newest`` and ``oldest`` bound the
    times of its articles as ``article_time`` reads them.
    """

    story: Story
    active: float
    newest: float
    oldest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article in its story: its entry, why it is there, when it counts, and where its full text is in the log."""

    story_id: str
    article: StoryArticle
    at: float
    evidence: Evidence | None = None
    source: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one decision changes. Apply in this order: placed, moved, merged, taken back, then the stories."""

    stories: tuple[StoryRow, ...] = ()
    placed: tuple[Placed, ...] = ()
    #: (article id, story id) of each article that a split moved.
    moved: tuple[tuple[str, str], ...] = ()
    #: (story id, the story it went into): every member follows.
    merged: tuple[tuple[str, str], ...] = ()
    retracted: tuple[str, ...] = ()
    events: tuple[StoryEvent, ...] = ()
    arrived: float = 0.0


def project(
    decision: Decision, lookup: Callable[[str], StoryRow | None], *, arrived: float, source: Position | None = None
) -> Update:
    """What ``decision`` changes.

    Args:
        decision: the next of its partition's log.
        lookup: the story of an id as it stands before it; None: not known.
        arrived: when the log got it, seconds since the epoch.
        source: where its article is in the topic of tagged articles.
    """
    ids = {id_ for event in decision.events for id_ in named(event)}
    before = {id_: kept for id_ in sorted(ids) if (kept := lookup(id_)) is not None}
    stories = {id_: kept.story for id_, kept in before.items()}
    touched = fold(stories, decision.events)
    times = {id_: (kept.active, kept.newest, kept.oldest) for id_, kept in before.items()}
    placed: list[Placed] = []
    for event in decision.events:
        if event.story_id not in stories:
            continue
        moments = _moments(event, arrived, times)
        if moments:
            _, newest, oldest = times.get(event.story_id, (arrived, moments[0], moments[0]))
            times[event.story_id] = (arrived, max(newest, *moments), min(oldest, *moments))
        if event.type == "merged" and event.other_id in times and event.story_id in times:
            _, newest, oldest = times[event.story_id]
            _, own_newest, own_oldest = times[event.other_id]
            times[event.other_id] = (arrived, max(newest, own_newest), min(oldest, own_oldest))
        if event.type in ("created", "joined", "revised") and event.article is not None:
            placed.append(
                Placed(
                    story_id=event.story_id,
                    article=event.article,
                    at=article_time(event.at, arrived),
                    evidence=event.evidence,
                    source=source,
                )
            )
    return Update(
        stories=tuple(_kept(stories[id_], times.get(id_, (arrived, arrived, arrived))) for id_ in touched),
        placed=tuple(placed),
        moved=tuple((moved.id, event.story_id) for event in decision.events for moved in event.moved),
        merged=tuple(
            (event.story_id, event.other_id) for event in decision.events if event.type == "merged" and event.other_id
        ),
        retracted=tuple(
            event.article_id for event in decision.events if event.type == "retracted" and event.article_id
        ),
        events=decision.events,
        arrived=arrived,
    )


def phase(kept: StoryRow, now: float) -> Phase:
    """How alive a story is at ``now``, seconds since the epoch."""
    story = kept.story
    return phase_of(story.status, story.article_count, newest=kept.newest, oldest=kept.oldest, now=now)


def sparkline(times: Iterable[float], newest: float) -> tuple[int, ...]:
    """Articles an hour over the ``HOURS`` that end with ``newest``, oldest hour first."""
    bars = [0] * HOURS
    for moment in times:
        hour = int((newest - moment) // HOUR)
        if 0 <= hour < HOURS:
            bars[HOURS - 1 - hour] += 1
    return tuple(bars)


def listed(story: Story) -> bool:
    """Whether a story belongs on a list: not one that was merged away, wholly retracted, or marked as not news."""
    return story.status in ("open", "closed") and not story.is_hidden


def slim(article: StoryArticle) -> StoryArticle:
    """An entry without its entities and what it gave its story to tell: what a story's page shows of a member."""
    return replace(article, entities=(), sentences=(), claims=())


def _kept(story: Story, times: tuple[float, float, float]) -> StoryRow:
    active, newest, oldest = times
    return StoryRow(story=story, active=active, newest=newest, oldest=oldest)


def _moments(event: StoryEvent, arrived: float, times: dict[str, tuple[float, float, float]]) -> Sequence[float]:
    """The times of the articles that the event brings to its story; a revision renews, but brings no new time."""
    if event.type in ("created", "joined") and event.article is not None:
        return [article_time(event.at, arrived)]
    if event.type == "split":
        return [article_time(moved.published, arrived) for moved in event.moved]
    if event.type in ("revised", "reopened") and event.story_id in times:
        return [times[event.story_id][1]]
    return ()
