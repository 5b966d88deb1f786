"""The stages over messages, without Kafka: what is published for what comes in, and what a crash leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import CleanArticle, Decision, RawArticle, Rejection, Story, TaggedArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.metrics import Metrics
from streams.runtime.inputs import INPUT_ROW, Input
from streams.runtime.messages import Incoming
from streams.runtime.outcomes import BrokenStageError
from streams.runtime.pool import Failed
from streams.runtime.stages.clean import CleanStage, cleaning_work
from streams.runtime.stages.cluster import ClusterStage
from streams.runtime.stages.tag import TagStage
from streams.settings import load

SENTENCES = (
    "The harbour of Lindvik was closed on Monday after a ferry ran aground in thick fog, the coast guard said.",
    "Divers found no leak in the hull and the two hundred passengers were taken ashore by fishing boats at noon.",
    "The operator said that the vessel would be towed free at high tide and that an inquiry had been opened.",
)
BODY = "\n\n".join(SENTENCES)


class Log:
    """The topics, as far as restoring needs them: what was published is what is read back."""

    def __init__(self):
        self.published = []
        self.inputs = None
        self.sent = {}
        #: What every topic looks like; ``counts``: those that have another number of partitions.
        self.shape = Input(partitions=1, id=None)
        self.counts = {}

    def take(self, phase):
        self.published += phase

    @property
    def told(self):
        """What was published but for the rows that say what the state was made from."""
        return [out for out in self.published if out.key != INPUT_ROW.encode()]

    def on(self, topic):
        return [out for out in self.published if out.topic == topic]

    async def rows(self, topic, partition):
        rows = {}
        for out in self.on(topic.removeprefix("news.")):
            if out.partition == partition:
                rows.pop(out.key.decode(), None)
                if out.value is not None:
                    rows[out.key.decode()] = out.value
        return rows

    async def decisions(self, topic, partition, source_topic, since):
        found = {}
        for out in self.on(topic.removeprefix("news.")):
            position = headers.source_position(out.headers)
            if out.partition == partition and position.topic == source_topic and position.place >= since:
                found.setdefault(position.place, codec.decode(Decision, out.value))
        return found

    async def newest_decision(self, topic, partition, source_topic):
        found = [
            (position, codec.decode(Decision, out.value))
            for out in self.on(topic.removeprefix("news."))
            if (position := headers.source_position(out.headers)).topic == source_topic and out.partition == partition
        ]
        return max(found, key=lambda one: one[0].place, default=None)

    async def history(self, topic, partition, source_topic):
        for position, out in [(headers.source_position(out.headers), out) for out in self.on(topic[5:])]:
            if position.topic == source_topic and out.partition == partition:
                yield position, codec.decode(Decision, out.value)

    async def values(self, topic, partition, start=0):
        for offset, value in (self.sent.get(topic, {}) if self.inputs is None else self.inputs).items():
            if offset >= start:
                yield offset, value

    async def input(self, topic):
        return self.shape

    async def partitions(self, topic):
        return list(range(self.counts.get(topic, self.shape.partitions)))

    async def records(self, topic, partition, start=0):
        for key, value in (await self.rows(topic, partition)).items():
            yield SimpleNamespace(key=key.encode(), value=value)

    async def caused_by(self, topic, source_topic):
        for out in self.on(topic.removeprefix("news.")):
            position = headers.source_position(out.headers)
            if position is not None and position.topic == source_topic and out.value is not None:
                yield position, out.value

    async def holds(self, topic, partition, offset, matches):
        """``inputs``: what the topic holds now, by offset; None: what it always held."""
        return self.inputs is None or (offset in self.inputs and matches(self.inputs[offset]))


class Inline:
    """A pool without processes; an item whose work raises is a failure, as in the real one."""

    def __init__(self, work):
        self.work = work

    async def run(self, items):
        results = []
        for item in items:
            try:
                results += self.work([item])
            except Exception as error:
                results.append(Failed(type(error).__name__, str(error)))
        return results


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def metrics():
    return Metrics()


def message(topic, offset, value, *, partition=0, key=b"k", extra=()):
    data = value if isinstance(value, bytes) or value is None else codec.encode(value)
    at = datetime(2025, 9, 19, 12, tzinfo=UTC)
    return Incoming(
        topic=f"news.{topic}", partition=partition, offset=offset, key=key, value=data, headers=list(extra), at=at
    )


async def drive(stage, log, batch, *, stop_after=None):
    """Publish the phases of a batch; ``stop_after`` leaves after so many records, as a kill does."""
    for one in batch:
        log.sent.setdefault(one.topic, {})[one.offset] = one.value
    async for phase in stage.process(batch):
        for out in phase:
            if stop_after is not None and len(log.published) >= stop_after:
                return
            log.take([out])


def clean_stage(log, metrics, **settings):
    stage = CleanStage(load(**settings), metrics, log)
    stage.pool = Inline(cleaning_work(10_000_000))
    return stage


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
    assert (letter.topic, letter.key, letter.value) == ("dead-letters", b"\x00raw", value)
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
    stage.pool = Inline(work)
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
    stage.pool = Inline(lambda batch: [TaggedArticle(id="a", text="x" * (MAX_MESSAGE_BYTES + 1)) for _ in batch])
    await drive(stage, log, [message("articles.clean", 0, CleanArticle(id="a", text="small"))])
    (letter,) = log.told
    assert letter.topic == "dead-letters"
    assert dict(letter.headers)["streams_error_exception"] == b"RecordTooLargeError"


async def test_a_retraction_goes_to_every_partition_because_its_language_is_unknown(log, metrics):
    stage = TagStage(load(), metrics, log)
    stage.pool = Inline(lambda batch: [TaggedArticle(id=each.id, text="", retracted=True) for each in batch])
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
    with pytest.raises(BrokenStageError, match=r"10 records in a row failed in clean.*OSError: no disk"):
        stage.outcomes.check()


# --- cluster: the log is the truth ----------------------------------------------------------------------------------

TOPICS = {
    "ferry": ("Ferry aground off Lindvik", BODY),
    "budget": (
        "Parliament passes the budget",
        "Parliament in Ostland passed the yearly budget on Tuesday by a vote. " * 4,
    ),
}


def tagged(n):
    topic = "ferry" if n % 3 else "budget"
    title, text = TOPICS[topic]
    return TaggedArticle(id=f"{topic}-{n}", title=f"{title} ({n})", text=f"{text} Report number {n}.", language="en")


def cluster_stage(log, metrics=None):
    return ClusterStage(load(), metrics or Metrics(), log)


def decisions(log):
    return [out.value for out in log.on("story-events")]


def stories(log):
    """The compacted topic: the last snapshot of each story."""
    return {out.key: out.value for out in log.on("stories")}


async def test_each_article_gives_one_decision_at_its_inputs_partition_and_position(log):
    batch = [message("articles.tagged", n, tagged(n), partition=3) for n in range(9)]
    await drive(cluster_stage(log), log, batch)
    logged = log.on("story-events")
    assert [headers.source_position(out.headers).offset for out in logged] == list(range(9))
    assert {out.partition for out in logged} == {3}
    live = [codec.decode(Story, value) for value in stories(log).values()]
    assert sorted(article.id for story in live for article in story.articles) == sorted(tagged(n).id for n in range(9))


async def test_the_same_article_again_changes_nothing_and_is_counted(log, metrics):
    stage = cluster_stage(log, metrics)
    await drive(stage, log, [message("articles.tagged", 0, tagged(1))])
    before = len(log.published)
    await drive(stage, log, [message("articles.tagged", 1, tagged(1))])
    assert len(log.published) == before
    assert metrics.value("streams_records_total", stage="cluster", outcome="nothing") == 1


@pytest.mark.parametrize("batch_size", [1, 4])
async def test_a_kill_after_any_published_record_bends_nothing(batch_size):
    """Kill after every possible number of published records, redeliver what was not let go, and compare."""
    articles = [message("articles.tagged", n, tagged(n)) for n in range(8)]
    batches = [articles[at : at + batch_size] for at in range(0, len(articles), batch_size)]
    calm = Log()
    stage = cluster_stage(calm)
    for batch in batches:
        await drive(stage, calm, batch)
    for kill_at in range(1, len(calm.published)):
        log = Log()
        stage = cluster_stage(log)
        for number, batch in enumerate(batches):  # noqa: B007 - used after the loop
            await drive(stage, log, batch, stop_after=kill_at)
            if len(log.published) >= kill_at:
                break
        stage = cluster_stage(log)
        for batch in batches[number:]:
            await drive(stage, log, batch)
        assert decisions(log) == decisions(calm), f"killed after {kill_at} records"
        assert stories(log) == stories(calm), f"killed after {kill_at} records"
        assert await log.rows("news.state.cluster", 0) == await calm.rows("news.state.cluster", 0)


async def test_after_a_rebalance_the_state_comes_from_the_log(log, metrics):
    stage = cluster_stage(log, metrics)
    await drive(stage, log, [message("articles.tagged", n, tagged(n)) for n in range(4)])
    stage.forget([0])
    await drive(stage, log, [message("articles.tagged", n, tagged(n)) for n in range(4, 8)])
    calm = Log()
    await drive(cluster_stage(calm), calm, [message("articles.tagged", n, tagged(n)) for n in range(8)])
    assert decisions(log) == decisions(calm)
    assert metrics.value("streams_restores_total", stage="cluster") == 2


async def test_an_article_that_breaks_the_clusterer_is_a_dead_letter_and_the_rest_goes_on(log, metrics, monkeypatch):
    from streams.stages.cluster import Clusterer

    decide = Clusterer.decide

    def fragile(self, article):
        if article.id == tagged(2).id:
            raise KeyError("a bug")
        return decide(self, article)

    monkeypatch.setattr(Clusterer, "decide", fragile)
    await drive(cluster_stage(log, metrics), log, [message("articles.tagged", n, tagged(n)) for n in range(5)])
    assert len(log.on("story-events")) == 4
    (letter,) = log.on("dead-letters")
    assert codec.decode(TaggedArticle, letter.value).id == tagged(2).id
