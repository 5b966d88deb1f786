"""The audit's kinds on a real Kafka at default settings: the good records behind them are clustered, no stage dies."""

from __future__ import annotations

import asyncio
import time

import chaos
import hostile
import pytest
from newsroom import Workers, decisions, raw_articles, send_hostile, send_raw

from streams.contracts.topology import PIPELINE
from streams.ops.reconcile import reconcile
from streams.pipeline import article_id


@pytest.mark.timeout(600)
async def test_good_records_behind_every_kind_of_the_audit_are_clustered(settings):
    """From a cold start: what is waiting already is worked off, and the three good records within 75 s."""
    bad = hostile.audit()
    good = raw_articles(3)
    assert await send_hostile(settings, "articles.raw", bad) > len(bad) - 5
    await send_raw(settings, good)
    ids = {article_id(each) for each in good}
    with Workers(settings) as workers:
        started = time.monotonic()
        workers.start()
        while not {decision.article_id for decision in await decisions(settings)} >= ids:
            chaos.assert_alive(workers)
            assert time.monotonic() - started < 75, f"not within 75 s; the workers said:\n{workers.said()[-5000:]}"
            await asyncio.sleep(0.5)
        await chaos.settle(settings, workers, good, patience=240, restart=False)
        assert workers.stop() == [0, 0, 0]
    accounts = await reconcile(settings, PIPELINE)
    assert all(account.balanced and not account.waiting for account in accounts), accounts


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["clean", "tagged"])
async def test_foreign_records_in_the_topics_between_stop_nothing(settings, kind):
    good = raw_articles(3)
    with Workers(settings) as workers:
        workers.start()
        await send_hostile(settings, f"articles.{kind}", hostile.foreign(kind, 100))
        await send_raw(settings, good)
        await chaos.settle(settings, workers, good, patience=240, restart=False)
        assert workers.stop() == [0, 0, 0]
    accounts = await reconcile(settings, PIPELINE)
    assert all(account.balanced and not account.waiting for account in accounts), accounts
