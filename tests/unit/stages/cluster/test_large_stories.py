"""Stories of hundreds of articles: looked through at a bounded cost, parted rightly, counted whole."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from streams.contracts import codec
from streams.contracts.records import Decision, Story, StoryArticle, TaggedArticle
from streams.stages.cluster import Clusterer, fold
from streams.stages.cluster.features.article_features import pack, summed, unpack
from streams.stages.cluster.index.language_index import _Silences
from streams.stages.cluster.lifecycle import decide
from streams.stages.cluster.lifecycle.fold import LISTED
from streams.stages.cluster.lifecycle.split import MOVED, READ, SAMPLE, Halves, bisect, due, sampled
from streams.stages.cluster.store.story_store import Member, StoryState

START = datetime(2025, 5, 1, tzinfo=UTC)
FIRE = "A fire tore through the Kestrel warehouse in Portford and Fire chief Ada Berg blamed a loading bay charger."
VOTE = "Voters in Lindwick elected Bruno Castelez as mayor after a recount of ballots over the Marston bypass."
BRIDGE = " Seen from Sopot."  # what makes the two meet at all
#: What else is told of each, in another order by everyone, so that none is a copy.
FIRE_REST = "crews families streets night morning workers windows doors phones cars buses shops smoke hoses alarm"
VOTE_REST = "council report office ballots parties wards leaders debate evening campaign members posters halls tellers"


class Joins:
    """Joins whatever is at all alike, and merges nothing."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [0.6] * len(rows)


def articles(fires: int, votes: int) -> Iterator[TaggedArticle]:
    for number in range(fires + votes):
        fire = number < fires
        words = (FIRE_REST if fire else VOTE_REST).split()
        rest = " ".join(random.Random(number).sample(2 * words, 2 * len(words)))
        yield TaggedArticle(
            id=f"{'fire' if fire else 'vote'}-{number}",
            title="Warehouse burns" if fire else "A mayor is elected",
            text=f"{FIRE if fire else VOTE}{BRIDGE} {rest}. {number}.",
            source=f"{'Ledger' if fire else 'Herald'} {number % 40}",
            published=START + timedelta(minutes=number),
            language="en",
        )


def deliver(
    clusterer: Clusterer, stream: Iterator[TaggedArticle], first: int = 0
) -> tuple[list[Decision], list[Story]]:
    log = []
    for position, article in enumerate(stream, start=first):
        decision = clusterer.decide(article)
        assert decision is not None
        log.append(decision)
        clusterer.apply(article, decision, position)
    return log, [story for story in clusterer.stories() if story.status == "open"]


def test_a_large_story_that_has_become_two_parts_and_both_are_counted_whole() -> None:
    log, stories = deliver(Clusterer(Joins()), articles(110, 90))
    splits = [event for decision in log for event in decision.events if event.type == "split"]
    assert len(splits) == 1
    first, second = sorted(stories, key=lambda story: story.first_seen or START)
    assert (first.article_count, second.article_count) == (110, 90)
    assert (first.outlets, second.outlets) == (40, 40)
    assert (first.origins, second.origins) == (40, 40)
    assert all("Ledger" in source for source in first.sources)
    assert all("Herald" in source for source in second.sources)
    # The places of those that left are taken by those that stay.
    assert len(first.articles) == len(second.articles) == LISTED
    assert all(member.id.startswith("fire") and member.title for member in first.articles)
    assert first.articles[0].id == "fire-0"
    folded: dict[str, Story] = {}
    fold(folded, (event for decision in log for event in decision.events))
    assert [folded[story.id] for story in stories] == stories


def test_a_story_of_one_event_holds_at_any_size() -> None:
    log, stories = deliver(Clusterer(Joins()), articles(200, 0))
    assert sum(bool(decision.looked) for decision in log) >= 7
    assert [(story.article_count, story.outlets) for story in stories] == [(200, 40)]


def test_a_look_reads_no_more_of_ten_thousand_members_than_it_may() -> None:
    count = 10_000
    clusterer = Clusterer(Joins())
    clusterer.restore(large(count, parts=(0.0, 0.04)))
    compared: list[int] = []

    def watched(vectors: Mapping[str, Mapping[int, float]]) -> Halves | None:
        compared.append(len(vectors))
        return bisect(vectors)

    with patch.object(decide, "bisect", watched), patch.object(decide, "unpack", wraps=unpack) as unpacked:
        [decision], _ = deliver(clusterer, iter([next(articles(1, 0))]), first=count)
    assert compared == [SAMPLE]
    moved = next(event.moved for event in decision.events if event.type == "split")
    assert {member.id for member in moved} == {f"m{number}" for number in range(count - 400, count)}
    assert unpacked.call_count < READ + 2 * SAMPLE + MOVED + 10
    assert len(codec.encode(decision)) < 1_000_000


def test_a_copy_that_comes_as_its_story_parts_has_the_origin_of_what_it_copies() -> None:
    stream = list(articles(3, 4))
    copy = replace(stream[-2], id="copy", source="Carrier", title="Elected")
    log, stories = deliver(Clusterer(Joins()), iter([*stream[:-1], copy]))
    assert [event.type for event in log[-1].events] == ["split", "joined"]
    assert log[-1].events[-1].article is not None
    assert log[-1].events[-1].article.origin == "by:herald-5"
    assert sorted((story.outlets, story.origins) for story in stories) == [(3, 3), (4, 3)]


def test_what_is_too_much_for_one_decision_stays() -> None:
    clusterer = Clusterer(Joins())
    clusterer.restore(large(3000, parts=(0.0, 0.4)))
    [decision], _ = deliver(clusterer, iter([next(articles(1, 0))]), first=3000)
    assert decision.looked
    assert [event.type for event in decision.events] == ["joined"]


def large(count: int, parts: tuple[float, float]) -> Iterator[tuple[str, bytes]]:
    """The rows of a story of ``count``, whose newest share ``parts[1]`` are of another event than the others."""
    probe = Clusterer(Joins())
    deliver(probe, articles(1, 1))
    vectors = [member.vector for member in probe._members.values()]
    second = count - round(count * parts[1])
    total = pack({})
    for number in range(count):
        vector = vectors[number >= second]
        total = summed(total, vector) if number < 50 else total
        member = Member(
            id=f"m{number}", position=number, number=number + 1, language="en", story="big", vector=vector,
            published=START, source=f"Outlet {number % 300}", origin=f"by:outlet-{number % 300}",
        )  # fmt: skip
        yield f"a/m{number}", codec.encode(member)
    listed = [StoryArticle(id=f"m{number}", published=START) for number in (0, *range(count - LISTED + 1, count))]
    story = Story(id="big", article_count=count, articles=tuple(listed), first_seen=START, last_seen=START)
    state = StoryState(
        position=count - 1, born=0, indexed=count - 1, number=count, language="en", story=story, profile=total,
        looked=count - 500,
    )  # fmt: skip
    yield "s/big", codec.encode(state)


def test_looks_become_rare_as_a_story_grows() -> None:
    looked, looks = 0, []
    for count in range(1, 10_001):
        if due(count, looked):
            looked = count
            looks.append(count)
    assert looks[:10] == [6, 8, 10, 14, 18, 23, 46, 92, 184, 368]
    assert len(looks) < 50
    # After a merge a story may have passed several sizes at once.
    assert due(300, 20)
    assert not due(5, 0)


def test_a_sample_is_of_all_a_storys_life_and_of_what_came_last() -> None:
    ids = [str(number) for number in range(10_000)]
    some = [int(id_) for id_ in sampled(ids, 256)]
    assert some[0] == 0
    assert some == sorted(set(some))
    assert sum(number >= 10_000 - 256 for number in some) == SAMPLE // 2
    assert len([number for number in some if number < 5000]) >= SAMPLE // 4
    for count in (33, 40, 63):
        assert len(set(sampled(ids[:count], 5))) == SAMPLE


def test_what_a_story_gained_is_not_stepped_over_for_ever() -> None:
    silences = _Silences()

    def before(moment: float, limit: int) -> list[str]:
        return [story_id for _, story_id, _ in silences.before(moment, limit)]

    for number in range(5000):
        silences.put("large", float(number), number)
    for number in range(4):
        silences.put(f"small-{number}", 4000.0 + number, number)
    # In order, no more than asked for, each once, and as often as one asks.
    for _ in range(2):
        assert before(4500.0, 3) == ["small-0", "small-1", "small-2"]
    assert before(9000.0, 9) == ["small-0", "small-1", "small-2", "small-3", "large"]
    assert before(4000.0, 3) == []
    assert len(silences._heap) == 5
    silences.put("large", 3.0, 5001)
    silences.put("large", 5.0, 5002)
    silences.put("large", 3.0, 5001)
    assert silences.before(9.0, 3) == [(3.0, "large", 5001)]
    # An article less, and none heard of later.
    silences.put("large", 3.0, 5003)
    assert silences.before(9.0, 3) == [(3.0, "large", 5003)]
    silences.drop("large")
    assert silences.before(9.0, 3) == []
