"""The parts of clustering: features, sketches, idf, the index, the trees, the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isnan, log, nan

import pytest

from streams.contracts.records import Story, TaggedArticle
from streams.stages.cluster.features.article_features import (
    BODY,
    NAMES,
    added,
    cut,
    extract,
    key_of,
    pack,
    pack_keys,
    unpack,
    weigh,
    words,
)
from streams.stages.cluster.features.join_features import (
    MONOTONE_CONSTRAINTS,
    cohesion,
    join_features,
    match,
    shares_of,
)
from streams.stages.cluster.features.sketch import overlap, sketch
from streams.stages.cluster.index.language_index import CLOCK, POSTINGS, RECENT, LanguageIndex
from streams.stages.cluster.lifecycle.quotes import alike, plain
from streams.stages.cluster.match.join_model import parse, shipped
from streams.stages.cluster.store.story_store import Member, StoryState

START = datetime(2025, 1, 1, tzinfo=UTC)


def hourly(number: int) -> Member:
    published = START + timedelta(hours=number)
    return Member(id=str(number), position=number, number=number, language="xx", published=published)


def test_words_lose_possessives_and_plurals() -> None:
    assert words("Britain's spokesmen met boss Jones") == ["britain", "spokesmen", "met", "boss", "jone"]
    assert words("東京で地震") == ["東京", "京で", "で地", "地震"]
    assert words("") == []


def test_features_know_names_and_titles() -> None:
    found = extract(TaggedArticle(id="a", title="Moore warns", text="The spy chief Richard Moore spoke. He left."))
    assert found.labels[key_of("richard moore", NAMES)] == "richard moore"
    assert found.tf[key_of("moore", BODY)] > found.tf[key_of("spoke", BODY)]
    assert key_of("he", NAMES) not in found.tf
    assert found.proper == {key_of("richard", BODY), key_of("moore", BODY)}


def test_a_word_counts_the_less_the_later_it_stands() -> None:
    padding = " ".join(f"pad{number}" for number in range(400))
    found = extract(TaggedArticle(id="a", text=f"early {padding} late"))
    early, late = found.tf[key_of("early", BODY)], found.tf[key_of("late", BODY)]
    assert early == pytest.approx(1.0)
    assert 0.3 < late < 0.6


def test_vectors_are_of_length_one_in_each_field() -> None:
    tf = {key_of(f"w{number}", BODY): 1.0 for number in range(300)} | {key_of("a b", NAMES): 2.0}
    vector = weigh(tf, dict.fromkeys(tf, 3.0))
    for field, kept in ((BODY, 80), (NAMES, 1)):
        held = [weight for key, weight in vector.items() if key & 3 == field]
        assert len(held) == kept
        assert sum(weight * weight for weight in held) == pytest.approx(1.0)
    assert unpack(pack(vector)) == vector


def test_a_vector_added_and_taken_away_leaves_nothing() -> None:
    one, other = pack({4: 0.5, 8: 0.25}), pack({8: 0.5, 12: 1.0})
    assert unpack(added(added(one, plus=other), minus=other)) == unpack(pack(cut(unpack(one))))


def test_rarity_learns_and_unlearns() -> None:
    group = LanguageIndex("xx")
    key = key_of("storm", BODY)
    member = Member(id="a", position=1, number=1, language="xx", terms=pack_keys([key]))
    before = group.idf([key])[key]
    group.add_member(Member(id="b", position=0, number=2, language="xx", terms=pack_keys([key_of("calm", BODY)])))
    group.add_member(member)
    common = group.idf([key, key_of("calm", BODY), key_of("new", BODY)])
    assert common[key] < common[key_of("new", BODY)]
    group.remove_member(member)
    group.remove_member(Member(id="c", position=0, number=9, language="xx"))
    assert before == pytest.approx(log(2))
    assert group.idf([key])[key] == group.idf([key_of("new", BODY)])[key_of("new", BODY)]


def test_the_clock_is_a_median() -> None:
    group = LanguageIndex("xx")
    assert group.now() is None
    for number in range(1, CLOCK + 1):
        group.add_member(
            Member(
                id=str(number), position=number, number=number, language="xx", published=START + timedelta(hours=number)
            )
        )
    odd = CLOCK + 1
    group.add_member(Member(id="odd", position=odd, number=odd, language="xx", published=START + timedelta(days=3650)))
    now = group.now()
    assert now is not None
    assert START < now < START + timedelta(hours=CLOCK + 1)
    assert group.plausible(START + timedelta(days=3650)) == now
    assert group.plausible(START) == START


def test_time_share_counts_the_nearer_articles() -> None:
    group = LanguageIndex("xx")
    assert isnan(group.time_share(START, [START]))
    for number in range(1, RECENT + 100):
        group.add_member(
            Member(
                id=str(number), position=number, number=number, language="xx", published=START + timedelta(hours=number)
            )
        )
    newest = START + timedelta(hours=RECENT + 99)
    assert group.time_share(newest, [newest]) == 0.0
    assert group.time_share(newest, [newest - timedelta(hours=RECENT // 2)]) == pytest.approx(0.5, abs=0.01)
    assert group.time_share(newest, [START - timedelta(days=999)]) == 1.0
    assert isnan(group.time_share(None, [START]))


def test_the_index_keeps_the_newest_and_drops_the_merged() -> None:
    group = LanguageIndex("xx")
    key = key_of("storm", BODY)

    def live(number: int, status: str = "open") -> StoryState:
        story = Story(id=f"s{number}", status=status)  # type: ignore[arg-type]
        return StoryState(
            position=number, born=0, indexed=number, number=number, language="xx", story=story, profile=pack({key: 1.0})
        )

    for number in range(POSTINGS + 30):
        group.index(live(number))
    assert group.found_by(key) == [f"s{number}" for number in range(POSTINGS + 29, 29, -1)]
    group.index(live(0))
    assert group.found_by(key)[0] == "s0"
    group.index(live(0, "merged"))
    assert "s0" not in group.found_by(key)
    assert group.found_by(key_of("calm", BODY)) == ()


def test_a_story_that_gains_for_ever_costs_no_more_to_find() -> None:
    group = LanguageIndex("xx")
    key = key_of("storm", BODY)
    stories = [Story(id=f"s{number}", status="open") for number in range(3)]

    def index(story: Story, number: int) -> None:
        group.index(
            StoryState(
                position=number,
                born=0,
                indexed=number,
                number=number,
                language="xx",
                story=story,
                profile=pack({key: 1.0}),
            )
        )

    for number, story in enumerate(stories):
        index(story, number)
    for number in range(3, 3_000):
        index(stories[1], number)
        assert group.found_by(key) == ["s1", "s2", "s0"]
    assert len(group._postings[key]) <= 2 * POSTINGS + 1


def test_sketches_tell_copies_from_other_reports() -> None:
    text = words(" ".join(f"word{number % 37} and{number}" for number in range(300)))
    assert overlap(sketch(text), sketch(text)) == 1.0
    assert overlap(sketch(text), sketch(text[: len(text) * 3 // 4])) == pytest.approx(0.75, abs=0.2)
    assert overlap(sketch(text), sketch(words("something else entirely about a river and a bridge"))) < 0.1
    assert sketch(["two", "words"]) == ""
    assert overlap("", sketch(text)) == 0.0


def test_cohesion_is_the_mean_similarity_of_pairs() -> None:
    one, other = {4: 0.6, 8: 0.8}, {4: 1.0}
    total = {4: 1.6, 8: 0.8}
    shares = shares_of(one)
    assert cohesion(total, 2, shares) == pytest.approx(sum(one[key] * other.get(key, 0.0) for key in one))


def test_measures_come_in_their_order() -> None:
    vector = {4: 0.6, 8: 0.8}
    shares = shares_of(vector)
    ranked = [match("a", vector, shares, {4: 0.6, 8: 0.8}, 1), match("b", vector, shares, {4: 1.0}, 1)]
    found = dict(
        zip(
            MONOTONE_CONSTRAINTS,
            join_features(0, ranked, shares, {4: 2.0, 8: 3.0}, names=[(8, 0.64)], others=[(4, 0.36)], time_share=nan),
            strict=True,
        )
    )
    assert found["body"] == pytest.approx(1.0)
    assert found["margin"] == pytest.approx(0.4)
    assert found["margin_ratio"] == pytest.approx(1 / 1.6)
    assert found["rank"] == 0
    assert isnan(found["time_share"])
    assert found["names_found"] == pytest.approx(1.0)
    assert found["names_contrast"] == pytest.approx(0.0)
    strange = dict(
        zip(
            MONOTONE_CONSTRAINTS,
            join_features(1, ranked, shares, {4: 2.0, 8: 3.0}, names=[(8, 0.64)], others=[(4, 0.36)], time_share=nan),
            strict=True,
        )
    )
    assert strange["names_contrast"] == pytest.approx(-1.0)  # its word is there, its name is not
    nameless = join_features(0, ranked, shares, {4: 2.0, 8: 3.0}, names=[], others=[], time_share=nan)
    assert isnan(nameless[list(MONOTONE_CONSTRAINTS).index("names_found")])


def test_trees_send_the_unknown_where_they_say() -> None:
    node = {"if": "margin", "at_most": 0.5, "then": -1.0, "else": 2.0, "unknown": "else"}
    trees = parse({"measures": ["margin"], "trees": [node]})
    low, high = trees.probability([0.5]), trees.probability([0.6])
    assert low < 0.5 < high
    assert trees.probability([nan]) == high


def test_the_shipped_trees_only_rise_with_what_speaks_for_joining() -> None:
    trees = shipped()
    assert trees.measures == tuple(MONOTONE_CONSTRAINTS)
    middle = [0.1, 4.0, 0.6, 0.7, 0.3, 0.2, 6.0, 0.15, 0.0, 0.15, 0.4, 0.1]
    for place, direction in enumerate(MONOTONE_CONSTRAINTS.values()):
        if direction:
            values = [
                [*middle[:place], middle[place] * step, *middle[place + 1 :]] for step in (0.1, 0.5, 1.0, 2.0, 9.0)
            ]
            chances = [trees.probability(value) * direction for value in values]
            assert chances == sorted(chances)


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("stringing us along", "He is stringing us along", "partial"),
        ("He has bitten off more than he can chew.", "he has bitten off more than he can chew", "exact"),
        ("we must fight for every single job here", "we will fight for every single job", "reworded"),
        ("absolutely", "absolutely no evidence", None),
        ("the water came fast", "nothing of the kind was ever said", None),
        ("", "anything", None),
    ],
)
def test_quotations_alike(one: str, other: str, how: str | None) -> None:
    assert alike(plain(one), plain(other)) == how
