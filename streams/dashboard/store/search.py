"""Queries over the index: what ``streams.query`` answers for one story, as conditions on all of them in SQL.

A test holds the two together. A spike is no property of a story but of a moment, so that lists refuse it.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from streams.contracts import codec
from streams.query import QueryError
from streams.query.evaluate import TYPES, most_within
from streams.query.nodes import And, Count, InLanguage, InPhase, Mentions, Node, Not, Or, Spike, What, Words
from streams.query.subject import Seen, contains, tokens_of
from streams.query.times import BREAKING_AGE, BREAKING_ARTICLES, BREAKING_SILENCE, QUIET_AFTER

#: A condition on ``stories s``, and its values.
Condition = tuple[str, list[object]]

#: Articles of a story that growth within a span is counted over: its newest.
_REMEMBERED = 512
#: Of a story that got an article within a day.
LIVELY = f"NOT s.closed AND s.newest >= ? - {QUIET_AFTER}"
_BREAKING = (
    f"(s.articles >= {BREAKING_ARTICLES} AND s.oldest >= ? - {BREAKING_AGE} AND s.newest >= ? - {BREAKING_SILENCE})"
)
#: ``query.times.phase_of`` in SQL; a test holds the two together.
PHASE_SQL: dict[str, str] = {
    "closed": "s.closed",
    "quiet": f"NOT s.closed AND s.newest < ? - {QUIET_AFTER}",
    "breaking": f"{LIVELY} AND {_BREAKING}",
    "new": f"{LIVELY} AND s.articles = 1",
    "developing": f"{LIVELY} AND s.articles != 1 AND NOT {_BREAKING}",
}
_TOLD = {
    "articles": "s.articles",
    **{each: f"json_extract(CAST(s.card AS TEXT), '$.{each}')" for each in ("outlets", "origins")},
}
_HISTORY = (
    "SELECT json_group_array(json_array(at, json_extract(CAST(entry AS TEXT), '$.origin'), "
    "coalesce(json_extract(CAST(entry AS TEXT), '$.source'), json_extract(CAST(entry AS TEXT), '$.credit')))) "
    f"FROM (SELECT at, entry FROM members WHERE story = s.id ORDER BY at DESC LIMIT {_REMEMBERED})"
)


def prepare(db: sqlite3.Connection) -> None:
    """Give a connection the functions that conditions call."""
    db.create_function("has_name", 2, _has_name, deterministic=True)
    db.create_function("most_within", 3, _most_within, deterministic=True)


def condition(node: Node, now: float) -> Condition:
    """The condition that holds of the stories that answer a query at ``now``, seconds since the epoch.

    Raises:
        QueryError: the query asks for a spike.
    """
    match node:
        case Words(tokens, prefix):
            return words(" ".join(tokens), prefix=prefix)
        case Mentions("outlet", _, tokens):
            return _facet("f.kind = 'o' AND has_name(f.key, ?)", [" ".join(tokens)])
        case Mentions(field, text, tokens):
            kinds = TYPES[field]
            named = f"f.kind = 'e' AND e.type IN ({', '.join('?' * len(kinds))}) AND (e.id = ? OR has_name(e.name, ?))"
            return _facet(named, [*kinds, text, " ".join(tokens)])
        case InLanguage(code):
            return _facet("f.kind = 'l' AND f.key = ?", [code])
        case InPhase(phase):
            return f"({PHASE_SQL[phase]})", [now] * PHASE_SQL[phase].count("?")
        case Count(what, comparison, number, None):
            return f"{_TOLD[what]} {comparison} ?", [number]
        case Count(what, comparison, number, within):
            return f"most_within(({_HISTORY}), ?, ?) {comparison} ?", [what, within, number]
        case Not(inner):
            text, values = condition(inner, now)
            return f"NOT {text}", values
        case And(nodes) | Or(nodes):
            parts = [condition(each, now) for each in nodes]
            joined = (" AND " if isinstance(node, And) else " OR ").join(text for text, _ in parts)
            return f"({joined})", [value for _, values in parts for value in values]
        case Spike():
            raise QueryError("a list of stories has no spikes: a watch can ask for them", node.position)


def words(text: str, *, prefix: bool = False) -> Condition:
    """The stories that have these words in a row; ``text`` has no quotation mark."""
    return "s.n IN (SELECT rowid FROM texts WHERE texts MATCH ?)", [f'"{text}"' + ("*" if prefix else "")]


def _facet(where: str, values: list[object]) -> Condition:
    entities = " JOIN entities e ON e.id = f.key" if " e." in where else ""
    return f"EXISTS (SELECT 1 FROM facets f{entities} WHERE f.n = s.n AND {where})", values


def _has_name(name: str, words: str) -> bool:
    return contains(tokens_of(name), words.split())


def _most_within(history: str, what: What, span: int) -> int:
    rows: list[list[Any]] = codec.loads(history.encode())
    return most_within((Seen(at, origin or "", outlet or "") for at, origin, outlet in rows), what, span)
