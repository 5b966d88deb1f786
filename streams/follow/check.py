"""Whether sources can be followed: each one asked once, and one page of it. Needs no Kafka, keeps nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from streams.follow.fetch import Fetcher, FetchError
from streams.follow.listing import Listing
from streams.follow.share import Parse
from streams.follow.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """What came of asking a source. ``state`` is ``ok`` or the outcome that keeps it from being followed; ``page`` that
    of its first page; ``newest`` the latest date it lists (ISO 8601); ``seconds`` how long its list took, with the
    waiting for its host's turn; ``said`` what is wrong, for a person."""

    name: str
    url: str
    state: str
    kind: str | None = None
    entries: int = 0
    newest: str | None = None
    page: str | None = None
    seconds: float = 0.0
    said: str = ""


async def check(sources: Iterable[Source], fetcher: Fetcher, parse: Parse) -> list[SourceHealth]:
    """The health of each source, in order; nothing that a source does raises here."""
    return list(await asyncio.gather(*(_check(source, fetcher, parse) for source in sources)))


async def _check(source: Source, fetcher: Fetcher, parse: Parse) -> SourceHealth:
    began = time.monotonic()
    try:
        listing = await _listing(source, source.url, fetcher, parse)
        kind = listing.kind
        if listing.kind == "index" and listing.children:
            listing = await _listing(source, listing.children[0], fetcher, parse)
    except FetchError as error:
        return SourceHealth(name=source.name, url=source.url, state=error.outcome, said=str(error))
    seconds = round(time.monotonic() - began, 2)
    dates = [date for entry in listing.entries if (date := entry.published or entry.updated)]
    state, page, said = "ok", None, ""
    if not listing.entries:
        state, said = "empty", "it lists nothing"
    else:
        try:
            await fetcher.get(listing.entries[0].url, "page")
            page = "ok"
        except FetchError as error:
            state = page = error.outcome
            said = str(error)
    return SourceHealth(
        name=source.name,
        url=source.url,
        state=state,
        kind=kind,
        entries=len(listing.entries),
        newest=max(dates, default=None),
        page=page,
        seconds=seconds,
        said=said,
    )


async def _listing(source: Source, url: str, fetcher: Fetcher, parse: Parse) -> Listing:
    if source.kind == "page":
        return await parse(b"", "", url, "page")
    fetched = await fetcher.get(url, "listing")
    return await parse(fetched.body, fetched.content_type, fetched.url, source.kind)
