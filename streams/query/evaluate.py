"""Whether a story answers a query, and what a spike is."""

from __future__ import annotations

import math
import operator
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from streams.query.nodes import (
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
    Spike,
    What,
    Words,
    walk,
)
from streams.query.subject import Seen, Subject, contains

TYPES: dict[Field, tuple[str, ...]] = {
    "person": ("PER",),
    "place": ("LOC",),
    "org": ("ORG",),
    "entity": ("PER", "LOC", "ORG", "MISC"),
}
_PLACES: dict[What, int] = {"articles": 0, "outlets": 1, "origins": 2}
COMPARE: dict[Comparison, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}

#: Hours of the day that is looked at, and of those before that it is compared with.
DAY, BASELINE = 24, 30 * 24
#: Days of those thirty that must have been seen before anything counts as unusual.
LEAST_DAYS = 7
#: Articles below which nothing is a spike, and how many standard deviations and times the mean a day must be above
#: the days before. Chosen on synthetic streams; ``streams eval alerts`` measures them on others.
LEAST_ARTICLES, DEVIATIONS, TIMES = 6, 4.0, 3.0


def answers(node: Node, subject: Subject, spiking: Callable[[Spike], bool] = lambda _: False) -> bool:
    """Whether the story answers the query. ``spiking`` tells whether a spike that the query asks for is there now."""
    match node:
        case Words(tokens, prefix):
            return any(contains(column, tokens, prefix=prefix) for column in subject.columns)
        case Mentions("outlet", _, tokens):
            return any(contains(name, tokens) for name in subject.outlets)
        case Mentions(field, text, tokens):
            types = TYPES[field]
            return any(kind in types and (id_ == text or contains(name, tokens)) for kind, id_, name in subject.names)
        case InLanguage(code):
            return code in subject.languages
        case InPhase(phase):
            return subject.phase == phase
        case Count(what, comparison, number, within):
            found = subject.counts[_PLACES[what]] if within is None else most_within(subject.history, what, within)
            return COMPARE[comparison](found, number)
        case Spike():
            return spiking(node)
        case Not(inner):
            return not answers(inner, subject, spiking)
        case And(nodes):
            return all(answers(each, subject, spiking) for each in nodes)
        case Or(nodes):
            return any(answers(each, subject, spiking) for each in nodes)


def most_within(history: Iterable[Seen], what: What, span: float) -> int:
    """The most articles, outlets or origins that any ``span`` seconds of a story's history hold, both ends included."""
    ordered = sorted(history, key=lambda seen: seen.at)
    counted: Counter[object] = Counter()
    most = first = 0
    for number, seen in enumerate(ordered):
        counted[_counted_as(seen, what, number)] += 1
        while ordered[first].at < seen.at - span:
            gone = _counted_as(ordered[first], what, first)
            counted[gone] -= 1
            if not counted[gone]:
                del counted[gone]
            first += 1
        most = max(most, len(counted) - ("" in counted))
    return most


def _counted_as(seen: Seen, what: What, number: int) -> object:
    if what == "articles":
        return number
    return seen.outlet if what == "outlets" else seen.origin


def spikes_in(node: Node) -> tuple[Spike, ...]:
    """The spikes that a query asks for."""
    return tuple(each for each in walk(node) if isinstance(each, Spike))


def base_of(spike: Spike, query: Node) -> Node | None:
    """What a spike counts the articles of: its own query, or the one that it stands in without spikes and growth.
    None: nothing is left, so that every story counts."""
    return spike.of if spike.of is not None else _without_growth(query)


def _without_growth(node: Node) -> Node | None:
    match node:
        case Spike() | Count() | InPhase():
            return None
        case Not(inner):
            kept = _without_growth(inner)
            return None if kept is None else Not(kept)
        case And(nodes) | Or(nodes):
            left = tuple(kept for each in nodes if (kept := _without_growth(each)) is not None)
            return None if not left else left[0] if len(left) == 1 else type(node)(left)
    return node


def is_spike(hours: Mapping[int, int], at: float, since: float) -> bool:
    """Whether the 24 hours to ``at`` hold far more articles than such days before.

    Args:
        hours: articles by hour since the epoch.
        at: the moment, seconds since the epoch; its own hour counts whole.
        since: when the first article of all was, which the baseline cannot go beyond.
    """
    end = int(at // 3600) + 1
    days = min(BASELINE // DAY, int((end - DAY) - since // 3600) // DAY)
    if days < LEAST_DAYS:
        return False
    ordered = sorted(hours.items())
    keys: Sequence[int] = [hour for hour, _ in ordered]
    sums = [0]
    for _, number in ordered:
        sums.append(sums[-1] + number)

    def between(begin: int, until: int) -> int:
        return sums[bisect_right(keys, until - 1)] - sums[bisect_right(keys, begin - 1)]

    today = between(end - DAY, end)
    before = [between(end - DAY * (day + 1), end - DAY * day) for day in range(1, days + 1)]
    mean = sum(before) / days
    variance = sum((each - mean) ** 2 for each in before) / days
    # Counts of rare things vary as their mean does (Poisson), however even the days before were.
    bar = max(LEAST_ARTICLES, mean * TIMES, mean + DEVIATIONS * math.sqrt(max(variance, mean)))
    return today >= bar
