"""Settings, topics, metrics and headers: the tables that everything else reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.contracts import headers
from streams.contracts.headers import Position
from streams.contracts.records import CleanArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.contracts.topology import DEAD_LETTERS, STORIES, STORY_EVENTS, TOPICS
from streams.metrics import METRICS, Metrics
from streams.settings import SettingsError, load


def test_defaults_work():
    settings = load()
    assert settings.bootstrap_servers == ["127.0.0.1:9092"]
    assert settings.pool_size >= 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STREAMS_BROKER", "localhost:9092"),
        ("STREAMS_BROKER", "kafka://localhost"),
        ("STREAMS_BROKER", "kafka://a:1,b"),
        ("STREAMS_BROKER", "kafka://a:70000"),
        ("STREAMS_PARTITIONS", "0"),
        ("STREAMS_PARTITIONS", "many"),
        ("STREAMS_LOG_LEVEL", "loud"),
        ("STREAMS_TOPIC_PREFIX", "no spaces please"),
        ("STREAMS_ARTICLE_TIMEOUT", "-1"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert variable in str(caught.value)
    assert value in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_brokers():
    assert load(broker="kafka://a:1, b:2").bootstrap_servers == ["a:1", "b:2"]


def test_topics_have_one_name_each_and_full_configuration():
    assert len({each.name for each in TOPICS}) == len(TOPICS)
    assert STORIES.full_name("x") == "x.stories"
    assert [STORIES.full_config(copies)["min.insync.replicas"] for copies in (1, 2, 3)] == ["1", "2", "2"]
    assert STORIES.full_config()["cleanup.policy"] == "compact"
    assert STORY_EVENTS.full_config()["retention.ms"] == "-1"
    # A dead letter is its original and its headers: it must fit where the original did.
    assert int(DEAD_LETTERS.full_config()["max.message.bytes"]) > MAX_MESSAGE_BYTES


def test_every_metric_is_made_and_exposed():
    metrics = Metrics()
    for metric in METRICS:
        labels = dict.fromkeys(metric.labels, "x")
        if metric.kind == "counter":
            metrics.count(metric.name, **labels)
            assert metrics.value(metric.name, **labels) == 1
        elif metric.kind == "gauge":
            metrics.set(metric.name, 3.5, **labels)
        else:
            metrics.observe(metric.name, 0.1, **labels)
    exposed = metrics.expose().decode()
    assert all(metric.name in exposed for metric in METRICS)


def test_headers_carry_cloudevents_the_schema_and_the_position():
    position = Position(topic="news.articles.raw", partition=2, offset=17)
    made = headers.make(
        CleanArticle, "id-1", "clean", at=datetime(2025, 1, 1, tzinfo=UTC), position=position, trace=b"00-a-b-01"
    )
    found = dict(made)
    assert found["ce_specversion"] == b"1.0"
    assert found["ce_type"] == b"news.CleanArticle.v1"
    assert found["ce_time"] == b"2025-01-01T00:00:00+00:00"
    assert found["traceparent"] == b"00-a-b-01"
    assert headers.source_position(made) == position
    assert headers.schema_version(made) == 1
    assert headers.source_position([]) is None
    assert headers.schema_version([]) is None
