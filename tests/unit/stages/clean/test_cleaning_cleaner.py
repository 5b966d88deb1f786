"""Cleaner: kinds of content, bad input, and what is found beside the text."""

import base64
import json
from datetime import UTC, datetime

import pytest

from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean import Cleaner, CleaningMemory, article_id

CLEANER = Cleaner()
BODY = (
    "The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday.\n\n"
    "Ships have been told to sail to Aarhus instead, a detour of some ten hours."
)


def cleaned(**fields: object) -> CleanArticle:
    outcome = CLEANER.clean(RawArticle(**fields))  # type: ignore[arg-type]
    assert isinstance(outcome, CleanArticle), outcome
    return outcome


def rejected(**fields: object) -> Rejection:
    outcome = CLEANER.clean(RawArticle(**fields))  # type: ignore[arg-type]
    assert isinstance(outcome, Rejection), outcome
    return outcome


def test_text_keeps_its_paragraphs_and_gives_up_its_title() -> None:
    article = cleaned(content="Harbour closed for two weeks\n\n" + BODY)
    assert article.title == "Harbour closed for two weeks"
    assert article.text == BODY
    assert (article.language, article.revision) == ("en", 0)


@pytest.mark.parametrize(
    "value",
    [
        {"title": "Harbour closed", "text": BODY},
        {"headline": "Harbour closed", "body": BODY.split("\n\n")},
        {"@type": "NewsArticle", "headline": "Harbour closed", "articleBody": BODY, "author": {"name": "Ann Sand"}},
        {"data": {"article": {"title": {"rendered": "Harbour closed"}, "content": {"rendered": BODY}}}},
        [{"title": "Harbour closed", "text": BODY}],
    ],
)
def test_json_bodies_in_common_shapes(value: object) -> None:
    article = cleaned(content=json.dumps(value), content_type="application/json; charset=utf-8")
    assert article.title == "Harbour closed"
    assert article.text == BODY


def test_json_metadata() -> None:
    article = cleaned(
        content=json.dumps(
            {
                "headline": "Harbour closed",
                "articleBody": BODY,
                "datePublished": "2025-03-04T06:30:00+01:00",
                "author": [{"name": "Ann Sand"}, "Bo Lund"],
                "publisher": {"name": "Esbjerg Post"},
                "url": "https://example.org/harbour",
            }
        ),
        content_type="application/json",
    )
    assert article.published == datetime(2025, 3, 4, 5, 30, tzinfo=UTC)
    assert article.authors == ("Ann Sand", "Bo Lund")
    assert (article.source, article.url) == ("Esbjerg Post", "https://example.org/harbour")


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "cp1252", "utf-8-sig"])
def test_bytes_are_decoded(charset: str) -> None:
    text = (
        "Café owners’ protest\n\nThe café owners’ protest on the Champs-Élysées went on for a third day, police said."
    )
    data = base64.b64encode(text.encode(charset)).decode()
    assert "café owners’" in cleaned(content_base64=data).text


def test_mojibake_is_repaired() -> None:
    broken = BODY.replace("said on", "said “yes” on").encode().decode("cp1252", "replace")
    assert "â€" in broken or "\ufffd" in broken
    assert "“yes" in cleaned(content=broken).text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"content": ""}, "empty"),
        ({"content": " \n\t "}, "empty"),
        ({"content": "Storm warning."}, "too_short"),
        ({"content": "a " * 6_000_000}, "too_large"),
        ({"content_base64": "%%%"}, "undecodable"),
        ({"content_base64": base64.b64encode(bytes(range(256)) * 40).decode()}, "undecodable"),
        ({"content": "\x00\x01\x02\x03" * 50}, "undecodable"),
        ({"content": "{not json", "content_type": "application/json"}, "undecodable"),
        ({"content": '{"a": 1}', "content_type": "application/json"}, "not_an_article"),
        ({"content": BODY, "content_type": "image/png"}, "unsupported_type"),
        ({"content": BODY, "published": "next week or so"}, "bad_date"),
        ({"content": BODY, "published": "0001-01-01"}, "bad_date"),
        ({"content": BODY, "published": "2025-02-30"}, "bad_date"),
        ({"content": BODY, "published": "2031-01-01", "fetched_at": datetime(2025, 1, 1, tzinfo=UTC)}, "bad_date"),
        ({"content": "#!/bin/bash\nset -e\nfor f in *.txt; do\n  mv $f $f.bak;\ndone\nif [ -z $A ]; then\n exit 1;\nfi"
          }, "not_an_article"),
        ({"content": "(function(){var a=window.b||{};a.c=function(d){return d.e({f:1})};document.g(a)})();" * 20},
         "not_an_article"),
        ({"content": "import os\nimport sys\n\ndef main(argv):\n    for name in argv:\n        print(os.stat(name))\n\n"
                     "if __name__ == '__main__':\n    main(sys.argv[1:])\n"}, "not_an_article"),
        ({"content": "<html><body></body></html>", "content_type": "text/html"}, "not_an_article"),
    ],
)  # fmt: skip
def test_bad_input_is_rejected_with_its_reason(fields: dict[str, object], reason: str) -> None:
    rejection = rejected(source="Example", **fields)
    assert rejection.reason == reason
    assert rejection.detail
    assert (rejection.stage, rejection.source) == ("clean", "Example")
    assert rejection.id


def test_published_formats() -> None:
    for text in (
        "2025-03-04",
        "2025-03-04T00:00:00Z",
        "Tue, 04 Mar 2025 00:00:00 GMT",
        "4 March 2025",
        "March 4, 2025",
    ):
        assert cleaned(content=BODY, published=text).published == datetime(2025, 3, 4, tzinfo=UTC), text


def test_a_retraction_takes_the_article_back() -> None:
    article = cleaned(id="a1", retracted=True)
    assert (article.id, article.text, article.retracted) == ("a1", "", True)


def test_ids_are_stable_across_the_ways_to_reach_a_page() -> None:
    ways = [
        "https://www.example.org/news/story-1",
        "http://example.org/news/story-1/?utm_source=x&fbclid=y",
        "https://m.example.org/news/story-1#top",
        "https://example.org/news/story-1/amp/",
        "https://www.google.com/amp/s/www.example.org/news/story-1/amp",
    ]
    ids = {article_id(RawArticle(content="x", url=url)) for url in ways}
    assert len(ids) == 1
    assert article_id(RawArticle(content="x", url="https://example.org/news/story-2")) not in ids
    assert article_id(RawArticle(content="x", url="https://example.org/news?id=1")) != article_id(
        RawArticle(content="x", url="https://example.org/news?id=2")
    )
    # Pinned: ids are for ever.
    assert ids == {"0f3ef1615cd37fb482704de7"}


def test_revisions_count_changes_and_repeats_do_not() -> None:
    memory = CleaningMemory()
    revisions = []
    for position, text in enumerate([BODY, BODY, BODY + " More later.", BODY]):
        raw = RawArticle(id="a", content=text)
        context, _ = memory.lookup_context(raw, position)
        outcome, _ = memory.assign_revision(raw, CLEANER.clean(raw, context), position)
        assert isinstance(outcome, CleanArticle)
        revisions.append(outcome.revision)
    assert revisions == [0, 0, 1, 2]
