"""What is sent for an article: the same id, key and bytes for the same article, always."""

from __future__ import annotations

import base64

import pytest

from streams.contracts import codec, headers
from streams.contracts.records import RawArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.seed import Found, Problem, SeedRecord, outgoing
from streams.stages.clean import article_id


def one(article: RawArticle) -> SeedRecord:
    (item,) = outgoing([Found(article, "here")])
    assert isinstance(item, SeedRecord)
    return item


@pytest.mark.parametrize(
    ("article", "key"),
    [
        (RawArticle(content="x", url="https://www.Example.org/a?utm_source=y", source="S", id="i"), b"example.org"),
        (RawArticle(content="x", source="The Søurce", id="i"), "The Søurce".encode()),
        (RawArticle(content="x", url="not a url", source="S"), b"S"),
        (RawArticle(content="x", id="i"), b"i"),
        (RawArticle(id="i", retracted=True), b"i"),
    ],
)
def test_the_key_is_the_host_else_the_outlet_else_the_id(article: RawArticle, key: bytes) -> None:
    assert one(article).key == key


@pytest.mark.parametrize(
    "article",
    [
        RawArticle(content="x"),
        RawArticle(content_base64=base64.b64encode(b"\xff").decode(), content_type="text/html"),
        RawArticle(content="x", url="https://example.org/a"),
        RawArticle(content="x", url="https://example.org/a", id="given"),
    ],
)
def test_the_id_is_the_one_that_cleaning_derives_and_is_sent(article: RawArticle) -> None:
    item = one(article)
    assert item.id == article_id(article)
    sent = codec.decode(RawArticle, item.value)
    assert sent.id == item.id
    assert article_id(sent) == item.id
    assert (sent.content, sent.content_base64, sent.url) == (article.content, article.content_base64, article.url)


def test_sending_again_sends_the_same() -> None:
    article = RawArticle(content="x", url="https://example.org/a")
    assert one(article) == one(article)


def test_headers_say_what_it_is_and_tell_revisions_apart() -> None:
    first, second = (dict(one(RawArticle(id="i", content=content)).headers) for content in ("one", "two"))
    assert first["ce_type"] == b"news.RawArticle.v1"
    assert first["ce_source"] == b"/news-streams/seed"
    assert headers.schema_version(first.items()) == 1
    assert first["ce_id"].startswith(b"i/")
    assert first["ce_id"] != second["ce_id"]


def test_the_same_again_is_skipped_a_revision_is_sent_and_problems_pass() -> None:
    problem = Problem("rejected", "f:1", "why")
    a, b = RawArticle(id="a", content="x"), RawArticle(id="a", content="y")
    items = list(outgoing([Found(a, "f:0"), problem, Found(a, "f:2"), Found(b, "f:3"), Found(b, "f:4")]))
    assert [type(item) for item in items] == [SeedRecord, Problem, Problem, SeedRecord, Problem]
    assert items[1] is problem
    assert items[2] == Problem("skipped", "f:2", "the same as an earlier one (a)")


def test_what_no_record_can_hold_is_rejected() -> None:
    # Quotation marks take two bytes each as JSON.
    (problem,) = outgoing([Found(RawArticle(content='"' * (MAX_MESSAGE_BYTES // 2)), "f:1")])
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.where) == ("rejected", "f:1")
    assert problem.reason.endswith(f"bytes as a record, of which the topic takes {MAX_MESSAGE_BYTES}")


def test_a_long_id_or_outlet_makes_no_large_record() -> None:
    for article in (RawArticle(content="x", id="i" * 4000), RawArticle(content="x", id="i", source="s" * 4000)):
        (item,) = outgoing([Found(article, "f:1")], largest_record=6_000)
        assert isinstance(item, SeedRecord)
        assert len(item.key) < 300
