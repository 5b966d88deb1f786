"""The index's file: broken, of other code, in use, without a disk, full, and bounded."""

from __future__ import annotations

import logging
import os
import sqlite3

import pytest
from log_of_decisions import Log, follow, logged, rows, whole

from streams.contracts import codec
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.store import database
from streams.dashboard.store.index import Index
from streams.settings import Settings, load


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


async def test_nothing_is_kept_where_nobody_wants_it(records, tmp_path):
    settings = load(data_dir=tmp_path, dashboard_keep=False)
    db, is_kept = database.of(settings)
    assert not is_kept
    (await follow(Log(records), db))[0].close()
    assert list(tmp_path.rglob("*")) == []
    db, is_kept = database.of(load(data_dir=tmp_path))
    assert is_kept
    (await follow(Log(records), db))[0].close()
    again = Log(records)
    index, health = await follow(again, database.of(load(data_dir=tmp_path))[0])
    assert health.resumed is not None
    assert again.read < len(records)
    index.close()
