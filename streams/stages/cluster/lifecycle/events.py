"""The events of one decision, numbered as they are added."""

from __future__ import annotations

from datetime import datetime

from streams.contracts.records import EventType, Evidence, Linking, Mended, Pins, StoryArticle, StoryEvent
from streams.stages.cluster.lifecycle.fold import named


class Events:
    """Collects what one article causes, or a correction. ``number`` is the decision's, in its language."""

    def __init__(self, article_id: str | None, number: int, mended: Mended | None = None) -> None:
        self.number = number
        self.all: list[StoryEvent] = []
        self._article_id, self._mended = article_id, mended

    def add(
        self,
        kind: EventType,
        story_id: str,
        at: datetime | None,
        *,
        article: StoryArticle | None = None,
        evidence: Evidence | None = None,
        other_id: str | None = None,
        moved: tuple[StoryArticle, ...] = (),
        kept: tuple[StoryArticle, ...] = (),
        before: StoryArticle | None = None,
        linked: tuple[Linking, ...] = (),
        pins: Pins | None = None,
    ) -> None:
        cause = self._mended.correction if self._mended else self._article_id
        self.all.append(
            StoryEvent(
                id=f"{cause}:{self.number}:{len(self.all)}",
                type=kind,
                story_id=story_id,
                at=at,
                article_id=self._article_id,
                article=article,
                evidence=evidence,
                other_id=other_id,
                moved=moved,
                kept=kept,
                before=before,
                linked=linked,
                pins=pins,
                mended=self._mended,
            )
        )

    @property
    def stories(self) -> set[str]:
        """Every story that an event names."""
        return {id_ for event in self.all for id_ in named(event)}

    def without_closing(self, story_id: str) -> bool:
        """Take back the closing of a story that the article joins; whether there was one."""
        kept = [event for event in self.all if event.type != "closed" or event.story_id != story_id]
        found = len(kept) < len(self.all)
        self.all = kept
        return found
