"""Cleaning and tagging over messages, without Kafka: what is published for what comes in."""

from __future__ import annotations

import pytest
from log_in_memory import BODY, Inline, clean_stage, drive, message, tagging

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import CleanArticle, RawArticle, Rejection, TaggedArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.contracts.topology import DEAD_LETTERS
from streams.runtime.outcomes import BrokenStageError
from streams.runtime.stages.tag import TagStage
from streams.settings import load


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b"\xff\xfe\x00", "DecodeError"),
        (b'{"content": "cut of', "DecodeError"),
        (b'{"content": 7}', "DecodeError"),
        (b"{}", "DecodeError"),
        (b"[" * 5000, "DecodeError"),
        (None, "DecodeError"),
    ],
)
async def test_what_cannot_be_decoded_is_a_dead_letter_with_the_original_bytes(log, metrics, value, error):
    await drive(clean_stage(log, metrics), log, [message("articles.raw", 5, value, key=b"\x00raw")])
    (letter,) = log.told
    assert (letter.topic, letter.key, letter.value) == (DEAD_LETTERS, b"\x00raw", value)
    about = dict(letter.headers)
    assert about["streams_error_exception"] == error.encode()
    assert about["streams_error_stage"] == b"clean"
    assert about["streams_error_topic"] == b"news.articles.raw"
    assert (about["streams_error_partition"], about["streams_error_offset"]) == (b"0", b"5")
    assert about["streams_error_message"]
    assert metrics.value("streams_dead_letters_total", stage="clean", error=error) == 1


async def test_a_record_from_a_newer_version_is_a_dead_letter(log, metrics):
    newer = [(headers.SCHEMA, b"99")]
    await drive(clean_stage(log, metrics), log, [message("articles.raw", 0, RawArticle(content=BODY), extra=newer)])
    assert dict(log.published[0].headers)["streams_error_exception"] == b"NewerSchemaError"


async def test_articles_rejections_and_dead_letters_each_go_their_way(log, metrics):
    batch = [
        message("articles.raw", 0, RawArticle(content=f"Ferry aground off Lindvik\n\n{BODY}", id="good")),
        message("articles.raw", 1, RawArticle(content="", id="empty")),
        message("articles.raw", 2, b"nonsense"),
    ]
    await drive(clean_stage(log, metrics), log, batch)
    (published,) = log.on("articles.clean")
    article = codec.decode(CleanArticle, published.value)
    assert published.key == b"good"
    assert article.text == BODY
    assert headers.source_position(published.headers) == Position(topic="news.articles.raw", partition=0, offset=0)
    (rejected,) = log.on("rejections")
    assert codec.decode(Rejection, rejected.value).id == "empty"
    assert len(log.on("dead-letters")) == 1
    counted = {outcome: metrics.value("streams_records_total", stage="clean", outcome=outcome)
               for outcome in ("published", "rejected", "dead_letter")}  # fmt: skip
    assert counted == {"published": 1, "rejected": 1, "dead_letter": 1}


async def test_redelivery_after_a_crash_publishes_the_same_bytes_and_revisions(log, metrics):
    def article(text):
        return RawArticle(content=f"Ferry aground off Lindvik\n\n{text}", id="a", source="Lindvik Post")

    changed = BODY.replace("two hundred", "three hundred")
    batch = [message("articles.raw", n, article(text)) for n, text in enumerate([BODY, changed, BODY])]
    await drive(clean_stage(log, metrics), log, batch)
    first = [(out.key, out.value, out.headers) for out in log.on("articles.clean")]
    assert [codec.decode(CleanArticle, value).revision for _, value, _ in first][:2] == [0, 1]
    before = len(log.on("articles.clean"))
    await drive(clean_stage(log, metrics), log, batch)
    again = [(out.key, out.value, out.headers) for out in log.on("articles.clean")[before:]]
    assert again == first


async def test_a_failing_item_is_a_dead_letter_and_its_neighbours_go_on(log, metrics):
    def work(articles):
        if articles[0].id == "poison":
            raise ZeroDivisionError("a bug")
        return [TaggedArticle(id=each.id, text=each.text, language=each.language) for each in articles]

    stage = TagStage(load(), metrics, log)
    stage.pool = tagging(work)
    ids = ["a", "poison", "b"]
    clean = [CleanArticle(id=id_, text="t", language="en") for id_ in ids]
    await drive(stage, log, [message("articles.clean", n, each) for n, each in enumerate(clean)])
    assert [codec.decode(TaggedArticle, out.value).id for out in log.on("articles.tagged")] == ["a", "b"]
    assert {out.key for out in log.on("articles.tagged")} == {b"en"}
    (letter,) = log.on("dead-letters")
    assert codec.decode(CleanArticle, letter.value).id == "poison"
    assert dict(letter.headers)["streams_error_exception"] == b"ZeroDivisionError"


async def test_a_result_too_large_for_a_topic_is_a_dead_letter(log, metrics):
    stage = TagStage(load(), metrics, log)
    stage.pool = tagging(lambda batch: [TaggedArticle(id="a", text="x" * (MAX_MESSAGE_BYTES + 1)) for _ in batch])
    await drive(stage, log, [message("articles.clean", 0, CleanArticle(id="a", text="small"))])
    (letter,) = log.told
    assert letter.topic is DEAD_LETTERS
    assert dict(letter.headers)["streams_error_exception"] == b"RecordTooLargeError"


async def test_a_retraction_goes_to_every_partition_because_its_language_is_unknown(log, metrics):
    stage = TagStage(load(), metrics, log)
    stage.pool = tagging(lambda batch: [TaggedArticle(id=each.id, text="", retracted=True) for each in batch])
    await drive(stage, log, [message("articles.clean", 0, CleanArticle(id="a", text="", retracted=True))])
    assert [out.to_all for out in log.published] == [True]


async def test_a_run_of_failures_stops_the_stage_but_bad_data_does_not(log, metrics):
    stage = clean_stage(log, metrics, max_failures=3)
    await drive(stage, log, [message("articles.raw", n, b"junk") for n in range(10)])
    assert len(log.on("dead-letters")) == 10

    def work(_):
        raise OSError("no disk")

    stage.pool = Inline(work)
    stage.outcomes.check()
    await drive(stage, log, [message("articles.raw", n, RawArticle(content=BODY)) for n in range(10, 20)])
    assert len(log.on("dead-letters")) == 20, "what was decided is published, so that the next start gets further"
    with pytest.raises(BrokenStageError, match=r"10 records in a row failed in clean.*OSError\. They"):
        stage.outcomes.check()
