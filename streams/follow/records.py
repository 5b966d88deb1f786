"""The raw records of what was fetched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from streams.contracts.records import RawArticle
from streams.follow.fetch import Fetched
from streams.follow.sources import Source
from streams.seed.found import page
from streams.stages.clean import article_id

#: A date of a feed that is further ahead of the fetch is a mistake of its clock or its zone.
_AHEAD = timedelta(days=1)


def raw_of(fetched: Fetched, source: Source, published: str | None, now: float) -> RawArticle:
    """A page as a raw record: text where it is UTF-8, else its bytes and the charset as the server says it, which
    cleaning weighs. ``published`` is the list's date; ``now`` in seconds since the epoch."""
    fetched_at = datetime.fromtimestamp(now, UTC)
    if published is not None and datetime.fromisoformat(published) > fetched_at + _AHEAD:
        published = None
    return replace(
        # Cleaning takes pages by their type, and some servers do not tell it.
        page(fetched.body, fetched.content_type or "text/html"),
        url=fetched.url,
        source=source.name,
        language=source.language,
        published=published,
        fetched_at=fetched_at,
    )


def retraction_of(url: str, source: Source, now: float) -> RawArticle:
    """What takes the article of a page back; its id and key are those of the article's records."""
    named = article_id(RawArticle(url=url, content=""))
    return RawArticle(
        id=named, url=url, source=source.name, retracted=True, fetched_at=datetime.fromtimestamp(now, UTC)
    )
