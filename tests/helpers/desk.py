"""A clusterer whose decisions a test chooses, and a person who corrects them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from streams.contracts.records import Action, Correction, Decision, Story, StoryEvent, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer

FLOOD = "river burst its banks in Hexham and crews pumped water from homes near Tyne Green {}"
FIRE = "warehouse in Gdansk burned overnight while firefighters kept the flames from fuel {}"


class By:
    """Says of every story the same."""

    chance = 0.1

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [self.chance] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.chance)


class Desk:
    """A clusterer with one story an article, until it is told otherwise, and a person who corrects it."""

    def __init__(self) -> None:
        self.by = By()
        self.view = Clusterer(self.by, self.by)
        self.place = 0
        self.log: list[Decision] = []

    def article(self, id_: str, *, text: str = FLOOD, chance: float = 0.1, **about: object) -> str:
        self.place += 1
        self.by.chance = chance
        given = {"title": f"Title {id_}", "language": "en", "published": datetime(2025, 3, 1, tzinfo=UTC)} | about
        article = TaggedArticle(id=id_, text=text.format(id_), **given)  # type: ignore[arg-type]  # its own fields
        decision = self.view.decide(article)
        assert decision is not None
        self.view.apply(article, decision, self.place)
        self.log.append(decision)
        return self.view.story_of(id_) or ""

    def mend(self, action: Action, id_: str = "", **about: object) -> list[StoryEvent]:
        self.place += 1
        correction = Correction(id=id_ or f"c{self.place}", action=action, by="Ada", **about)  # type: ignore[arg-type]
        decision = self.view.mend(correction)
        assert decision is not None
        self.view.apply_mend(decision, self.place)
        self.log.append(decision)
        return list(decision.events)

    def story(self, story_id: str) -> Story:
        found = self.view.story(self.view.resolve(story_id))
        assert found is not None
        return found
