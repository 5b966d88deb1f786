"""What the benchmarks send is what they say: articles of a length, pages of a size, stories that can be found."""

from __future__ import annotations

from statistics import mean

from load import PAGE_BYTES, WORDS, load

from streams.pipeline import Cleaner, CleaningMemory, clean


def test_a_share_are_pages_and_all_are_as_long_as_they_should_be():
    articles = list(load(40))
    pages = [article.content for article in articles if article.content_type == "text/html"]
    texts = [article.content for article in articles if article.content_type == "text/plain"]
    assert (len(pages), len(texts)) == (12, 28)
    assert 0.95 * WORDS < mean(len((text or "").split()) for text in texts) < 1.15 * WORDS
    assert all(0.95 * PAGE_BYTES < len(page or "") < 1.1 * PAGE_BYTES for page in pages)
    assert list(load(40)) == articles
    assert [article.id for article in load(40, seed=1)] != [article.id for article in articles]


def test_cleaning_finds_the_article_in_a_page():
    """As long as a text of the load: no page is lost, and no menu or teaser taken for it."""
    pages = [article for article in load(20) if article.content_type == "text/html"]
    cleaned = list(clean(pages, cleaner=Cleaner(), memory=CleaningMemory()))
    lengths = [len(getattr(article, "text", "").split()) for article in cleaned]
    assert len(lengths) == 6
    assert all(0.85 * WORDS < length < 1.2 * WORDS for length in lengths), lengths
