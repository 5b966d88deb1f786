"""What the pages and the API ask of the index. Every query is bounded; times are seconds since the epoch."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.contracts import codec
from streams.contracts.headers import Position
from streams.contracts.records import Evidence, Linking, Mended, Story, StoryArticle
from streams.dashboard.store import search
from streams.dashboard.store.filters import CURRENT, Filter, encode_cursor
from streams.dashboard.store.index import Index
from streams.dashboard.store.projection import HOUR, HOURS, StoryRow, phase, sparkline
from streams.dashboard.store.search import LIVELY, PHASE_SQL
from streams.query import QueryError, parse
from streams.query.nodes import And, Words
from streams.query.subject import tokens_of
from streams.query.times import Phase
from streams.stages.cluster import Storyline, storyline

_WORD = re.compile(r'"([^"]*)"|(\S+)')
#: Later than any article: 1e18 s, beyond what a date can say.
_LATEST = 1e18


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A story as a list shows it: without articles and quotations, with its first entities.

    ``spark``: articles an hour over the 24 hours to its newest, oldest first.
    """

    story: Story
    phase: Phase
    active: float
    newest: float
    spark: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """Rows, the newest first. ``cursor`` leads to the next page; None: this is the last."""

    rows: tuple[Row, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """An article of a story: its entry, when it counts, why it is there, and where its full text is in the log."""

    story_id: str
    entry: StoryArticle
    at: float
    evidence: Evidence | None
    source: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """A step of the log as a page shows it. ``seq`` is this dashboard's own count; ``id`` is the log's."""

    seq: int
    id: str
    partition: int
    offset: int
    type: str
    story_id: str
    other_id: str | None
    article_id: str | None
    arrived: float
    at: float | None
    title: str | None
    outlet: str | None
    moved: int
    evidence: Evidence | None
    linked: tuple[Linking, ...]
    mended: Mended | None


def page(
    index: Index, wanted: Filter, *, now: float, after: tuple[float, str] | None = None, limit: int = 50
) -> ResultPage:
    """The stories that ``wanted`` asks for, after the one that ``after`` names (its place and id)."""
    where, values = conditions(wanted, now)
    order = "active" if wanted.sort == "arrived" else "newest"
    if after is not None:
        where.append(f"(s.{order}, s.id) < (?, ?)")
        values += after
    rows = _rows(index, where, values, limit + 1, now, order=order)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return ResultPage(
        rows=tuple(rows[:limit]), cursor=encode_cursor(getattr(last, order), last.story.id) if last else None
    )


def matching(index: Index, wanted: Filter, ids: Sequence[str], *, now: float) -> list[Row]:
    """Those of the stories ``ids`` that ``wanted`` asks for."""
    where, values = conditions(wanted, now)
    where.append(f"s.id IN ({', '.join('?' * len(ids))})")
    return _rows(index, where, values + list(ids), len(ids), now)


def count(index: Index, wanted: Filter, *, now: float) -> int:
    where, values = conditions(wanted, now)
    found = index.db.execute(f"SELECT count(*) FROM stories s WHERE {' AND '.join(where)}", values)
    return int(found.fetchone()[0])


def row_of(index: Index, kept: StoryRow, *, now: float) -> Row:
    """A story's row, also where it is on no list."""
    return _sparked(index, [kept], now)[0]


def storyline_of(index: Index, story: Story) -> Storyline | None:
    """The storyline of a story, its chapters as they stand; None: it is linked to none that the index holds."""

    def lookup(story_id: str) -> Story | None:
        kept = index.lookup(story_id)
        return kept.story if kept else None

    return storyline(story, lookup)


def members(
    index: Index,
    story_id: str,
    *,
    limit: int,
    after: tuple[float, str] | None = None,
    sure: float = 0.0,
    outlet: str | None = None,
) -> list[MemberRow]:
    """A story's articles, newest first, after the one that ``after`` names (its time and id).

    ``sure`` leaves out those whose text is expected to be worse (``CleanArticle.confidence``); what nothing is known
    of stays. ``outlet``: only those that it published.
    """
    found = index.db.execute(
        "SELECT story, at, part, off, entry, evidence FROM members WHERE story = ? AND (at, article) < (?, ?) "
        "AND (? = 0 OR coalesce(json_extract(CAST(entry AS TEXT), '$.confidence'), 1) >= ?) "
        "AND (? IS NULL OR outlet = ?) ORDER BY at DESC, article DESC LIMIT ?",
        (story_id, *(after or (_LATEST, "")), sure, sure, outlet, outlet, limit),
    )
    return [_member(row) for row in found]


def members_cursor(found: Sequence[MemberRow], limit: int) -> str | None:
    """The cursor to a story's older articles; None where these are the last."""
    return encode_cursor(found[-1].at, found[-1].entry.id) if len(found) == limit else None


def member(index: Index, article_id: str) -> MemberRow | None:
    """The article, where it is in a story now; None: unknown, forgotten or taken back."""
    found = index.db.execute(
        "SELECT story, at, part, off, entry, evidence FROM members WHERE article = ?", (article_id,)
    ).fetchone()
    return None if found is None else _member(found)


def story_events(index: Index, story_id: str, *, limit: int) -> list[LoggedEvent]:
    """The newest steps that name a story, newest first."""
    return _events(index, "story = ?1 OR other = ?1 ORDER BY seq DESC LIMIT ?2", (story_id, limit))


def corrections(index: Index, story_id: str | None = None, *, limit: int) -> list[LoggedEvent]:
    """What people corrected, in one story or in any, newest first: of each correction the step that tells most, its
    first. ``limit``: steps that are looked at."""
    of_it = "" if story_id is None else "AND (story = ?1 OR other = ?1) "
    told = _events(index, f"mended IS NOT NULL {of_it}ORDER BY seq DESC LIMIT ?2", (story_id, limit))
    return list({each.mended: each for each in told}.values())


def knows_correction(index: Index, correction: str) -> bool:
    """Whether the index holds what became of a correction."""
    asked = "SELECT 1 FROM events WHERE mended IS NOT NULL AND json_extract(CAST(mended AS TEXT), '$.correction') = ?"
    return index.db.execute(asked, (correction,)).fetchone() is not None


def events_after(index: Index, offsets: dict[int, int], *, limit: int) -> list[LoggedEvent]:
    """The log after the offsets in ``offsets`` (a partition not in it: all of it), in this dashboard's reading order.

    About ``limit`` events: the steps of one decision share their offset and are never parted.
    """
    parts = [row[0] for row in index.db.execute("SELECT DISTINCT part FROM events")]
    if not parts:
        return []
    unread = " OR ".join("(part = ? AND off > ?)" for _ in parts)
    values = [value for part in parts for value in (part, offsets.get(part, -1))]
    found = _events(index, f"{unread} ORDER BY seq LIMIT ?", [*values, limit])
    if len(found) == limit:
        last = found[-1]
        found += _events(
            index, "part = ? AND off = ? AND seq > ? ORDER BY seq", (last.partition, last.offset, last.seq)
        )
    return found


def _asked(q: str, now: float) -> search.Condition:
    """What a reader's query asks for; one that cannot be read, as while it is typed, asks for its words."""
    try:
        return search.condition(parse(q, open_end=True), now)
    except QueryError:
        parts = [tokens_of(quoted or plain) for quoted, plain in _WORD.findall(q)]
        kept = [Words(tokens) for tokens in parts if tokens]
        if not kept:
            return "0", []
        kept[-1] = Words(kept[-1].tokens, prefix=not q.rstrip().endswith('"'))
        return search.condition(And(tuple(kept)), now)


def conditions(wanted: Filter, now: float) -> tuple[list[str], list[object]]:
    """Conditions on ``stories s``, and their values. ``n``s come from subqueries, so that any of them may lead."""
    where, values = ["s.listed"], list[object]()
    if wanted.q:
        asked, given = _asked(wanted.q, now)
        where.append(asked)
        values += given
    for kind, key in (
        ("e", wanted.entity),
        ("p", wanted.place),
        ("o", wanted.outlet),
        ("l", wanted.language),
    ):
        if key:
            where.append("s.n IN (SELECT n FROM facets WHERE kind = ? AND key = ?)")
            values += [kind, key]
    if wanted.phase:
        phase_is = LIVELY if wanted.phase == CURRENT else PHASE_SQL[wanted.phase]
        where.append(phase_is)
        values += [now] * phase_is.count("?")
    if wanted.day:
        begins = datetime.fromisoformat(wanted.day).replace(tzinfo=UTC).timestamp()
        where.append("s.newest >= ? AND s.newest < ?")
        values += [begins, begins + 86400]
    return where, values


def _rows(
    index: Index, where: list[str], values: Sequence[object], limit: int, now: float, *, order: str = "newest"
) -> list[Row]:
    found = index.db.execute(
        f"SELECT s.card, s.active, s.newest, s.oldest FROM stories s WHERE {' AND '.join(where)} "
        f"ORDER BY s.{order} DESC, s.id DESC LIMIT ?",
        (*values, limit),
    ).fetchall()
    kept = [StoryRow(story=codec.decode(Story, row[0]), active=row[1], newest=row[2], oldest=row[3]) for row in found]
    return _sparked(index, kept, now)


def _sparked(index: Index, kept: Sequence[StoryRow], now: float) -> list[Row]:
    times: dict[str, list[float]] = {}
    for one in kept:
        found = index.db.execute(
            "SELECT at FROM members WHERE story = ? AND at > ? ORDER BY at DESC LIMIT 2000",
            (one.story.id, one.newest - HOURS * HOUR),
        )
        times[one.story.id] = [row[0] for row in found]
    return [
        Row(
            story=one.story,
            phase=phase(one, now),
            active=one.active,
            newest=one.newest,
            spark=sparkline(times[one.story.id], one.newest),
        )
        for one in kept
    ]


def _member(row: Sequence[object]) -> MemberRow:
    story_id, at, part, off, entry, evidence = row[:6]
    assert isinstance(story_id, str)
    assert isinstance(at, float)
    assert isinstance(entry, bytes)
    return MemberRow(
        story_id=story_id,
        entry=codec.decode(StoryArticle, entry),
        at=at,
        evidence=codec.decode(Evidence, evidence) if isinstance(evidence, bytes) else None,
        source=Position(topic="", partition=part, offset=off)
        if isinstance(part, int) and isinstance(off, int)
        else None,
    )


def _events(index: Index, rest: str, values: Iterable[object]) -> list[LoggedEvent]:
    cursor = index.db.cursor()
    cursor.row_factory = sqlite3.Row
    found = cursor.execute(
        "SELECT seq, id, part AS partition, off AS offset, type, story AS story_id, other AS other_id, "
        "article AS article_id, arrived, at, title, outlet, moved, evidence, linked, mended FROM events WHERE " + rest,
        tuple(values),
    )
    return [
        LoggedEvent(
            **{
                **row,
                "evidence": codec.decode(Evidence, row["evidence"]) if row["evidence"] is not None else None,
                "linked": codec.decode(tuple[Linking, ...], row["linked"]) if row["linked"] is not None else (),
                "mended": codec.decode(Mended, row["mended"]) if row["mended"] is not None else None,
            }
        )
        for row in (dict(each) for each in found)
    ]
