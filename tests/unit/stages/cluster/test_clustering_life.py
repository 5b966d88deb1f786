"""A story's life: begins, grows, is revised, merges, splits, closes, opens again, loses what is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from streams.contracts.records import Decision, Evidence, Grain, Quote, Story, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Changes, Clusterer
from streams.stages.cluster.explain import evidence_lines
from streams.stages.cluster.index.language_index import CLOCK
from streams.stages.cluster.lifecycle.split import Halves, bisect
from streams.stages.cluster.match import match, nearest
from training.stories import score
from training.stories_data import shuffled, synthetic

START = datetime(2025, 5, 1, tzinfo=UTC)
FIRE = "A fire tore through the Kestrel warehouse in Portford and Fire chief Ada Berg blamed a loading bay charger."
VOTE = "Voters in Lindwick elected Bruno Castelez as mayor after a recount of ballots over the Marston bypass."


class By:
    """A join_model that says what it is told, whatever it sees."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def probabilities(self, rows: Sequence[object]) -> list[float]:
        return [self.chance] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.chance)


class Desk:
    """Delivers articles one after another."""

    def __init__(self, clusterer: Clusterer | None = None) -> None:
        self.clusterer = clusterer or Clusterer()
        self.position = 0

    def send(self, article: TaggedArticle) -> Decision | None:
        decision = self.clusterer.decide(article)
        self.changes: Changes | None = None
        if decision is not None:
            self.changes = self.clusterer.apply(article, decision, self.position)
        self.position += 1
        return decision

    def kinds(self, article: TaggedArticle) -> list[str]:
        decision = self.send(article)
        return [event.type for event in decision.events] if decision else []

    def story(self, article_id: str) -> Story:
        story_id = self.clusterer.story_of(article_id)
        return next(story for story in self.clusterer.stories() if story.id == story_id)


def article(id_: str, text: str, day: float | None = 0, **given: object) -> TaggedArticle:
    published = None if day is None else START + timedelta(days=day)
    return TaggedArticle(id=id_, text=text, published=published, language="en", **given)  # type: ignore[arg-type]


def test_the_same_article_a_hundred_times_is_one() -> None:
    desk = Desk()
    assert desk.kinds(article("a", FIRE)) == ["created"]
    assert all(desk.send(article("a", FIRE)) is None for _ in range(100))
    assert desk.story("a").article_count == 1


def test_a_title_alone_is_enough() -> None:
    desk = Desk()
    desk.send(article("a", "", title="Fire tears through Kestrel warehouse in Portford"))
    assert desk.kinds(article("b", "", title="Kestrel warehouse fire in Portford: chief blames charger")) == ["joined"]
    assert desk.kinds(article("c", "")) == ["created"]


def test_a_revision_stays_and_an_older_one_is_ignored() -> None:
    desk = Desk()
    desk.send(article("a", FIRE))
    assert desk.kinds(article("a", FIRE + " Two are hurt.", title="Fire in Portford", revision=1)) == ["revised"]
    assert desk.send(article("a", FIRE, revision=0)) is None
    story = desk.story("a")
    assert story.article_count == 1
    assert story.articles[0].revision == 1
    assert story.headline == "Fire in Portford"


def test_a_revision_of_an_article_never_seen_starts_a_story() -> None:
    assert Desk().kinds(article("a", FIRE, revision=4)) == ["created"]


def test_a_retraction_empties_a_story_and_stands() -> None:
    desk = Desk()
    desk.send(article("a", FIRE))
    assert desk.kinds(TaggedArticle(id="a", text="", retracted=True)) == ["retracted"]
    assert desk.clusterer.story_of("a") is None
    assert [story.status for story in desk.clusterer.stories()] == ["retracted"]
    assert desk.send(article("a", FIRE, revision=9)) is None
    assert desk.send(TaggedArticle(id="a", text="", retracted=True)) is None
    assert desk.kinds(article("b", FIRE)) == ["created"]


def test_a_retraction_before_its_article_is_remembered() -> None:
    desk = Desk()
    decision = desk.send(TaggedArticle(id="a", text="", retracted=True))
    assert decision is not None
    assert decision.events == ()
    assert desk.send(article("a", FIRE)) is None
    assert desk.clusterer.assignments() == {}


def test_silence_closes_a_story_and_a_late_match_opens_it_again() -> None:
    desk = Desk()
    desk.send(article("a", FIRE))
    for number in range(CLOCK):
        desk.send(article(f"v{number}", f"{VOTE} Ward {number}.", 20 + number / 100))
    assert desk.story("a").status == "closed"
    assert desk.kinds(article("b", FIRE + " A report is out.", 21)) == ["reopened", "joined"]
    assert desk.story("a").status == "open"
    assert desk.story("a").article_count == 2


def test_absurd_dates_neither_close_nor_freeze_the_others() -> None:
    for years in (10, -10):
        desk = Desk()
        for number in range(2 * CLOCK):
            desk.send(article(f"v{number}", f"{VOTE} Ward {number}.", number / 100))
        desk.send(article("odd", FIRE, 365 * years))
        kinds = [desk.kinds(article(f"w{number}", f"{VOTE} Ward {number} again.", 1)) for number in range(5)]
        assert all(found[-1] in ("joined", "created") for found in kinds)
        open_ = [story for story in desk.clusterer.stories() if story.status == "open"]
        assert desk.story("v0") in open_
        assert all(story.last_seen is None or story.last_seen < START + timedelta(days=366) for story in open_)


def test_two_stories_that_turn_out_one_merge_into_the_older(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (match, nearest):
        monkeypatch.setattr(module, "CROSSED_SIZE", 1)
    never, always = By(0.0), By(0.9)
    clusterer = Clusterer(never, always)
    desk = Desk(clusterer)
    desk.send(article("a", FIRE))
    desk.send(article("b", FIRE + " Crews came from Sopot."))
    older, younger = clusterer.story_of("a"), clusterer.story_of("b")
    assert older != younger
    rows = {f"s/{story_id}" for story_id in (older, younger)}
    clusterer._join_model = always
    assert desk.kinds(article("c", FIRE + " The chief spoke.")) == ["merged", "joined"]
    assert set(clusterer.assignments().values()) == {older}
    assert desk.changes is not None
    assert rows <= set(desk.changes.rows)
    gone = next(story for story in clusterer.stories() if story.id == younger)
    assert (gone.status, gone.redirect_to) == ("merged", older)
    assert desk.story("a").article_count == 3


def test_a_story_of_two_halves_splits() -> None:
    clusterer = Clusterer(By(0.6))  # joins anything, merges nothing
    desk = Desk(clusterer)
    bridge = " Portford harbour."  # what makes the two topics meet at all
    for number in range(10):
        text = (FIRE if number % 2 else VOTE) + bridge
        desk.send(article(f"a{number}", f"{text} Note {number}."))
    assert len(set(clusterer.assignments().values())) == 1
    assert desk.kinds(article("late", FIRE + bridge)) == ["split", "joined"]
    homes = clusterer.assignments()
    assert {homes[f"a{number}"] for number in (1, 3, 5, 7, 9)} == {homes["late"]}
    assert len({homes[f"a{number}"] for number in (0, 2, 4, 6, 8)}) == 1
    assert len(set(homes.values())) == 2
    assert sum(story.article_count for story in clusterer.stories()) == 11


def test_what_holds_together_does_not_part() -> None:
    alike = {str(number): {4: 0.9, 8 + 4 * number: 0.4} for number in range(10)}
    assert bisect(alike) is None
    halves = {str(number): {4 if number % 2 else 8: 0.9} for number in range(10)}
    assert bisect(halves) == Halves(("1", "3", "5", "7", "9"), 0.0)


@pytest.mark.parametrize(
    ("chance", "grain", "kinds"),
    [
        (0.45, "balanced", ["split", "joined"]),
        (0.55, "balanced", ["joined"]),
        (0.45, "topic", ["joined"]),
        (0.25, "topic", ["split", "joined"]),
        (0.7, "event", ["split", "joined"]),
        (0.75, "event", ["joined"]),
    ],
)
def test_halves_that_have_much_in_common_part_if_their_members_say_so(
    chance: float, grain: Grain, kinds: list[str]
) -> None:
    desk = Desk(Clusterer(By(0.8), By(chance), grain))
    for number in range(6):
        text = FIRE + " The chief spoke of paint." if number % 2 else FIRE + " Insurers counted losses."
        desk.send(article(f"a{number}", f"{text} Note {number}."))
    assert len(set(desk.clusterer.assignments().values())) == 1
    assert desk.kinds(article("late", FIRE + " The chief spoke.")) == kinds


def test_carriers_of_one_text_are_one_origin() -> None:
    desk = Desk()
    text = f"{FIRE} The flames could be seen from Sopot, and roads around the harbour stayed closed into the night."
    desk.send(article("a", text, source="Morning Ledger", credit="Allied Reports"))
    desk.send(article("b", text, source="Coast Herald"))
    desk.send(article("c", text.replace("into the night", "all night"), source="City Wire"))
    own = f"{FIRE} Our reporter spoke with a baker who smelled the paint before the sirens came along Kestrel Lane."
    desk.send(article("d", own, source="Valley News"))
    story = desk.story("a")
    assert story.article_count == 4
    assert len(story.sources) == 4
    assert story.origins == 2


def test_quotations_are_aligned_across_outlets() -> None:
    desk = Desk()
    said = "He is stringing us along and I have seen absolutely no evidence that he wants peace"
    versions = ["stringing us along", said, "I have seen no evidence at all that he wants peace, absolutely none"]
    for number, text in enumerate(versions):
        quote = Quote(text=text, start=0, end=len(text))
        desk.send(article(str(number), f"{FIRE} {number}", source=f"Outlet {number}", quotes=(quote,)))
    [shown] = desk.story("0").quotes
    assert shown.text == said
    assert shown.sources == ("Outlet 0", "Outlet 1", "Outlet 2")
    assert [(version.how, version.sources) for version in shown.versions] == [
        ("partial", ("Outlet 0",)),
        ("exact", ("Outlet 1",)),
        ("reworded", ("Outlet 2",)),
    ]


def test_the_headline_does_not_flicker() -> None:
    desk = Desk()
    titles = [
        f"Fire tears through Kestrel warehouse in Portford, {word}"
        for word in ("chief says", "crews say", "sources say")
    ]
    desk.send(article("q", FIRE, title="Opinion: what now?"))
    shown = []
    for number, title in enumerate(titles):
        desk.send(article(str(number), FIRE + f" {number}", title=title))
        shown.append(desk.story("q").headline)
    assert shown[-1] in titles
    assert len(set(shown[1:])) == 1


def test_explanations_name_what_is_shared() -> None:
    from streams.stages.cluster import explain

    desk = Desk()
    first = desk.send(article("a", FIRE, title="Kestrel warehouse fire"))
    second = desk.send(article("b", FIRE + " A report is out.", 1, title="Report on Kestrel fire"))
    assert first is not None
    assert second is not None
    assert explain(first)[0].startswith("“Kestrel warehouse fire” starts story")
    told = "\n".join(explain(second))
    assert "joins" in told
    assert "kestrel" in told
    assert "24 hours from its nearest article" in told


def test_explanations_tell_what_the_stream_added() -> None:
    def told(lean: float) -> str:
        return "\n".join(evidence_lines(Evidence(score=0.4, threshold=0.5, measures=(("lean", lean),))))

    assert "log-odds -0.5 for the grain and for how often articles join in this stream" in told(-0.5)
    assert "log-odds" not in told(0.01)


def test_a_grain_makes_stories_broader_or_narrower() -> None:
    rows = shuffled(synthetic(200, 11), 1)
    grains: tuple[Grain, ...] = ("event", "balanced", "topic")
    found = [score(rows, None, None, grain) for grain in grains]
    precision, recall = ([one[f"b3_{what}"] for one in found] for what in ("precision", "recall"))
    assert precision == sorted(precision, reverse=True)
    assert recall == sorted(recall)
    assert found[0] != found[2]
