"""The projection and its index: what a decision of the log changes in what the pages show."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.records import Story
from streams.dashboard.store import queries
from streams.dashboard.store.filters import BadRequestError, Filter, decode_cursor, encode_cursor
from streams.dashboard.store.index import Index, changed_since
from streams.dashboard.store.projection import HOUR, StoryRow, phase, sparkline
from streams.query.times import article_time


def ids(page):
    return [row.story.id for row in page.rows]


def test_a_created_story_is_listed_with_its_outlets_and_entities(newsroom):
    newsroom.create("s1", newsroom.article("a1"))
    newsroom.join("s1", newsroom.article("a2", "Oxhaven bridge shut", source="Daily Wave", hours=1))
    [row] = queries.page(newsroom.index, Filter(), now=newsroom.now).rows
    assert row.story.article_count == 2
    assert set(row.story.sources) == {"Harbour Post", "Daily Wave"}
    assert [entity.name for entity in row.story.entities] == ["Oxhaven"]
    assert sum(row.spark) == 2


def test_the_story_with_the_newest_article_comes_first(newsroom):
    newsroom.create("old", newsroom.article("a1", hours=3))
    newsroom.create("older", newsroom.article("a2", hours=5))
    newsroom.create("undated", replace(newsroom.article("a3"), published=None))
    assert ids(queries.page(newsroom.index, Filter(), now=newsroom.now)) == ["undated", "old", "older"]


def test_the_last_arrived_can_come_first_and_pages_meet_without_gap_or_repeat(newsroom):
    for number in range(25):
        newsroom.create(f"s{number:02}", newsroom.article(f"a{number}", f"Event {number}"))
    newsroom.join("s00", newsroom.article("late"))
    seen, after = [], None
    while True:
        page = queries.page(newsroom.index, Filter(sort="arrived"), now=newsroom.now, after=after, limit=7)
        seen += ids(page)
        if page.cursor is None:
            break
        after = decode_cursor(page.cursor)
    assert seen == ["s00", *(f"s{number:02}" for number in range(24, 0, -1))]


def test_filters_and_words_narrow_the_list(newsroom):
    newsroom.create("storm", newsroom.article("a1", "Storm shuts bridge"))
    newsroom.create(
        "vote",
        newsroom.article(
            "a2", "Élection in Vale", source="Vale Times", language="fr", entities=(("person:ada", "Ada Lund", "PER"),)
        ),
    )
    find = lambda **wanted: ids(queries.page(newsroom.index, Filter(**wanted), now=newsroom.now))  # noqa: E731
    assert find(q="storm") == ["storm"]
    assert find(q="elect") == ["vote"], "the last word by its beginning, accents aside"
    assert find(q="shuts storm") == ["storm"]
    assert find(q='"storm shuts"') == ["storm"]
    assert find(q='"shuts storm"') == []
    assert find(q="ada lund") == ["vote"]
    assert find(q="vale times") == ["vote"]
    assert find(entity="person:ada") == ["vote"]
    assert find(outlet="Harbour Post") == ["storm"]
    assert find(language="fr") == ["vote"]
    assert find(language="fr", q="storm") == []
    assert queries.count(newsroom.index, Filter(language="fr"), now=newsroom.now) == 1


@given(q=st.text(max_size=60))
def test_no_search_words_are_an_error(q):
    index = Index()
    queries.page(index, Filter(q=q), now=0.0)
    index.close()


def test_search_syntax_of_the_database_is_only_words_to_us(newsroom):
    newsroom.create("s", newsroom.article("a1", "Storm shuts bridge"))
    for q in ("storm OR nothing", "headline:storm", "storm*", "NEAR(storm bridge)", '"', "storm'); DROP TABLE stories"):
        queries.page(newsroom.index, Filter(q=q), now=newsroom.now)
    assert ids(queries.page(newsroom.index, Filter(q="headline:storm"), now=newsroom.now)) == []
    assert ids(queries.page(newsroom.index, Filter(), now=newsroom.now)) == ["s"]


def test_a_member_keeps_why_it_is_there_and_a_revision_keeps_both_place_and_reason(newsroom):
    newsroom.create("s", newsroom.article("a1"))
    newsroom.join("s", newsroom.article("a2", "First words"), score=0.8)
    newsroom.log(newsroom.event("revised", "s", newsroom.article("a2", "Better words")))
    found = queries.member(newsroom.index, "a2")
    assert found is not None
    assert found.entry.title == "Better words"
    assert found.evidence is not None
    assert found.evidence.score == 0.8
    assert found.evidence.runner_up is not None
    assert found.evidence.runner_up.headline == "Another story"
    assert found.source is not None
    assert found.source.offset == 2, "the newest revision's text"
    first = queries.member(newsroom.index, "a1")
    assert first is not None
    assert first.evidence is None


def test_a_merge_moves_the_members_and_takes_the_younger_off_the_list(newsroom):
    newsroom.create("old", newsroom.article("a1"))
    newsroom.create("young", newsroom.article("a2", source="Daily Wave"))
    changed = newsroom.log(newsroom.event("merged", "young", other_id="old"))
    assert set(changed) == {"old", "young"}
    assert ids(queries.page(newsroom.index, Filter(), now=newsroom.now)) == ["old"]
    assert {member.entry.id for member in queries.members(newsroom.index, "old", limit=9)} == {"a1", "a2"}
    assert newsroom.index.lookup("young").story.redirect_to == "old"
    assert [event.type for event in queries.story_events(newsroom.index, "old", limit=9)] == ["merged", "created"]
    assert ids(queries.page(newsroom.index, Filter(q="daily"), now=newsroom.now)) == ["old"]


def test_a_split_moves_members_to_the_new_story(newsroom):
    first, second = newsroom.article("a1"), newsroom.article("a2", "Something else")
    newsroom.create("s", first)
    newsroom.join("s", second)
    newsroom.log(newsroom.event("split", "t", moved=(second,), other_id="s"))
    assert [member.entry.id for member in queries.members(newsroom.index, "s", limit=9)] == ["a1"]
    assert [member.entry.id for member in queries.members(newsroom.index, "t", limit=9)] == ["a2"]
    assert set(ids(queries.page(newsroom.index, Filter(), now=newsroom.now))) == {"s", "t"}


def test_a_retraction_leaves_nothing_of_the_article(newsroom):
    newsroom.create("s", newsroom.article("a1"))
    taken = newsroom.article("a2", "Libel about Oxhaven", source="Daily Wave")
    newsroom.join("s", taken)
    newsroom.log(newsroom.event("retracted", "s", taken))
    assert queries.member(newsroom.index, "a2") is None
    assert ids(queries.page(newsroom.index, Filter(q="libel"), now=newsroom.now)) == []
    assert all(event.title != "Libel about Oxhaven" for event in queries.story_events(newsroom.index, "s", limit=9))
    newsroom.log(newsroom.event("retracted", "s", newsroom.article("a1")))
    assert ids(queries.page(newsroom.index, Filter(), now=newsroom.now)) == []


def test_a_broken_update_changes_nothing(newsroom, monkeypatch):
    newsroom.create("s", newsroom.article("a1"))
    monkeypatch.setattr(Index, "_log", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        newsroom.join("s", newsroom.article("a2"))
    assert newsroom.index.lookup("s").story.article_count == 1
    assert queries.member(newsroom.index, "a2") is None


def test_memory_is_bounded_and_the_longest_silent_go_with_all_they_had(newsroom_of):
    room = newsroom_of(most_stories=300)
    for number in range(700):
        own = (("place:ox", "Oxhaven", "LOC"), (f"person:{number}", f"Person {number}", "PER"))
        room.create(f"s{number}", room.article(f"a{number}", f"Event {number}", entities=own))
    count = lambda table: room.index.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: E731
    assert count("stories") <= 300
    assert count("members") == count("stories") == count("texts")
    assert count("entities") == count("stories") + 1
    assert room.index.lookup("s699") is not None
    assert room.index.lookup("s0") is None


def test_a_story_of_5000_articles_is_shown_in_parts(newsroom):
    newsroom.create("big", newsroom.article("a0"))
    for number in range(1, 5000):
        newsroom.join("big", newsroom.article(f"a{number}", f"Part {number}", hours=number / 100))
    [row] = queries.page(newsroom.index, Filter(), now=newsroom.now).rows
    assert row.story.article_count == 5000
    seen, after = set(), None
    while found := queries.members(newsroom.index, "big", limit=1000, after=after):
        seen |= {member.entry.id for member in found}
        after = decode_cursor(queries.members_cursor(found, len(found)) or "")
    assert len(seen) == 5000


def test_the_same_log_gives_the_same_projection(newsroom, newsroom_of):
    again = newsroom_of()
    for room in (newsroom, again):
        chance = random.Random(7)
        for number in range(200):
            story = f"s{chance.randrange(40)}"
            article = room.article(f"a{number}", f"Event {story}", hours=chance.random() * 50)
            if room.index.lookup(story) is None:
                room.create(story, article)
            else:
                room.join(story, article)
    one, two = (queries.page(room.index, Filter(), now=room.now, limit=50) for room in (newsroom, again))
    assert one == two


def test_changes_since_a_position_are_found_on_any_instance(newsroom):
    newsroom.create("s", newsroom.article("a1"))
    newsroom.create("t", newsroom.article("a2"))
    assert changed_since(newsroom.index.db, {0: 0}, 9) == ["t"]
    assert set(changed_since(newsroom.index.db, {}, 9)) == {"s", "t"}
    assert changed_since(newsroom.index.db, {0: 1}, 9) == []


def test_the_event_log_can_be_read_from_any_offset_and_never_parts_a_decision(newsroom):
    newsroom.create("s", newsroom.article("a1"))
    newsroom.create("t", newsroom.article("a2"))
    newsroom.log(newsroom.event("joined", "s", newsroom.article("a3")), newsroom.event("merged", "t", other_id="s"))
    read = queries.events_after(newsroom.index, {}, limit=3)
    assert [event.type for event in read] == ["created", "created", "joined", "merged"]
    assert queries.events_after(newsroom.index, {0: 2}, limit=3) == []


@pytest.mark.parametrize("name", ["new", "breaking", "developing", "quiet", "closed"])
def test_phases_in_the_database_are_those_of_the_projection(newsroom, name):
    """``queries`` filters by phase in SQL, the pages show ``projection.phase``: they must agree on every story."""
    chance = random.Random(3)
    for number in range(60):
        hours = chance.choice([0, 0.5, 2, 5, 7, 20, 30, 400])
        newsroom.create(f"s{number}", newsroom.article(f"a{number}", hours=hours))
        for more in range(chance.randrange(4)):
            newsroom.join(f"s{number}", newsroom.article(f"a{number}.{more}", hours=hours * chance.random()))
        if chance.random() < 0.1:
            newsroom.log(newsroom.event("closed", f"s{number}"))
    everything = queries.page(newsroom.index, Filter(), now=newsroom.now, limit=100).rows
    wanted = queries.page(newsroom.index, Filter(phase=name), now=newsroom.now, limit=100).rows
    assert [row.story.id for row in wanted] == [row.story.id for row in everything if row.phase == name]
    assert wanted, "the sample has every phase"


def test_an_article_from_the_future_counts_when_it_arrived():
    assert article_time(datetime(2099, 1, 1, tzinfo=UTC), 1000.0) == 1000.0
    assert article_time(None, 1000.0) == 1000.0


def test_a_sparkline_counts_by_hour_and_leaves_out_what_is_older():
    newest = 100 * HOUR
    bars = sparkline([newest, newest - 10, newest - HOUR, newest - 23.5 * HOUR, newest - 24 * HOUR], newest)
    assert bars[-1] == 2
    assert bars[-2] == 1
    assert bars[0] == 1
    assert sum(bars) == 4


def test_phase_edges():
    def at(count, age, silence, status="open"):
        story = Story(id="s", status=status, article_count=count)
        return phase(StoryRow(story=story, active=0, newest=1e6 - silence, oldest=1e6 - age), 1e6)

    assert at(3, 2 * HOUR, 60) == "breaking"
    assert at(2, 2 * HOUR, 60) == "developing"
    assert at(1, 60, 60) == "new"
    assert at(9, 50 * HOUR, 25 * HOUR) == "quiet"
    assert at(9, 60, 60, "closed") == "closed"


def test_filters_refuse_what_cannot_be_and_survive_the_way_through_a_query_string():
    wanted = Filter.parse({"q": " storm ", "outlet": "A & B", "junk": "1"})
    assert wanted == Filter(q="storm", outlet="A & B")
    assert wanted.query(phase="new") == "?q=storm&outlet=A+%26+B&phase=new"
    assert wanted.query(q="", outlet="") == ""
    for query in ({"q": "x" * 201}, {"phase": "late"}, {"sort": "odd"}):
        with pytest.raises(BadRequestError):
            Filter.parse(query)


def test_cursors_return_what_they_were_given_and_refuse_the_rest():
    assert decode_cursor(encode_cursor(1.1e9 + 0.1, "sé:1")) == (1.1e9 + 0.1, "sé:1")
    for wrong in ("x", "%%%", "AAAA", "é"):
        with pytest.raises(BadRequestError):
            decode_cursor(wrong)
