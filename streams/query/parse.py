"""From a query's text to its tree. Bounded: so many characters, terms and levels, each with an error that says so.

    query   = any (OR any)*
    any     = one (AND? one)*
    one     = NOT one | "(" query ")" | spike( query? ) | term
    term    = word | word* | "a phrase" | field:value | count [within span]

AND, OR and NOT are large letters: small ones are words like others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast, get_args

from streams.query.nodes import (
    UNITS,
    And,
    Comparison,
    Count,
    Field,
    InLanguage,
    InPhase,
    Mentions,
    Node,
    Not,
    Or,
    QueryError,
    Spike,
    What,
    Words,
    walk,
)
from streams.query.subject import tokens_of
from streams.query.times import PHASES
from streams.text import UNDETERMINED, primary_language

#: Beyond what a person writes by hand; a watch is kept for years and asked of every story.
MOST_CHARACTERS, MOST_TERMS, MOST_DEPTH = 2000, 64, 16
#: The longest span that a count looks at: what stories remember of their articles (seconds).
LONGEST_SPAN = 30 * UNITS["d"]

FIELDS = (*get_args(Field), "lang", "phase")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<count>(?P<what>articles|outlets|origins)\s*(?P<comparison>>=|<=|>|<|=)\s*(?P<number>[0-9]+)(?![^\s()])
        (?:\s+within\s+(?P<span>[0-9]+)\s*(?P<unit>[mhd])(?![^\s()]))?)
    | (?P<spike>spike\()
    | (?P<field>[A-Za-z]+):(?P<value>"[^"]*"|[^\s()"]+)?
    | "(?P<phrase>[^"]*)"
    | (?P<paren>[()])
    | (?P<quote>")
    | (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int
    match: re.Match[str]


def parse(text: str, *, open_end: bool = False) -> Node:
    """The tree of a query.

    Args:
        open_end: whether somebody is still typing: the last word, where it stands bare, may go on.

    Raises:
        QueryError: what is wrong, and where.

    >>> parse('ferry NOT lang:fr')
    And(nodes=(Words(tokens=('ferry',), prefix=False), Not(node=InLanguage(code='fr'))))
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"a query has at most {MOST_CHARACTERS} characters", MOST_CHARACTERS)
    tokens = _tokens(text)
    reader = _Reader(tokens, len(text), open_end and not text[-1:].isspace())
    node = reader.read_any(0)
    if (left := reader.peek()) is not None:
        raise QueryError("this parenthesis closes nothing", left.position)
    if sum(not isinstance(each, And | Or | Not) for each in walk(node)) > MOST_TERMS:
        raise QueryError(f"a query has at most {MOST_TERMS} terms", len(text))
    return node


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        assert match is not None  # a word is whatever the others are not
        kind = match.lastgroup or ""
        for name in ("count", "spike", "field", "phrase", "paren", "quote", "word"):
            if match[name] is not None:
                kind = name
                break
        found.append(_Token(kind, match[kind], match.start(kind), match))
        at = match.end()
    return found


class _Reader:
    """Descends into the tokens, one by one."""

    def __init__(self, tokens: list[_Token], end: int, open_end: bool) -> None:
        self._tokens, self._end, self._open_end = tokens, end, open_end
        self._at = 0

    def peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self.peek()
        return token is not None and token.kind in ("word", "paren") and token.text in texts

    def read_any(self, depth: int) -> Node:
        if depth > MOST_DEPTH:
            token = self.peek()
            raise QueryError(f"a query has at most {MOST_DEPTH} levels", token.position if token else self._end)
        nodes = [self._read_all(depth)]
        while self._is("OR"):
            self._at += 1
            nodes.append(self._read_all(depth))
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _read_all(self, depth: int) -> Node:
        nodes = [self._read_one(depth)]
        while self.peek() is not None and not self._is("OR", ")"):
            if self._is("AND"):
                self._at += 1
            nodes.append(self._read_one(depth))
        flat = (part for node in nodes for part in (node.nodes if isinstance(node, And) else (node,)))
        return nodes[0] if len(nodes) == 1 else And(tuple(flat))

    def _read_one(self, depth: int) -> Node:
        token = self.peek()
        if token is None:
            raise QueryError("something to look for is missing here", self._end)
        self._at += 1
        if token.kind == "spike":
            return self._spike(token, depth)
        if token.kind == "paren" and token.text == "(":
            node = self.read_any(depth + 1)
            self._close(token)
            return node
        if token.kind == "word" and token.text == "NOT":
            if depth >= MOST_DEPTH:
                raise QueryError(f"a query has at most {MOST_DEPTH} levels", token.position)
            return Not(self._read_one(depth + 1))
        if token.kind == "paren" or (token.kind == "word" and token.text in ("AND", "OR")):
            raise QueryError("something to look for is missing here", token.position)
        last = self._at == len(self._tokens) and self._open_end
        return _TERMS[token.kind](token, last)

    def _spike(self, token: _Token, depth: int) -> Spike:
        inner = None if self._is(")") else self.read_any(depth + 1)
        self._close(token)
        if inner is not None and any(isinstance(each, Spike) for each in walk(inner)):
            raise QueryError("a spike cannot be of a spike", token.position)
        return Spike(inner, token.position)

    def _close(self, opening: _Token) -> None:
        if not self._is(")"):
            raise QueryError("this parenthesis is never closed", opening.position + len(opening.text) - 1)
        self._at += 1


def _word(token: _Token, last: bool) -> Words:
    starred = token.text.endswith("*")
    found = tokens_of(token.text)
    if not found:
        raise QueryError(f"{token.text} has no letter or digit to look for", token.position)
    return Words(found, prefix=starred or last)


def _phrase(token: _Token, _last: bool) -> Words:
    found = tokens_of(token.text)
    if not found:
        raise QueryError("these quotation marks have no word in them", token.position)
    return Words(found)


def _unclosed(token: _Token, _last: bool) -> Node:
    raise QueryError("this quotation mark is never closed", token.position)


def _field(token: _Token, _last: bool) -> Node:
    name, value = token.text.lower(), (token.match["value"] or "").strip('"')
    if name not in FIELDS:
        known = ", ".join(f"{each}:" for each in FIELDS)
        raise QueryError(f"there is no {name}: ({known}); put it in quotes to look for the words", token.position)
    if name == "phase":
        if value not in PHASES:
            raise QueryError(f"phase: is one of {', '.join(PHASES)}", token.match.start("value"))
        return InPhase(value)
    if name == "lang":
        code = UNDETERMINED if value == UNDETERMINED else primary_language(value)
        if code is None:
            raise QueryError("lang: is the code of a language, such as en", token.position)
        return InLanguage(code)
    if not tokens_of(value):
        raise QueryError(f"{name}: wants a name, without space before it", token.position)
    return Mentions(cast(Field, name), " ".join(value.split()), tokens_of(value))


def _count(token: _Token, _last: bool) -> Count:
    match = token.match
    number = int(match["number"][:10])
    comparison, within = cast(Comparison, match["comparison"]), None
    if match["span"] is not None:
        within = int(match["span"][:8]) * UNITS[match["unit"]]
        if not 0 < within <= LONGEST_SPAN:
            raise QueryError("a span is between 1m and 30d", match.start("span"))
        if comparison not in (">=", ">"):
            raise QueryError("growth within a span is asked with >= or >", match.start("comparison"))
    return Count(cast(What, match["what"]), comparison, number, within)


_TERMS: dict[str, Callable[[_Token, bool], Node]] = {
    "word": _word,
    "phrase": _phrase,
    "quote": _unclosed,
    "field": _field,
    "count": _count,
}
