"""Clusters that cannot keep what they acknowledge, each told in a sentence."""

from __future__ import annotations

import pytest

from streams.kafka.durability import found

SAFE = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}


@pytest.mark.parametrize(
    ("brokers", "replication", "copies", "config", "said"),
    [
        (3, 3, 3, SAFE, None),
        (3, 2, 2, SAFE, None),
        (3, 3, 3, {}, "min.insync.replicas below 2"),
        (3, 3, 3, {**SAFE, "min.insync.replicas": "1"}, "min.insync.replicas below 2"),
        (3, 3, 3, {**SAFE, "unclean.leader.election.enable": "true"}, "unclean.leader.election.enable"),
        (3, 1, 1, {**SAFE, "min.insync.replicas": "1"}, "one copy only"),
        (2, 3, 2, SAFE, "the cluster has 2 brokers"),
    ],
)
def test_each_risk_is_named_alone(brokers, replication, copies, config, said):
    names = ("news.a", "news.b")
    risks = found(brokers, replication, dict.fromkeys(names, copies), dict.fromkeys(names, config))
    assert len(risks) == (said is not None)
    assert all(said in risk for risk in risks)


def test_the_topics_are_named_where_not_all_are_concerned():
    (risk,) = found(3, 3, {"news.a": 3, "news.b": 1}, {"news.a": SAFE, "news.b": SAFE})
    assert risk.endswith("of news.b")


def test_a_broker_that_cannot_tell_its_configuration_is_not_accused():
    assert found(3, 3, {"news.a": 3}, {}) == []
