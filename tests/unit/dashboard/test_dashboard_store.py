"""The index kept between two starts: whatever happened meanwhile, it shows what a whole reading of the log shows."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.follow.resume import misfit, outside, proof
from streams.dashboard.store import database
from streams.dashboard.store.index import Index
from streams.settings import Settings

TABLES = ("stories", "facets", "entities", "members", "events", "texts")


class Log:
    """Stands for ``LogReader`` over one partition of a decision log."""

    def __init__(self, records, *, start=0):
        self.records, self.start, self.read = list(records), start, 0

    async def spans(self, topic):
        return {0: (self.start, len(self.records))}

    async def pick(self, topic, places):
        return {(0, offset): self.records[offset] for _, offset in places if self.start <= offset < len(self.records)}

    async def batches(self, topic, *, after, most):
        for at in range(max(self.start, after.get(0, -1) + 1), len(self.records), most):
            batch = self.records[at : at + most]
            self.read += len(batch)
            yield batch


def logged(offset, events, *, source=None):
    place = Position(topic="news.articles.tagged", partition=0, offset=offset if source is None else source)
    id_ = events[0].article_id or "a"
    return SimpleNamespace(
        topic="news.story-events",
        partition=0,
        offset=offset,
        timestamp=1_772_000_000_000 + offset * 1000,
        key=b"en",
        value=codec.encode(Decision(article_id=id_, events=tuple(events))),
        headers=headers.make(Decision, id_, "cluster", position=place),
    )


@pytest.fixture
def records(newsroom):
    """A log with everything that can befall a story, decisions that were written twice, and one that is none."""
    article, event = newsroom.article, newsroom.event
    told = [
        [event("created", "s1", article("a1"))],
        [event("created", "s2", article("a2", source="Daily Wave"))],
        [event("joined", "s1", article("a3", "Storm shuts bridge"))],
        [event("merged", "s2", other_id="s1")],
        [event("created", "s3", article("a4", "Vote in Vale"))],
        [event("joined", "s3", article("a5", "Late vote"))],
        [event("split", "s4", other_id="s3", moved=(article("a5", "Late vote"),))],
        [event("revised", "s1", article("a3", "Storm shuts two bridges"))],
        [event("retracted", "s1", article("a1"))],
        [event("closed", "s3")],
    ]
    made = []
    for number, events in enumerate(told):
        made.append(logged(len(made), events, source=number))
        if number % 3 == 1:  # a worker that lost its partition writes it again, otherwise
            made.append(logged(len(made), [event("created", f"again{number}", article(f"b{number}"))], source=number))
    made.insert(7, None)
    for offset, each in enumerate(made):
        made[offset] = each or SimpleNamespace(**{**vars(logged(offset, told[0])), "value": b"{no", "headers": []})
        made[offset].offset = offset
        made[offset].timestamp = 1_772_000_000_000 + offset * 1000
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "index.sqlite"


async def follow(log, db):
    """Read ``log`` to its end into an index over ``db``."""
    index, health = Index(db), Health()
    follower = LogConsumer(Settings(), index, Broadcaster(index), health)
    follower._reader = log
    await follower._follow_log()
    return index, health


def rows(index):
    return {table: index.db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES}


async def whole(records):
    index, health = await follow(Log(records), database.private())
    told = rows(index), index.offsets, (health.skipped, health.last_skipped)
    index.close()
    return told


async def test_it_has_caught_up_when_nothing_more_comes_and_not_where_a_fetch_ends(records):
    """Kafka's answers hold what they hold: one that is not full says nothing of the log's end."""
    seen = []

    class Fetched(Log):
        async def batches(self, topic, *, after, most):
            for batch in (self.records[:3], self.records[3:], []):
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
from test_dashboard_store import Log, follow
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
    child = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(path)]
    done = await asyncio.to_thread(
        subprocess.run, child, input=pickle.dumps(records), timeout=60, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    log = Log(records)
    index, _ = await follow(log, database.kept(path)[0])
    assert log.read == len(records) - 9
    assert rows(index) == (await whole(records))[0]
    index.close()


def _torn(path):
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 8192) + data[-4096:])


def _cut(path):
    os.truncate(path, path.stat().st_size // 2)


def _other(path):
    path.write_bytes(b"no database at all" * 500)


def _of_old(path):
    db = sqlite3.connect(path)
    told = codec.loads(db.execute("SELECT told FROM bookmark").fetchone()[0])
    db.execute("UPDATE bookmark SET told = ?", (codec.encode(told | {"format": "older"}),))
    db.commit()
    db.close()


def _foreign_bookmark(path):
    db = sqlite3.connect(path)
    db.execute("UPDATE bookmark SET told = '{\"offsets\": 3}'")
    db.commit()
    db.close()


@pytest.mark.parametrize("spoil", [_torn, _cut, _other, _of_old, _foreign_bookmark])
async def test_a_file_that_is_broken_or_of_other_code_is_thrown_away_and_said_so(records, path, spoil, caplog):
    caplog.set_level(logging.INFO, logger="streams.dashboard")
    (await follow(Log(records), database.kept(path)[0]))[0].close()
    spoil(path)
    log = Log(records)
    db, is_kept = database.kept(path)
    index, health = await follow(log, db)
    assert is_kept
    assert health.resumed is None
    assert log.read == len(records)
    assert rows(index) == (await whole(records))[0]
    assert len([each for each in caplog.messages if "read from its beginning" in each]) == 1
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
        assert log.read == len(log.records) - log.start
        fresh, _ = await follow(Log(log.records, start=log.start), database.private())
        assert rows(index) == rows(fresh)
        index.close()
        fresh.close()


async def test_what_retention_took_and_what_cannot_be_had_prove_nothing(records):
    assert outside({0: 4}, (proof(records[4]),), {0: (5, 9)}) == "partition 0 no longer holds 4"
    assert outside({0: 4}, (proof(records[4]),), {0: (4, 9), 1: (0, 3)}) == ""
    assert outside({1: 0}, (), {0: (4, 9)}) == "partition 1 ends before 0"
    log = Log(records)
    asked = []

    async def nothing(_, places):
        asked.append(list(places))
        return {}

    log.pick = nothing
    mark = database.Bookmark(format="", at=0.0, offsets=((0, 4),), proofs=(proof(records[4]),))
    assert await misfit(mark, "t", log) == "the record at 0:4 cannot be had"
    assert asked == [[(0, 4)]] * 3, "a slow broker gets more than one chance"


async def test_a_second_dashboard_has_a_copy_of_its_own(records, path):
    one, _ = await follow(Log(records[:6]), database.kept(path)[0])
    db, is_kept = database.kept(path)
    assert not is_kept
    log = Log(records)
    two, _ = await follow(log, db)
    assert log.read == len(records) - 6, "the copy goes on where the first one stands"
    assert one.offsets == {0: 5}
    assert rows(two) == (await whole(records))[0]
    two.close()
    one.close()
    db, is_kept = database.kept(path)
    assert is_kept
    three = Index(db)
    assert three.offsets == {0: 5}, "the second one wrote nothing into it"
    three.close()


async def test_without_a_disk_it_works_all_the_same(records, tmp_path):
    (tmp_path / "taken").write_text("a file")
    db, is_kept = database.kept(tmp_path / "taken" / "index.sqlite")
    assert not is_kept
    index, _ = await follow(Log(records), db)
    assert rows(index) == (await whole(records))[0]
    index.close()


async def test_a_disk_that_fills_up_costs_no_record(newsroom, path):
    records = [logged(n, [newsroom.event("created", f"s{n}", newsroom.article(f"a{n}"))]) for n in range(400)]
    index, health = Index(database.kept(path)[0]), Health()
    follower = LogConsumer(Settings(), index, Broadcaster(index), health)
    follower._reader = Log(records)
    index.db.execute("PRAGMA max_page_count = 60")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await follower._follow_log()
    at = index.offsets.get(0, -1)
    assert index.db.execute("SELECT count(*) FROM stories").fetchone()[0] == at + 1 < 400
    index.db.execute("PRAGMA max_page_count = 1000000")
    await follower._follow_log()
    assert rows(index) == (await whole(records))[0]
    assert health.skipped == 0
    index.close()


async def test_a_file_that_breaks_while_it_is_used_is_left_for_a_private_index(records, path, monkeypatch):
    index, health = Index(database.kept(path)[0]), Health()
    health.kept = True
    follower = LogConsumer(Settings(), index, Broadcaster(index), health)
    follower._reader = Log(records)
    broken = lambda *_: (_ for _ in ()).throw(sqlite3.DatabaseError("database disk image is malformed"))  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(index, "write", broken)
        await follower._follow_log()
    await follower._follow_log()
    assert not health.kept
    assert health.skipped == 1, "only the record that is none"
    assert rows(index) == (await whole(records))[0]
    index.close()


def test_forgetting_bounds_the_file(newsroom, path, monkeypatch):
    monkeypatch.setattr("streams.dashboard.store.index._SWEEP", 20)
    newsroom.index.close()
    newsroom.index = Index(database.kept(path)[0], most_stories=100)
    sizes = []
    for number in range(1200):
        newsroom.create(f"s{number}", newsroom.article(f"a{number}", f"Storm {number} over Oxhaven"))
        if number > 300:  # a story that has been forgotten here goes on in the log
            newsroom.join(f"s{number - 250}", newsroom.article(f"b{number}"))
            newsroom.log(newsroom.event("merged", f"s{number - 1}", other_id=f"s{number - 260}"))
        if number % 100 == 99:
            sizes.append(newsroom.index.db.execute("PRAGMA page_count").fetchone()[0])
    assert sizes[-1] < 1.5 * sizes[4], sizes
    for table in ("members", "events"):
        stray = f"SELECT count(*) FROM {table} WHERE story NOT IN (SELECT id FROM stories)"
        assert newsroom.index.db.execute(stray).fetchone()[0] <= 3 * 20, "the rest went with the last sweep"
