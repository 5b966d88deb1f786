"""What a story hands over when some of its members go to another: their entries, and those to list in their places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from streams.contracts.records import Story, StoryArticle
from streams.stages.cluster.lifecycle.fold import LISTED
from streams.stages.cluster.lifecycle.present import in_short
from streams.stages.cluster.store.story_store import Member, StoryStore
from streams.stages.cluster.telling import lead, points

Members = Mapping[str, Member]


def members_of(
    story_id: str, stories: StoryStore, members: Members, placed: Mapping[str, Sequence[str]]
) -> Iterator[Member]:
    """The members of a story and of all that was merged into it; ``placed``: story → those placed in it by itself."""
    return (members[id_] for one in stories.family(story_id) for id_ in placed.get(one, ()))


def in_order(story: Story, members: Iterable[Member]) -> list[Member]:
    """Members as they came, the founder first."""
    founder = story.articles[0].id if story.articles else ""
    return sorted(members, key=lambda one: (one.id != founder, one.number, one.id))


def handed_over(
    story: Story, members: Sequence[Member], going: Collection[str]
) -> tuple[tuple[StoryArticle, ...], tuple[StoryArticle, ...]]:
    """The entries of the members that go, in their order, as another story gets them; and the newest of those that stay
    unlisted, for the places that become free. ``members``: all of the story's, ``in_order``."""
    listed = {one.id: one for one in story.articles}
    free = LISTED - sum(id_ not in going for id_ in listed)
    unlisted = [one for one in members if one.id not in going and one.id not in listed]
    kept = unlisted[max(0, len(unlisted) - free) :]
    leaving = tuple(
        replace(
            listed.get(one.id) or in_short(one),
            sentences=lead.given(story.sentences, one.id),
            claims=points.claimed(story.points, one.id),
        )
        for one in members
        if one.id in going
    )
    return leaving, tuple(map(in_short, kept))
