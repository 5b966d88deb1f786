"""Offsets survive anything, batches change nothing, and the same article gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import CleanArticle, TaggedArticle
from streams.stages.tag import Tagger, WeightsError, create_tagger
from streams.stages.tag.lang.en import ENGLISH
from streams.stages.tag.quotes.extract import quoted

#: What goes into made-up texts: names, quotation marks of every kind, emoji, combining marks, other scripts, oddities.
_PIECES = st.sampled_from(
    ["Vladimir Putin", "Sir Richard Moore", "MI6", "U.S.", "the West", "Ukraine's", "Goldman Sachs Group Inc.", "NATO",
     " said ", "He said ", "according to ", "told ", '"', "“", "”", "‘", "’", "'", "(", ")", " ", "\n", "\n\n", ". ",
     ", ", ": ", "🇺🇦", "👩\u200d👩\u200d👧", "e\u0301", "İstanbul", "ß", "ﬁ", "Москва", "北京", "القاهرة", "\u200b",
     "\u00a0", "\ufeff", "\x00", "dubbed ", "WHO", "we ", "3.5 million", "http://a.b/c", "x@y.z", "-", "—",
     "Prime Minister ", "and "]
)  # fmt: skip
_TEXTS = st.one_of(st.lists(_PIECES, max_size=40).map("".join), st.text(max_size=200))


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    try:
        return create_tagger()
    except WeightsError:
        return create_tagger(backend="gazetteer")


def check(article: TaggedArticle) -> None:
    """What every tagged article promises."""
    taken: set[tuple[str, int]] = set()
    for entity in article.entities:
        assert entity.mentions
        assert 0 <= entity.salience <= 1
        assert entity.reason
        for mention in entity.mentions:
            assert mention.surface
            assert getattr(article, mention.field)[mention.start : mention.end] == mention.surface
            places = {(mention.field, at) for at in range(mention.start, mention.end)}
            assert not places & taken
            taken |= places
    ids = [entity.id for entity in article.entities]
    assert len(ids) == len(set(ids))
    end = 0
    for quote in article.quotes:
        assert end <= quote.start < quote.end <= len(article.text)
        end = quote.end
        if "\n" not in quote.text:
            assert article.text[quote.start + 1 : quote.end - 1] == quote.text
        assert quote.speaker is None or quote.speaker in ids


@given(text=_TEXTS, title=st.one_of(st.none(), _TEXTS), language=st.sampled_from([None, "en", "en-GB", "ru", "zh"]))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_offsets_survive_anything(tagger: Tagger, text: str, title: str | None, language: str | None) -> None:
    check(tagger.tag([CleanArticle(id="a", text=text, title=title, language=language)])[0])


@given(texts=st.lists(_TEXTS, max_size=5))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_batch_gives_what_its_articles_give_alone(tagger: Tagger, texts: list[str]) -> None:
    articles = [CleanArticle(id=f"a{number}", text=text) for number, text in enumerate(texts)]
    together = [codec.encode(article) for article in tagger.tag(articles)]
    assert together == [codec.encode(tagger.tag([article])[0]) for article in articles]


@given(text=_TEXTS)
def test_quotations_are_in_order_and_inside(text: str) -> None:
    end = 0
    for span in quoted(text, ENGLISH):
        assert end <= span.start < span.end <= len(text)
        assert span.words.strip()
        end = span.end


def test_200_000_words(tagger: Tagger) -> None:
    paragraph = 'Maria Lopez met officials of the World Bank in Lima. "We are ready," Lopez said. 🙂 '
    text = "\n\n".join([paragraph * 10] * 1_334)
    assert len(text.split()) >= 200_000
    # The gazetteer: the model reads this at the same speed as any text, only longer than a test should take.
    article = create_tagger(backend="gazetteer").tag([CleanArticle(id="long", text=text)])[0]
    assert {entity.id for entity in article.entities} >= {"org:world-bank"}
    short = CleanArticle(id="long", text=text[:120_000])
    check(tagger.tag([short])[0])


def test_the_fields_of_an_article_pass_through(tagger: Tagger) -> None:
    row = (Path(__file__).parents[2] / "seeds" / "expected.json").read_bytes()
    title = next(iter(codec.loads(row)["cleaning"].values()))["title"]
    article = CleanArticle(id="a", text="Moore spoke.", title=title, source="Sky News", revision=3, authors=("A", "B"))
    tagged = tagger.tag([article])[0]
    assert (tagged.id, tagged.title, tagged.source, tagged.revision, tagged.authors) == (
        "a", title, "Sky News", 3, ("A", "B"),
    )  # fmt: skip
