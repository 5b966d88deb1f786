"""What people decided, as rows that models can learn from: `streams mend export`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from streams.contracts.records import Action, Correction, Decision, Story, StoryArticle, StoryEvent
from streams.kafka import corrections
from streams.settings import Settings
from streams.stages.cluster import fold

#: Articles of each side of a decision that rows are made of, the newest: 256 pairs at most, however large its stories.
MOST_A_SIDE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One thing that a person said. The fields are the columns, in this order; none is ever left out.

    ``pair``: whether the articles ``article_id`` and ``other_article_id`` are of the ``same`` event or ``apart``; the
    stories are those that they were in before. ``headline``: that ``headline`` was ``chosen`` for the story over
    ``instead``; the articles are those whose titles these are (empty: a person's own words, or not known). ``news``:
    that the article, one of the story's, is ``not-news``.

    ``correction``, ``action``, ``by``, ``why`` and ``at`` say which correction it is of, who made it, why and when.
    """

    kind: Literal["pair", "headline", "news"]
    label: Literal["same", "apart", "chosen", "not-news"]
    language: str
    story_id: str
    other_story_id: str = ""
    article_id: str = ""
    other_article_id: str = ""
    headline: str = ""
    instead: str = ""
    correction: str
    action: Action
    by: str
    why: str
    at: datetime | None


async def read(settings: Settings) -> list[Ruling]:
    """The rulings of the log, by partition and correction; the log is read twice, and only what people corrected is
    held."""
    corrected = Corrected()
    async for decision in corrections.decisions(settings):
        corrected.note(decision)
    rulings = Rulings(corrected.stories())
    async for decision in corrections.decisions(settings):
        rulings.take(decision)
    return rulings.rows()


class Corrected:
    """Finds the stories that corrections name, and those that became one with them: what has to be folded."""

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._merged: list[tuple[str, str]] = []

    def note(self, decision: Decision) -> None:
        """Take the log's next decision."""
        for event in decision.events:
            if decision.correction is not None:
                self._named |= {event.story_id, event.other_id or event.story_id}
            if event.type == "merged" and event.other_id:
                self._merged.append((event.story_id, event.other_id))

    def stories(self) -> frozenset[str]:
        found = set(self._named)
        # Backwards: what went into one that went into one that is named.
        for story_id, into in reversed(self._merged):
            if into in found:
                found.add(story_id)
        return frozenset(found)


class Rulings:
    """The fold of the log that knows how stories stood before each correction."""

    def __init__(self, stories: Iterable[str]) -> None:
        """``stories``: the ids of those that are followed."""
        self._followed = frozenset(stories)
        self._stories: dict[str, Story] = {}
        #: Correction → its rows, in the log's order.
        self._rows: dict[str, list[Ruling]] = {}

    def take(self, decision: Decision) -> None:
        """Take the log's next decision."""
        asked = decision.correction
        if asked is not None and asked.action == "undo":
            self._rows.pop(asked.undoes, None)
        elif asked is not None:
            self._rows[asked.id] = list(self._said(asked, decision.events))
        for event in decision.events:
            if event.type == "retracted" and event.article_id:
                self._take_back(event.article_id)
        fold(self._stories, (each for each in decision.events if {each.story_id, each.other_id} & self._followed))

    def rows(self) -> list[Ruling]:
        """What stands: of two that contradict each other, the later."""
        standing: dict[tuple[str, ...], Ruling] = {}
        for row in (row for rows in self._rows.values() for row in rows):
            about = _about(row)
            standing.pop(about, None)
            standing[about] = row
        return list(standing.values())

    def _take_back(self, article_id: str) -> None:
        for correction, rows in self._rows.items():
            self._rows[correction] = [row for row in rows if article_id not in (row.article_id, row.other_article_id)]

    def _said(self, asked: Correction, events: Sequence[StoryEvent]) -> Iterator[Ruling]:
        event = events[0]
        story = self._stories.get(event.story_id)
        match asked.action:
            case "merge":
                yield from self._pairs(
                    asked, "same", self._listed(event.story_id), event.story_id, event.other_id or ""
                )
            case "split" | "move":
                gone = {one.id for one in event.moved}
                origin = event.other_id or ""
                yield from self._pairs(asked, "apart", event.moved, origin, origin, gone)
                yield from self._pairs(asked, "same", event.moved, origin, event.story_id)
            case "pin" | "rename" if event.pins is not None and story is not None:
                instead = next((one.id for one in story.articles if one.title == story.headline), "")
                yield _ruling(
                    asked, "headline", "chosen", story.id, article_id=event.pins.headline_of,
                    headline=event.pins.headline, other_article_id=instead, instead=story.headline if instead else "",
                )  # fmt: skip
            case "not-news" if story is not None:
                for one in story.articles[-MOST_A_SIDE:]:
                    yield _ruling(asked, "news", "not-news", story.id, article_id=one.id)

    def _pairs(
        self,
        asked: Correction,
        label: Literal["same", "apart"],
        ones: Sequence[StoryArticle],
        story_id: str,
        other_id: str,
        without: Iterable[str] = (),
    ) -> Iterator[Ruling]:
        """Each of some articles of a story with each of another story's, but ``without`` some."""
        left = set(without)
        others = [one for one in self._listed(other_id) if one.id not in left]
        for one in ones[-MOST_A_SIDE:]:
            for other in others[-MOST_A_SIDE:]:
                yield _ruling(
                    asked, "pair", label, story_id, other_story_id=other_id, article_id=one.id,
                    other_article_id=other.id,
                )  # fmt: skip

    def _listed(self, story_id: str) -> Sequence[StoryArticle]:
        story = self._stories.get(story_id)
        return story.articles if story is not None else ()


def _about(row: Ruling) -> tuple[str, ...]:
    """What a ruling is on: two on the same cannot both stand."""
    if row.kind == "pair":
        return row.kind, *sorted((row.article_id, row.other_article_id))
    return row.kind, row.article_id if row.kind == "news" else row.story_id


def _ruling(
    asked: Correction,
    kind: Literal["pair", "headline", "news"],
    label: Literal["same", "apart", "chosen", "not-news"],
    story_id: str,
    **about: str,
) -> Ruling:
    return Ruling(
        kind=kind,
        label=label,
        story_id=story_id,
        language=asked.language,
        correction=asked.id,
        action=asked.action,
        by=asked.by,
        why=asked.why,
        at=asked.at,
        **about,
    )
