"""The lead of a story: at most three sentences of its articles that say what happened. Chosen, never generated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from streams.contracts.records import Sentence, Story, StoryArticle
from streams.stages.cluster.telling.glued import content as _content

#: Sentences that a story holds to choose from; the newest, and those of the lead.
HELD = 12
#: Sentences of a lead.
LEAD = 3
#: How much more another sentence must tell than the lead's best before a lead takes over: one that flickers cannot be
#: followed.
TAKEOVER = 1.6
#: … but one whose best stands worse than the first of these gives way to a sentence that stands as well as the second.
WEAK, STRONG = 0.65, 0.9
#: Share of a further sentence's words, by weight, that the lead must not yet have.
NEW = 0.55
#: A further sentence tells at least this share of what the first does.
ENOUGH = 0.4
#: … and stands at least so well.
FURTHER = 0.4
#: How well a sentence stands, by the best's standing, that goes before it.
BEFORE = 0.75
#: Words that a further sentence shares with the lead's first, to be about the same, of its own article and of another.
SAME_ARTICLE, SAME_STORY = 1, 3
#: What a word of the headline counts besides: the lead is read below it.
HEADLINE = 0.8
#: Words that make a sentence full; longer ones gain nothing, shorter ones lose in proportion.
FULL = 9

content = lru_cache(maxsize=16_384)(_content)


def gained(held: Sequence[Sentence], articles: Iterable[StoryArticle]) -> tuple[Sentence, ...]:
    """The sentences that a story holds with those of more articles, in the order in which they came."""
    more = (
        replace(one, article_id=article.id, outlet=article.outlet, origin=article.origin or article.id)
        for article in articles
        for one in article.sentences
    )
    return (*held, *more)


def lost(held: Sequence[Sentence], ids: Iterable[str]) -> tuple[Sentence, ...]:
    """The sentences that a story holds without those of some articles."""
    gone = frozenset(ids)
    return tuple(one for one in held if one.article_id not in gone)


def given(held: Iterable[Sentence], article_id: str) -> tuple[Sentence, ...]:
    """What a story holds of an article's sentences, as the article gave them."""
    return tuple(Sentence(text=one.text, score=one.score) for one in held if one.article_id == article_id)


def told(story: Story) -> Story:
    """The story with its lead, and with no more sentences than it may hold.

    The lead stays while its articles are members and no other sentence tells much more.
    """
    held = story.sentences
    if not held:
        return replace(story, lead=()) if story.lead else story
    weights = _weights(story, held)
    lead = story.lead
    if not lead or not set(lead).issubset(held) or _overtaken(lead, held, weights):
        lead = _chosen(held, weights)
    return _bounded(story, lead, held)


def _overtaken(lead: Sequence[Sentence], held: Sequence[Sentence], weights: dict[str, float]) -> bool:
    """Whether a story has a sentence so much better than its lead's best that readers should see another lead."""
    told = max(_value(one, weights) for one in lead)
    weak = max(one.score for one in lead) < WEAK
    for one in held:
        value = _value(one, weights)
        if value > TAKEOVER * told or (weak and one.score >= STRONG and value > told):
            return True
    return False


def _bounded(story: Story, found: tuple[Sentence, ...], held: tuple[Sentence, ...]) -> Story:
    """The story with a lead, and the newest sentences beside it."""
    if len(held) > HELD:
        kept = set(found)
        others = [one for one in held if one not in kept]
        kept |= set(others[len(kept) - HELD :])
        held = tuple(one for one in held if one in kept)
    return story if (found, held) == (story.lead, story.sentences) else replace(story, lead=found, sentences=held)


def _weights(story: Story, held: Sequence[Sentence]) -> dict[str, float]:
    """Word → share of the story's reporting that has it, more in the headline. Who carry one origin count once."""
    by_origin: dict[str, set[str]] = {}
    for one in held:
        by_origin.setdefault(one.origin, set()).update(content(one.text))
    counts = Counter(word for some in by_origin.values() for word in some)
    named = content(story.headline)
    return {word: count / len(by_origin) + (HEADLINE if word in named else 0.0) for word, count in counts.items()}


def _value(one: Sentence, weights: dict[str, float], known: frozenset[str] = frozenset()) -> float:
    """What a sentence tells beyond the words ``known``: how well it stands, times how much of it the articles share."""
    told = content(one.text)
    if not told:
        return 0.0
    return one.score * (0.35 + sum(map(weights.__getitem__, told - known)) / max(len(told), FULL))


def _chosen(held: Sequence[Sentence], weights: dict[str, float]) -> tuple[Sentence, ...]:
    """The best sentence, and those that add most; of equals the first that came.

    What stands nearly as well and came before the best in its own article stays before it.
    """
    lead = [max(held, key=lambda one: _value(one, weights))]
    known = about = content(lead[0].text)
    least = ENOUGH * _value(lead[0], weights)
    while len(lead) < LEAD:
        best, most = None, least
        for one in held:
            words = content(one.text)
            if one in lead or one.score < FURTHER or len(words - known) < NEW * len(words):
                continue
            if len(words & about) < (SAME_ARTICLE if one.article_id == lead[0].article_id else SAME_STORY):
                continue
            value = _value(one, weights, known)
            if value > most:
                best, most = one, value
        if best is None:
            break
        lead.append(best)
        known |= content(best.text)
    first, places = lead[0], {one: place for place, one in enumerate(held)}
    before = [
        one
        for one in lead
        if one.article_id == first.article_id and places[one] < places[first] and one.score >= BEFORE * first.score
    ]
    return (*sorted(before, key=places.__getitem__), *(one for one in lead if one not in before))
