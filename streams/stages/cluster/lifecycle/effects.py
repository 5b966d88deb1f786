"""What a decision does to rows beside their snapshots: sums of vectors, and how large a story was when looked at."""

from __future__ import annotations

from collections.abc import Collection

from streams.contracts.records import Decision
from streams.stages.cluster.features.article_features import summed
from streams.stages.cluster.store.story_store import StoryStore


def looked_through(decision: Decision) -> set[str]:
    """The stories that are as large as when they were looked through: also the parts of a split, and what was
    merged, lest two stories part and merge again and again without having grown."""
    parted = (event for event in decision.events if event.type in ("split", "merged"))
    return {decision.looked, *(id_ for event in parted for id_ in (event.story_id, event.other_id) if id_)}


def profiles(decision: Decision, fresh: Collection[str], stories: StoryStore) -> dict[str, str]:
    """The profiles that the decision changes, of the stories that have not applied it (``fresh``)."""
    found: dict[str, str] = {}

    def change(story_id: str, plus: str = "", minus: str = "") -> None:
        if story_id in fresh:
            known = stories.get(story_id)
            held = found.get(story_id, known.profile if known else "")
            found[story_id] = summed(held, plus, minus=minus)

    for event in decision.events:
        if event.type in ("created", "joined"):
            change(event.story_id, plus=decision.vector)
        elif event.type == "revised" and event.article is not None:
            change(event.story_id, plus=decision.vector, minus=decision.previous)
        elif event.type == "retracted":
            change(event.story_id, minus=decision.previous)
        elif event.type == "merged" and event.other_id:
            younger = stories.get(event.story_id)
            change(event.other_id, plus=younger.profile if younger else "")
        elif event.type == "split":
            change(event.story_id, plus=decision.parted)
            change(event.other_id or "", minus=decision.parted)
    return found
