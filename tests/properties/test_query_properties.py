"""Queries: what one story answers, the dashboard's database answers of all of them; no text breaks the parser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.headers import Position
from streams.contracts.records import Decision, EventType, StoryArticle, StoryEntity, StoryEvent
from streams.contracts.records.articles import EntityType
from streams.dashboard.store import queries, search
from streams.dashboard.store.filters import Filter
from streams.dashboard.store.index import Index
from streams.dashboard.store.projection import project
from streams.query import QueryError, Subject, answers, canonical, parse
from streams.query.subject import Seen

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = ("Storm", "storms", "Çelik", "café", "Bridge", "O'Neill", "under_score", "42nd")
OUTLETS = ("Harbour Post", "Storm Daily", "Café")
TERMS = (
    "storm", "storm*", "celik", '"storm bridge"', "o'neill", "42*", "under", "person:celik", "place:storm",
    "org:bridge", 'entity:"cafe storm"', "entity:e1", 'outlet:"harbour post"', "outlet:storm", "lang:en", "lang:fr",
    "phase:new", "phase:developing", "phase:breaking", "phase:quiet", "articles>=2", "articles=1", "outlets>1",
    "origins<=1", "articles>=2 within 1h", "origins>1 within 3h", "outlets>=2 within 2d",
)  # fmt: skip
KINDS: tuple[EntityType, ...] = get_args(EntityType)
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
QUERIES = st.recursive(
    st.sampled_from(TERMS),
    lambda inner: st.one_of(
        inner.map(lambda one: f"NOT ({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) {two[1]}"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
    ),
    max_leaves=5,
)


@st.composite
def articles(draw: st.DrawFn, number: int) -> StoryArticle:
    outlet = draw(st.sampled_from(OUTLETS))
    entities = draw(st.lists(st.tuples(st.integers(0, 3), NAMES, st.sampled_from(KINDS)), max_size=2))
    return StoryArticle(
        id=f"a{number}",
        title=draw(NAMES),
        source=outlet,
        published=START - timedelta(minutes=draw(st.integers(0, 3000))),
        language="en",
        # An id is one entity's everywhere, whatever the article.
        entities=tuple({f"{n}": StoryEntity(id=f"{k}:{n}", name=n, type=k) for _, n, k in entities}.values()),
        origin=draw(st.sampled_from(["x", "y", f"article:{number}"])),
    )


@given(data=st.data(), query=QUERIES)
@settings(max_examples=150, deadline=None)
def test_the_database_answers_as_each_story_does(data: st.DataObject, query: str) -> None:
    index, now = Index(), START.timestamp() + 60
    history: dict[str, list[Seen]] = {}
    for number in range(data.draw(st.integers(1, 5))):
        article = data.draw(articles(number))
        story = f"s{data.draw(st.integers(0, 1))}"
        kind: EventType = "joined" if story in history else "created"
        event = StoryEvent(
            id=f"e{number}", type=kind, story_id=story, at=article.published, article_id=article.id, article=article
        )
        assert article.published
        history.setdefault(story, []).append(Seen(article.published.timestamp(), article.origin, article.outlet or ""))
        update = project(Decision(article_id=article.id, events=(event,)), index.lookup, arrived=now)
        index.write(update, Position(topic="t", partition=0, offset=number))
    node = parse(query)
    expected = set()
    for story, seen in history.items():
        kept = index.lookup(story)
        assert kept
        if answers(node, Subject.of(kept.story, seen, now=now)):
            expected.add(story)
    found = {row.story.id for row in queries.page(index, Filter(q=query + " "), now=now).rows}
    assert found == expected, canonical(node)
    assert index.db.execute("SELECT count(*) FROM stories").fetchone()[0] == len(history)
    search.condition(node, now)
    index.close()


@given(
    text=st.text(max_size=80)
    | st.lists(st.sampled_from([*TERMS, "(", ")", "AND", "OR", "NOT", '"', "spike("])).map(" ".join)
)
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_query_or_says_where_it_is_none(text: str) -> None:
    try:
        told = canonical(parse(text))
    except QueryError as error:
        where = error.position
    else:
        where = 0
        assert canonical(parse(told)) == told
    assert 0 <= where <= len(text)
