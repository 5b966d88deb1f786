"""Stories that follow others: what is linked, how links live, and the storyline that they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import nan

import numpy as np
import pytest

from streams.contracts.records import Evidence, Linking, Story, StoryArticle, StoryEntity, StoryEvent, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, explain, fold, storyline
from streams.stages.cluster.features.join_features import MEASURES
from streams.stages.cluster.lifecycle.links import CHAPTERS, MOST_LINKS, Links, with_link
from streams.stages.cluster.match.follow import (
    INPUTS,
    LAST_HOURS,
    LINKED,
    has_moved_on,
    link_inputs,
    parse_links,
    shipped_links,
)

START = datetime(2025, 5, 1, tzinfo=UTC)
WHY = Evidence(score=0.8, threshold=LINKED)


def measured(**values: float) -> list[float]:
    neutral = {"background_ratio": 5.0, "nearest_two": 0.3, "hours": 240.0, "names_found": 0.5}
    return [(neutral | values).get(name, 0.5) for name in MEASURES]


@pytest.mark.parametrize(
    ("hours", "two", "moved"),
    [(72.0, 0.49, True), (71.0, 0.1, False), (5000.0, 0.5, False), (nan, 0.0, False)],
)
def test_news_has_moved_on_where_time_and_words_say_so(hours: float, two: float, moved: bool) -> None:
    assert has_moved_on(measured(hours=hours, nearest_two=two)) is moved


def test_a_link_is_the_likelier_the_more_is_shared_and_none_after_a_year() -> None:
    weights = shipped_links()
    likely = weights.probability(measured())
    assert weights.probability(measured(background_ratio=9.0)) > likely > weights.probability(measured(hours=4000.0))
    assert weights.probability(measured(hours=LAST_HOURS + 1)) == 0.0
    # Without dates it counts as some hours, and is no certainty.
    assert link_inputs(measured(hours=nan))[INPUTS.index("days")] > 0
    assert 0 < weights.probability(measured(hours=nan)) < 1


def test_weights_of_other_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="streams train links"):
        parse_links({"weights": {"size": 1.0}, "bias": 0.0})


class Desk:
    """Stories by id, and what a ``Links`` does to them."""

    def __init__(self, *ids: str) -> None:
        self.stories = {
            id_: Story(id=id_, headline=id_.upper(), first_seen=START + timedelta(days=day), article_count=1)
            for day, id_ in enumerate(ids)
        }

    def do(self, step: Callable[[Links], tuple[Linking, ...]]) -> tuple[Linking, ...]:
        changes = step(Links(self.stories.get))
        for change in changes:
            for id_ in (change.story_id, change.other_id):
                if id_ in self.stories:
                    self.stories[id_] = with_link(self.stories[id_], change)
        return changes

    def link(self, story_id: str, *others: str) -> None:
        self.do(lambda links: links.start(self.stories[story_id], [(other, "follows", WHY) for other in others]))

    def merge(self, younger: str, older: str) -> None:
        self.do(lambda links: links.merge(younger, older))
        self.stories[younger] = replace(self.stories[younger], status="merged", redirect_to=older)

    def links(self, story_id: str) -> list[tuple[str, str]]:
        return [(link.kind, link.story_id) for link in self.stories[story_id].links]

    def lines(self) -> dict[str, str]:
        return {id_: story.storyline for id_, story in self.stories.items()}


def test_both_stories_know_of_a_link_and_are_of_one_storyline() -> None:
    desk = Desk("a", "b", "c")
    desk.link("b", "a")
    desk.link("c", "b")
    assert desk.links("b") == [("follows", "a"), ("followed", "c")]
    assert desk.lines() == {"a": "a", "b": "a", "c": "a"}


def test_linking_two_storylines_makes_one_with_the_id_of_the_earliest() -> None:
    desk = Desk("a", "b", "c", "d", "e")
    desk.link("b", "a")
    desk.link("d", "c")
    assert desk.lines() == {"a": "a", "b": "a", "c": "c", "d": "c", "e": ""}
    desk.link("e", "d", "b")
    assert set(desk.lines().values()) == {"a"}


def test_a_merge_hands_links_on_and_a_link_between_the_two_is_moot() -> None:
    desk = Desk("a", "b", "c")
    desk.link("b", "a")
    desk.link("c", "b")
    desk.merge("b", "a")
    assert desk.links("a") == [("followed", "c")]
    assert desk.links("c") == [("follows", "a")]
    assert desk.links("b") == []
    desk.merge("c", "a")
    assert desk.links("a") == []
    assert set(desk.lines().values()) == {""}


def test_what_is_taken_back_wholly_parts_its_storyline() -> None:
    desk = Desk("a", "b", "c", "d")
    desk.link("b", "a")
    desk.link("c", "b")
    desk.link("d", "c")
    desk.do(lambda links: links.end("b"))
    assert desk.lines() == {"a": "", "b": "", "c": "c", "d": "c"}


def test_links_and_storylines_are_bounded() -> None:
    ids = [f"{number:03}" for number in range(2 * CHAPTERS)]
    star, chain = Desk(*ids), Desk(*ids)
    for id_ in ids[1:]:
        star.link(id_, ids[0])
    assert len(star.stories[ids[0]].links) == MOST_LINKS
    for before, id_ in pairwise(ids):
        chain.link(id_, before)
    told = storyline(chain.stories[ids[0]], chain.stories.get)
    assert told is not None
    assert [one.id for one in told.chapters] == ids[:CHAPTERS]


def test_a_storyline_names_its_largest_story_its_span_and_the_people_of_all() -> None:
    desk = Desk("a", "b", "c")
    desk.link("b", "a")
    desk.link("c", "b", "a")
    people = [StoryEntity(id=f"person:{name}", name=name, type="PER", articles=1) for name in ("Ada Berg", "Ivo Klein")]
    for number, id_ in enumerate("abc"):
        desk.stories[id_] = replace(
            desk.stories[id_], article_count=1 + number % 2, entities=tuple(people[: 1 + number % 2]),
            last_seen=START + timedelta(days=9),
        )  # fmt: skip
    told = storyline(desk.stories["c"], desk.stories.get)
    assert told is not None
    assert (told.id, told.headline, told.first_seen, told.last_seen) == ("a", "B", START, START + timedelta(days=9))
    assert [one.name for one in told.people] == ["Ada Berg"]
    assert storyline(desk.stories["a"], lambda _: None) is None, "no other chapter is known"


class Reluctant:
    """Never joins, though it takes any two articles for one event."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [0.1] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), 0.9)


def test_an_article_that_begins_a_story_of_its_own_follows_what_it_goes_on_with() -> None:
    clusterer = Clusterer(Reluctant(), Reluctant())
    fire = "A fire tore through the Kestrel warehouse in Portford and chief Ada Berg blamed a loading bay charger."
    told = []
    for number, (text, day) in enumerate([(fire, 0), (fire + " An inquest opened.", 20)]):
        article = TaggedArticle(id=f"n{number}", text=text, language="en", published=START + timedelta(days=day))
        decision = clusterer.decide(article)
        assert decision is not None
        clusterer.apply(article, decision, number)
        told.append(decision)
    first, second = clusterer.stories()
    assert [(link.kind, link.story_id) for link in second.links] == [("follows", first.id)]
    assert first.storyline == second.storyline == first.id
    (change,) = told[1].events[0].linked
    assert change.evidence is not None
    assert change.score == change.evidence.score >= LINKED
    assert change.evidence.hours_apart == 480.0
    assert any("kestrel" in shared.label for shared in change.evidence.terms)
    assert any(line.strip().startswith(f"follows story {first.id}") for line in explain(told[1]))
    taken_back = clusterer.decide(TaggedArticle(id="n0", text="", language="en", retracted=True))
    assert taken_back is not None
    assert any("no longer linked" in line for line in explain(taken_back))
    stories = {story.id: story for story in clusterer.stories()}
    fold(stories, taken_back.events)
    assert [story.links for story in stories.values()] == [(), ()]


def test_a_log_of_before_has_no_links() -> None:
    event = StoryEvent(id="e", type="created", story_id="a", article=StoryArticle(id="x"))
    stories: dict[str, Story] = {}
    fold(stories, [event])
    assert (stories["a"].links, stories["a"].storyline) == ((), "")
