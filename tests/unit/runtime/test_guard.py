"""No exception of a single record reaches the loop: a raise at any step is that record's dead letter, no other's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from log_in_memory import BODY, Log, clean_stage, cluster_stage, drive, message, tagged, tagging

from streams.contracts import codec, headers
from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.contracts.topology import ARTICLES_TAGGED, DEAD_LETTERS, STATE_CLUSTER, STORIES
from streams.metrics import Metrics
from streams.pipeline import CleaningMemory, Clusterer
from streams.runtime import messages
from streams.runtime.messages import Outgoing
from streams.runtime.stages.tag import TagStage
from streams.settings import load

POISON = "poison"


def failing(monkeypatch, where, name, is_poison):
    """Let ``where.name`` raise for the poisoned record, having done its work: half-changed state is the worst case."""
    original = getattr(where, name)

    def fragile(*given, **named):
        result = original(*given, **named)
        if is_poison(*given, **named):
            raise RecursionError("injected")
        return result

    monkeypatch.setattr(where, name, fragile)


def holds_poison(*given, **_):
    return any(POISON in str(each)[:5000] for each in given if not isinstance(each, type))


def clean_batch(first=0):
    ids = ["a", "b", POISON, "c", "d"]
    return [
        message("articles.raw", first + n, RawArticle(id=id_, content=f"Ferry aground, {id_}\n\n{BODY}", source="Post"))
        for n, id_ in enumerate(ids)
    ]


def only_poison_died(log):
    (letter,) = log.on("dead-letters")
    assert POISON.encode() in letter.value
    about = dict(letter.headers)
    return about["streams_error_exception"].decode()


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (codec, "decode"),
        (CleaningMemory, "lookup_context"),
        (CleaningMemory, "assign_revision"),
        (codec, "encode"),
        (headers, "make"),
    ],
)
async def test_cleaning(where, name, monkeypatch):
    log = Log()
    stage = clean_stage(log, Metrics())
    batch = clean_batch()
    failing(monkeypatch, where, name, holds_poison)
    await drive(stage, log, batch)
    assert only_poison_died(log) == "RecursionError"
    assert [out.key for out in log.on("articles.clean")] == [b"a", b"b", b"c", b"d"]
    monkeypatch.undo()
    # What it remembers afterwards is what its rows say.
    await drive(stage, log, [message("articles.raw", 5, RawArticle(id="a", content=f"Changed\n\n{BODY} More."))])
    assert codec.decode(CleanArticle, log.on("articles.clean")[-1].value or b"").revision == 1


@pytest.mark.parametrize(("where", "name"), [(codec, "decode"), (codec, "encode"), (headers, "make")])
async def test_tagging(where, name, monkeypatch):
    log = Log()
    stage = TagStage(load(), Metrics(), log)
    stage.pool = tagging(lambda batch: [TaggedArticle(id=each.id, text=each.text, language="en") for each in batch])
    ids = ["a", POISON, "b"]
    batch = [message("articles.clean", n, CleanArticle(id=id_, text="t")) for n, id_ in enumerate(ids)]
    failing(monkeypatch, where, name, holds_poison)
    await drive(stage, log, batch)
    assert only_poison_died(log) == "RecursionError"
    assert [codec.loads(out.value or b"")["id"] for out in log.on("articles.tagged")] == ["a", "b"]


def cluster_batch():
    articles = [tagged(n) for n in range(6)]
    poisoned = TaggedArticle(id=POISON, title=f"{articles[1].title} {POISON}", text=articles[1].text, language="en")
    articles.insert(3, poisoned)
    return [message("articles.tagged", n, each) for n, each in enumerate(articles)]


@pytest.mark.parametrize(
    ("where", "name", "restores"),
    [
        (codec, "decode", 1),
        (Clusterer, "decide", 1),
        (Clusterer, "apply", 2),
        (codec, "encode", None),
        (headers, "make", None),
    ],
)
async def test_clustering(where, name, restores, monkeypatch):
    """Equal to a run that never saw the poisoned article; state is read anew only where it may be half-changed."""
    calm = Log()
    await drive(cluster_stage(calm), calm, [each for each in cluster_batch() if POISON.encode() not in each.value])
    log, metrics = Log(), Metrics()
    stage = cluster_stage(log, metrics)
    batch = cluster_batch()
    failing(monkeypatch, where, name, holds_poison)
    await drive(stage, log, batch)
    monkeypatch.undo()
    assert only_poison_died(log) == "RecursionError"
    assert [out.value for out in log.on("story-events")] == [out.value for out in calm.on("story-events")]
    if restores is not None:
        assert metrics.value("streams_restores_total", stage="cluster") == restores


async def test_a_decision_whose_rows_are_too_large_is_not_logged():
    log = Log()
    stage = cluster_stage(log)
    await drive(stage, log, [message("articles.tagged", n, tagged(n)) for n in range(3)])
    before = len(log.on("story-events"))
    stage.outcomes.sizes.learn(STATE_CLUSTER, 300)
    await drive(stage, log, [message("articles.tagged", 3, tagged(3))])
    assert len(log.on("story-events")) == before
    assert dict(log.on("dead-letters")[0].headers)["streams_error_exception"] == b"RecordTooLargeError"
    stage.outcomes.sizes.learn(STATE_CLUSTER, 1_000_000)
    await drive(stage, log, [message("articles.tagged", 4, tagged(4))])
    assert len(log.on("story-events")) == before + 1


async def test_lone_surrogates_and_long_ids_are_dead_letters_or_articles_but_no_exception():
    log = Log()
    stage = TagStage(load(), Metrics(), log)
    stage.pool = tagging(
        lambda batch: [TaggedArticle(id=each.id, text="\ud800" if each.id == "x" else "t") for each in batch]
    )
    articles = [CleanArticle(id="x", text="t"), CleanArticle(id="y" * 9_000_000, text="t")]
    await drive(stage, log, [message("articles.clean", n, each) for n, each in enumerate(articles)])
    assert [out.topic for out in log.told] == [DEAD_LETTERS, ARTICLES_TAGGED]
    assert len(dict(log.told[1].headers)["ce_id"]) < 1025


@pytest.mark.parametrize(
    ("key", "value", "extra"),
    [
        (b"k", b"\xff" * 40_000_000, []),
        (b"k" * 20_000_000, b"\xff" * 20_000_000, []),
        (b"k", b"\xff", [(f"header-{n}", b"v" * 100_000) for n in range(300)]),
        (b"k", b"\xff" * 26_200_000, [("h" * 200_000, b"")]),
    ],
)
async def test_a_dead_letter_too_large_itself_is_reduced_to_what_identifies_the_original(key, value, extra):
    log = Log()
    stage = clean_stage(log, Metrics())
    await drive(stage, log, [message("articles.raw", 7, value, key=key, extra=extra)])
    (letter,) = log.told
    assert stage.outcomes.sizes.takes(letter)
    about = dict(letter.headers)
    assert about["streams_error_reduced"] == b"true"
    assert about["streams_error_size"] == str(len(value)).encode()
    assert len(about["streams_error_sha256"]) == 64
    assert about["streams_error_offset"] == b"7"
    assert value.startswith(letter.value)
    assert len(letter.value or b"") == min(len(value), 16_384)
    assert letter.size < 100_000


async def test_a_record_of_nothing_at_all_has_a_dead_letter_that_can_be_sent():
    log = Log()
    await drive(clean_stage(log, Metrics()), log, [message("articles.raw", 7, None, key=None)])
    (letter,) = log.told
    assert (letter.key, letter.value) == (b"", None)


def test_the_size_of_a_record_is_no_less_than_what_kafka_counts():
    from aiokafka.record.default_records import DefaultRecordBatchBuilder

    for key, value, made in [(None, None, []), (b"k", b"v" * 1000, [("h", b"x")] * 50), (b"", b"", [("ä" * 300, b"")])]:
        out = Outgoing(topic=STORIES, key=key, value=value, headers=made)
        builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 10_000_000)
        builder.append(0, timestamp=0, key=key, value=value, headers=made)
        assert len(builder.build()) <= out.size


@pytest.mark.parametrize("value", [b"", b"\xff\xff", b"00-zz", b"0" * 10_000, b"00-" + b"a" * 32 + b"-" + b"b" * 16])
def test_a_trace_that_is_none_is_not_handed_on(value):
    assert messages.Incoming(
        topic="t", partition=0, offset=0, key=None, value=None, headers=[("traceparent", value)]
    ).trace is None  # fmt: skip
    good = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"
    assert headers.valid_trace(good) == good


@pytest.mark.parametrize(
    "made",
    [
        [("streams_source_topic", None), ("streams_source_partition", b"0"), ("streams_source_offset", b"0")],
        [("streams_source_topic", b"\xff"), ("streams_source_partition", b"0"), ("streams_source_offset", b"0")],
        [("streams_source_topic", b"t"), ("streams_source_partition", None), ("streams_source_offset", b"0")],
        [("streams_source_topic", b"t"), ("streams_source_partition", b"0"), ("streams_source_offset", b"9" * 5000)],
        [("streams_source_topic", b"t"), ("streams_source_partition", b"0"), ("streams_source_offset", b"-1")],
    ],
)
def test_a_position_that_is_nonsense_is_none(made):
    assert headers.source_position(made) is None


async def test_a_dead_letter_whose_original_looks_like_a_note_is_a_letter():
    from streams.ops import dead_letters

    log = Log()
    note = [("streams_letter", b"purged"), ("streams_letter_partition", b"0"), ("streams_letter_offset", b"0")]
    await drive(clean_stage(log, Metrics()), log, [message("articles.raw", 7, b"\xff" * 40_000_000, extra=note)])
    (letter,) = log.told
    record = SimpleNamespace(partition=0, offset=0, key=letter.key, value=letter.value, headers=letter.headers)
    assert dead_letters._note(record) is None
    assert dead_letters.parse(record).reduced
    record.headers = note
    assert dead_letters._note(record) == ("0:0", "purged")
    record.headers = note[:1]
    assert dead_letters._note(record) is None
