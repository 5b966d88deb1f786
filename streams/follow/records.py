"""The raw records of what was fetched."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from streams.contracts.records import RawArticle
from streams.follow.fetch import Fetched
from streams.follow.sources import Source
from streams.stages.clean import article_id

#: A date of a feed that is further ahead of the fetch is a mistake of its clock or its zone.
_AHEAD = timedelta(days=1)


def raw_of(fetched: Fetched, source: Source, published: str | None, now: float) -> RawArticle:
    """A page as a raw record: text where it is UTF-8, else its bytes and the charset as the server says it, which
    cleaning weighs. ``published`` is the list's date; ``now`` in seconds since the epoch."""
    fetched_at = datetime.fromtimestamp(now, UTC)
    if published is not None and datetime.fromisoformat(published) > fetched_at + _AHEAD:
        published = None
    try:
        text, encoded = fetched.body.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        text, encoded = None, base64.b64encode(fetched.body).decode()
    return RawArticle(
        content=text,
        content_base64=encoded,
        # Cleaning takes pages by their type, and some servers do not tell it.
        content_type=fetched.content_type or "text/html",
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
