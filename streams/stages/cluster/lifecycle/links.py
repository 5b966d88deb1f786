"""Storylines: how stories lead to each other, kept as links in their records and changed by events alone.

A story that an article starts may follow older ones. The stories that links connect are a storyline; it has the id of
its earliest, and at most ``CHAPTERS`` stories. A merge hands the younger story's links to the older; a story that is
taken back wholly leaves its storyline; splitting, closing and reopening leave links as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from streams.contracts.records import Evidence, Linking, LinkKind, Story, StoryEntity, StoryLink

#: Links that a story has at most, and stories that a storyline has: a reader follows no more, and records stay small.
MOST_LINKS, CHAPTERS = 8, 24
#: People that a storyline names at most.
PEOPLE = 8

_SEEN_FROM_OTHER: dict[LinkKind, LinkKind] = {"follows": "followed", "followed": "follows", "related": "related"}

Lookup = Callable[[str], Story | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyline:
    """Stories in the order in which their events happened, under the headline of the one with most articles.

    ``people`` are those whom all of the stories name, or all but one of four and more.
    """

    id: str
    headline: str
    first_seen: datetime | None
    last_seen: datetime | None
    people: tuple[StoryEntity, ...]
    chapters: tuple[Story, ...]


def with_link(story: Story, change: Linking) -> Story:
    """The story with what ``change`` says of it."""
    if story.id == change.story_id:
        other, kind = change.other_id, change.kind
    else:
        other, kind = change.story_id, _SEEN_FROM_OTHER[change.kind]
    links = tuple(link for link in story.links if link.story_id != other)
    if change.gone:
        return replace(story, links=links, storyline=story.storyline if links else "")
    link = StoryLink(story_id=other, kind=kind, score=change.score, at=change.at)
    return replace(story, links=(*links, link), storyline=change.storyline)


def chapters(story: Story, lookup: Lookup) -> list[Story]:
    """A story and those that links lead to from it, the earliest first, at most ``CHAPTERS``; what is unknown is left
    out, and what people marked as not news."""
    found = {story.id: story}
    for one in (queue := [story]):
        for link in one.links:
            if link.story_id not in found and len(found) < CHAPTERS:
                other = lookup(link.story_id)
                if other is not None and other.status in ("open", "closed") and not other.is_hidden:
                    found[other.id] = other
                    queue.append(other)
    return sorted(found.values(), key=_age)


def storyline(story: Story, lookup: Lookup) -> Storyline | None:
    """The storyline of a story; None: it is linked to none."""
    told = chapters(story, lookup) if story.links else []
    if len(told) < 2:
        return None
    main = max(told, key=lambda one: one.article_count)
    times = [moment for one in told for moment in (one.first_seen, one.last_seen) if moment]
    return Storyline(
        id=story.storyline,
        headline=main.headline,
        first_seen=min(times, default=None),
        last_seen=max(times, default=None),
        people=_people(told),
        chapters=tuple(told),
    )


def _people(told: list[Story]) -> tuple[StoryEntity, ...]:
    stories_with: dict[str, int] = {}
    entries: dict[str, StoryEntity] = {}
    for one in told:
        for entity in one.entities:
            if entity.type == "PER":
                stories_with[entity.id] = stories_with.get(entity.id, 0) + 1
                entries.setdefault(entity.id, entity)
    least = len(told) - (len(told) >= 4)
    common = [entries[id_] for id_, count in stories_with.items() if count >= least]
    return tuple(sorted(common, key=lambda one: (-stories_with[one.id], -one.articles, one.id))[:PEOPLE])


def _age(story: Story) -> tuple[bool, float, str]:
    began = story.first_seen
    return began is None, began.timestamp() if began else 0.0, story.id


class Links:
    """The links of one decision: what it changes, seen over the stories as they stand before it."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._stories: dict[str, Story] = {}

    def start(self, story: Story, found: Iterable[tuple[str, LinkKind, Evidence]]) -> tuple[Linking, ...]:
        """The links of a new story to what it follows, the likeliest first."""
        self._stories[story.id] = story
        changes: list[Linking] = []
        for other_id, kind, evidence in found:
            self._connect(changes, story.id, other_id, kind, evidence.score, story.first_seen, evidence)
        return self._settled(changes)

    def merge(self, younger_id: str, older_id: str) -> tuple[Linking, ...]:
        """The younger's links become the older's; one between the two has no object any more."""
        younger = self._story(younger_id)
        changes: list[Linking] = []
        for link in younger.links if younger else ():
            self._part(changes, younger_id, link.story_id)
            if link.story_id != older_id:
                self._connect(changes, older_id, link.story_id, link.kind, link.score, link.at)
        return self._settled(changes)

    def end(self, story_id: str) -> tuple[Linking, ...]:
        """A story that has no article left is linked to none."""
        story = self._story(story_id)
        changes: list[Linking] = []
        for link in story.links if story else ():
            self._part(changes, story_id, link.story_id)
        return self._settled(changes)

    def _story(self, story_id: str) -> Story | None:
        return self._stories.get(story_id) or self._lookup(story_id)

    def _connect(
        self,
        changes: list[Linking],
        story_id: str,
        other_id: str,
        kind: LinkKind,
        score: float,
        at: datetime | None,
        evidence: Evidence | None = None,
    ) -> None:
        """Link two stories, where both have room and their storylines together are not too long."""
        story, other = self._story(story_id), self._story(other_id)
        if story is None or other is None or any(link.story_id == other_id for link in story.links):
            return
        if max(len(story.links), len(other.links)) >= MOST_LINKS:
            return
        joined = {one.id for each in (story, other) for one in chapters(each, self._story)}
        if len(joined) > CHAPTERS:
            return
        self._apply(
            changes,
            Linking(
                story_id=story_id,
                other_id=other_id,
                kind=kind,
                storyline=story.storyline or other.storyline or other_id,
                score=score,
                at=at,
                evidence=evidence,
            ),
        )

    def _part(self, changes: list[Linking], story_id: str, other_id: str) -> None:
        self._apply(changes, Linking(story_id=story_id, other_id=other_id, gone=True))

    def _apply(self, changes: list[Linking], change: Linking) -> None:
        changes.append(change)
        for id_ in (change.story_id, change.other_id):
            story = self._story(id_)
            if story is not None:
                self._stories[id_] = with_link(story, change)

    def _settled(self, changes: list[Linking]) -> tuple[Linking, ...]:
        """The changes, and those that give every story whose chain they changed the id of its earliest."""
        for story_id in dict.fromkeys(id_ for change in changes for id_ in (change.story_id, change.other_id)):
            story = self._story(story_id)
            if story is None or not story.links:
                continue
            told = chapters(story, self._story)
            for one in told:
                held = self._story(one.id)
                if held is not None and held.links and held.storyline != told[0].id:
                    self._renew(changes, held, told[0].id)
        return tuple(changes)

    def _renew(self, changes: list[Linking], story: Story, storyline_id: str) -> None:
        link = story.links[0]
        self._apply(
            changes,
            Linking(
                story_id=story.id,
                other_id=link.story_id,
                kind=link.kind,
                storyline=storyline_id,
                score=link.score,
                at=link.at,
            ),
        )
