"""What the articles of a story tell of one thing, side by side: whether they agree, it changed, or outlets differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise
from typing import Literal

from streams.contracts.records import Claim, Point, PointKind, Story, StoryArticle, Telling
from streams.stages.cluster.telling.numbers import wordset
from streams.stages.cluster.telling.spelling import one_person, spelled

#: Points that a story holds, and tellings of each.
POINTS, TELLINGS = 16, 16
#: Two numbers are as good as one within this share, where one of them is hedged or round.
NEAR = 0.1
#: More than a number is still near it up to this much more.
MORE = 1.35
#: From one number to the next, at most so many times as much, where both tell of one thing.
FAR = 8.0
#: Time from the first telling to the last, from which on the later may be news and not another account.
SINCE = timedelta(minutes=30)
#: Of what there can only be more as time goes on.
_GROWS = wordset("dead injured arrested missing rescued evacuated displaced destroyed damaged burned flooded charged")
_NEVER = datetime.max.replace(tzinfo=UTC)


def gained(
    held: Sequence[Point], articles: Sequence[StoryArticle], times: Iterable[datetime | None]
) -> tuple[Point, ...]:
    """The points of a story with what more articles claim, each as of its time."""
    if not any(article.claims for article in articles):
        return tuple(held)
    rows = [(point.kind, point.what, point.whom, told) for point in held for told in point.said]
    for article, at in zip(articles, times, strict=True):
        for one in article.claims:
            told = Telling(
                article_id=article.id,
                text=one.text,
                value=one.value,
                high=one.high,
                hedge=one.hedge,
                place=one.place,
                outlet=article.outlet,
                at=at,
            )
            rows.append((one.kind, one.what, one.whom, told))
    return _aligned(rows)


def merged(one: Sequence[Point], other: Sequence[Point]) -> tuple[Point, ...]:
    """The points of two stories that have become one."""
    return _aligned((point.kind, point.what, point.whom, told) for point in (*one, *other) for told in point.said)


def lost(held: Sequence[Point], ids: Iterable[str]) -> tuple[Point, ...]:
    """The points of a story without what some articles claim."""
    gone = frozenset(ids)
    if not any(told.article_id in gone for point in held for told in point.said):
        return tuple(held)
    return _aligned(
        (point.kind, point.what, point.whom, told)
        for point in held
        for told in point.said
        if told.article_id not in gone
    )


def claimed(held: Iterable[Point], article_id: str) -> tuple[Claim, ...]:
    """What a story holds of an article's claims."""
    return tuple(
        Claim(
            kind=point.kind,
            what=point.what,
            whom=point.whom,
            value=told.value,
            text=told.text,
            high=told.high,
            hedge=told.hedge,
            place=told.place,
        )
        for point in held
        for told in point.said
        if told.article_id == article_id and point.kind != "name"
    )


def compared(story: Story) -> Story:
    """The story with how its listed members spell the names of people, beside what is counted and dated.

    Two who are said to have done it are two people where a listed member names both: no point then.
    """
    told = (point for point in story.points if point.kind != "name")
    held = tuple(point for point in told if point.kind != "identity" or not _are_several(point, story.articles))
    found = (*held, *spelled(story.articles))
    return story if found == story.points else replace(story, points=found)


def _are_several(point: Point, articles: Iterable[StoryArticle]) -> bool:
    """Whether an article names two of those that a point's tellings name."""
    if point.how == "agrees":
        return False
    told = {one.text for one in point.said}
    for article in articles:
        named = [one.name for one in article.entities if one.type == "PER"]
        here = [name for name in told if any(one_person(name, other) for other in named)]
        if any(not one_person(one, other) for place, one in enumerate(here) for other in here[place + 1 :]):
            return True
    return False


def _aligned(rows: Iterable[tuple[PointKind, str, str, Telling]]) -> tuple[Point, ...]:
    """Points out of what is told: of one thing and one place each, those told of most first."""
    groups: dict[tuple[PointKind, str, str], list[Telling]] = {}
    for kind, what, whom, told in rows:
        if kind != "name":
            groups.setdefault((kind, what, whom), []).append(told)
    points = []
    for (kind, what, whom), said in groups.items():
        for place, some in ((place, some) for place, found in _by_place(said).items() for some in _by_size(found)):
            ordered = sorted(_kept(some), key=lambda told: told.at or _NEVER)
            how = _how_identified(ordered) if kind == "identity" else _how(what, ordered)
            points.append(Point(kind=kind, what=what, whom=whom, place=place, how=how, said=tuple(ordered)))
    points.sort(key=lambda point: (point.how == "agrees", -len(point.said)))  # stable: the first told stay first
    return tuple(points[:POINTS])


def _by_place(said: Iterable[Telling]) -> dict[str, list[Telling]]:
    """Tellings by the place that they name. Where all that name one name the same, the others mean it too."""
    groups: dict[str, list[Telling]] = {}
    for told in said:
        known = next((place for place in groups if told.place and place and _same_place(told.place, place)), told.place)
        groups.setdefault(known, []).append(told)
    named = [place for place in groups if place]
    if len(named) == 1 and "" in groups:
        place = named[0]
        return {place: [*groups[""], *groups[place]]}
    return groups


def _by_size(said: Sequence[Telling]) -> list[list[Telling]]:
    """Tellings in groups that no gap parts, each in its order: a raid's dead and a war's are not one thing."""
    ends: list[float] = []
    for told in sorted(said, key=lambda told: told.value):
        most = told.high or told.value
        if not ends or told.value > FAR * ends[-1]:
            ends.append(most)
        ends[-1] = max(ends[-1], most)
    groups: list[list[Telling]] = [[] for _ in ends]
    for told in said:
        groups[next(number for number, end in enumerate(ends) if told.value <= end)].append(told)
    return groups


def _same_place(one: str, other: str) -> bool:
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "


def _kept(said: list[Telling]) -> list[Telling]:
    """No more tellings than a point holds: those go first, oldest first, that repeat what another tells."""
    said = list(said)
    while len(said) > TELLINGS:
        # A person has no value, and is told by the name.
        values = [told.value or told.text for told in said]
        said.pop(next((place for place in range(1, len(said)) if values.count(values[place]) > 1), 1))
    return said


def _how(what: str, said: Sequence[Telling]) -> Literal["agrees", "changed", "differs"]:
    """``agrees``: all within what the others allow; ``changed``: it only grew, with time between; else ``differs``."""
    if all(compatible(one, other) for place, one in enumerate(said) for other in said[place + 1 :]):
        return "agrees"
    if what in _GROWS and all(one.value <= other.value or compatible(one, other) for one, other in pairwise(said)):
        begun, ended = said[0].at, said[-1].at
        if begun is not None and ended is not None and ended - begun >= SINCE:
            return "changed"
    if len({told.outlet or told.article_id for told in said}) > 1:
        return "differs"
    return "changed" if said[-1].value > said[0].value else "agrees"  # one outlet's smaller number is of a part


def _how_identified(said: Sequence[Telling]) -> Literal["agrees", "differs"]:
    """``differs``: outlets name two people. One that names another later has learned more."""
    apart = any(
        not one_person(one.text, other.text)
        for place, one in enumerate(said)
        for other in said[place + 1 :]
        if (one.outlet or one.article_id) != (other.outlet or other.article_id)
    )
    return "differs" if apart else "agrees"


def compatible(one: Telling, other: Telling) -> bool:
    """Whether two tellings can both be right as they are told: equal, rounded, hedged about, or within a range.

    "At least 12" and "15" are not: they are different numbers, though 15 is at least 12.
    """
    return _allows(one, other) or _allows(other, one)


def _allows(one: Telling, other: Telling) -> bool:
    low, high = one.value, one.high or one.value
    value, most = other.value, other.high or other.value
    if low <= value <= high or low <= most <= high:
        return True
    near = abs(value - low) <= NEAR * max(value, low)
    if one.hedge == "more than":
        return low < value <= MORE * low
    if one.hedge in ("about", "nearly"):
        return near
    if one.hedge == "up to":
        return value <= low
    if one.hedge == "less than":
        return low / MORE <= value < low
    # 1,204 and 1,200; not 118 and 120, which somebody counted.
    return near and low >= 1000 and low % 100 == 0 and abs(value - low) < 100


def differing(story: Story) -> list[Point]:
    """What the story's articles tell differently, or differently as time went on."""
    return [point for point in story.points if point.how != "agrees"]


def title(point: Point) -> str:
    """What a point is about, for people: ``Dead (people, Portford)``, ``Age (Ada Berg)``."""
    whom = "" if point.kind == "name" else point.whom
    if ":" in whom:  # an entity's id
        whom = whom.partition(":")[2].replace("-", " ").title()
    about = ", ".join(part for part in (whom, point.place.title()) if part)
    what = point.what.replace("-", " ").capitalize()
    return f"{what} ({about})" if about else what


def history(point: Point) -> tuple[str, ...]:
    """The values that were told, in the order of time, each once in a row: ``("9", "12", "15")``."""
    labels = [label(point, told) for told in point.said]
    return tuple(chain(labels[:1], (after for before, after in pairwise(labels) if after != before)))


def label(point: Point, told: Telling) -> str:
    """A value as it is shown: a number or a range, a day, a name."""
    if point.kind in ("name", "identity"):
        return told.text
    if point.kind == "date":
        return date.fromordinal(int(told.value)).isoformat()
    return "–".join(_number(value) for value in (told.value, told.high) if value is not None)


def _number(value: float) -> str:
    return f"{value:,.10g}"
