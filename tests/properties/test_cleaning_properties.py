"""What holds of cleaning for any input."""

import pickle

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean import Cleaner, CleaningMemory, explain

CLEANER = Cleaner()

PIECES = st.sampled_from(
    [
        "The minister said on Tuesday that the bridge would be closed for three weeks.",
        "“We did what we could,” said the mayor, who leaves office in May.",
        "Residents had complained for years about the noise, the council heard.",
        "Read more from the region:",
        "Bridge latest: engineers find more cracks",
        "Advertisement",
        "Costs and delays",
        "(c) The Daily Example 2025",
        "A crane over the river. (Reuters)",
        "• 3 spoons of sugar",
        "Summary",
        "Write to Ann Example at ann@example.com",
        "",
        "",
        "昨日、首相は記者会見で新しい経済政策を発表した。",
        "الوزير قال إن الجسر سيغلق ثلاثة أسابيع.",
    ]
)
DUMPS = st.lists(st.one_of(PIECES, st.text(max_size=60)), max_size=40).map("\n".join)


@given(text=DUMPS, title=st.none() | st.text(max_size=40))
@example(text="\u00c2\x80\u00c4\t\x1b\nThe minister said on Tuesday that the bridge would be closed.", title=None)
@settings(max_examples=150, deadline=None)
def test_cleaning_clean_text_changes_nothing(text: str, title: str | None) -> None:
    once = CLEANER.clean(RawArticle(content=text, title=title))
    if isinstance(once, CleanArticle):
        twice = CLEANER.clean(RawArticle(content=once.text, title=once.title))
        assert isinstance(twice, CleanArticle)
        assert (twice.title, twice.text) == (once.title, once.text)


@given(
    text=st.text() | DUMPS,
    kind=st.sampled_from(["text/plain", "text/html", "application/json", "text/html; charset=latin-1", "image/png"]),
    published=st.none() | st.text(max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_any_text_gives_an_article_or_a_reason(text: str, kind: str, published: str | None) -> None:
    raw = RawArticle(content=text, content_type=kind, published=published)
    outcome = CLEANER.clean(raw)
    assert isinstance(outcome, Rejection) == (not isinstance(outcome, CleanArticle))
    if isinstance(outcome, Rejection):
        assert outcome.stage == "clean"
        assert outcome.reason
    assert CLEANER.clean(raw) == outcome
    assert pickle.loads(pickle.dumps(outcome)) == outcome


@given(text=DUMPS)
@settings(max_examples=100, deadline=None)
def test_the_audit_and_the_text_partition_the_lines(text: str) -> None:
    raw = RawArticle(content=text)
    article = CLEANER.clean(raw)
    if isinstance(article, CleanArticle):
        rows = explain(raw, article)
        assert [line for kept, line, _, _ in rows if kept] == article.text.split("\n\n")
        assert all(0 <= stretch.start < stretch.end <= len(text) for stretch in article.dropped)


@given(
    contents=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1, max_size=12),
    data=st.data(),
)
@settings(max_examples=100, deadline=None)
def test_a_replay_gives_the_same_revisions(contents: list[tuple[str, str]], data: st.DataObject) -> None:
    raws = [
        RawArticle(id=name, url=f"https://example.org/{name}", content=f"{value} " * 10 + "Said so.")
        for name, value in contents
    ]
    first_memory, rows = CleaningMemory(), {}
    first = []
    for position, raw in enumerate(raws):
        context, new = first_memory.lookup_context(raw, position)
        outcome, more = first_memory.assign_revision(raw, CLEANER.clean(raw, context), position)
        rows.update(new | more)
        first.append(outcome)

    again = CleaningMemory()
    again.restore((key, row) for key, row in rows.items() if row is not None)
    start = data.draw(st.integers(0, len(raws) - 1))
    for position in range(start, len(raws)):
        context, _ = again.lookup_context(raws[position], position)
        outcome, _ = again.assign_revision(raws[position], CLEANER.clean(raws[position], context), position)
        assert outcome == first[position]
