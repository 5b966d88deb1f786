"""What a query says, as a tree; and a query in its one canonical spelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Field = Literal["person", "place", "org", "entity", "outlet"]
What = Literal["articles", "outlets", "origins"]
Comparison = Literal[">=", ">", "<=", "<", "="]

#: Units of a duration, in seconds.
UNITS = {"m": 60, "h": 3600, "d": 86_400}


class QueryError(ValueError):
    """A query cannot be read. ``position`` is where, in characters from 0; the message says what would do."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand one after the other in what is searched; ``prefix``: the last of them only begins so."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Mentions:
    """The story names somebody or something: words of the name in a row, or the id (``text``) of an entity."""

    field: Field
    text: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InLanguage:
    code: str


@dataclass(frozen=True, slots=True)
class InPhase:
    phase: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number compared: of all that the story has, or, ``within`` so many seconds, of the most in any such span."""

    what: What
    comparison: Comparison
    number: int
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Spike:
    """Far more articles in a day than in the thirty before, in all stories that answer ``of``.

    None: of the query that it stands in, without its spikes.
    """

    of: Node | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple[Node, ...]


Node: TypeAlias = Words | Mentions | InLanguage | InPhase | Count | Spike | Not | And | Or


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    match node:
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from walk(each)
        case Not(inner):
            yield from walk(inner)
        case Spike(of=Words() | Mentions() | InLanguage() | InPhase() | Count() | Not() | And() | Or() as inner):
            yield from walk(inner)


def canonical(node: Node) -> str:
    """The query in one spelling, so that two that differ in space, quotes or case are one condition.

    >>> from streams.query import parse
    >>> canonical(parse('Ferry  "ran aground" or-not  (origins >= 3 within 120m)'))
    'ferry "ran aground" "or not" origins>=3 within 2h'
    """
    match node:
        case Words(tokens, prefix):
            return _quoted(" ".join(tokens)) + ("*" if prefix else "")
        case Mentions(field, text, _):
            return f"{field}:{_quoted(text)}"
        case InLanguage(code):
            return f"lang:{code}"
        case InPhase(phase):
            return f"phase:{phase}"
        case Count(what, comparison, number, within):
            return f"{what}{comparison}{number}" + ("" if within is None else f" within {duration(within)}")
        case Spike(of, _):
            return f"spike({'' if of is None else canonical(of)})"
        case Not(inner):
            return f"NOT {_grouped(inner)}"
        case And(nodes):
            return " ".join(f"({canonical(each)})" if isinstance(each, Or) else canonical(each) for each in nodes)
        case Or(nodes):
            return " OR ".join(canonical(each) for each in nodes)


def duration(seconds: int) -> str:
    """As queries write it, in the largest unit that fits: 7200 is ``2h``."""
    unit = next(name for name in ("d", "h", "m") if seconds % UNITS[name] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


def _quoted(text: str) -> str:
    return text if text.isalnum() and text not in ("AND", "OR", "NOT") else f'"{text}"'


def _grouped(node: Node) -> str:
    return f"({canonical(node)})" if isinstance(node, And | Or) else canonical(node)
