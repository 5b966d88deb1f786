"""Limits that do not fit each other are told at start, in one sentence that names the variables."""

from __future__ import annotations

from typing import get_args

import pytest

from streams.contracts.records import Grain
from streams.settings import Settings, SettingsError, load
from streams.stages.cluster import GRAINS


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"article_timeout": 120}, ["STREAMS_WATCHDOG_LIMIT=300", "STREAMS_ARTICLE_TIMEOUT=120"]),
        ({"watchdog_limit": 50}, ["STREAMS_WATCHDOG_LIMIT=50", "STREAMS_ARTICLE_TIMEOUT=20"]),
        ({"stalled_after": 400}, ["STREAMS_STALLED_AFTER=400", "STREAMS_WATCHDOG_LIMIT=300"]),
        ({"session_timeout": 200}, ["STREAMS_WATCHDOG_LIMIT=300", "STREAMS_SESSION_TIMEOUT=200"]),
        ({"pool_memory": 100}, ["STREAMS_POOL_MEMORY=100"]),
    ],
)
def test_limits_that_contradict_each_other(given, named):
    with pytest.raises(SettingsError) as caught:
        load(**given)
    for variable in named:
        assert variable in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_defaults_fit_and_a_batch_may_be_larger_than_the_failures_that_stop_a_stage():
    settings = load(batch_size=1000, max_failures=1)
    assert settings.longest_batch >= 1001 * settings.article_timeout
    assert load(pool_memory=0).pool_memory_bytes is None
    assert load().stop_grace >= load().article_timeout


def test_the_grains_that_can_be_set_are_those_that_there_are() -> None:
    assert get_args(Settings.model_fields["story_grain"].annotation) == get_args(Grain) == tuple(GRAINS)
