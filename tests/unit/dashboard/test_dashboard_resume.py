"""The index goes on where it stopped, and only with the log that it was made of."""

from __future__ import annotations

import asyncio
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import log_of_decisions
from log_of_decisions import Log, follow, logged, rows, whole

from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.follow.resume import misfit, outside, proof
from streams.dashboard.store import database
from streams.dashboard.store.index import Index
from streams.settings import Settings


async def test_it_has_caught_up_when_nothing_more_comes_and_not_where_a_fetch_ends(records):
    """Kafka's answers hold what they hold: one that is not full says nothing of the log's end."""
    seen = []

    class Fetched(Log):
        async def batches(self, *_, **__):
            for batch in (self.kept[:3], self.kept[3:], []):
                yield batch
                seen.append(follower._hub.status.caught_up)

    index = Index(database.private())
    follower = LogConsumer(Settings(), index, Broadcaster(index), Health())
    follower._reader = Fetched(records)
    await follower._follow_log()
    index.close()
    assert seen == [False, False, True]


async def test_wherever_it_stopped_it_goes_on_to_the_same_rows(records, path):
    expected = await whole(records)
    assert expected[2] == (1, "0:7")
    for stop in range(len(records)):
        first, _ = await follow(Log(records[:stop]), database.kept(path, fresh=True)[0])
        first.close()
        log = Log(records)
        index, health = await follow(log, database.kept(path)[0])
        assert (rows(index), index.offsets, (health.skipped, health.last_skipped)) == expected, stop
        assert log.read == health.read == len(records) - stop
        assert (health.resumed is not None) == (stop > 0)
        assert health.resumed is None or health.resumed[1] == f"0.{stop - 1}"
        index.close()


KILLED = """
import asyncio, os, pickle, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from log_of_decisions import Log, follow
from streams.dashboard.store import database
from streams.dashboard.store.index import Index
write = Index.write
def killed(self, update, position):
    if position.offset == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(self, update, position)
Index.write = killed
asyncio.run(follow(Log(pickle.load(sys.stdin.buffer)), database.kept(Path(sys.argv[2]))[0]))
"""


async def test_one_killed_in_the_middle_of_a_batch_has_written_none_of_it(records, path):
    (await follow(Log(records[:9]), database.kept(path)[0]))[0].close()
    child = [sys.executable, "-c", KILLED, str(Path(log_of_decisions.__file__).parent), str(path)]
    done = await asyncio.to_thread(
        subprocess.run, child, input=pickle.dumps(records), timeout=60, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    log = Log(records)
    index, _ = await follow(log, database.kept(path)[0])
    assert log.read == len(records) - 9
    assert rows(index) == (await whole(records))[0]
    index.close()


async def test_an_index_of_another_log_is_not_gone_on_with(records, newsroom, path, caplog):
    other = [logged(n, [newsroom.event("created", f"o{n}", newsroom.article(f"x{n}"))]) for n in range(len(records))]
    changed = list(records)
    changed[4] = SimpleNamespace(**{**vars(records[4]), "timestamp": 5})
    for log, why in (
        (Log(other), "another record stands at 0:4"),
        (Log(changed), "another record stands at 0:4"),
        (Log(records[:4]), "partition 0 ends before 4"),
        (Log(records, start=8), "partition 0 begins after 4"),
    ):
        caplog.clear()
        (await follow(Log(records[:5]), database.kept(path, fresh=True)[0]))[0].close()
        index, health = await follow(log, database.kept(path)[0])
        assert health.resumed is None
        assert len([each for each in caplog.messages if "read from its beginning" in each and why in each]) == 1
        assert log.read == len(log.kept) - log.start
        fresh, _ = await follow(Log(log.kept, start=log.start), database.private())
        assert rows(index) == rows(fresh)
        index.close()
        fresh.close()


async def test_what_retention_took_and_what_cannot_be_had_prove_nothing(records, monkeypatch):
    assert outside({0: 4}, (proof(records[4]),), {0: (5, 9)}) == "partition 0 no longer holds 4"
    assert outside({0: 4}, (proof(records[4]),), {0: (4, 9), 1: (0, 3)}) == ""
    assert outside({1: 0}, (), {0: (4, 9)}) == "partition 1 ends before 0"
    log = Log(records)
    asked = []

    async def nothing(_, places):
        asked.append(list(places))
        return {}

    monkeypatch.setattr(log, "pick", nothing)
    mark = database.Bookmark(format="", at=0.0, offsets=((0, 4),), proofs=(proof(records[4]),))
    assert await misfit(mark, "t", log) == "the record at 0:4 cannot be had"
    assert asked == [[(0, 4)]] * 3, "a slow broker gets more than one chance"
