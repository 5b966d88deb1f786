"""The parts of clustering: features, sketches, idf, the index, the trees, the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import exp, isnan, log, nan

import numpy as np
import pytest

from streams.contracts.records import Story, TaggedArticle
from streams.stages.cluster.features.article_features import (
    BODY,
    NAMES,
    Vector,
    extract,
    key_of,
    pack,
    pack_keys,
    pack_vector,
    read_vector,
    summed,
    unpack,
    weigh,
    words,
)
from streams.stages.cluster.features.join_features import (
    MEASURES,
    MONOTONE_CONSTRAINTS,
    TREE_CONSTRAINTS,
    cohesion,
    for_regression,
    join_features,
    matches,
    names_of,
    shares_of,
)
from streams.stages.cluster.features.pair_features import Nearness, Probe, probe, side
from streams.stages.cluster.features.sketch import overlap, sketch
from streams.stages.cluster.index.language_index import CLOCK, DAMPING, FURTHEST, POSTINGS, RAREST, LanguageIndex
from streams.stages.cluster.lifecycle.quotes import alike, plain
from streams.stages.cluster.match.join_model import Blend, parse, parse_trees, shipped
from streams.stages.cluster.match.match import leaned
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
    vector, idf = weigh(tf, lambda keys: np.full(len(keys), 3.0))
    assert idf.tolist() == [3.0] * 81
    for field, kept in ((BODY, 80), (NAMES, 1)):
        held = vector.weights[vector.keys & 3 == field].tolist()
        assert len(held) == kept
        assert sum(weight * weight for weight in held) == pytest.approx(1.0)
    read = read_vector(pack_vector(vector))
    assert (read.keys.tolist(), read.weights.tolist()) == (vector.keys.tolist(), vector.weights.tolist())


def test_a_vector_added_and_taken_away_leaves_nothing() -> None:
    one, other = pack({4: 0.5, 8: 0.25}), pack({8: 0.5, 12: 1.0})
    both = summed(one, other)
    assert unpack(both) == {12: 1.0, 8: 0.75, 4: 0.5}
    assert unpack(summed(both, minus=other)) == unpack(one)
    assert summed(one, minus=pack({16: 1.0})) == one  # what it never had
    assert summed(one, minus=one) == summed() == ""


def idf(group: LanguageIndex, *keys: int) -> list[float]:
    found: list[float] = group.idf(np.array(keys, np.uint32)).tolist()
    return found


def test_rarity_learns_and_unlearns() -> None:
    group = LanguageIndex("xx")
    key = key_of("storm", BODY)
    member = Member(id="a", position=1, number=1, language="xx", terms=pack_keys([key]))
    [before] = idf(group, key)
    group.add_member(Member(id="b", position=0, number=2, language="xx", terms=pack_keys([key_of("calm", BODY)])))
    group.add_member(member)
    common, new = idf(group, key, key_of("new", BODY))
    assert common < new
    group.remove_member(member)
    group.remove_member(Member(id="c", position=0, number=9, language="xx"))
    assert before == pytest.approx(RAREST * log(2))
    assert idf(group, key) == idf(group, key_of("new", BODY))


def test_what_is_rare_is_as_rare_in_any_language() -> None:
    terms = [key_of(f"word{number}", BODY) for number in range(50)]
    known, unknown = LanguageIndex("en"), LanguageIndex("xx")
    for number in range(1, 3_001):
        for group in (known, unknown):
            member = Member(id=str(number), position=number, number=number, language="", terms=pack_keys(terms[:1]))
            group.add_member(member)
    rarest = key_of("kvazaro", BODY)
    assert idf(unknown, rarest) == pytest.approx(idf(known, rarest), rel=0.1)
    assert idf(unknown, terms[0])[0] < 0.2


def test_a_stream_leans_to_what_its_articles_do() -> None:
    def scored(*scores: float) -> LanguageIndex:
        group = LanguageIndex("xx")
        for number, score in enumerate(scores, start=1):
            group.add_member(Member(id=str(number), position=number, number=number, language="xx", score=score))
        return group

    assert LanguageIndex("xx").leaning == 0.0
    assert scored(*[0.1] * 30).leaning == pytest.approx(DAMPING * log((3 + 25) / (27 + 25)))
    assert scored(*[0.1] * 300).leaning < scored(*[0.1] * 30).leaning < 0.0 < scored(*[0.9] * 30).leaning
    assert scored(*[0.0] * 5_000).leaning == -FURTHEST
    # Members go as they came, in any order, and leave nothing behind.
    group = scored(0.1, 0.2, 0.7)
    for number in (2, 1, 3):
        member = group.numbered(number)
        assert member is not None
        group.remove_member(member)
    assert group.leaning == 0.0


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
    def keys(text: str) -> list[int]:
        return [key_of(word, BODY) for word in words(text)]

    text = keys(" ".join(f"word{number % 37} and{number}" for number in range(300)))
    assert overlap(sketch(text), sketch(text)) == 1.0
    assert overlap(sketch(text), sketch(text[: len(text) * 3 // 4])) == pytest.approx(0.75, abs=0.2)
    assert overlap(sketch(text), sketch(keys("something else entirely about a river and a bridge"))) < 0.1
    assert sketch(keys("two words")) == ""
    assert overlap("", sketch(text)) == 0.0


def vector_of(weights: dict[int, float]) -> Vector:
    return read_vector(pack(weights))


def probe_of(weights: dict[int, float], *named: int) -> Probe:
    vector = vector_of(weights)
    return probe(vector, side(vector, frozenset(named)), np.ones(len(weights)))


def test_cohesion_is_the_mean_similarity_of_pairs() -> None:
    one, other = {4: 0.6, 8: 0.8}, {4: 1.0}
    total = vector_of({4: 1.6, 8: 0.8})
    assert cohesion(total, 2, shares_of(total.keys)) == pytest.approx(
        sum(one[key] * other.get(key, 0.0) for key in one)
    )


def test_measures_come_in_their_order() -> None:
    one = probe_of({8: 0.8, 4: 0.6}, 8)
    shares = shares_of(one.vector.keys)
    ranked = matches(one, shares, [("a", one.vector, 1), ("b", vector_of({12: 0.5, 4: 1.0}), 1)])
    assert [each.parts.tolist() for each in ranked] == [pytest.approx([0.64, 0.36]), pytest.approx([0.0, 0.6])]

    def measured(rank: int, **given: float) -> dict[str, float]:
        known = {"hours": nan, "shortness": 0.5} | given
        values = join_features(rank, ranked, shares, names_of(one), Nearness(0.9, 0.7), **known)
        return dict(zip(MEASURES, values, strict=True))

    found = measured(0)
    assert found["background_ratio"] == pytest.approx(1 / 0.04)
    assert found["margin_ratio"] == pytest.approx(1 / 1.6)
    assert found["cohesion_ratio"] == pytest.approx(1 / 0.35)
    assert found["names_found"] == pytest.approx(1.0)
    assert (found["nearest_two"], found["brief"]) == (0.9, 0.5)
    assert isnan(found["hours"])
    assert measured(1, hours=3.0)["hours"] == 3.0
    assert measured(1)["names_found"] == 0.0  # its word is there, its name is not
    nobody = names_of(probe_of({8: 0.8, 4: 0.6}))
    nameless = join_features(0, ranked, shares, nobody, Nearness(), hours=nan, shortness=0.0)
    assert isnan(nameless[MEASURES.index("names_found")])


def test_the_first_story_of_a_stream_has_no_margin_for_nothing() -> None:
    one = probe_of({8: 0.8, 4: 0.6})
    shares = shares_of(one.vector.keys)
    alone = matches(one, shares, [("a", vector_of({4: 0.06}), 1)])
    values = join_features(0, alone, shares, names_of(one), Nearness(), hours=nan, shortness=0.0)
    assert values[MEASURES.index("margin_ratio")] < 0.5


def test_what_is_unknown_is_neutral() -> None:
    known = dict(zip(MONOTONE_CONSTRAINTS, for_regression([4.0, 0.6, 0.7, 0.5, 0.4, 36.0, 0.5]), strict=True))
    unknown = dict(zip(MONOTONE_CONSTRAINTS, for_regression([4.0, 0.6, 0.7, nan, 0.4, nan, 0.5]), strict=True))
    assert {name for name in known if known[name] != unknown[name]} == {"undated"}
    assert known["background_ratio"] == known["background_ratio_of_brief"] == pytest.approx(log(4) / 2)


def test_the_decision_is_the_regression_and_the_trees_by_their_shares() -> None:
    weights = dict.fromkeys(MONOTONE_CONSTRAINTS, 0.0) | {"margin_ratio": 2.0}
    regression = parse({"weights": weights, "bias": -1.0})
    assert regression.log_odds([4.0, 1.0, 0.7, 0.5, 0.4, nan, 0.0]) == pytest.approx(1.0)
    told = (
        b'{"depth": 1, "bias": 0, "features": ["margin_ratio"], '
        b'"trees": [[[0, ["margin_ratio", 0.7]], [1, [0]], [2, [3]]]]}'
    )
    model = Blend(regression, parse_trees(told))
    rows = [[4.0, margin, 0.7, 0.5, 0.4, nan, 0.0] for margin in (0.5, 1.0)]
    assert model.probabilities(rows) == pytest.approx([0.5, 1 / (1 + exp(-(0.3 * 1 + 0.7 * 3)))])
    assert model.probabilities([]) == []
    with pytest.raises(ValueError, match="streams train stories"):
        parse({"weights": {"margin": 1.0}, "bias": 0.0})


def test_the_shipped_decision_only_rises_with_what_speaks_for_joining() -> None:
    model = shipped()
    middle = [4.0, 0.6, 0.7, 0.4, 0.5, 20.0, 0.2]
    for name, direction in TREE_CONSTRAINTS.items():
        if direction:
            place = MEASURES.index(name)
            rows = [[*middle[:place], middle[place] * step, *middle[place + 1 :]] for step in (0.1, 0.5, 1.0, 1.5, 1.9)]
            chances = [chance * direction for chance in model.probabilities(rows)]
            assert chances == sorted(chances)


def test_a_grain_leans_on_the_odds() -> None:
    assert [leaned(0.3, lean) for lean in (-1.0, 0.0, 1.0)] == pytest.approx([0.1362, 0.3, 0.5381], abs=1e-4)
    assert (leaned(0.0, 1.0), leaned(1.0, -1.0)) == (0.0, 1.0)


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
