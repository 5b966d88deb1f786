"""Quotations that articles share: word for word, one within the other, or reworded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from streams.contracts.limits import clip
from streams.contracts.records import QuoteVersion, Shared, Story, StoryArticle, StoryQuote, TaggedArticle
from streams.text import fold

How = Literal["exact", "partial", "reworded"]

#: Words of a quotation that lies within a longer one, at least; fewer are a phrase that anyone might use.
CONTAINED_WORDS = 3
#: Share of the smaller quotation's content words that the other must have to be a rewording, and how many at least.
REWORDED, REWORDED_WORDS = 0.7, 4

#: Quotations that a story keeps, and outlets and versions of each.
KEPT, OUTLETS, VERSIONS = 24, 48, 6
#: Characters of a shared quotation that evidence shows.
LABEL = 320

_WORD = re.compile(r"\w+")
#: English words that carry no content; quotations in other languages need a closer match, which is the safe side.
_EMPTY = frozenset(
    _WORD.findall(
        "a an and are as at be been but by for from had has have he her his i in is it its me my not of on or our she "
        "so that the their them they this to us was we were what which who will with would you your s t re ve ll d m"
    )
)


def with_quotes(held: tuple[StoryQuote, ...], article: StoryArticle) -> tuple[StoryQuote, ...]:
    """A story's quotations with an article's: aligned with those they repeat, most widely carried first."""
    quotes = list(held)
    for quote in article.quotes:
        mine = plain(quote.text)
        for place, known in enumerate(quotes):
            how = alike(mine, plain(known.text))
            if how:
                quotes[place] = _aligned(known, quote, how)
                break
        else:
            quotes.append(quote)
    quotes.sort(key=lambda quote: -len(quote.sources))  # stable: the first seen stay first
    return tuple(quotes[:KEPT])


def _aligned(known: StoryQuote, quote: StoryQuote, how: How) -> StoryQuote:
    """The quotation with another article's version of it; the fullest wording becomes its text."""
    longer = how == "partial" and len(plain(quote.text)) > len(plain(known.text))
    text = quote.text if longer else known.text
    versions = known.versions or (QuoteVersion(text=known.text, how="exact", sources=known.sources),)
    merged: dict[str, QuoteVersion] = {}
    for version in (*versions, QuoteVersion(text=quote.text, how="exact", sources=quote.sources)):
        same = merged.get(plain(version.text))
        sources = union(same.sources if same else (), version.sources, OUTLETS)
        merged[plain(version.text)] = replace(same or version, sources=sources)
    full = plain(text)
    told = (replace(one, how=alike(plain(one.text), full) or "reworded") for one in merged.values())
    return StoryQuote(
        text=text,
        speaker=known.speaker or quote.speaker,
        sources=union(known.sources, quote.sources, OUTLETS),
        versions=tuple(told)[:VERSIONS],
    )


def union(held: Iterable[str], more: Iterable[str], limit: int) -> tuple[str, ...]:
    """What is in either, in order of first appearance, capped."""
    return tuple(dict.fromkeys((*held, *more)))[:limit]


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A quotation's bare words, in order."""
    return " ".join(_WORD.findall(fold(text)))


def alike(one: str, other: str) -> How | None:
    """How two quotations (as ``plain`` gives them) are the same: ``exact``, ``partial``, ``reworded`` or None."""
    if not one or not other:
        return None
    if one == other:
        return "exact"
    # Most pairs have no word in common that says anything: nothing else need be known of them.
    small, large = _content(one), _content(other)
    if small and large and small.isdisjoint(large):
        return None
    shorter, longer = sorted((one, other), key=lambda text: (len(text), text))
    if shorter.count(" ") >= CONTAINED_WORDS - 1 and f" {shorter} " in f" {longer} ":
        return "partial"
    common = len(small & large)
    return "reworded" if common >= max(REWORDED_WORDS, REWORDED * min(len(small), len(large))) else None


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    return frozenset(word for word in text.split() if word not in _EMPTY)


def shared_quotes(article: TaggedArticle, story: Story, limit: int) -> tuple[Shared, ...]:
    """Quotations that the article and the story both carry, in the shorter wording, longest first."""
    held = [(plain(quote.text), quote.text) for quote in story.quotes]
    shared: dict[str, Shared] = {}
    for quote in article.quotes:
        mine = plain(quote.text)
        for other, text in held:
            how = alike(mine, other)
            if how:
                label = quote.text if len(mine) <= len(other) else text
                weight = {"exact": 1.0, "partial": round(min(len(mine), len(other)) / max(len(mine), len(other)), 4)}
                shared.setdefault(plain(label), Shared(key=how, label=label, weight=weight.get(how, 0.5)))
    longest = sorted(shared.values(), key=lambda one: (-len(one.label), one.label))[:limit]
    return tuple(replace(one, label=clip(one.label, LABEL)) for one in longest)
