"""Two outlets on one story: whom, which figures and which quotations the one has and the other leaves out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.contracts.records import Point, Story, TaggedArticle
from streams.dashboard.store.queries import MemberRow
from streams.dashboard.web.quotes import Said, unshared
from streams.dashboard.web.render import shown
from streams.stages.cluster.telling import points

#: Articles of an outlet that are compared: its newest, each read in full.
COMPARED = 12
#: Names and quotations that are listed of an outlet.
_NAMES, _QUOTES = 40, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedIn:
    """An entity as the story shows it, and in how many of the outlet's articles it is."""

    id: str
    name: str
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSide:
    """What an outlet has and the other leaves out: the most frequent names, the longest quotations."""

    outlet: str
    articles: tuple[MemberRow, ...]
    names: tuple[NamedIn, ...]
    quotes: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What is counted, dated or spelled, and how each outlet has it, in the order of time; empty: it leaves it out."""

    title: str
    one: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``is_whole``: every text could be read. Where one could not, nothing is said of names and quotations: what seems
    left out could be in it. ``common``: entities that both name; ``figures``: those that they do not tell alike."""

    one: OneSide
    other: OneSide
    figures: tuple[Figure, ...]
    common: int
    is_whole: bool


def compare(
    story: Story, one: Sequence[MemberRow], other: Sequence[MemberRow], full: Mapping[str, TaggedArticle]
) -> Comparison:
    """The articles ``one`` of an outlet against those of an ``other``, one at least of each. ``full``: texts by id."""
    is_whole = all(member.entry.id in full for member in (*one, *other))
    texts = [[full[member.entry.id] for member in side] if is_whole else [] for side in (one, other)]
    named = [_named(story, side) for side in texts]
    quotes = unshared(said for side, articles in enumerate(texts) for said in _said(str(side), articles))
    return Comparison(
        one=_side(one, named[0], named[1], quotes.get("0", [])),
        other=_side(other, named[1], named[0], quotes.get("1", [])),
        figures=tuple(_figures(story, one, other)),
        common=len(named[0].keys() & named[1].keys()),
        is_whole=is_whole,
    )


def _named(story: Story, articles: Iterable[TaggedArticle]) -> dict[str, NamedIn]:
    """The entities of an outlet's articles, as the story unites them."""
    united = {part.id: entity for entity in story.entities for part in entity.parts or (entity,)}
    names: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for article in articles:
        found = {(united.get(each.id) or each).id: (united.get(each.id) or each).name for each in article.entities}
        names |= found
        counted.update(found.keys())
    return {id_: NamedIn(id=id_, name=names[id_], articles=number) for id_, number in counted.items()}


def _said(side: str, articles: Iterable[TaggedArticle]) -> Iterable[Said]:
    for article in articles:
        for quote in article.quotes:
            yield Said(article_id=article.id, outlet=side, text=shown(quote.text), speaker=quote.speaker)


def _side(
    members: Sequence[MemberRow], own: Mapping[str, NamedIn], others: Mapping[str, NamedIn], quotes: Sequence[Said]
) -> OneSide:
    alone = sorted((own[id_] for id_ in own.keys() - others.keys()), key=lambda each: (-each.articles, each.name))
    return OneSide(
        outlet=members[0].entry.outlet or "",
        articles=tuple(members),
        names=tuple(alone[:_NAMES]),
        quotes=tuple(sorted(quotes, key=lambda said: (-len(said.text), said.text))[:_QUOTES]),
    )


def _figures(story: Story, one: Sequence[MemberRow], other: Sequence[MemberRow]) -> Iterable[Figure]:
    for point in story.points:
        first, second = _told(point, one), _told(point, other)
        if set(first) != set(second):
            yield Figure(title=points.title(point), one=first, other=second)


def _told(point: Point, members: Sequence[MemberRow]) -> tuple[str, ...]:
    ids = {member.entry.id for member in members}
    return tuple(dict.fromkeys(points.label(point, told) for told in point.said if told.article_id in ids))
