"""An article as its story shows it: capped, so that snapshots and rows stay small."""

from __future__ import annotations

from streams.contracts.records import Quote, StoryArticle, StoryEntity, StoryQuote, TaggedArticle
from streams.stages.cluster.store.story_store import Member, utc
from streams.stages.cluster.telling import claims, sentences
from streams.text import slug

ENTITIES, QUOTES = 24, 16
TITLE_CHARS, QUOTE_CHARS = 240, 320


def story_article(article: TaggedArticle) -> StoryArticle:
    """The entry of an article: its most salient entities and longest quotations, and what it gives to tell."""
    strongest = sorted(article.entities, key=lambda entity: (-entity.salience, -len(entity.mentions), entity.id))
    outlet = article.source or article.credit
    stretches = [*sentences.spans(article.text[: sentences.READ])]
    return StoryArticle(
        id=article.id,
        title=_clip(article.title or article.text.strip().split("\n")[0], TITLE_CHARS),
        source=article.source,
        credit=article.credit,
        url=article.url,
        published=utc(article.published),
        language=article.language,
        revision=article.revision,
        entities=tuple(
            StoryEntity(id=entity.id, name=entity.name, type=entity.type, salience=round(entity.salience, 4))
            for entity in strongest[:ENTITIES]
        ),
        quotes=tuple(
            StoryQuote(text=_clip(quote.text, QUOTE_CHARS), speaker=quote.speaker, sources=(outlet,) if outlet else ())
            for quote in sorted(article.quotes, key=_length)[:QUOTES]
        ),
        origin=own_origin(article),
        confidence=article.confidence,
        sentences=sentences.given(article, stretches),
        claims=claims.claims(article, stretches),
    )


def in_short(member: Member) -> StoryArticle:
    """The entry of an article that its story no longer lists: what its row remembers of it."""
    return StoryArticle(
        id=member.id,
        title=member.title,
        source=member.source,
        credit=member.credit,
        published=member.published,
        language=member.language,
        revision=member.revision,
        origin=member.origin,
    )


def own_origin(article: TaggedArticle | StoryArticle | Member) -> str:
    """Whose reporting it is by itself: who is credited, else the outlet; an article of neither stands for itself."""
    by = article.credit or article.source
    return f"by:{slug(by)}" if by else f"article:{article.id}"


def _length(quote: Quote) -> tuple[int, int]:
    return -len(quote.text), quote.start


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
